// `node --test-reporter`: node's own report with every error of a failure, then the duration of the run, its slowest
// files, and what didn't run.
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { spec, type TestEvent } from 'node:test/reporters';
import { conclusion } from './test-conclusion.ts';
import { TEST_TIERS } from './test-tiers.ts';
import { testTimes } from './test-times.ts';

const NAMED = 15;
const MUCH_CPU_SECONDS = 20;
const TIMES = join(import.meta.dirname, '../node_modules/.cache/test-times.json');

export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const secondsOf = new Map<string, number>();
  const skipped: string[] = [];
  let tests = 0;

  async function* noted(): AsyncGenerator<TestEvent> {
    for await (const event of events) {
      if (event.type === 'test:fail') {
        showSuppressed(event.data.details.error.cause);
        noteFailed(event.data.file ?? '');
      }
      yield event;
      if (event.type === 'test:pass' && event.data.skip !== undefined) skipped.push(`${event.data.skip}`);
      if (event.type !== 'test:summary') continue;
      if (event.data.file === undefined) tests = event.data.counts.tests;
      else secondsOf.set(relative(process.cwd(), event.data.file), event.data.duration_ms / 1_000);
    }
  }

  yield* Readable.from(noted()).compose(new spec());

  const times = testTimes(secondsOf, process.env['TEST_CPU_TIMES']);
  if (process.env['TEST_CPU_TIMES'] !== '') {
    mkdirSync(dirname(TIMES), { recursive: true });
    writeFileSync(TIMES, JSON.stringify(times, null, 2));
  }
  const whole = process.uptime();
  yield `\n${times.length} test files took ${Math.floor(whole / 60)} min ${Math.floor(whole % 60)} s. `;
  yield `The slowest, and all above ${MUCH_CPU_SECONDS} s of CPU time (every file: ${relative(process.cwd(), TIMES)}):\n`;
  yield 'seconds     CPU\n';
  for (const [index, { file, seconds, cpuSeconds }] of times.entries()) {
    if (index >= NAMED && (cpuSeconds ?? 0) <= MUCH_CPU_SECONDS) continue;
    yield `${seconds.toFixed(1).padStart(7)} ${(cpuSeconds?.toFixed(1) ?? '?').padStart(7)}  ${file}\n`;
  }
  yield conclusion({ files: times.length, tests, skipped, tiers: process.env[TEST_TIERS] });
}

/**
 * For `test.ts`, which may run the file a second time; an empty name: the runner names none. Of a test that is written
 * in another file `test-process.ts` notes which one ran it.
 */
function noteFailed(file: string): void {
  const { TEST_FAILED_FILES } = process.env;
  const isTestFile = file === '' || file.endsWith('.test.ts');
  if (TEST_FAILED_FILES && isTestFile) appendFileSync(TEST_FAILED_FILES, `${file && relative(process.cwd(), file)}\n`);
}

interface Suppressed {
  readonly error: unknown;
  readonly suppressed: unknown;
}

/** Between processes its class is lost, and the two properties are never enumerable. */
const isSuppressed = (error: unknown): error is Suppressed & Error =>
  error instanceof Error && error.name === 'SuppressedError' && 'error' in error && 'suppressed' in error;

/**
 * Node prints only that errors were suppressed. Here all are listed: first what failed, then each failure to clean up
 * after it.
 */
function showSuppressed(error: unknown): void {
  if (!isSuppressed(error)) return;
  Object.defineProperty(error, 'errors', { value: inOrder(error), enumerable: true });
}

/** Flat, because node prints nested objects only to a depth of two. */
const inOrder = (error: unknown): unknown[] =>
  isSuppressed(error) ? [...inOrder(error.suppressed), ...inOrder(error.error)] : [error];
