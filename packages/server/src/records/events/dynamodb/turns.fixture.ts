import { setTimeout as delay, setImmediate as nextTick } from 'node:timers/promises';
import type { Table } from '../../dynamodb/table.ts';

/** What becomes of a call: it runs; or its process dies before it, or before its answer. */
export type Fate = 'runs' | 'dies-before' | 'dies-after';

export interface Turn {
  readonly actor: string;
  /** The name of the table's call, such as `put`. */
  readonly call: string;
}

export const DIED = 'the process died';

/** Tables whose calls wait for their turn, one at a time over all actors. */
export function createTurns() {
  const waiting: { readonly turn: Turn; readonly go: (fate: Fate) => void; readonly ended: Promise<void> }[] = [];

  return {
    tableOf(actor: string, table: Table): Table {
      const calls = Object.entries(table).map(([call, run]: [string, (...args: unknown[]) => Promise<unknown>]) => [
        call,
        async (...args: unknown[]) => {
          const { promise: ended, resolve: end } = Promise.withResolvers<void>();
          const fate = await new Promise<Fate>((go) => waiting.push({ turn: { actor, call }, go, ended }));
          try {
            if (fate === 'dies-before') throw new Error(DIED);
            const result = await run(...args);
            if (fate === 'dies-after') throw new Error(DIED);
            return result;
          } finally {
            end();
          }
        },
      ]);
      return Object.fromEntries(calls) as Table;
    },

    /** Gives turns until all actors are done. `choose` picks one of those that wait; undefined: none of them now. */
    async play(
      actors: readonly Promise<unknown>[],
      choose: (turns: readonly Turn[]) => readonly [number, Fate] | undefined,
    ): Promise<void> {
      let isOpen = true;
      const done = Promise.all(actors).finally(() => {
        isOpen = false;
      });
      done.catch(() => undefined);
      while (isOpen) {
        await nextTick();
        const [index, fate] = choose(waiting.map(({ turn }) => turn)) ?? [];
        const [next] = index === undefined ? [] : waiting.splice(index, 1);
        if (next && fate) next.go(fate);
        await (next ? next.ended : delay(1)); // an actor may do something else
      }
      await done;
    },
  };
}
