import { randomUUID } from 'node:crypto';
import type { SQLInputValue } from 'node:sqlite';
import { v7 } from 'uuid';
import {
  type Image,
  type PendingImage,
  pendingImage,
  publish,
  type ReadyImage,
} from '../../packages/server/src/domain/image/image.ts';
import { type ImageId, parseImageId } from '../../packages/server/src/domain/image/image-id.ts';
import { originalKey } from '../../packages/server/src/domain/image/object-key.ts';
import { COLUMNS, cellsOf } from '../../packages/server/src/records/images/image-row.ts';
import { openDatabase } from '../../packages/server/src/records/sqlite/database.ts';
import { MIGRATIONS } from '../../packages/server/src/records/sqlite/schema.ts';
import type { Size } from './decoders.ts';

/** The service's own table in `data`, each write a synced transaction. */
export function openRecords() {
  const database = openDatabase('data', MIGRATIONS);
  const insert = database.prepare(`INSERT INTO images (${COLUMNS}) VALUES (${COLUMNS.map(() => '?')})`);
  const update = database.prepare(`UPDATE images SET ${COLUMNS.map((column) => `${column} = ?`)} WHERE id = ?`);
  const cells = (image: Image): SQLInputValue[] => cellsOf(image, COLUMNS);
  return {
    insert: (image: Image) => insert.run(...cells(image)),
    update: (image: Image) => update.run(...cells(image), image.id),
  };
}

export function granted(): PendingImage {
  const now = new Date();
  const named = {
    id: newId(),
    userId: 'ada',
    filename: 'photo.jpg',
    tags: [],
    description: null,
    metadata: {},
    visibility: 'private' as const,
    externalId: null,
    contentType: 'image/jpeg',
  };
  return pendingImage(named, now, { expiresAt: new Date(now.getTime() + 300_000), claim: null, isDirect: false });
}

export const claimed = (image: PendingImage): PendingImage => ({
  ...image,
  claim: { attempt: randomUUID(), leaseUntil: new Date(Date.now() + 60_000) },
});

export const ready = (
  image: PendingImage,
  bytes: { readonly sizeBytes: number; readonly sha256: string } & Size,
): ReadyImage =>
  publish(
    image,
    {
      ...bytes,
      contentType: 'image/jpeg',
      placeholder: '3OcRJYB4d3h/iIeHeEh3eIhw+j2w',
      dominantColor: '#7a8c99',
    },
    {
      objectKey: originalKey(image, image.id),
      objectTag: null,
      maintainAt: null,
      filteredBy: [],
      facts: null,
      hasDetails: false,
      at: new Date(),
    },
  );

export function newId(): ImageId {
  const id = parseImageId(v7());
  if (!id) throw new Error('uuid made no UUID');
  return id;
}
