import type { DatabaseSync } from 'node:sqlite';
import type { AppError } from '../../../domain/errors.ts';
import type { Details } from '../../../domain/facts/facts.ts';
import type { Image } from '../../../domain/image/image.ts';
import { isReplacement } from '../../../domain/image/replace.ts';
import type { EventWrites } from '../../events/sqlite/event-writes.ts';
import { firstRow } from '../../sqlite/rows.ts';
import { createImageCounts } from '../../usage/sqlite/image-counts.ts';
import { createMonthCounts } from '../../usage/sqlite/month-counts.ts';
import type { UsageCounts } from '../../usage/sqlite/usage.ts';
import type { ReplaceOptions } from '../image-repository.ts';
import { COLUMNS, cellsOf } from '../image-row.ts';
import { createAlbumRows } from './albums/album-rows.ts';
import { createCapturedRows } from './captured-rows.ts';
import { createDetailsRows, type DetailsOfRow } from './details-rows.ts';
import { createMetadataRows } from './metadata-rows.ts';
import { createSearchIndex } from './search/search-index.ts';

/**
 * Writes a record within the running transaction, with its details, its rows for lists by tag, capture, metadata and
 * album, its words, its counts and its event.
 */
export interface RecordWrites {
  /** False if the id is taken. */
  insert(image: Image, details?: Details): boolean;
  /** Why `to` may not be written: it would come into an album that isn't there any more. */
  refusalOf(from: Image, to: Image): AppError | undefined;
  /** False if the record is no longer `from`. `options`: as for `ImageRepository.replace`. */
  update(from: Image, to: Image, options?: ReplaceOptions): boolean;
}

/** Updates omit columns that never change, and indexed columns that rarely do. */
const MUTABLE_COLUMNS = COLUMNS.filter((column) => column !== 'id' && column !== 'user_id');
const STEADY_COLUMNS = MUTABLE_COLUMNS.filter(
  (column) => !['status', 'content_type', 'sha256', 'external_id', 'former_id'].includes(column),
);

export function createRecordWrites(
  database: DatabaseSync,
  { count, changed }: Pick<UsageCounts, 'count'> & Pick<EventWrites, 'changed'>,
): RecordWrites {
  const insert = database.prepare(
    `INSERT INTO images (${COLUMNS}) VALUES (${COLUMNS.map(() => '?')}) ON CONFLICT (id) DO NOTHING`,
  );
  const update = database.prepare(updateSql(STEADY_COLUMNS));
  const updateIndexed = database.prepare(updateSql(MUTABLE_COLUMNS));
  const insertTag = database.prepare(
    'INSERT INTO image_tags (tag, id, user_id, content_type, n) VALUES (?, ?, ?, ?, ?)',
  );
  const deleteTag = database.prepare('DELETE FROM image_tags WHERE tag = ? AND id = ?');
  const updateCaptured = createCapturedRows(database);
  const updateMetadata = createMetadataRows(database);
  const albumRows = createAlbumRows(database);
  const updateSearch = createSearchIndex(database);
  const updateDetails = createDetailsRows(database);
  const imageCounts = createImageCounts(database);
  const monthCounts = createMonthCounts(database);

  /** The row number of the written record; undefined if the record is no longer `from`. */
  const updateRecord = (from: Image, to: Image): number | undefined => {
    const isSteady =
      from.status === to.status && from.externalId === to.externalId && from.contentType === to.contentType;
    const row =
      isSteady && !isReplacement(from, to)
        ? firstRow(update, [...cellsOf(to, STEADY_COLUMNS), ...cellsOf(from, CONDITION_COLUMNS)])
        : firstRow(updateIndexed, [...cellsOf(to, MUTABLE_COLUMNS), ...cellsOf(from, CONDITION_COLUMNS)]);
    return row && Number(row[0]);
  };

  /** What is derived from the record in row `n`. */
  const derive = (from: Image | undefined, to: Image, { details, changedDetails, n }: DetailsOfRow): void => {
    const before = listedTags(from);
    const after = listedTags(to);
    const isOtherType = from !== undefined && from.contentType !== to.contentType; // which the rows of tags have
    for (const tag of before) if (isOtherType || !after.includes(tag)) deleteTag.run(tag, to.id);
    for (const tag of after)
      if (isOtherType || !before.includes(tag)) insertTag.run(tag, to.id, to.userId, to.contentType, n);
    const wasCaptured = updateCaptured(from, to, n);
    updateMetadata(from, to, n);
    albumRows.changed(from, to, n);
    updateSearch(from, to, { details, n });
    updateDetails(from, to, { details, n });
    imageCounts.changed(from, to);
    monthCounts.changed(wasCaptured ? from : undefined, to);
    count(from, to, n);
    changed(from, to, changedDetails);
  };

  return {
    refusalOf: albumRows.refusalOf,

    insert(image, details) {
      const { changes, lastInsertRowid } = insert.run(...cellsOf(image, COLUMNS));
      if (changes === 1) derive(undefined, image, { details, n: Number(lastInsertRowid) });
      return changes === 1;
    },

    update(from, to, options = {}) {
      const n = updateRecord(from, to);
      if (n !== undefined) derive(from, to, { ...options, n });
      return n !== undefined;
    },
  };
}

const CONDITION_COLUMNS = [
  'id',
  'status',
  'revision',
  'attempt',
  'expires_at',
  'due_at',
  'rendition_failures',
  'object_tag',
  'epoch',
  'links',
  'working_copy',
  'filtered_by',
  'albums',
  'parts',
] as const;

const updateSql = (columns: readonly string[]): string =>
  `UPDATE images SET ${columns.map((column) => `${column} = ?`)}
   WHERE ${CONDITION_COLUMNS.map((column) => `${column} IS ?`).join(' AND ')} RETURNING n`;

const listedTags = (image: Image | undefined): readonly string[] => (image?.status === 'ready' ? image.tags : []);
