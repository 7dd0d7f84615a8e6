import { randomUUID } from 'node:crypto';
import type { Delivery } from '../../../domain/event/delivery.ts';
import { workAtMost } from '../../../flow/work-at-most.ts';
import { text } from '../../dynamodb/attributes.ts';
import { type Condition, EXISTS, IS_NEW } from '../../dynamodb/condition.ts';
import { isWritten } from '../../dynamodb/fault.ts';
import type { Item } from '../../dynamodb/item.ts';
import {
  FINISHED,
  finishedEventKey,
  finishedPartition,
  finishedSort,
  type ItemKey,
  unfinishedPartition,
} from '../../dynamodb/item-keys.ts';
import { rowsBetween } from '../../dynamodb/rows-between.ts';
import type { Table } from '../../dynamodb/table.ts';
import type { WebhookRepository } from '../webhook-repository.ts';
import {
  attemptAttributes,
  deliveryIn,
  finishedItems,
  keyOfFinished,
  keyOfUnfinished,
  unfinishedItem,
} from './delivery-item.ts';

type OfOne = Pick<WebhookRepository, 'addDeliveries' | 'unfinished' | 'record' | 'deliveries' | 'delivery'>;

export interface DynamodbDeliveries {
  readonly ofOne: OfOne;
  /** Without raising the webhook's version. */
  readonly replay: WebhookRepository['replay'];
  /** Removes the deliveries of a user from a webhook's. Returns their number. */
  eraseUser(webhookId: string, userId: string): Promise<number>;
  removeUnfinished(webhookId: string): Promise<void>;
  /** Removes at most so many deliveries, whatever their state. Returns their number. */
  removeSome(webhookId: string, limit: number): Promise<number>;
}

/** Concurrent writes of one call. */
const AT_ONCE = 10;
/** The limit of a transaction that removes items: at most 100 ("Quotas", Amazon DynamoDB Developer Guide). */
const REMOVED_AT_ONCE = 100;
/** Rows that one page with a filter looks at: then it ends, also if it is short. */
const LOOKED_AT = 2_000;
const FILTERED_PAGE = 500;
const DAY_MS = 86_400_000;

