import { hasRoomFor, type Webhook } from '../../../domain/event/webhook.ts';
import type { Row } from '../../images/image-row.ts';
import type { Postgres, Statements } from '../../postgres/database.ts';
import { positionJson, webhookIn, webhookJson } from '../stored-webhook.ts';
import type { WebhookRepository } from '../webhook-repository.ts';
import { createPostgresDeliveries } from './deliveries.ts';

/** In the order of `webhookOf`. */
export const WEBHOOK_COLUMNS = ['webhook', 'position', 'version'] as const;

/** Adds one; false if the id is taken. */
export async function addWebhook(statements: Statements, webhook: Webhook): Promise<boolean> {
  const { id, version, userId, position } = webhook;
  const cells = [id, version, userId, webhookJson(webhook), position && positionJson(position)];
  return (await statements.change(ADD, cells)) === 1;
}

/** Webhooks in the database of `openPostgres`. Each guard is in the statement that writes: two at once, one matches. */
export function createPostgresWebhookRepository(postgres: Postgres): WebhookRepository {
  const { removeUnfinished, eraseDeliveries, ...deliveries } = createPostgresDeliveries(postgres);

  /** Whoever adds deliveries holds the webhook's row, so none is added once it is removed. */
  async function remove(id: string): Promise<boolean> {
    if ((await postgres.change('DELETE FROM webhooks WHERE id = $1', [id])) === 0) return false;
    await removeUnfinished(id);
    return true;
  }

  return {
    ...deliveries,

    create: (webhook) =>
      postgres.transaction(async (transaction) => {
        transaction.send(LOCK); // nobody else adds one between the look and the commit
        if (!hasRoomFor(webhook, (await transaction.rows(SELECT_ALL)).map(webhookOf))) return false;
        if (await addWebhook(transaction, webhook)) return true;
        throw new Error(`expected a new id of a webhook; ${webhook.id} is taken`);
      }),

    async get(id) {
      const [row] = await postgres.rows(`SELECT ${WEBHOOK_COLUMNS} FROM webhooks WHERE id = $1`, [id]);
      return row && webhookOf(row);
    },

    async list() {
      return (await postgres.rows(SELECT_ALL)).map(webhookOf);
    },

    async replace(from, to) {
      const cells = [to.version, to.userId, webhookJson(to), from.id, from.version];
      return (await postgres.change(REPLACE, cells)) === 1;
    },

    remove,

    async advance(id, from, to) {
      return (await postgres.change(ADVANCE, [positionJson(to), id, from && positionJson(from)])) === 1;
    },

    async eraseUser(userId) {
      for (const [id] of await postgres.rows('SELECT id FROM webhooks WHERE user_id = $1', [userId]))
        await remove(String(id));
      return eraseDeliveries(userId);
    },
  };
}

/** Parses a row of `WEBHOOK_COLUMNS`. */
export const webhookOf = ([webhook, position, version]: Row): Webhook => ({
  ...webhookIn(String(webhook), typeof position === 'string' ? position : null),
  version: Number(version),
});

const SELECT_ALL = `SELECT ${WEBHOOK_COLUMNS} FROM webhooks ORDER BY id`;

const ADD = `
  INSERT INTO webhooks (id, version, user_id, webhook, position) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`;

/** Reads, and the locks of rows that add deliveries, don't wait for it. */
const LOCK = 'LOCK TABLE webhooks IN SHARE ROW EXCLUSIVE MODE';

const REPLACE = 'UPDATE webhooks SET version = $1, user_id = $2, webhook = $3 WHERE id = $4 AND version = $5';

const ADVANCE = 'UPDATE webhooks SET position = $1 WHERE id = $2 AND position IS NOT DISTINCT FROM $3';
