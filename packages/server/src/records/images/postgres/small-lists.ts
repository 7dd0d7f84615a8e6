import type { ImageId } from '../../../domain/image/image-id.ts';
import { KNOWN_STATUSES, type KnownBytes } from '../../../domain/lists/known-bytes.ts';
import { COUNTED_FULLY, MAX_COUNTED, MAX_COUNTED_BEHIND, type TagCount } from '../../../domain/lists/tags.ts';
import type { Statements } from '../../postgres/database.ts';
import type { KnownQuery, TagsQuery } from '../image-repository.ts';

/** Sorts after every tag that begins alike: a tag has 64 characters. */
const LAST = '\u{10ffff}'.repeat(64);

/** Each step seeks the owner's next tag in the index, and counts up to a limit. */
const TAGS_SQL = `
  WITH RECURSIVE walked (nth, tag, images, most, counted) AS (
    SELECT 0::bigint, ''::text COLLATE "C", 0::bigint, 0::bigint, 0::bigint
    UNION ALL
    SELECT w.nth + 1, t.tag, c.images, m.most, w.counted + c.images
    FROM walked w
    CROSS JOIN LATERAL (
      SELECT tag FROM image_tags
      WHERE user_id = $1 AND tag >= $2 AND tag > w.tag AND tag <= $3
      ORDER BY tag LIMIT 1) t
    CROSS JOIN LATERAL (SELECT CASE WHEN w.counted < ${COUNTED_FULLY} THEN ${MAX_COUNTED} ELSE ${MAX_COUNTED_BEHIND} END AS most) m
    CROSS JOIN LATERAL (
      SELECT count(*) AS images FROM (
        SELECT 1 FROM image_tags WHERE user_id = $1 AND tag = t.tag LIMIT m.most + 1) listed) c
    WHERE w.nth < $4)
  SELECT tag, images, most FROM walked WHERE nth > 0 ORDER BY nth`;

export async function tagCounts(
  statements: Statements,
  { userId, prefix, limit }: TagsQuery,
): Promise<readonly TagCount[]> {
  const rows = await statements.rows(TAGS_SQL, [userId, prefix, `${prefix}${LAST}`, limit]);
  return rows.map(([tag, counted, most]) => {
    const images = Number(counted);
    return { tag: String(tag), images: Math.min(images, Number(most)), isMore: images > Number(most) };
  });
}

/** For each digest one image, of the first state in which there is one. */
const KNOWN_SQL = `
  SELECT asked.sha256, found.id, found.status FROM unnest($2::text[]) WITH ORDINALITY AS asked (sha256, place)
  CROSS JOIN LATERAL (
    SELECT i.id, i.status FROM unnest($3::text[]) WITH ORDINALITY AS state (status, nth)
    CROSS JOIN LATERAL (
      SELECT id, status FROM images WHERE user_id = $1 AND sha256 = asked.sha256 AND status = state.status LIMIT 1) i
    ORDER BY state.nth LIMIT 1) found
  ORDER BY asked.place`;

export async function knownBytes(
  statements: Statements,
  { userId, digests }: KnownQuery,
): Promise<readonly KnownBytes[]> {
  const rows = await statements.rows(KNOWN_SQL, [userId, digests, KNOWN_STATUSES]);
  return rows.map(([sha256, id, status]) => ({
    sha256: String(sha256),
    imageId: id as ImageId,
    status: status as KnownBytes['status'],
  }));
}
