import type { DatabaseSync } from 'node:sqlite';
import type { AppError } from '../../../domain/errors.ts';
import { externalIdTaken } from '../../../domain/external-id.ts';
import { formerIdTaken } from '../../../domain/former-id.ts';
import type { Image, Status } from '../../../domain/image/image.ts';
import type { ImageId } from '../../../domain/image/image-id.ts';
import { firstRow, type Row } from '../../sqlite/rows.ts';

/**
 * Unique indexes have the external ids of each owner, and the former ids of all; this tells which image is in the way
 * before an index refuses.
 */
export interface TakenIds {
  /** Why the image may not have its ids: another one has one. To be called in the transaction that writes the image. */
  refusalOf(image: Pick<Image, 'id' | 'userId' | 'externalId' | 'formerId'>): AppError | undefined;
}

export function createTakenIds(database: DatabaseSync): TakenIds {
  const byExternalId = database.prepare('SELECT id, status FROM images WHERE user_id = ? AND external_id = ?');
  const byFormerId = database.prepare('SELECT id, status FROM images WHERE former_id = ?');
  return {
    refusalOf({ id, userId, externalId, formerId }) {
      if (externalId !== null) {
        const holder = holderIn(firstRow(byExternalId, [userId, externalId]));
        if (holder && holder.id !== id) return externalIdTaken(externalId, holder);
      }
      if (formerId === null) return undefined;
      const holder = holderIn(firstRow(byFormerId, [formerId]));
      return holder && holder.id !== id ? formerIdTaken(formerId, holder) : undefined;
    },
  };
}

const holderIn = (row: Row | undefined): Pick<Image, 'id' | 'status'> | undefined =>
  row && { id: row[0] as ImageId, status: row[1] as Status };
