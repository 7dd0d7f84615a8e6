import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../domain/errors.ts';

/** API Gateway ends a request at 30 s, and the answer still has to be made and sent. */
const BATCH_SECONDS = 25;
/** The interval at which a batch checks the clock. */
const LOOK_EVERY_MS = 200;
const RETRY_AFTER_SECONDS = 5;

export interface BatchOptions<Item, Result> {
  /** The limit of concurrent items. */
  readonly width: number;
  readonly work: (item: Item) => Promise<Result>;
  /** The result of an item that is not done after `BATCH_SECONDS`. */
  readonly late: (error: AppError, item: Item) => Result;
}

/**
 * Runs `work` for each item and returns the results in their order, after `BATCH_SECONDS` at most: then no further item
 * is started, and running ones continue in the background. Errors: those of `work`.
 */
export async function untilLate<Item, Result>(
  { clock }: { readonly clock: { elapsedMs(): number } },
  items: readonly Item[],
  { width, work, late }: BatchOptions<Item, Result>,
): Promise<Result[]> {
  const endsAtMs = clock.elapsedMs() + BATCH_SECONDS * 1000;
  const isOver = (): boolean => clock.elapsedMs() >= endsAtMs;
  const results: (Result | 'under way' | undefined)[] = [];
  const line = items.entries();

  const takeTurns = async (): Promise<void> => {
    for (const [index, item] of line) {
      if (isOver()) return;
      results[index] = 'under way';
      results[index] = await work(item);
    }
  };
  const done = new AbortController();
  const watchClock = async (): Promise<void> => {
    while (!isOver() && !done.signal.aborted)
      await delay(LOOK_EVERY_MS, undefined, { signal: done.signal }).catch(() => undefined);
  };

  const all = Promise.all(Array.from({ length: width }, takeTurns));
  try {
    await Promise.race([all, watchClock()]);
  } finally {
    done.abort();
  }
  return items.map((item, index) => {
    const result = results[index];
    if (result === undefined) return late(tooLate('it was not started; send it again'), item);
    return result === 'under way' ? late(tooLate('it is in progress and may still succeed'), item) : result;
  });
}

const tooLate = (what: string): AppError =>
  new AppError(
    'unavailable',
    `expected the whole batch to be done within ${BATCH_SECONDS} s; got no further: ${what}`,
    {
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    },
  );
