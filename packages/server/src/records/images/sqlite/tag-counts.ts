import type { DatabaseSync } from 'node:sqlite';
import { COUNTED_FULLY, MAX_COUNTED, MAX_COUNTED_BEHIND, type TagCount } from '../../../domain/lists/tags.ts';
import { firstRow } from '../../sqlite/rows.ts';
import { createSnapshot } from '../../sqlite/snapshot.ts';
import type { TagsQuery } from '../image-repository.ts';

/** The owner's next tag, by one step of the index. Parameters: user, the first and the last text, both inclusive. */
export const NEXT_TAG_SQL = `
  SELECT tag FROM image_tags INDEXED BY image_tags_by_user WHERE user_id = ? AND tag >= ? AND tag <= ?
  ORDER BY tag LIMIT 1`;

/** How many images have a tag. Parameters: user, tag, limit. */
export const COUNT_OF_TAG_SQL = `
  SELECT count(*) FROM (
    SELECT 1 FROM image_tags INDEXED BY image_tags_by_user WHERE user_id = ? AND tag = ? LIMIT ?) listed`;

/** Sorts after every tag that begins alike: a tag has 64 characters. */
const LAST = '\u{10ffff}'.repeat(64);
/** The smallest text after another. */
const FIRST = '\u0000';

export function createTagCounts(database: DatabaseSync) {
  const next = database.prepare(NEXT_TAG_SQL);
  const count = database.prepare(COUNT_OF_TAG_SQL);
  const inSnapshot = createSnapshot(database);

  return ({ userId, prefix, limit }: TagsQuery): readonly TagCount[] =>
    inSnapshot(() => {
      const tags: TagCount[] = [];
      let counted = 0;
      for (let from = prefix; tags.length < limit; ) {
        const tag = firstRow(next, [userId, from, `${prefix}${LAST}`])?.[0];
        if (typeof tag !== 'string') break;
        const most = counted < COUNTED_FULLY ? MAX_COUNTED : MAX_COUNTED_BEHIND;
        const images = Number(firstRow(count, [userId, tag, most + 1])?.[0]);
        counted += images;
        tags.push({ tag, images: Math.min(images, most), isMore: images > most });
        from = `${tag}${FIRST}`;
      }
      return tags;
    });
}
