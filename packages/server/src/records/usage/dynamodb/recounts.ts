import { optionalText } from '../../dynamodb/attributes.ts';
import type { Item } from '../../dynamodb/item.ts';
import { sharedKey } from '../../dynamodb/item-keys.ts';
import { createNoticed } from '../../dynamodb/noticed.ts';
import type { Table } from '../../dynamodb/table.ts';

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

export function createRecounts(table: Table, elapsedMs?: () => number): Recounts {
  const said = createNoticed(async () => {
    const item = (await table.get(sharedKey('usage'))) ?? {};
    return { name: optionalText(item, RECOUNT), isByStatus: isByStatus(item) };
  }, elapsedMs);
  return {
    running: async () => (await said.current()).name,
    countsByStatus: async () => (await said.current()).isByStatus,
    refresh: async () => void (await said.refresh()),
  };
}

const isByStatus = (item: Item): boolean => SINCE in item && BY_STATUS in item && !(LIMITED in item);
