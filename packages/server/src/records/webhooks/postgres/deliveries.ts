import type { Delivery } from '../../../domain/event/delivery.ts';
import type { Parameter, Postgres } from '../../postgres/database.ts';
import { positionBefore, positionInText, positionTextOf } from '../delivery-position.ts';
import { DELIVERY_COLUMNS, deliveryOf } from '../delivery-row.ts';
import { deliveredEventJson, lastAttemptJson } from '../stored-webhook.ts';
import type { WebhookRepository } from '../webhook-repository.ts';

/** Rows that one transaction removes: some milliseconds, for which it holds their locks. */
const REMOVED_ROWS = 500;
/** Transactions of one round: 50,000 rows. */
const REMOVALS = 100;

type Deliveries = Pick<
  WebhookRepository,
  'addDeliveries' | 'unfinished' | 'record' | 'deliveries' | 'delivery' | 'replay' | 'forget'
>;

interface PostgresDeliveries extends Deliveries {
  removeUnfinished(webhookId: string): Promise<void>;
  /** Returns the number of removed deliveries. */
  eraseDeliveries(userId: string): Promise<number>;
}

/** The deliveries of all webhooks. */
export function createPostgresDeliveries(postgres: Postgres): PostgresDeliveries {
  /** Removes in short transactions, until nothing is left. Returns the number of rows. */
  async function removeAll(sql: string, value: string): Promise<number> {
    for (let removed = 0; ; ) {
      const some = await postgres.change(sql, [value]);
      if (some === 0) return removed;
      removed += some; // fewer than a batch if another process removes some of its rows meanwhile
    }
  }

  async function removeOfNone(): Promise<number> {
    const [row] = await postgres.rows(ID_WITHOUT_WEBHOOK);
    return row ? postgres.change(REMOVE_OF_WEBHOOK, [String(row[0])]) : 0;
  }

  return {
    async addDeliveries(added) {
      const [first] = added;
      if (!first) return [];
      const eventIds = added.map(({ eventId }) => eventId);
      const rows = await postgres.transaction(async (transaction) => {
        transaction.send(ADD, [first.webhookId, ...CELLS.map(([, , cellOf]) => added.map(cellOf) as Parameter)]);
        return transaction.rows(SELECT_WAITING, [first.webhookId, eventIds]);
      });
      const waiting = new Set(rows.map(([id]) => id));
      return added.filter(({ eventId }) => waiting.has(eventId));
    },

    async unfinished(webhookId, limit) {
      return (await postgres.rows(SELECT_UNFINISHED, [webhookId, limit])).map(deliveryOf);
    },

    async record({ webhookId, eventId, attempts }, { status, dueAt, attempt }) {
      const cells = [status, dueAt.getTime(), lastAttemptJson(attempt), webhookId, eventId, attempts];
      return (await postgres.change(RECORD, cells)) === 1;
    },

    async deliveries(webhookId, { limit, after, status, since, until }) {
      const { at, id } = after === undefined ? positionBefore(until) : positionInText(after);
      const range = [webhookId, since?.getTime() ?? 0, at, id, limit + 1];
      const rows = await (status === undefined
        ? postgres.rows(SELECT_PAGE, range)
        : postgres.rows(SELECT_OF_STATUS, [...range, status]));
      const found = rows.slice(0, limit).map(deliveryOf);
      const last = found.at(-1);
      return { deliveries: found, next: rows.length > limit && last ? positionTextOf(last) : null };
    },

    async delivery(webhookId, eventId) {
      const [row] = await postgres.rows(`${SELECT} WHERE webhook_id = $1 AND event_id = $2`, [webhookId, eventId]);
      return row && deliveryOf(row);
    },

    replay: (webhookId, eventIds, now) =>
      postgres.transaction(async (transaction) => {
        transaction.send('UPDATE webhooks SET version = version + 1 WHERE id = $1', [webhookId]);
        return transaction.change(RENEW, [webhookId, eventIds, now.getTime()]);
      }),

    async forget(before) {
      const removeNext = async (): Promise<number> =>
        (await postgres.change(REMOVE_FINISHED, [before.getTime()])) || removeOfNone();
      for (let nth = 0; nth < REMOVALS && (await removeNext()) > 0; nth += 1);
    },

    async removeUnfinished(webhookId) {
      await removeAll(REMOVE_UNFINISHED, webhookId);
    },

    eraseDeliveries: (userId) => removeAll(REMOVE_OF_USER, userId),
  };
}

