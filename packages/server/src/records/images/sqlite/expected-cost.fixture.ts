import assert from 'node:assert/strict';
import type { FindQuery } from '../image-repository.ts';
import { type Cost, loopsOf } from './stepped-rows.fixture.ts';

export const LIMIT = 50;

/** The page, and one image more, which shows whether another page follows. */
export const PAGE_ROWS = LIMIT + 1;

/** Look-ups of an intersection's page (docs/decisions/0009). */
export const READ_BUDGET = 500;

/** The most rows for each table, and the indexes to use. */
export interface ExpectedCost {
  readonly rows: Readonly<Record<string, number>>;
  readonly indexes: readonly string[];
}

export function requireCost({ rows, plan }: Cost, expected: ExpectedCost, asked: string): void {
  for (const [table, count] of Object.entries(rows)) {
    const most = expected.rows[table] ?? 0;
    assert.ok(count <= most, `${asked}: expected ${most} rows of ${table} at most; got ${count}`);
  }
  assert.deepEqual(loopsOf(plan).map(indexOf), expected.indexes, asked);
  assert.deepEqual(
    plan.filter((step) => step.includes('TEMP B-TREE')),
    [],
    asked,
  );
}

/** The index of a loop; for a scan, the step itself. */
const indexOf = (loop: string): string => /^SEARCH \w+ USING (?:COVERING )?(.+?) \(/.exec(loop)?.[1] ?? loop;

/** By the filters that a list has besides its tags. */
const IMAGE_INDEXES = {
  none: 'INDEX images_by_status',
  user: 'INDEX images_by_user',
  type: 'INDEX images_by_type',
  'user and type': 'INDEX images_by_user_and_type',
} as const;

const TAG_INDEXES = {
  none: 'PRIMARY KEY',
  user: 'INDEX image_tags_by_user',
  type: 'INDEX image_tags_by_type',
  'user and type': 'INDEX image_tags_by_user_and_type',
} as const;

const RECORD_LOOKUP = 'INTEGER PRIMARY KEY';

/** The reads that the design allows `find` for a page of `LIMIT`. */
export function expectedCost(query: FindQuery): ExpectedCost {
  const tagCount = isByFilters(query) ? query.tags.length : 0;
  if (tagCount === 0) return { rows: { images: PAGE_ROWS }, indexes: [IMAGE_INDEXES[filtersOf(query)]] };
  const indexes = [TAG_INDEXES[filtersOf(query)], RECORD_LOOKUP];
  if (isIntersection(query)) return { rows: { image_tags: READ_BUDGET, images: LIMIT }, indexes };
  // In a binary tree of merges, each merge above a tag may read one row ahead.
  const walked = PAGE_ROWS + Math.ceil(Math.log2(tagCount));
  return { rows: { image_tags: tagCount * walked, images: PAGE_ROWS }, indexes };
}

const filtersOf = (query: FindQuery): keyof typeof IMAGE_INDEXES => {
  const hasType = isByFilters(query) && query.contentType !== undefined;
  if (query.userId !== undefined) return hasType ? 'user and type' : 'user';
  return hasType ? 'type' : 'none';
};

/** Only these lists may end a page before its limit. */
export const isIntersection = (query: FindQuery): boolean =>
  isByFilters(query) && query.tagMode === 'all' && query.tags.length > 1;

const isByFilters = (query: FindQuery) => query.status === 'ready' && query.words === undefined;
