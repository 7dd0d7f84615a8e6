import type { DatabaseSync } from 'node:sqlite';
import type { Image } from '../../../domain/image/image.ts';
import { filterRowsOf, type MetadataFilter } from '../../../domain/metadata/metadata-filters.ts';

/** Changes the rows of an image by its metadata, within the running transaction. `n`: the row of its record. */
export function createMetadataRows(database: DatabaseSync) {
  const insert = database.prepare('INSERT INTO image_metadata (user_id, name, value, id, n) VALUES (?, ?, ?, ?, ?)');
  const remove = database.prepare('DELETE FROM image_metadata WHERE user_id = ? AND name = ? AND value = ? AND id = ?');
  return (from: Image | undefined, to: Image, n: number): void => {
    const before = filterRowsOf(from);
    const after = filterRowsOf(to);
    if (before.length === 0 && after.length === 0) return;
    for (const row of before) if (lacks(after, row)) remove.run(to.userId, row.name, row.value, to.id);
    for (const row of after) if (lacks(before, row)) insert.run(to.userId, row.name, row.value, to.id, n);
  };
}

const lacks = (rows: readonly MetadataFilter[], { name, value }: MetadataFilter): boolean =>
  !rows.some((row) => row.name === name && row.value === value);
