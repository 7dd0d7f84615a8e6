import { EXIT, type ExitCode } from './exit-code.ts';
import type { Failure } from './failure.ts';
import { failureOf } from './failure.ts';
import type { Output } from './output/output.ts';
import type { Connection } from './settings/connection.ts';

/** How an item ended: done now, done before, or left out for a reason. */
export type Ending = 'done' | 'present' | 'skipped';

/** How many items ended how. */
export interface Tally {
  readonly done: number;
  readonly present: number;
  readonly skipped: number;
  readonly failed: number;
  /** Begun or not, and neither done nor failed, because the batch was stopped. */
  readonly isStopped: boolean;
  readonly exitCode: ExitCode;
}

export interface Batch<Item> {
  readonly items: AsyncIterable<Item>;
  /** At once. */
  readonly concurrency: number;
  /** Ctrl-C. */
  readonly signal: AbortSignal;
  readonly output: Output;
  readonly connection: Pick<Connection, 'token'>;
  /** The name of an item in errors, and its fields in their JSON. */
  readonly about: (item: Item) => { readonly name: string; readonly fields: object };
  /** Does one item, and reports it unless it fails. `signal` aborts when the batch is stopped. */
  readonly act: (item: Item, signal: AbortSignal) => Promise<Ending>;
  readonly onEnd?: (tally: Readonly<Record<Ending | 'failed', number>>) => void;
}

/** After so many failures in a row of a kind that others would share, the others are left for the next run. */
const ENOUGH_IN_A_ROW = 3;
const SHARED: readonly ExitCode[] = [EXIT.usage, EXIT.notAllowed, EXIT.unreachable];
/** No other item can succeed. */
const SHARED_BY_ALL: readonly string[] = [
  'unauthenticated',
  'missing-scope',
  'upload-token-used-up',
  'user-erased',
  'misdirected-host',
];

/**
 * Does many items, each on its own: a failure is one line, and the rest continues unless no other item could succeed
 * either.
 */
export async function runBatch<Item>({
  items,
  concurrency,
  signal,
  output,
  connection,
  about,
  act,
  onEnd,
}: Batch<Item>): Promise<Tally> {
  const counts = { done: 0, present: 0, skipped: 0, failed: 0 };
  const stopping = new AbortController();
  const anyStop = AbortSignal.any([signal, stopping.signal]);
  let [inARow, isCutShort] = [0, false];
  let exitCode: ExitCode = EXIT.ok;

  const fail = (item: Item, failure: Failure): void => {
    if (anyStop.aborted) {
      isCutShort = true; // in consequence of the stop
      return;
    }
    counts.failed += 1;
    const { name, fields } = about(item);
    output.fail(failure, name, fields);
    exitCode = combined(exitCode, failure.exitCode);
    inARow = SHARED.includes(failure.exitCode) ? inARow + 1 : 0;
    if (inARow === ENOUGH_IN_A_ROW || SHARED_BY_ALL.includes(failure.code)) stopping.abort();
  };

  const iterator = items[Symbol.asyncIterator]();
  const work = async (): Promise<void> => {
    while (!anyStop.aborted) {
      const next = await iterator.next();
      if (next.done) return;
      if (anyStop.aborted) break;
      try {
        counts[await act(next.value, anyStop)] += 1;
        inARow = 0;
      } catch (error) {
        fail(next.value, failureOf(error, connection));
      }
      onEnd?.(counts);
    }
    isCutShort = true;
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  const isStopped = anyStop.aborted && isCutShort;
  return { ...counts, isStopped, exitCode: signal.aborted && isStopped ? EXIT.interrupted : exitCode };
}

/** The code that all failures share, or that some failed. */
export const combined = (before: ExitCode, next: ExitCode): ExitCode =>
  before === EXIT.ok || before === next ? next : EXIT.someFailed;
