import type { SafelightClient } from '@safelight/client';
import { FIELDS, FIRST_PAGE, type LibraryOptions, type Picture } from './library.ts';
import { AFTER_ALL_IDS, BEFORE_ALL_IDS, timeOf } from './picture-id.ts';
import type { Page } from './segments.ts';

/** A grid of 200 fills several screens, and its JSON takes about 150 KB. */
const PAGE = 200;

export interface Reading extends LibraryOptions {
  readonly signal: AbortSignal;
}

interface Answer {
  readonly images: readonly Picture[];
  readonly next_cursor: string | null;
}

/**
 * The next pictures older than that id. A list can't begin at an id, so it begins at its millisecond; those before it
 * are skipped.
 */
export async function readBelow(
  reading: Reading,
  to: string,
  limit = to === AFTER_ALL_IDS ? FIRST_PAGE : PAGE,
): Promise<Page> {
  const dates = to === AFTER_ALL_IDS ? {} : { end_date: new Date(timeOf(to)).toISOString() };
  for (let cursor: string | undefined; ; ) {
    const answer = await read(reading, { ...dates, order: 'newest', limit, cursor });
    const pictures = answer.images.filter(({ image_id }) => image_id < to);
    const last = pictures.at(-1);
    if (answer.next_cursor === null) return { pictures, to, from: BEFORE_ALL_IDS };
    if (last) return { pictures, to, from: last.image_id };
    cursor = answer.next_cursor;
  }
}

/** The next pictures newer than that id. */
export async function readAbove(reading: Reading, from: string): Promise<Page> {
  const dates = from === BEFORE_ALL_IDS ? {} : { start_date: new Date(timeOf(from)).toISOString() };
  for (let cursor: string | undefined; ; ) {
    const answer = await read(reading, { ...dates, order: 'oldest', limit: PAGE, cursor });
    const pictures = answer.images.filter(({ image_id }) => image_id > from).toReversed();
    const [first] = pictures;
    if (answer.next_cursor === null) return { pictures, to: AFTER_ALL_IDS, from };
    if (first) return { pictures, to: first.image_id, from };
    cursor = answer.next_cursor;
  }
}

/** All from `to` (exclusive) down to `from` (inclusive). */
export async function readBetween(reading: Reading, to: string, from: string, count: number): Promise<Picture[]> {
  const found: Picture[] = [];
  for (let below = to; below > from; ) {
    const page = await readBelow(reading, below, Math.min(1_000, Math.max(PAGE, count)));
    found.push(...page.pictures);
    below = page.from;
  }
  return found;
}

export async function readOldest(reading: Reading): Promise<Picture | undefined> {
  return (await read(reading, { order: 'oldest', limit: 1 })).images[0];
}

type Query = NonNullable<NonNullable<Parameters<SafelightClient['request']>[1]>['query']>;

/** An open service lists by the query alone: its header names who asks. */
async function read({ client, user, status, signal }: Reading, query: Query): Promise<Answer> {
  const asked = { user_id: user, status, fields: status ? `${FIELDS},purge_at` : FIELDS, ...query };
  return (await client.request('/images', { query: asked, signal })) as Answer;
}
