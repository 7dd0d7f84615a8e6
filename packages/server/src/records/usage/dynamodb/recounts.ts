import { optionalText } from '../../dynamodb/attributes.ts';
import type { Item } from '../../dynamodb/item.ts';
import { sharedKey } from '../../dynamodb/item-keys.ts';
import type { Table } from '../../dynamodb/table.ts';

/** A process notices the beginning of a recount within this time. */
export const NOTICED_MS = 5_000;

/** The attribute of the shared item that names the running recount. */
export const RECOUNT = 'recount';

/** When all records had been added up. */
export const SINCE = 'since';
/**
 * How the records were added up: with their states (`BY_STATUS`), or by an earlier version without (`LIMITED`). True:
 * in one item for each owner, as limits need them. A table has one of both, so that a process of an earlier version
 * doesn't begin to count there, and its recount ends the counts by status.
 */
export const BY_STATUS = 'byStatus';
export const LIMITED = 'limited';

/** What the shared item says about counting, which every process must know that changes usage. */
export interface Recounts {
  /** The name of the recount that runs, as of the last `NOTICED_MS`; null: none runs. */
  running(): Promise<string | null>;
  /** Whether the sums by status are those of all records, as of the last `NOTICED_MS`. */
  countsByStatus(): Promise<boolean>;
  /** Reads it now. */
  refresh(): Promise<void>;
}

export function createRecounts(table: Table, elapsedMs = (): number => performance.now()): Recounts {
  let known: Known | undefined;
  let reading: Promise<Known> | undefined;
  const refresh = async (): Promise<Known> => {
    const readMs = elapsedMs(); // before the read: the item may change while its answer is on the way
    const item = (await table.get(sharedKey('usage'))) ?? {};
    known = { name: optionalText(item, RECOUNT), isByStatus: isByStatus(item), readMs };
    return known;
  };
  const current = async (): Promise<Known> => {
    if (known && elapsedMs() - known.readMs < NOTICED_MS) return known;
    reading ??= refresh().finally(() => {
      reading = undefined; // one read for all that wait
    });
    return reading;
  };
  return {
    running: async () => (await current()).name,
    countsByStatus: async () => (await current()).isByStatus,
    refresh: async () => void (await refresh()),
  };
}

interface Known {
  readonly name: string | null;
  readonly isByStatus: boolean;
  readonly readMs: number;
}

const isByStatus = (item: Item): boolean => SINCE in item && BY_STATUS in item && !(LIMITED in item);
