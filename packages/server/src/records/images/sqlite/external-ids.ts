import type { DatabaseSync } from 'node:sqlite';
import type { AppError } from '../../../domain/errors.ts';
import { externalIdTaken } from '../../../domain/external-id.ts';
import type { Image, Status } from '../../../domain/image/image.ts';
import type { ImageId } from '../../../domain/image/image-id.ts';
import { firstRow } from '../../sqlite/rows.ts';

/** A unique index has the external ids of each owner; this tells which image is in the way before the index refuses. */
export interface ExternalIds {
  /** Why the image may not have its id: another one has it. To be called in the transaction that writes the image. */
  refusalOf(image: Pick<Image, 'id' | 'userId' | 'externalId'>): AppError | undefined;
}

export function createExternalIds(database: DatabaseSync): ExternalIds {
  const select = database.prepare('SELECT id, status FROM images WHERE user_id = ? AND external_id = ?');
  return {
    refusalOf({ id, userId, externalId }) {
      if (externalId === null) return undefined;
      const [holder, status] = firstRow(select, [userId, externalId]) ?? [];
      if (holder === undefined || holder === id) return undefined;
      return externalIdTaken(externalId, { id: holder as ImageId, status: status as Status });
    },
  };
}
