import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Delivery } from '../../../domain/event/delivery.ts';
import type { GroupCommit } from '../../sqlite/group-commit.ts';
import { allRows, firstRow } from '../../sqlite/rows.ts';
import { translated } from '../../sqlite/sqlite-error.ts';
import { positionBefore, positionInText, positionTextOf } from '../delivery-position.ts';
import { DELIVERY_COLUMNS, deliveryOf } from '../delivery-row.ts';
import { deliveredEventJson, lastAttemptJson } from '../stored-webhook.ts';
import type { WebhookRepository } from '../webhook-repository.ts';

const SELECT = `SELECT ${DELIVERY_COLUMNS} FROM deliveries`;
const PAGE = `AND event_at >= ? AND (event_at, event_id) < (?, ?) ORDER BY event_at DESC, event_id DESC LIMIT ?`;
/** Without the hint the planner takes the index by time, and reads all rows of the others. */
export const SELECT_OF_STATUS = `${SELECT} INDEXED BY deliveries_by_status WHERE webhook_id = ? AND status = ? ${PAGE}`;

/** Rows that one transaction removes: some milliseconds, because other writes wait for it. */
const REMOVED_ROWS = 500;
/** Transactions of one round: 50,000 rows. */
const REMOVALS = 100;

type Deliveries = Pick<
  WebhookRepository,
  'addDeliveries' | 'unfinished' | 'record' | 'deliveries' | 'delivery' | 'forget'
>;

/** The deliveries of all webhooks. `replay` writes within the running transaction. */
export function createSqliteDeliveries(database: DatabaseSync, writes: GroupCommit) {
  const insert = database.prepare(
    `INSERT INTO deliveries (event_id, user_id, shard, sequence, event_at, ${DELIVERY_COLUMNS})
     SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM webhooks WHERE id = ?)
     ON CONFLICT DO NOTHING`,
  );
  const select = database.prepare(`${SELECT} WHERE webhook_id = ? AND event_id = ?`);
  const selectUnfinished = database.prepare(
    `${SELECT} WHERE webhook_id = ? AND status = 'waiting' ORDER BY shard, sequence LIMIT ?`,
  );
  const selectPage = database.prepare(`${SELECT} WHERE webhook_id = ? ${PAGE}`);
  const selectOfStatus = database.prepare(SELECT_OF_STATUS);
  const update = database.prepare(
    `UPDATE deliveries SET status = ?, attempts = attempts + 1, due_at = ?, last = ?
     WHERE webhook_id = ? AND event_id = ? AND status = 'waiting' AND attempts = ?`,
  );
  const renew = database.prepare(
    `UPDATE deliveries SET status = 'waiting', attempts = 0, due_at = ?
     WHERE webhook_id = ? AND event_id = ? AND status <> 'waiting'`,
  );
  const removeFinished = database.prepare(removeSome("status <> 'waiting' AND created_at < ?"));
  const removeUnfinished = database.prepare(removeSome("webhook_id = ? AND status = 'waiting'"));
  const removeOfUser = database.prepare(removeSome('user_id = ?'));
  const removeOfNone = database.prepare(removeSome(`webhook_id = (${ID_WITHOUT_WEBHOOK})`));

  /** Removes in short transactions, until nothing is left. Returns the number of rows. */
  async function removeAll(statement: StatementSync, value: string): Promise<number> {
    for (let removed = 0; ; ) {
      const some = Number(await writes.write(() => statement.run(value).changes));
      removed += some;
      if (some < REMOVED_ROWS) return removed;
    }
  }

  /** Whether it is unfinished then. */
  const add = (delivery: Delivery): boolean => {
    const { webhookId, eventId, event, status, attempts, dueAt, last, createdAt } = delivery;
    const { userId, shard, sequence, at } = event;
    const found = [eventId, userId, shard, sequence, at.getTime()];
    const rest = [status, attempts, dueAt.getTime(), lastAttemptJson(last), createdAt.getTime()];
    if (insert.run(...found, webhookId, deliveredEventJson(event), ...rest, webhookId).changes === 1) return true;
    const known = firstRow(select, [webhookId, eventId]);
    return known !== undefined && deliveryOf(known).status === 'waiting';
  };

  const deliveries: Deliveries = {
    addDeliveries: (added) => writes.write(() => added.filter(add)),

    unfinished: async (webhookId, limit) =>
      translated(() => allRows(selectUnfinished, [webhookId, limit])).map(deliveryOf),

    record: ({ webhookId, eventId, attempts }, { status, dueAt, attempt }) =>
      writes.write(
        () => update.run(status, dueAt.getTime(), lastAttemptJson(attempt), webhookId, eventId, attempts).changes === 1,
      ),

    async deliveries(webhookId, { limit, after, status, since, until }) {
      const { at, id } = after === undefined ? positionBefore(until) : positionInText(after);
      const range = [since?.getTime() ?? 0, at, id, limit + 1];
      const rows = translated(() =>
        status === undefined
          ? allRows(selectPage, [webhookId, ...range])
          : allRows(selectOfStatus, [webhookId, status, ...range]),
      );
      const found = rows.slice(0, limit).map(deliveryOf);
      const last = found.at(-1);
      return { deliveries: found, next: rows.length > limit && last ? positionTextOf(last) : null };
    },

    async delivery(webhookId, eventId) {
      const row = translated(() => firstRow(select, [webhookId, eventId]));
      return row && deliveryOf(row);
    },

    async forget(before) {
      const removeNext = () => removeFinished.run(before.getTime()).changes || removeOfNone.run().changes;
      for (let nth = 0; nth < REMOVALS && (await writes.write(removeNext)); nth += 1);
    },
  };

  return {
    ...deliveries,

    removeUnfinished: (webhookId: string): Promise<number> => removeAll(removeUnfinished, webhookId),

    replay: (webhookId: string, eventIds: readonly string[], now: Date): number =>
      eventIds.reduce((sum, eventId) => sum + Number(renew.run(now.getTime(), webhookId, eventId).changes), 0),

    eraseDeliveries: (userId: string): Promise<number> => removeAll(removeOfUser, userId),
  };
}

const removeSome = (condition: string): string =>
  `DELETE FROM deliveries WHERE (webhook_id, event_id) IN
   (SELECT webhook_id, event_id FROM deliveries WHERE ${condition} LIMIT ${REMOVED_ROWS})`;

/** A seek for each webhook that has deliveries: `DISTINCT` would read all rows. */
const ID_WITHOUT_WEBHOOK = `
  WITH RECURSIVE ids (id) AS (
    SELECT min(webhook_id) FROM deliveries
    UNION ALL
    SELECT (SELECT min(webhook_id) FROM deliveries WHERE webhook_id > id) FROM ids WHERE id IS NOT NULL
  )
  SELECT id FROM ids WHERE id NOT IN (SELECT id FROM webhooks) LIMIT 1`;
