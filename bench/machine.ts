import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { fileSystem } from './temporary-folder.ts';

/** The machine, and its load in the last minute: before a bench it must be near zero, or the figures mean little. */
export function machine(now: Date): string {
  const memory = `${Math.round(totalmem() / 1024 ** 3)} GB of memory`;
  const cores = `${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'})`;
  const day = now.toISOString().slice(0, 10);
  const load = `load average ${loadavg()[0]?.toFixed(1)} before`;
  const system = `${platform()} ${release()}, ${fileSystem()}, Node ${process.versions.node}`;
  return `${day}, ${cores}, ${memory}, ${system}, ${load}. Requests by ${wrkVersion()}, on the same machine.`;
}

/** It exits with 1 for its version. */
function wrkVersion(): string {
  try {
    return execFileSync('wrk', ['-v'], { encoding: 'utf8' });
  } catch (error) {
    const output = error instanceof Error && 'stdout' in error ? String(error.stdout) : '';
    return /^wrk \S+/.exec(output)?.[0] ?? 'wrk';
  }
}
