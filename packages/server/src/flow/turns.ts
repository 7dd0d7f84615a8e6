import { waitAtMost } from './wait-at-most.ts';

/** A line for each key, for writers of one record, which would only collide. It saves attempts and guarantees nothing. */
export interface Turns<Key> {
  /** Runs `work` once the work before it for the same key has ended, or after the longest wait. */
  take<Result>(key: Key, work: () => Promise<Result>): Promise<Result>;
}

/** `longestWaitMs`: a store that doesn't answer would otherwise delay each caller by the timeouts of all before it. */
export function createTurns<Key>({ longestWaitMs }: { readonly longestWaitMs: number }): Turns<Key> {
  /** The last work of each line; a key without work has no entry. */
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
