import { workAtMost } from '../../../flow/work-at-most.ts';
import { text } from '../../dynamodb/attributes.ts';
import { IS_NEW } from '../../dynamodb/condition.ts';
import { isWritten } from '../../dynamodb/fault.ts';
import type { Item } from '../../dynamodb/item.ts';
import { eventSort, eventsPartition, type ItemKey } from '../../dynamodb/item-keys.ts';
import type { Table } from '../../dynamodb/table.ts';
import type { EventMover } from '../event-log.ts';
import { entryKeyOf, eventItem, isErased, ownItemOf, ownKeyOf, sinceIn } from './event-item.ts';
import { raiseHead, readHeads } from './heads.ts';
import { entriesOfFirstImages, isOutboxEmpty, readOutbox } from './outbox.ts';

export interface EventMoverOptions {
  /** The shards of the log. */
  readonly shards: number;
  /** How long a row is kept. */
  readonly keptMs: number;
  readonly now: () => Date;
  /** Entries of one page of the outbox. */
  readonly pageItems?: number;
  /** Rows above a head: the same for all movers of a table. */
  readonly batch?: number;
}

/** 250 bytes each: 30 units to read. */
const PAGE_ITEMS = 500;
/** A version with more at once would have to look as far back as the largest batch of all versions. */
const BATCH = 100;
const AT_ONCE = 16;
/**
 * A round begins no row after that time, far below that of a row: rows that a frozen mover wrote last exist until then.
 */
const ROUND_MS = 20_000;

/**
 * Publishes the outbox: numbers its entries one after another above the head of the shard (only where no row is),
 * writes each into its owner's partition, raises the head, and only then deletes them from the outbox. A lease doesn't
 * fence writes, so each step is safe beside a mover that was frozen and continues:
 *
 * - A mover numbers from the head that it read before the outbox. A row in its way, or a head that isn't where it left
 *   it, shows another mover, and it stops. So all rows from its head on are its own, and no entry is numbered twice.
 * - Rows above the head are at most a batch. The next mover adopts them before it numbers.
 * - The head is raised only once the outbox has nothing of what was published before, so the last batch is all that may
 *   be left there.
 */
export function createEventMover(
  table: Table,
  { shards, keptMs, now, pageItems = PAGE_ITEMS, batch = BATCH }: EventMoverOptions,
): EventMover {
  /** The head that this mover left, for each shard, with nothing in the outbox that is at or below it. */
  const left = new Map<number, number>();
  /** The position at which the next round reads the outbox, so that its end has its turn while its beginning grows. */
  const positions = new Map<number, string>();

  const rowsBetween = async (shard: number, first: number, last: number): Promise<readonly Item[]> => {
    if (last < first) return [];
    const { items } = await table.query({
      KeyConditionExpression: 'pk = :partition AND sk BETWEEN :first AND :last',
      ExpressionAttributeValues: {
        ':partition': { S: eventsPartition(shard) },
        ':first': { S: eventSort(first) },
        ':last': { S: eventSort(last) },
      },
      ConsistentRead: true,
    });
    return items;
  };

  const deleteAll = (keys: readonly ItemKey[]): Promise<void> => workAtMost(AT_ONCE, keys, (key) => table.delete(key));

  /** Deletes from the outbox what the rows have. */
  const clear = (shard: number, rows: readonly Item[]): Promise<void> =>
    deleteAll(rows.filter((row) => !isErased(row)).map((row) => entryKeyOf(row, shard)));

  /** Deletes what a mover left in the outbox that stopped after it had raised the head. */
  async function clearLast(shard: number, head: number): Promise<void> {
    const rows = (await rowsBetween(shard, head - batch + 1, head)).filter((row) => !isErased(row));
    const keys = rows.map((row) => entryKeyOf(row, shard));
    const found = await table.getMany(keys, 'strong');
    await deleteAll(found.map((item) => ({ pk: text(item, 'pk'), sk: text(item, 'sk') })));
  }

  /** Makes rows above the head readable. False: another mover is at work. */
  async function publish(shard: number, head: number, rows: readonly Item[]): Promise<boolean> {
    const named = rows.filter((row) => !isErased(row));
    await workAtMost(AT_ONCE, named, (row) => table.put(ownItemOf(row, shard)));
    if (!(await raiseHead(table, { shard, from: head, to: head + rows.length }))) {
      await withdraw(shard, named);
      return false;
    }
    await clear(shard, named);
    left.set(shard, head + rows.length);
    return true;
  }

  /**
   * Another mover has published the rows, and their user may have been erased since: then nothing may name the user
   * again.
   */
  async function withdraw(shard: number, rows: readonly Item[]): Promise<void> {
    const keys = rows.map((row) => ({ pk: text(row, 'pk'), sk: text(row, 'sk') }));
    const current = new Map((await table.getMany(keys, 'strong')).map((item) => [text(item, 'sk'), item]));
    const gone = rows.filter((row) => isErased(current.get(text(row, 'sk')) ?? {}));
    await deleteAll(gone.map((row) => ownKeyOf(row, shard)));
  }

  /** Rows above the head for the entries, as far as no other row and not the time is in the way. */
  async function number(shard: number, head: number, entries: readonly Item[], startMs: number): Promise<Item[]> {
    const rows: Item[] = [];
    for (const entry of entries) {
      const at = now().getTime();
      if (Math.abs(at - startMs) > ROUND_MS) break;
      const place = { shard, sequence: head + rows.length + 1, expiresAt: new Date(at + keptMs) };
      const row = eventItem(entry, place);
      if (!(await isWritten(table.put(row, IS_NEW)))) break;
      rows.push(row);
    }
    return rows;
  }

  return {
    async move(shard) {
      if (await isOutboxEmpty(table, shard)) return { moved: 0, isMore: false };
      const startMs = now().getTime();
      const heads = await readHeads(table); // before the outbox
      let head = heads?.sequences[shard];
      if (head === undefined) throw new Error(`expected a log of events with shard ${shard}; got none`);
      if (left.get(shard) !== head) await clearLast(shard, head);
      left.set(shard, head);
      let moved = 0;
      const adopted = withoutGap(await rowsBetween(shard, head + 1, head + batch), head);
      if (adopted.length > 0) {
        if (!(await publish(shard, head, adopted))) return { moved, isMore: true };
        head += adopted.length;
        moved += adopted.length;
      }
      const { entries, next } = await readOutbox(table, { shard, below: positions.get(shard), limit: pageItems });
      if (next === undefined) positions.delete(shard);
      else positions.set(shard, next);
      for (let first = 0; first < entries.length; first += batch) {
        const some = entries.slice(first, first + batch);
        const rows = await number(shard, head, some, startMs);
        if (rows.length < some.length) return { moved, isMore: true }; // rows that were written are adopted
        if (!(await publish(shard, head, rows))) return { moved, isMore: true };
        head += rows.length;
        moved += rows.length;
      }
      return { moved, isMore: next !== undefined };
    },

    async oldestAt() {
      const perShard = await Promise.all(
        Array.from({ length: shards }, (_, shard) => entriesOfFirstImages(table, shard)),
      );
      const times = perShard.flat().flatMap((entry) => sinceIn(entry)?.getTime() ?? []);
      return times.length > 0 ? new Date(Math.min(...times)) : null;
    },
  };
}

/** A query is no snapshot: of rows that are written meanwhile it may see a later one only. */
function withoutGap(rows: readonly Item[], head: number): readonly Item[] {
  const gap = rows.findIndex((row, index) => text(row, 'sk') !== eventSort(head + 1 + index));
  return gap === -1 ? rows : rows.slice(0, gap);
}
