import type { DatabaseSync } from 'node:sqlite';
import type { DefaultLimits } from '../../../domain/usage/quota.ts';
import { createAlbumAdd } from '../../albums/sqlite/sqlite.ts';
import { createErasureWrites } from '../../erasures/sqlite/sqlite.ts';
import { createUnloggedWrites, type EventWrites } from '../../events/sqlite/event-writes.ts';
import { createRecordWrites } from '../../images/sqlite/record-writes.ts';
import { createTakenIds } from '../../images/sqlite/taken-ids.ts';
import { cellsOf, KEY_COLUMNS } from '../../keys/key-row.ts';
import { createRevocationRestore } from '../../revocations/sqlite/sqlite.ts';
import { openReader } from '../../sqlite/database.ts';
import type { GroupCommit } from '../../sqlite/group-commit.ts';
import { firstRow } from '../../sqlite/rows.ts';
import { MIGRATIONS } from '../../sqlite/schema.ts';
import { createUncounted, createUsageCounts } from '../../usage/sqlite/usage.ts';
import { createWebhookAdd } from '../../webhooks/sqlite/sqlite.ts';
import type { ArchiveRecord, RecordArchive } from '../record-archive.ts';
import { allRecords } from './all-records.ts';

export interface SqliteRecordArchiveOptions {
  /** The data folder of `database`. */
  readonly folder: string;
  /** Counts the usage of each owner, with these limits for those without limits of their own. */
  readonly countsWith?: DefaultLimits | undefined;
  /** Unset: changes aren't logged. */
  readonly events?: EventWrites | undefined;
}

/**
 * The records in the database of `openDatabase`; `writes` is that connection's group commit. Reads have a connection of
 * their own. `put` is for a process that holds the folder's lock: the service answers from a cache.
 */
export function createSqliteRecordArchive(
  database: DatabaseSync,
  writes: GroupCommit,
  { folder, countsWith, events = createUnloggedWrites(database) }: SqliteRecordArchiveOptions,
): RecordArchive {
  const { count } = countsWith ? createUsageCounts(database, countsWith) : createUncounted(database);
  const images = createRecordWrites(database, { count, ...events });
  const takenIds = createTakenIds(database);
  const selectImage = database.prepare('SELECT id FROM images WHERE id = ?');
  const erasures = createErasureWrites(database);
  const restoreRevocation = createRevocationRestore(database);
  const addWebhook = createWebhookAdd(database);
  const addAlbum = createAlbumAdd(database);
  const addKey = database.prepare(
    `INSERT INTO api_keys (${KEY_COLUMNS}) VALUES (${KEY_COLUMNS.map(() => '?')}) ON CONFLICT DO NOTHING`,
  );
  const addLimits = database.prepare(
    'INSERT INTO quotas (user_id, bytes, images, pending) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const addTokenCount = database.prepare(
    'INSERT INTO upload_token_uses (token_id, used, forget_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
  );

  const add = (record: ArchiveRecord): boolean => {
    switch (record.kind) {
      case 'image': {
        const taken = takenIds.refusalOf(record.image);
        if (!taken) return images.insert(record.image, record.details);
        if (firstRow(selectImage, [record.image.id])) return false;
        throw taken;
      }
      case 'album':
        return addAlbum(record.album);
      case 'key':
        return addKey.run(...cellsOf(record.key)).changes === 1;
      case 'limits': {
        const { bytes, images, pending } = record.limits;
        return addLimits.run(record.userId, bytes, images, pending).changes === 1;
      }
      case 'token-count':
        return addTokenCount.run(record.tokenId, record.used, record.forgetAt.getTime()).changes === 1;
      case 'revocation':
        return restoreRevocation(record.revocation);
      case 'erasure':
        return erasures.add(record.erasure);
      case 'erasure-key':
        return erasures.addKey(record.key);
      case 'webhook':
        return addWebhook({ ...record.webhook, position: null });
    }
  };

  return {
    async *all(options = {}) {
      using reader = openReader(folder, MIGRATIONS, options);
      yield* allRecords(reader, options);
    },
    put: (record) => writes.write(() => add(record)),
  };
}
