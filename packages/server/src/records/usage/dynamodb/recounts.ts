import { optionalText } from '../../dynamodb/attributes.ts';
import { sharedKey } from '../../dynamodb/item-keys.ts';
import type { Table } from '../../dynamodb/table.ts';

/** A process notices the beginning of a recount within this time. */
export const NOTICED_MS = 5_000;

/** The attribute of the shared item that names the running recount. */
export const RECOUNT = 'recount';

/** The recount that runs, which every process must know that changes usage. */
export interface Recounts {
  /** Its name, as of the last `NOTICED_MS`; null: none runs. */
  running(): Promise<string | null>;
  /** Reads it now. */
  refresh(): Promise<void>;
}

export function createRecounts(table: Table, elapsedMs = (): number => performance.now()): Recounts {
  let known: { readonly name: string | null; readonly readMs: number } | undefined;
  let reading: Promise<string | null> | undefined;
  const refresh = async (): Promise<string | null> => {
    const readMs = elapsedMs(); // before the read: the item may change while its answer is on the way
    const item = await table.get(sharedKey('usage'));
    const name = item ? optionalText(item, RECOUNT) : null;
    known = { name, readMs };
    return name;
  };
  return {
    async running() {
      if (known && elapsedMs() - known.readMs < NOTICED_MS) return known.name;
      reading ??= refresh().finally(() => {
        reading = undefined; // one read for all that wait
      });
      return reading;
    },
    refresh: async () => void (await refresh()),
  };
}