export function createDynamodbDeliveries(
  table: Table,
  { days, lookedAt = LOOKED_AT }: { readonly days: number; readonly lookedAt: number | undefined },
): DynamodbDeliveries {
  const unfinishedRows = (webhookId: string, page?: number) =>
    rowsBetween(table, unfinishedPartition(webhookId), { from: FIRST, to: LAST, ...(page !== undefined && { page }) });
  const finishedRows = (webhookId: string) =>
    rowsBetween(table, finishedPartition(webhookId), { from: FINISHED.byTime, to: `${FINISHED.byTime}${LAST}` });

  /** The finished deliveries of these events. */
  async function finished(webhookId: string, eventIds: readonly string[]): Promise<Delivery[]> {
    const places = await table.getMany(
      eventIds.map((id) => finishedEventKey(webhookId, id)),
      'strong',
    );
    const keys = places.map((item) => ({ pk: finishedPartition(webhookId), sk: text(item, 'row') }));
    return (await table.getMany(keys, 'strong')).map((item) => deliveryIn(webhookId, item));
  }

  async function removeItems(keys: readonly ItemKey[]): Promise<void> {
    for (let at = 0; at < keys.length; at += REMOVED_AT_ONCE) {
      const writes = keys.slice(at, at + REMOVED_AT_ONCE).map((key) => ({ delete: key }));
      await table.transact(writes, randomUUID());
    }
  }

  async function* unfinishedOnes(webhookId: string): AsyncGenerator<Stored> {
    for await (const item of unfinishedRows(webhookId)) yield { item, keys: [keyIn(item)] };
  }

  async function* all(webhookId: string): AsyncGenerator<Stored> {
    yield* unfinishedOnes(webhookId);
    for await (const item of finishedRows(webhookId)) {
      const { eventId } = deliveryIn(webhookId, item);
      yield { item, keys: [keyIn(item), finishedEventKey(webhookId, eventId)] };
    }
  }

  async function remove(
    rows: AsyncIterable<Stored>,
    { isOne = () => true, limit = Infinity }: { isOne?: (item: Item) => boolean; limit?: number } = {},
  ): Promise<number> {
    let [removed, keys]: [number, ItemKey[]] = [0, []];
    for await (const row of rows) {
      if (!isOne(row.item)) continue;
      removed += 1;
      keys.push(...row.keys);
      if (removed === limit) break;
      if (keys.length < REMOVED_AT_ONCE) continue;
      await removeItems(keys);
      keys = [];
    }
    await removeItems(keys);
    return removed;
  }

  /**
   * Finished rows between two sort keys, the latest first, and up to where they were looked at: null if that is all.
   */
  async function finishedBetween(webhookId: string, { from, below, limit, status }: FinishedQuery): Promise<Looked> {
    const found: Delivery[] = [];
    let to = below;
    for (let left = status === undefined ? Number.POSITIVE_INFINITY : lookedAt; left > 0; ) {
      const page = status === undefined ? limit - found.length + 1 : Math.min(left, FILTERED_PAGE);
      const { items, isLast } = await table.query({
        KeyConditionExpression: 'pk = :partition AND sk BETWEEN :from AND :to',
        ExpressionAttributeValues: {
          ':partition': { S: finishedPartition(webhookId) },
          ':from': { S: from },
          ':to': { S: to },
        },
        ConsistentRead: true,
        ScanIndexForward: false,
        Limit: page,
      });
      const next = items.filter((item) => text(item, 'sk') < to).map((item) => deliveryIn(webhookId, item));
      found.push(...next.filter((one) => status === undefined || one.status === status));
      const last = items.at(-1);
      if (isLast || !last) return { found, through: null };
      to = text(last, 'sk');
      if (found.length >= limit) break;
      left -= items.length;
    }
    return { found, through: to };
  }

  return {
    ofOne: {
      async addDeliveries(deliveries) {
        const known = await table.getMany(
          deliveries.map(({ webhookId, eventId }) => finishedEventKey(webhookId, eventId)),
          'strong',
        );
        const isKnown = new Set(known.map((item) => `${text(item, 'pk')} ${text(item, 'sk')}`));
        const missing = deliveries.filter(({ webhookId, eventId }) => {
          const { pk, sk } = finishedEventKey(webhookId, eventId);
          return !isKnown.has(`${pk} ${sk}`);
        });
        await workAtMost(AT_ONCE, missing, async (one) => {
          await isWritten(table.put(unfinishedItem(one), IS_NEW));
        });
        return missing;
      },

      async unfinished(webhookId, limit) {
        const found: Delivery[] = [];
        for await (const item of unfinishedRows(webhookId, limit)) {
          found.push(deliveryIn(webhookId, item));
          if (found.length === limit) break;
        }
        return found;
      },

      async record(from, { status, dueAt, attempt }) {
        const to: Delivery = { ...from, status, dueAt, attempts: from.attempts + 1, last: attempt };
        const condition = hasAttempts(from.attempts);
        const key = keyOfUnfinished(from);
        if (status === 'waiting')
          return isWritten(table.update({ key, set: attemptAttributes(to), remove: [], condition }));
        const forgetAt = new Date(attempt.at.getTime() + (days + 1) * DAY_MS);
        const puts = finishedItems(to, forgetAt).map((put) => ({ put }));
        return isWritten(table.transact([{ delete: key, condition }, ...puts], randomUUID()));
      },

      async deliveries(webhookId, { limit, after, status, since, until }) {
        const below = after ?? (until ? finishedSort(until, LAST) : `${FINISHED.byTime}${LAST}`);
        const from = since ? finishedSort(since, '') : FINISHED.byTime;
        const waiting: Delivery[] = [];
        if (status === undefined || status === 'waiting')
          for await (const item of unfinishedRows(webhookId)) {
            const one = deliveryIn(webhookId, item);
            if (sortOf(one) >= from && sortOf(one) < below) waiting.push(one);
          }
        const rest: Looked =
          status === 'waiting'
            ? { found: [], through: null }
            : await finishedBetween(webhookId, { from, below, limit: limit + 1, status });
        const { through } = rest;
        const all = [...waiting, ...rest.found]
          .filter((one) => through === null || sortOf(one) >= through)
          .toSorted((one, other) => (sortOf(one) < sortOf(other) ? 1 : -1));
        const page = all.slice(0, limit);
        const last = page.at(-1);
        if (all.length > limit && last) return { deliveries: page, next: sortOf(last) };
        return { deliveries: page, next: through };
      },

      async delivery(webhookId, eventId) {
        const [found] = await finished(webhookId, [eventId]);
        if (found) return found;
        for await (const item of unfinishedRows(webhookId)) {
          const one = deliveryIn(webhookId, item);
          if (one.eventId === eventId) return one;
        }
        return undefined;
      },
    },

    async replay(webhookId, eventIds, now) {
      let replayed = 0;
      await workAtMost(AT_ONCE, await finished(webhookId, [...new Set(eventIds)]), async (one) => {
        const again: Delivery = { ...one, status: 'waiting', attempts: 0, dueAt: now };
        const writes = [
          { delete: keyOfFinished(one), condition: EXISTS },
          { delete: finishedEventKey(webhookId, one.eventId) },
          { put: unfinishedItem(again) },
        ];
        if (await isWritten(table.transact(writes, randomUUID()))) replayed += 1;
      });
      return replayed;
    },

    eraseUser: (webhookId, userId) =>
      remove(all(webhookId), { isOne: (item) => deliveryIn(webhookId, item).event.userId === userId }),

    async removeUnfinished(webhookId) {
      await remove(unfinishedOnes(webhookId));
    },

    removeSome: (webhookId, limit) => remove(all(webhookId), { limit }),
  };
}

/** A delivery with all its items. */
interface Stored {
  readonly item: Item;
  readonly keys: readonly ItemKey[];
}

interface FinishedQuery {
  readonly from: string;
  readonly below: string;
  readonly limit: number;
  readonly status: Delivery['status'] | undefined;
}

interface Looked {
  readonly found: readonly Delivery[];
  readonly through: string | null;
}

/** Sort before and after all digits. */
const [FIRST, LAST] = ['0', '~'];

const sortOf = ({ event, eventId }: Delivery): string => finishedSort(event.at, eventId);

const keyIn = (item: Item): ItemKey => ({ pk: text(item, 'pk'), sk: text(item, 'sk') });

const hasAttempts = (attempts: number): Condition => ({
  ConditionExpression: 'attempts = :attempts',
  ExpressionAttributeValues: { ':attempts': { N: String(attempts) } },
});
