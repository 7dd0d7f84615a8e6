import type { ProcessUsage } from './process-usage.ts';

export interface JobBounds {
  readonly timeoutSeconds: number;
  readonly maxMemoryBytes: number;
  readonly maxCpuSeconds: number;
  /** Called, once or more, with the kind of the exceeded limit, and the limit and the job's value. */
  onExcess(reason: 'time' | 'memory', detail: string): void;
}

/** A timer this late means that the machine was suspended or the function frozen: the elapsed time proves nothing. */
const SLEPT_MS = 1_000;

/** Often enough for a decode that takes a second; one check takes 40 µs. */
const LOOK_AT_USAGE_MS = 250;

/** From now until disposed. */
export function watchOverJob(
  usage: ProcessUsage,
  { timeoutSeconds, maxMemoryBytes, maxCpuSeconds, onExcess }: JobBounds,
): Disposable {
  const cpuBefore = usage.cpuSeconds() ?? 0;
  const startClock = (): NodeJS.Timeout => {
    const dueAt = performance.now() + timeoutSeconds * 1000;
    return setTimeout(() => {
      if (performance.now() - dueAt > SLEPT_MS) clock = startClock();
      else onExcess('time', `expected a result from the decoder within ${timeoutSeconds} s; got none`);
    }, timeoutSeconds * 1000);
  };
  let clock = startClock();
  const looks = setInterval(() => {
    const [bytes, seconds] = [usage.residentBytes() ?? 0, (usage.cpuSeconds() ?? 0) - cpuBefore];
    if (bytes > maxMemoryBytes)
      onExcess(
        'memory',
        `expected the decoder to use at most ${megabytes(maxMemoryBytes)} MB of memory; got ${megabytes(bytes)} MB`,
      );
    else if (seconds > maxCpuSeconds)
      onExcess(
        'time',
        `expected the decoder to use at most ${maxCpuSeconds} s of CPU time; got ${seconds.toFixed(1)} s`,
      );
  }, LOOK_AT_USAGE_MS);
  return {
    [Symbol.dispose]() {
      clearTimeout(clock);
      clearInterval(looks);
    },
  };
}

/** Each decoder is checked for the lifetime of the service. */
const LOOK_AT_REST_MS = 2_000;
/** A decoder cleans up after a job in less than a tenth of this. */
const MAX_RESTING_CPU_SECONDS = 1;

export interface RestBounds {
  readonly maxMemoryBytes: number;
  /** Called, once or more: `time` if the process isn't idle, like a compromised one. */
  onExcess(reason: 'time' | 'memory'): void;
}

/** From the end of a job until disposed. Doesn't keep the process alive. */
export function watchOverRest(usage: ProcessUsage, { maxMemoryBytes, onExcess }: RestBounds): Disposable {
  const cpuBefore = usage.cpuSeconds() ?? 0;
  const looks = setInterval(() => {
    const [bytes, seconds] = [usage.residentBytes() ?? 0, (usage.cpuSeconds() ?? 0) - cpuBefore];
    if (seconds > MAX_RESTING_CPU_SECONDS) onExcess('time');
    else if (bytes > maxMemoryBytes) onExcess('memory');
  }, LOOK_AT_REST_MS).unref();
  return { [Symbol.dispose]: () => clearInterval(looks) };
}

const megabytes = (bytes: number): number => Math.ceil(bytes / 1_048_576);
