import type { DatabaseSync } from 'node:sqlite';
import { hasRoomFor, type Webhook } from '../../../domain/event/webhook.ts';
import type { GroupCommit } from '../../sqlite/group-commit.ts';
import { allRows, firstRow, type Row } from '../../sqlite/rows.ts';
import { translated } from '../../sqlite/sqlite-error.ts';
import { positionJson, webhookIn, webhookJson } from '../stored-webhook.ts';
import type { WebhookRepository } from '../webhook-repository.ts';
import { createSqliteDeliveries } from './deliveries.ts';

export const WEBHOOK_COLUMNS = ['webhook', 'position'] as const;

/** Adds one within the running transaction; false if the id is taken. */
export function createWebhookAdd(database: DatabaseSync): (webhook: Webhook) => boolean {
  const insert = database.prepare(
    'INSERT INTO webhooks (id, version, user_id, webhook, position) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  );
  return (webhook) => {
    const { id, version, userId, position } = webhook;
    return insert.run(id, version, userId, webhookJson(webhook), position && positionJson(position)).changes === 1;
  };
}

/** Webhooks in SQLite. Another process may write them too: nothing is cached. */
export function createSqliteWebhookRepository(database: DatabaseSync, writes: GroupCommit): WebhookRepository {
  const add = createWebhookAdd(database);
  const select = database.prepare(`SELECT ${WEBHOOK_COLUMNS} FROM webhooks WHERE id = ?`);
  const selectAll = database.prepare(`SELECT ${WEBHOOK_COLUMNS} FROM webhooks ORDER BY id`);
  const update = database.prepare(
    'UPDATE webhooks SET version = ?, user_id = ?, webhook = ? WHERE id = ? AND version = ?',
  );
  const raise = database.prepare(
    "UPDATE webhooks SET version = version + 1, webhook = json_set(webhook, '$.version', version + 1) WHERE id = ?",
  );
  const move = database.prepare('UPDATE webhooks SET position = ? WHERE id = ? AND position IS ?');
  const remove = database.prepare('DELETE FROM webhooks WHERE id = ?');
  const ofUser = database.prepare('SELECT id FROM webhooks WHERE user_id = ?');
  const { removeUnfinished, replay, eraseDeliveries, ...deliveries } = createSqliteDeliveries(database, writes);

  async function removeOne(id: string): Promise<boolean> {
    if (!(await writes.write(() => remove.run(id).changes === 1))) return false;
    await removeUnfinished(id);
    return true;
  }

  return {
    ...deliveries,

    create: (webhook) =>
      writes.write(() => {
        if (!hasRoomFor(webhook, allRows(selectAll, []).map(webhookOf))) return false;
        if (!add(webhook)) throw new Error(`expected a new id of a webhook; ${webhook.id} is taken`);
        return true;
      }),

    async get(id) {
      const row = translated(() => firstRow(select, [id]));
      return row && webhookOf(row);
    },

    list: async () => translated(() => allRows(selectAll, [])).map(webhookOf),

    replace: (from, to) =>
      writes.write(() => update.run(to.version, to.userId, webhookJson(to), from.id, from.version).changes === 1),

    remove: removeOne,

    advance: (id, from, to) =>
      writes.write(() => move.run(positionJson(to), id, from && positionJson(from)).changes === 1),

    replay: (webhookId, eventIds, now) =>
      writes.write(() => {
        raise.run(webhookId);
        return replay(webhookId, eventIds, now);
      }),

    async eraseUser(userId) {
      for (const [id] of translated(() => allRows(ofUser, [userId]))) await removeOne(String(id));
      return eraseDeliveries(userId);
    },
  };
}

export const webhookOf = ([webhook, position]: Row): Webhook =>
  webhookIn(String(webhook), typeof position === 'string' ? position : null);
