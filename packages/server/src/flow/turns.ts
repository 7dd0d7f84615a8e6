import type { Payer } from '../domain/access/payer.ts';
import { type Costly, createFairLine, type FairLine } from './fair-line.ts';
import { waitAtMost } from './wait-at-most.ts';

/**
 * A fair line for each key, for writers of one record, who would otherwise only conflict. An optimization: it excludes
 * nobody.
 */
export interface Turns<Key> {
  /** Runs `work` when the turn of its payer has come for the key, or after the longest wait. */
  take<Result>(key: Key, payer: Payer, work: () => Promise<Result>): Promise<Result>;
}

interface Waiting extends Costly {
  readonly begin: () => void;
}

/**
 * `longestWaitMs` bounds the delay if a store doesn't answer: otherwise each caller waits for the timeouts of all
 * before it.
 */
export function createTurns<Key>({ longestWaitMs }: { readonly longestWaitMs: number }): Turns<Key> {
  /** A key without work has no entry. */
  const lines = new Map<Key, FairLine<Waiting>>();

  /** False if its turn hasn't come within the longest wait. */
  const isTurn = async (line: FairLine<Waiting>, waiting: Waiting, turn: Promise<void>): Promise<boolean> => {
    line.add(waiting);
    await waitAtMost(longestWaitMs, turn);
    return !line.remove(waiting);
  };

  return {
    async take(key, payer, work) {
      const before = lines.get(key);
      const line = before ?? createFairLine<Waiting>();
      lines.set(key, line);
      const { promise: turn, resolve: begin } = Promise.withResolvers<void>();
      const own: Waiting = { payer, estimate: 1, begin };
      if (before === undefined) line.admit(own);
      else if (!(await isTurn(line, own, turn))) return work();
      try {
        return await work();
      } finally {
        line.finish(own, own.estimate);
        const next = line.take();
        if (next) next.begin();
        else lines.delete(key);
      }
    },
  };
}
