import type { Details } from '../../../domain/facts/facts.ts';
import type { Image } from '../../../domain/image/image.ts';
import { CHANGED, retryWhileChanged } from '../../../flow/retry-while-changed.ts';
import { addAlbum } from '../../albums/postgres/postgres.ts';
import { addErasure, addErasureKey } from '../../erasures/postgres/postgres.ts';
import { holderOf } from '../../images/postgres/grants.ts';
import { KEY_COLUMNS, cellsOf as keyCells } from '../../keys/key-row.ts';
import type { Postgres, Statements } from '../../postgres/database.ts';
import { requireMigrated } from '../../postgres/migrations.ts';
import { postgresFault } from '../../postgres/postgres-error.ts';
import { MIGRATIONS } from '../../postgres/schema.ts';
import { toStoredText } from '../../postgres/stored-text.ts';
import { restoreRevocation } from '../../revocations/postgres/postgres.ts';
import { addWebhook } from '../../webhooks/postgres/postgres.ts';
import type { RecordArchive } from '../record-archive.ts';
import { allRecords } from './all-records.ts';

const ADD_KEY = `INSERT INTO api_keys (${KEY_COLUMNS}) VALUES (${KEY_COLUMNS.map((_, n) => `$${n + 1}`)})
  ON CONFLICT (id) DO NOTHING`;
const ADD_LIMITS = `INSERT INTO quotas (user_id, bytes, images, pending) VALUES ($1, $2, $3, $4)
  ON CONFLICT (user_id) DO NOTHING`;
const ADD_TOKEN_COUNT = `INSERT INTO upload_token_uses (token_id, used, forget_at) VALUES ($1, $2, $3)
  ON CONFLICT (token_id) DO NOTHING`;

export interface PostgresRecordArchiveOptions {
  /** Adds a record in any state with what is derived from it; false if one of its ids is taken. */
  readonly addRecord: (image: Image, details?: Details) => Promise<boolean>;
}

/**
 * The records in one database, for any number of processes beside. `all` reads by a connection outside of the pool. As
 * of one moment, its transaction lasts until the last page was used: meanwhile VACUUM removes no row version that was
 * left since, in any table of the database, and a migration that changes a table waits, with everybody behind it. So a
 * reader that takes hours reads `of-each-page`.
 */
export function createPostgresRecordArchive(
  postgres: Postgres,
  { addRecord }: PostgresRecordArchiveOptions,
): RecordArchive {
  const addImage = (image: Image, details: Details | undefined): Promise<boolean> =>
    retryWhileChanged(async () => {
      if (await addRecord(image, details)) return true;
      const known = await postgres.rows('SELECT 1 FROM images WHERE id = $1', [image.id]);
      if (known.length > 0) return false;
      const taken = await holderOf(postgres, image);
      if (taken) throw taken;
      return CHANGED; // the other image has lost its external id, or ended, since
    });
  const added = async (sql: string, parameters: Parameters<Statements['change']>[1]): Promise<boolean> =>
    (await postgres.change(sql, parameters)) === 1;

  return {
    async *all(options = {}) {
      if (options.moment === 'of-each-page') {
        await requireMigrated(postgres, MIGRATIONS);
        yield* allRecords(postgres, options);
        return;
      }
      await using moment = await openMoment(postgres);
      await requireMigrated(moment, MIGRATIONS);
      yield* allRecords(moment, options);
    },

    async put(record) {
      switch (record.kind) {
        case 'image':
          return addImage(record.image, record.details);
        case 'album':
          return postgres.transaction((transaction) => addAlbum(transaction, record.album));
        case 'key':
          return added(ADD_KEY, keyCells(record.key));
        case 'limits': {
          const { bytes, images, pending } = record.limits;
          return added(ADD_LIMITS, [record.userId, bytes, images, pending]);
        }
        case 'token-count':
          return added(ADD_TOKEN_COUNT, [record.tokenId, record.used, record.forgetAt.getTime()]);
        case 'revocation':
          return restoreRevocation(postgres, record.revocation);
        case 'erasure':
          return addErasure(postgres, record.erasure);
        case 'erasure-key':
          return addErasureKey(postgres, record.key);
        case 'webhook':
          return addWebhook(postgres, { ...record.webhook, position: null });
      }
    },
  };
}

/** A page may be used for long before the next one is read. The second one exists since PostgreSQL 17. */
const UNTIMED = `SELECT set_config(name, '0', true) FROM pg_settings
  WHERE name IN ('idle_in_transaction_session_timeout', 'transaction_timeout')`;

/** A transaction on a connection of its own, whose statements all see the moment in which it began. */
async function openMoment(postgres: Postgres): Promise<Pick<Statements, 'rows'> & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const client = stack.adopt(await postgres.connect(), (one) => one.end());
  const rows: Statements['rows'] = async (sql, parameters = []) => {
    const values = parameters.map((one) => (typeof one === 'string' ? toStoredText(one) : one));
    try {
      return (await client.query({ text: sql, values, rowMode: 'array' })).rows;
    } catch (error) {
      throw postgresFault(error);
    }
  };
  await rows('BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY');
  await rows(UNTIMED); // the first look at a table: the moment is this one
  const held = stack.move();
  return { rows, [Symbol.asyncDispose]: () => held.disposeAsync() };
}
