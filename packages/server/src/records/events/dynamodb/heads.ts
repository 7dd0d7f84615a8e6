import { randomBytes } from 'node:crypto';
import { integer, optionalTime, text } from '../../dynamodb/attributes.ts';
import { isWritten } from '../../dynamodb/fault.ts';
import type { Item } from '../../dynamodb/item.ts';
import { sharedKey } from '../../dynamodb/item-keys.ts';
import type { Table } from '../../dynamodb/table.ts';

/** One item that all readers look at: of each shard the last sequence that they may read. */
export interface Heads {
  readonly log: string;
  readonly sequences: readonly number[];
  readonly incompleteUntil: Date | null;
}

/** The shards of a new log. Each has a mover of its own, and readers query each. */
export const SHARDS = 8;

const KEY = sharedKey('events');

/** undefined: the table has no log. A mark alone is none. */
export async function readHeads(table: Pick<Table, 'get'>): Promise<Heads | undefined> {
  const item = await table.get(KEY);
  return item && 'log' in item ? headsIn(item) : undefined;
}

/** The heads of the table's log, which begins now unless it has one. It keeps the mark of changes just before it. */
export async function beginLog(table: Pick<Table, 'get' | 'update'>): Promise<Heads> {
  const known = await readHeads(table);
  if (known) return known;
  const set = {
    log: { S: randomBytes(8).toString('hex') },
    shards: { N: String(SHARDS) },
    ...Object.fromEntries(Array.from({ length: SHARDS }, (_, shard) => [headOf(shard), { N: '0' }])),
  };
  const condition = { ConditionExpression: 'attribute_not_exists(#log)' };
  await isWritten(table.update({ key: KEY, set, remove: [], condition }));
  return beginLog(table);
}

/** False: another mover has raised it. */
export const raiseHead = (
  table: Pick<Table, 'update'>,
  { shard, from, to }: { readonly shard: number; readonly from: number; readonly to: number },
): Promise<boolean> =>
  isWritten(
    table.update({
      key: KEY,
      set: { [headOf(shard)]: { N: String(to) } },
      remove: [],
      condition: {
        ConditionExpression: `${headOf(shard)} = :from`,
        ExpressionAttributeValues: { ':from': { N: String(from) } },
      },
    }),
  );

/** Changes until then may be missing in the log, also in one that begins later. */
export async function markIncomplete(table: Pick<Table, 'update'>, until: Date): Promise<void> {
  const mark = { N: String(until.getTime()) };
  await isWritten(
    table.update({
      key: KEY,
      set: { incompleteUntil: mark },
      remove: [],
      condition: {
        ConditionExpression: 'attribute_not_exists(incompleteUntil) OR incompleteUntil < :mark',
        ExpressionAttributeValues: { ':mark': mark },
      },
    }),
  );
}

const headOf = (shard: number): string => `h${shard}`;

const headsIn = (item: Item): Heads => ({
  log: text(item, 'log'),
  sequences: Array.from({ length: integer(item, 'shards') }, (_, shard) => integer(item, headOf(shard))),
  incompleteUntil: optionalTime(item, 'incompleteUntil'),
});
