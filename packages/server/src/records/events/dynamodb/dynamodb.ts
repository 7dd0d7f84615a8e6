import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../../domain/errors.ts';
import { DEFAULT_EVENT_DAYS } from '../../../domain/event/retention.ts';
import type { Observer } from '../../../observe/observer/observer.ts';
import { text } from '../../dynamodb/attributes.ts';
import { EXISTS } from '../../dynamodb/condition.ts';
import { isWritten } from '../../dynamodb/fault.ts';
import type { Item } from '../../dynamodb/item.ts';
import {
  eventKey,
  eventSort,
  eventsPartition,
  outboxPartition,
  ownEventSort,
  ownEventsPartition,
} from '../../dynamodb/item-keys.ts';
import { rowsBetween } from '../../dynamodb/rows-between.ts';
import type { Table } from '../../dynamodb/table.ts';
import { shardOf } from '../../shard-of.ts';
import { createUnreadableRecords } from '../../unreadable-records.ts';
import type { EventLog } from '../event-log.ts';
import { erasedItem, imageIdIn, isErased, loggedIn } from './event-item.ts';
import { beginLog, readHeads, SHARDS } from './heads.ts';
import { createEventMover, type EventMoverOptions } from './mover.ts';

export interface DynamodbEventLogOptions extends Pick<EventMoverOptions, 'pageItems' | 'batch'> {
  /** The shards of the log, as its heads say. */
  readonly shards: number;
  /** How long an event can be read. */
  readonly days: number;
  readonly observe?: Observer;
  readonly now?: () => Date;
}

/** A look is a strongly consistent read of one small item. */
const LOOK_MS = 1_000;
const DAY_MS = 86_400_000;
/** Another mover is at work on the shard. */
const PAUSE_MS = 100;

/**
 * The log of the table, which begins now unless there is one. Without `events` only what an earlier time has left can
 * be erased.
 */
export async function openDynamodbEventLog(
  table: Table,
  events: Pick<DynamodbEventLogOptions, 'days'> | null,
  { observe }: Pick<DynamodbEventLogOptions, 'observe'> = {},
): Promise<EventLog> {
  const heads = events ? await beginLog(table) : await readHeads(table);
  const shards = heads?.sequences.length ?? SHARDS;
  return createDynamodbEventLog(table, {
    shards,
    days: events?.days ?? DEFAULT_EVENT_DAYS,
    ...(observe && { observe }),
  });
}

/**
 * The log in the table of the records, which `createLoggedChanges` writes and `mover` publishes. Its reads never use an
 * index.
 */
export function createDynamodbEventLog(
  table: Table,
  { shards, days, observe = () => undefined, now = () => new Date(), ...options }: DynamodbEventLogOptions,
): EventLog {
  const unreadable = createUnreadableRecords(observe);
  const mover = createEventMover(table, { ...options, shards, keptMs: (days + 1) * DAY_MS, now });

  async function waits(shard: number, userId: string): Promise<boolean> {
    for await (const item of rowsBetween(table, outboxPartition(shard), ALL))
      if (text(item, 'userId') === userId) return true;
    return false;
  }

  return {
    shards,
    shardOf: (imageId) => shardOf(imageId, shards),
    lookMs: LOOK_MS,
    mover,

    async head() {
      const heads = await readHeads(table);
      if (!heads)
        throw new AppError('unavailable', 'expected a log of events in the table; got none: restart the service');
      return { ...heads, forgotten: heads.sequences.map(() => 0) };
    },

    async read({ shard, after, until, limit, userId }) {
      const sortOf = (sequence: number) => (userId === undefined ? eventSort(sequence) : ownEventSort(shard, sequence));
      if (until <= after) return { events: [], through: until };
      const { items, isLast } = await table.query({
        KeyConditionExpression: 'pk = :partition AND sk BETWEEN :first AND :last',
        ExpressionAttributeValues: {
          ':partition': { S: userId === undefined ? eventsPartition(shard) : ownEventsPartition(userId) },
          ':first': { S: sortOf(after + 1) },
          ':last': { S: sortOf(until) },
        },
        ConsistentRead: true,
        Limit: limit,
      });
      const events = items
        .filter((item) => !isErased(item))
        .map((item) => unreadable.leaveOut(imageIdIn(item), () => loggedIn(item, shard)));
      const last = items.at(-1);
      return {
        events: events.filter((event) => event !== undefined),
        through: isLast || !last ? until : sequenceIn(last),
      };
    },

    /**
     * What waits is published first: a mover that was frozen with it in memory then meets its row, and can't write it
     * again.
     */
    async eraseUser(userId) {
      for (let shard = 0; shard < shards; shard += 1) {
        while (await waits(shard, userId)) if ((await mover.move(shard, now())).moved === 0) await delay(PAUSE_MS);
      }
      let erased = 0;
      for await (const item of rowsBetween(table, ownEventsPartition(userId), ALL)) {
        const [shard = ''] = text(item, 'sk').split('#');
        const row = eventKey(Number(shard), sequenceIn(item));
        await isWritten(table.put(erasedItem(row, item), EXISTS));
        await table.delete({ pk: text(item, 'pk'), sk: text(item, 'sk') });
        erased += 1;
      }
      return erased;
    },

    /** DynamoDB removes items past their `ttl`. */
    async forget() {},
  };
}

/** Sort before and after all sort keys of these partitions. */
const ALL = { from: ' ', to: '~' };

/** From the key, because the row of an erased user has nothing else. */
const sequenceIn = (row: Item): number => Number(text(row, 'sk').split('#').at(-1));
