import type { AppError } from '../../../domain/errors.ts';
import type { Details } from '../../../domain/facts/facts.ts';
import type { Image } from '../../../domain/image/image.ts';
import { isReplacement } from '../../../domain/image/replace.ts';
import type { EventWrites } from '../../events/postgres/event-writes.ts';
import type { Transaction } from '../../postgres/database.ts';
import { changeImageCounts } from '../../usage/postgres/image-counts.ts';
import { changeMonthCounts } from '../../usage/postgres/month-counts.ts';
import type { UsageCounts } from '../../usage/postgres/usage-counts.ts';
import { storedDetails } from '../facts-text.ts';
import type { ReplaceOptions } from '../image-repository.ts';
import { COLUMNS, type Column, cellsOf } from '../image-row.ts';
import { changed as changeAlbumRows, refusalOf } from './albums/album-rows.ts';
import { needsFormerDetails, sendDerivedRows } from './derived-rows.ts';

/**
 * Writes a record within a transaction, with its details, its rows for lists, its words, its counts and its event. The
 * guarded statement comes first: it locks the record until the commit, so that of several writers each sees what the
 * one before has written, and its condition fails.
 */
export interface RecordWrites {
  /** False if the id, the external id or the former id is taken: then nothing was written. */
  insert(transaction: Transaction, image: Image, details?: Details): Promise<boolean>;
  /** Why `to` may not be written: it would come into an album that isn't there any more. */
  refusalOf(transaction: Transaction, from: Image, to: Image): Promise<AppError | undefined>;
  /** False if the record is no longer `from`: then nothing was written. `options`: as for `ImageRepository.replace`. */
  update(transaction: Transaction, from: Image, to: Image, options?: ReplaceOptions): Promise<boolean>;
}

/** Updates omit columns that never change. */
const MUTABLE_COLUMNS = COLUMNS.filter((column) => column !== 'id' && column !== 'user_id');
/** Updates that leave these alone may be HOT: no index is touched, besides that by lane. */
const STEADY_COLUMNS = MUTABLE_COLUMNS.filter(
  (column) => !['status', 'content_type', 'sha256', 'external_id', 'former_id'].includes(column),
);

const CONDITION_COLUMNS = [
  ...(['status', 'revision', 'attempt', 'expires_at', 'due_at', 'rendition_failures', 'object_tag', 'epoch'] as const),
  ...(['links', 'working_copy', 'filtered_by', 'albums', 'parts'] as const),
];

const INSERT_SQL = `INSERT INTO images (${COLUMNS}) VALUES (${COLUMNS.map((_, n) => `$${n + 1}`)}) ON CONFLICT DO NOTHING`;

const updateSql = (columns: readonly Column[]): string => {
  const assigned = columns.map((column, n) => `${column} = $${n + 2}`);
  const conditions = CONDITION_COLUMNS.map((column, n) => `${column} IS NOT DISTINCT FROM $${columns.length + n + 2}`);
  return `UPDATE images SET ${assigned} WHERE id = $1 AND ${conditions.join(' AND ')}`;
};

const UPDATE_SQL = updateSql(STEADY_COLUMNS);
const UPDATE_INDEXED_SQL = updateSql(MUTABLE_COLUMNS);

export function createRecordWrites({
  count,
  changed,
}: Pick<UsageCounts, 'count'> & Pick<EventWrites, 'changed'>): RecordWrites {
  const derive = (
    transaction: Transaction,
    change: Parameters<typeof sendDerivedRows>[1] & Pick<ReplaceOptions, 'changedDetails'>,
  ): void => {
    const { from, to, changedDetails } = change;
    sendDerivedRows(transaction, change);
    changeAlbumRows(transaction, from, to);
    changeImageCounts(transaction, from, to);
    changeMonthCounts(transaction, from, to);
    count(transaction, from, to);
    changed(transaction, from, to, changedDetails);
  };

  return {
    refusalOf,

    async insert(transaction, image, details) {
      const isNew = (await transaction.change(INSERT_SQL, cellsOf(image, COLUMNS))) === 1;
      if (isNew) derive(transaction, { from: undefined, to: image, details, former: null });
      return isNew;
    },

    async update(transaction, from, to, { details, changedDetails } = {}) {
      const isSteady =
        from.status === to.status && from.externalId === to.externalId && from.contentType === to.contentType;
      const [sql, columns] =
        isSteady && !isReplacement(from, to) ? [UPDATE_SQL, STEADY_COLUMNS] : [UPDATE_INDEXED_SQL, MUTABLE_COLUMNS];
      const updated = transaction.change(sql, [
        ...[from.id, ...cellsOf(to, columns)],
        ...cellsOf(from, CONDITION_COLUMNS),
      ]);
      const former = needsFormerDetails(from, to, details)
        ? transaction.rows('SELECT details FROM image_details WHERE id = $1', [from.id])
        : undefined;
      if ((await updated) === 0) return false;
      const row = (await former)?.[0];
      const formerDetails = row ? storedDetails(String(row[0])) : null;
      derive(transaction, { from, to, details, changedDetails, former: formerDetails });
      return true;
    },
  };
}
