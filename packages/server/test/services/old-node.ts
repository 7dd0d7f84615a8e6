import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The system's own Node, in the path and before 24, as distributions have it. */
export async function oldNode(): Promise<string | undefined> {
  for (const folder of (process.env['PATH'] ?? '').split(':')) {
    const path = join(folder, 'node');
    const version = await promisify(execFile)(path, ['--version']).catch(() => undefined);
    const major = Number(/^v(\d+)/.exec(version?.stdout ?? '')?.[1] ?? 24);
    if (major < 24) return path;
  }
  return undefined;
}
