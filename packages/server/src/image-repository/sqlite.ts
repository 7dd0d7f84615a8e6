import type { DatabaseSync } from 'node:sqlite';
import type { Image, PendingImage } from '../domain/image.ts';
import type { GroupCommit } from '../sqlite/group-commit.ts';
import { firstRow } from '../sqlite/rows.ts';
import { translateSqliteError } from '../sqlite/sqlite-error.ts';
import type { ImageRepository } from './image-repository.ts';
import { COLUMNS, cellsOf, imageOf } from './image-row.ts';
import { requireLegal } from './replacement.ts';
import { createFind } from './sqlite-find.ts';

/** Columns that never change stay out of updates; those that indexes are made of change with the status only. */
const MUTABLE_COLUMNS = COLUMNS.filter((column) => column !== 'id' && column !== 'user_id');
const STEADY_COLUMNS = MUTABLE_COLUMNS.filter((column) => column !== 'status' && column !== 'content_type');

/** Image records in the database of `openDatabase`; `writes` is that connection's group commit. */
export function createSqliteImageRepository(database: DatabaseSync, writes: GroupCommit): ImageRepository {
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
  const endLeases = database.prepare('UPDATE images SET lease_until = 0 WHERE attempt IS NOT NULL');
  const find = createFind(database);

  /** The row number of the record it wrote; undefined when the record is no longer `from`. */
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

  return {
    create: (image: PendingImage) => writes.write(() => insert.run(...cellsOf(image, COLUMNS)).changes === 1),

    async get(id) {
      return reading(() => {
        const row = firstRow(select, [id]);
        return row && imageOf(row);
      });
    },

    async replace(from, to) {
      requireLegal(from, to);
      return writes.write(() => {
        const n = updateRecord(from, to);
        if (n === undefined) return false;
        updateTags(from, to, n);
        return true;
      });
    },

    async find(query) {
      return reading(() => find(query));
    },

    async endLeases() {
      await writes.write(() => endLeases.run());
    },
  };
}

const CONDITION_COLUMNS = ['id', 'status', 'revision', 'attempt', 'lease_until'] as const;

const updateSql = (columns: readonly string[]): string =>
  `UPDATE images SET ${columns.map((column) => `${column} = ?`)}
   WHERE ${CONDITION_COLUMNS.map((column) => `${column} IS ?`).join(' AND ')} RETURNING n`;

const listedTags = (image: Image): readonly string[] => (image.status === 'ready' ? image.tags : []);

const reading = <T>(read: () => T): T => {
  try {
    return read();
  } catch (error) {
    throw translateSqliteError(error);
  }
};
