import type { DatabaseSync } from 'node:sqlite';
import { type TokenUse, tokenUsedUp } from '../../domain/access/upload-token.ts';
import { AppError } from '../../domain/errors.ts';
import type { Image, PendingImage } from '../../domain/image/image.ts';
import { type Limits, quotaExceeded } from '../../domain/usage/quota.ts';
import type { Observer } from '../../observer/observer.ts';
import type { GroupCommit } from '../../sqlite/group-commit.ts';
import { firstRow, type Row } from '../../sqlite/rows.ts';
import { translated } from '../../sqlite/sqlite-error.ts';
import type { ImageRepository } from '../image-repository.ts';
import { requireLegal } from '../replacement.ts';
import { createUnreadableRecords } from '../unreadable-records.ts';
import { createFind } from './find.ts';
import { COLUMNS, cellsOf, idOf, imageOf } from './image-row.ts';
import { createKeyUses } from './key-uses.ts';
import { createRememberedImages } from './remembered-images.ts';
import { createSearchIndex } from './search/search-index.ts';
import { createTokenUses } from './token-uses.ts';
import { createUpkeep, type SqliteUpkeep } from './upkeep.ts';
import { createUncounted, createUsageCounts } from './usage.ts';

/** Updates omit columns that never change, and indexed columns that change only with the status. */
const MUTABLE_COLUMNS = COLUMNS.filter((column) => column !== 'id' && column !== 'user_id');
const STEADY_COLUMNS = MUTABLE_COLUMNS.filter((column) => column !== 'status' && column !== 'content_type');

const STATUS = COLUMNS.indexOf('status');

/**
 * At a million images a look-up takes 1.3 to 1.6 µs, and 500 at most 0.8 ms; four concurrent HTTP requests each wait about
 * 5 ms. A full page of 100 images with five tags needs about as many.
 */
const READ_BUDGET = 500;

export interface SqliteImageRepositoryOptions {
  /** The limit of tag look-ups for a page of an intersection; a search's record that doesn't match counts as four. */
  readonly readBudget?: number;
  /** A cache of ready images. Nobody else writes these records, so an entry is valid until it is written here. */
  readonly isOnlyWriter?: boolean;
  readonly observe?: Observer;
  /** Counts the usage of each owner, with these limits for those without limits of their own. */
  readonly countsWith?: Limits | undefined;
}

export type SqliteImageRepository = ImageRepository & SqliteUpkeep;

/** Image records in the database of `openDatabase`; `writes` is that connection's group commit. */
export function createSqliteImageRepository(
  database: DatabaseSync,
  writes: GroupCommit,
  {
    readBudget = READ_BUDGET,
    isOnlyWriter = false,
    observe = () => undefined,
    countsWith,
  }: SqliteImageRepositoryOptions = {},
): SqliteImageRepository {
  const insert = database.prepare(
    `INSERT INTO images (${COLUMNS}) VALUES (${COLUMNS.map(() => '?')}) ON CONFLICT (id) DO NOTHING`,
  );
  const select = database.prepare(`SELECT ${COLUMNS} FROM images WHERE id = ?`);
  const update = database.prepare(updateSql(STEADY_COLUMNS));
  const updateStatus = database.prepare(updateSql(MUTABLE_COLUMNS));
  const insertTag = database.prepare(
    'INSERT INTO image_tags (tag, id, user_id, content_type, n) VALUES (?, ?, ?, ?, ?)',
  );
  const deleteTag = database.prepare('DELETE FROM image_tags WHERE tag = ? AND id = ?');
  const updateSearch = createSearchIndex(database);
  const remembered = createRememberedImages();
  const unreadable = createUnreadableRecords(observe);
  const find = createFind(database, { readBudget, remembered, unreadable });
  const tokenUses = createTokenUses(database);
  const usage = countsWith && createUsageCounts(database, countsWith);
  const { count } = usage ?? createUncounted(database);

  const insertImage = (image: PendingImage): boolean => {
    const { changes, lastInsertRowid } = insert.run(...cellsOf(image, COLUMNS));
    if (changes === 1) count(undefined, image, Number(lastInsertRowid));
    return changes === 1;
  };

  /** Why the image may not be added; undefined: it may. Thrown after the transaction, because an error would split its batch. */
  const refusalOf = (image: PendingImage, use: TokenUse | undefined): AppError | undefined => {
    if (use && tokenUses.isUsedUp(use)) return tokenUsedUp(use);
    const fault = usage?.faultOf(image);
    return fault && quotaExceeded(fault);
  };

  /** The row number of the written record; undefined if the record is no longer `from`. */
  const updateRecord = (from: Image, to: Image): number | undefined => {
    const row =
      from.status === to.status
        ? firstRow(update, [...cellsOf(to, STEADY_COLUMNS), ...cellsOf(from, CONDITION_COLUMNS)])
        : firstRow(updateStatus, [...cellsOf(to, MUTABLE_COLUMNS), ...cellsOf(from, CONDITION_COLUMNS)]);
    return row && Number(row[0]);
  };

  const updateTags = (from: Image, to: Image, n: number): void => {
    const before = listedTags(from);
    const after = listedTags(to);
    for (const tag of before) if (!after.includes(tag)) deleteTag.run(tag, to.id);
    for (const tag of after) if (!before.includes(tag)) insertTag.run(tag, to.id, to.userId, to.contentType, n);
  };

  const imageIn = (row: Row | undefined): Image | undefined => {
    if (!row) return undefined;
    return unreadable.requireReadable(idOf(row), () =>
      row[STATUS] === 'ready' ? remembered.imageOf(row) : imageOf(row),
    );
  };

  const get = async (id: Image['id']): Promise<Image | undefined> => {
    const known = isOnlyWriter ? remembered.find(id) : undefined;
    return known ?? translated(() => imageIn(firstRow(select, [id])));
  };

  return {
    async create(image, tokenUse) {
      const created = await writes.write(() => {
        const refusal = refusalOf(image, tokenUse);
        if (refusal) return firstRow(select, [image.id]) ? false : refusal;
        const isNew = insertImage(image);
        if (tokenUse && isNew) tokenUses.count(tokenUse);
        return isNew;
      });
      if (created instanceof AppError) throw created;
      return created;
    },

    get,
    getToChange: get, // a database of a newer version isn't opened

    async replace(from, to) {
      requireLegal(from, to);
      return writes.write(() => {
        remembered.forget(to.id);
        const n = updateRecord(from, to);
        if (n === undefined) return false;
        updateTags(from, to, n);
        updateSearch(from, to, n);
        count(from, to, n);
        return true;
      });
    },

    async find(query) {
      return translated(() => find(query));
    },

    searches: true,

    async isUsedUp(tokenUse) {
      return translated(() => tokenUses.isUsedUp(tokenUse));
    },

    ...createKeyUses(database, writes, { insertImage, refusalOf, tokenUses }),
    ...createUpkeep(database, writes, unreadable),
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
] as const;

const updateSql = (columns: readonly string[]): string =>
  `UPDATE images SET ${columns.map((column) => `${column} = ?`)}
   WHERE ${CONDITION_COLUMNS.map((column) => `${column} IS ?`).join(' AND ')} RETURNING n`;

const listedTags = (image: Image): readonly string[] => (image.status === 'ready' ? image.tags : []);
