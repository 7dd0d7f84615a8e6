import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

/** The time of one test file. */
export interface TestTime {
  /** Below the working folder. */
  readonly file: string;
  /** From the start of its process to its end. */
  readonly seconds: number;
  /**
   * The CPU time of its process and of the children that ended before it; null: it was killed, and the time is unknown.
   */
  readonly cpuSeconds: number | null;
}

/**
 * Joins the durations that the runner measured with the CPU times that the files noted (`test-process.ts`); the longest
 * first.
 */
export function testTimes(secondsOf: ReadonlyMap<string, number>, cpuTimesPath: string | undefined): TestTime[] {
  const cpuSecondsOf = cpuTimesPath ? cpuTimesIn(cpuTimesPath) : new Map<string, number>();
  return [...secondsOf]
    .map(([file, seconds]) => ({ file, seconds, cpuSeconds: cpuSecondsOf.get(file) ?? null }))
    .toSorted((one, other) => other.seconds - one.seconds);
}

function cpuTimesIn(path: string): Map<string, number> {
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  const noted = lines.map((line) => JSON.parse(line) as { readonly file: string; readonly seconds: number });
  return new Map(noted.map(({ file, seconds }) => [relative(process.cwd(), file), seconds]));
}