/** An array of each column: the statement of any number of deliveries has one text. */
const CELLS: readonly (readonly [column: string, type: string, (delivery: Delivery) => string | number])[] = [
  ['event_id', 'text', ({ eventId }) => eventId],
  ['user_id', 'text', ({ event }) => event.userId],
  ['shard', 'integer', ({ event }) => event.shard],
  ['sequence', 'bigint', ({ event }) => event.sequence],
  ['event_at', 'bigint', ({ event }) => event.at.getTime()],
  ['event', 'text', ({ event }) => deliveredEventJson(event)],
  ['status', 'text', ({ status }) => status],
  ['attempts', 'integer', ({ attempts }) => attempts],
  ['due_at', 'bigint', ({ dueAt }) => dueAt.getTime()],
  ['created_at', 'bigint', ({ createdAt }) => createdAt.getTime()],
  ['last', 'text', ({ last }) => lastAttemptJson(last) ?? ''],
];
const COLUMNS = CELLS.map(([column]) => column);

/** The lock of the webhook's row: its removal waits, or has happened. Sorted, so that no two wait for each other. */
const ADD = `
  WITH owner AS (SELECT id FROM webhooks WHERE id = $1 FOR KEY SHARE)
  INSERT INTO deliveries (webhook_id, ${COLUMNS})
  SELECT owner.id, ${COLUMNS.slice(0, -1)}, nullif(last, '')
  FROM owner CROSS JOIN unnest(${CELLS.map(([, type], nth) => `$${nth + 2}::${type}[]`)}) AS added (${COLUMNS})
  ORDER BY event_id ON CONFLICT DO NOTHING`;

const SELECT_WAITING =
  "SELECT event_id FROM deliveries WHERE webhook_id = $1 AND event_id = ANY ($2) AND status = 'waiting'";

const SELECT = `SELECT ${DELIVERY_COLUMNS} FROM deliveries`;

const SELECT_UNFINISHED = `
  ${SELECT} WHERE webhook_id = $1 AND status = 'waiting' ORDER BY shard, sequence LIMIT $2`;

/** Comparing all columns of an index at once leaves the planner no other one: it reads the rows of the page alone. */
const SELECT_PAGE = `
  ${SELECT}
  WHERE (webhook_id, event_at, event_id) >= ($1, $2, '') AND (webhook_id, event_at, event_id) < ($1, $3, $4)
  ORDER BY webhook_id DESC, event_at DESC, event_id DESC LIMIT $5`;

const SELECT_OF_STATUS = `
  ${SELECT}
  WHERE (webhook_id, status, event_at, event_id) >= ($1, $6, $2, '')
  AND (webhook_id, status, event_at, event_id) < ($1, $6, $3, $4)
  ORDER BY webhook_id DESC, status DESC, event_at DESC, event_id DESC LIMIT $5`;

/** If two workers record an attempt at once, the second waits for the first, and then finds other attempts. */
const RECORD = `
  UPDATE deliveries SET status = $1, attempts = attempts + 1, due_at = $2, last = $3
  WHERE webhook_id = $4 AND event_id = $5 AND status = 'waiting' AND attempts = $6`;

const RENEW = `
  UPDATE deliveries SET status = 'waiting', attempts = 0, due_at = $3
  WHERE webhook_id = $1 AND event_id = ANY ($2) AND status <> 'waiting'
  AND EXISTS (SELECT 1 FROM webhooks WHERE id = $1)`;

/**
 * Twice the condition: the outer one is checked again on a row that changed meanwhile, as one that is replayed. The
 * order is that of the index: without it the planner reads the whole table where it expects many such rows.
 */
const removeSome = (condition: string, order: string): string => `
  DELETE FROM deliveries WHERE ${condition} AND (webhook_id, event_id) IN
  (SELECT webhook_id, event_id FROM deliveries WHERE ${condition} ORDER BY ${order} LIMIT ${REMOVED_ROWS})`;

const REMOVE_FINISHED = removeSome("status <> 'waiting' AND created_at < $1", 'created_at');
const REMOVE_UNFINISHED = removeSome("webhook_id = $1 AND status = 'waiting'", 'shard, sequence');
const REMOVE_OF_WEBHOOK = removeSome('webhook_id = $1', 'event_id');
/** The planner drops an order by a column that equals something. */
const REMOVE_OF_USER = removeSome('user_id BETWEEN $1 AND $1', 'user_id');

/** A seek for each webhook that has deliveries: `DISTINCT` would read all rows. */
const ID_WITHOUT_WEBHOOK = `
  WITH RECURSIVE ids (id) AS (
    SELECT min(webhook_id) FROM deliveries
    UNION ALL
    SELECT (SELECT min(webhook_id) FROM deliveries WHERE webhook_id > id) FROM ids WHERE id IS NOT NULL
  )
  SELECT id FROM ids WHERE id NOT IN (SELECT id FROM webhooks) LIMIT 1`;
