import { waitAtMost } from './wait-at-most.ts';

/** A queue for each key, for writers of one record, who would otherwise only conflict. An optimization: it excludes nobody. */
export interface Turns<Key> {
  /** Runs `work` when the work before it for the same key has ended, or after the longest wait. */
  take<Result>(key: Key, work: () => Promise<Result>): Promise<Result>;
}

/** `longestWaitMs` bounds the delay if a store doesn't answer: otherwise each caller waits for the timeouts of all before it. */
export function createTurns<Key>({ longestWaitMs }: { readonly longestWaitMs: number }): Turns<Key> {
  /** The last work of each queue. A key without work has no entry. */
  const lasts = new Map<Key, Promise<void>>();
  return {
    async take(key, work) {
      const before = lasts.get(key);
      const { promise: ended, resolve: end } = Promise.withResolvers<void>();
      lasts.set(key, ended);
      try {
        if (before) await waitAtMost(longestWaitMs, before);
        return await work();
      } finally {
        end();
        if (lasts.get(key) === ended) lasts.delete(key);
      }
    },
  };
}
