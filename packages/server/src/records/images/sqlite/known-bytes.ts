import type { DatabaseSync } from 'node:sqlite';
import type { ImageId } from '../../../domain/image/image-id.ts';
import { KNOWN_STATUSES, type KnownBytes } from '../../../domain/lists/known-bytes.ts';
import { firstRow } from '../../sqlite/rows.ts';
import { createSnapshot } from '../../sqlite/snapshot.ts';
import type { KnownQuery } from '../image-repository.ts';

/** One of the user's images that have these bytes, in one state. Parameters: user, SHA-256, status. */
export const KNOWN_BYTES_SQL = `
  SELECT id FROM images INDEXED BY images_by_user_and_bytes WHERE user_id = ? AND sha256 = ? AND status = ? LIMIT 1`;

export function createKnownBytes(database: DatabaseSync) {
  const select = database.prepare(KNOWN_BYTES_SQL);
  const inSnapshot = createSnapshot(database);

  const find = (userId: string, sha256: string): KnownBytes | undefined => {
    for (const status of KNOWN_STATUSES) {
      const id = firstRow(select, [userId, sha256, status])?.[0];
      if (typeof id === 'string') return { sha256, imageId: id as ImageId, status };
    }
    return undefined;
  };

  return ({ userId, digests }: KnownQuery): readonly KnownBytes[] =>
    inSnapshot(() => digests.flatMap((sha256) => find(userId, sha256) ?? []));
}
