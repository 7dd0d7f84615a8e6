import type { DatabaseSync } from 'node:sqlite';
import { MAX_COUNTED, type TagCount } from '../../../domain/lists/tags.ts';
import { firstRow } from '../../sqlite/rows.ts';
import { createSnapshot } from '../../sqlite/snapshot.ts';
import type { TagsQuery } from '../image-repository.ts';

/** The owner's next tag, by one step of the index. Parameters: user, the first and the last text, both inclusive. */
export const NEXT_TAG_SQL = `
  SELECT tag FROM image_tags INDEXED BY image_tags_by_user WHERE user_id = ? AND tag >= ? AND tag <= ?
  ORDER BY tag LIMIT 1`;

/** How many images have a tag, up to one more than are counted. Parameters: user, tag. */
export const COUNT_OF_TAG_SQL = `
  SELECT count(*) FROM (
    SELECT 1 FROM image_tags INDEXED BY image_tags_by_user WHERE user_id = ? AND tag = ? LIMIT ${MAX_COUNTED + 1}) listed`;

/** Sorts after every text that begins alike. */
const LAST = '\u{10ffff}'.repeat(2);
/** The smallest text after another. */
const FIRST = '\u0000';

export function createTagCounts(database: DatabaseSync) {
  const next = database.prepare(NEXT_TAG_SQL);
  const count = database.prepare(COUNT_OF_TAG_SQL);
  const inSnapshot = createSnapshot(database);

  return ({ userId, prefix, limit }: TagsQuery): readonly TagCount[] =>
    inSnapshot(() => {
      const tags: TagCount[] = [];
      for (let from = prefix; tags.length < limit; ) {
        const tag = firstRow(next, [userId, from, `${prefix}${LAST}`])?.[0];
        if (typeof tag !== 'string') break;
        const images = Number(firstRow(count, [userId, tag])?.[0]);
        tags.push({ tag, images: Math.min(images, MAX_COUNTED), isMore: images > MAX_COUNTED });
        from = `${tag}${FIRST}`;
      }
      return tags;
    });
}
