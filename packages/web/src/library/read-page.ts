import { belongs } from './belongs.ts';
import {
  FIRST_PAGE,
  type LibraryOptions,
  MEMBER_FIELDS,
  type MonthCount,
  type Picture,
  QUERIES,
  type Sorted,
} from './library.ts';
import { type LibraryQuery, monthSpan } from './library-query.ts';
import {
  AFTER_ALL,
  BEFORE_ALL,
  clockAt,
  isFirstAt,
  justAfter,
  justBefore,
  type Order,
  type Position,
  positionOf,
  timeOf,
} from './position.ts';
import type { Page } from './segments.ts';

/** A grid of 200 fills several screens, and its JSON takes about 150 KB. */
const PAGE = 200;
/** After more uploads at once, all that is new is read. */
export const MOST_SINCE = 20;
/** In which missing pictures are looked for: with the other requests of a refresh no more than ten. */
const MOST_LISTS = 5;
const MEMBERSHIP_FIELDS = 'content_type,tags,visibility,facts,revision';
/** The longest list that the service answers. */
const LONGEST = 1_000;

export interface Reading extends LibraryOptions {
  readonly query: LibraryQuery;
  /** What dates a picture; `order`: of the lists. */
  readonly dates: Order;
  readonly signal: AbortSignal;
  /**
   * How lists go on, by where they go on: a list can begin at a millisecond only, and thousands of pictures may be of
   * one, such as scans that say a year.
   */
  readonly rests: Map<string, Rest>;
  /** Whether it was taken out since that revision of it. */
  readonly isAway: (picture: Picture) => boolean;
  /** Absent: those of tiles. */
  readonly fields?: string;
}

interface Rest {
  readonly bounds: Query;
  readonly cursor: string;
}

interface Answer {
  readonly images: readonly Picture[];
  readonly next_cursor: string | null;
}

type Way = 'newest' | 'oldest';

/** The orders of lists. */
const ORDERS = {
  upload: { newest: QUERIES.upload.order, oldest: 'oldest' },
  capture: { newest: QUERIES.capture.order, oldest: 'taken-oldest' },
} as const satisfies Readonly<Record<Order, Readonly<Record<Way, string>>>>;

/** The next pictures older than that position. */
export async function readBelow(
  reading: Reading,
  to: Position,
  limit = to === AFTER_ALL ? FIRST_PAGE : PAGE,
): Promise<Page> {
  const { pictures, isEnd } = await readFrom(reading, 'newest', to, limit);
  return { pictures, to, from: isEnd ? BEFORE_ALL : (pictures.at(-1)?.at ?? BEFORE_ALL) };
}

/** The next pictures newer than that position. */
export async function readAbove(reading: Reading, from: Position): Promise<Page> {
  const { pictures, isEnd } = await readFrom(reading, 'oldest', from, PAGE);
  return { pictures: pictures.toReversed(), to: isEnd ? AFTER_ALL : (pictures.at(-1)?.at ?? AFTER_ALL), from };
}

/** All from `to` (exclusive) down to `from` (inclusive). */
export async function readBetween(
  reading: Reading,
  to: Position,
  from: Position,
  count: number,
): Promise<readonly Sorted[]> {
  const found: Sorted[] = [];
  for (let below = to; below > from; ) {
    const page = await readBelow(reading, below, Math.min(LONGEST, Math.max(PAGE, count)));
    found.push(...page.pictures);
    below = page.from;
  }
  return found;
}

/** Reads what the page keeps of each selected picture. */
export const readingMembers = (reading: Reading): Reading => ({
  ...reading,
  rests: new Map(),
  fields: [...MEMBER_FIELDS, ...(reading.order === 'capture' ? ['facts'] : [])].join(),
});

export async function readOldest(reading: Reading): Promise<Sorted | undefined> {
  const { pictures } = await readFrom(reading, 'oldest', BEFORE_ALL, 1);
  return pictures[0];
}

/** The newest uploads that the library has, in its order. Lists by upload have no bounds by capture. */
export async function readUploads(reading: Reading): Promise<readonly Sorted[]> {
  const { order, query, dates } = reading;
  const { images } = await read(reading, { order: 'newest', limit: FIRST_PAGE });
  return images.filter((image) => belongs(image, query, dates) !== false).map(sortedBy(order));
}

/** Those uploads of these ids that the library has; undefined: too many others were uploaded between them. */
export async function readUploadsAmong(
  reading: Reading,
  ids: readonly string[],
): Promise<ReadonlySet<string> | undefined> {
  const times = ids.map(timeOf).toSorted((one, other) => one - other);
  const [start_date, end_date] = [times[0], times.at(-1)].map((time = 0) => new Date(time).toISOString());
  const found = new Set<string>();
  let cursor: string | undefined;
  for (let lists = 0; lists < MOST_LISTS; lists += 1) {
    const asked = { order: 'newest', start_date, end_date, limit: LONGEST, cursor };
    const { images, next_cursor: next } = await read({ ...reading, fields: MEMBERSHIP_FIELDS }, asked);
    for (const image of images) if (belongs(image, reading.query, reading.dates) !== false) found.add(image.image_id);
    if (next === null) return found;
    cursor = next;
  }
  return undefined;
}

/** Uploads of that moment and later, as many as one look at them needs. */
export async function readUploadsSince(reading: Reading, time: number): Promise<readonly Sorted[]> {
  const since = { start_date: new Date(time).toISOString(), limit: MOST_SINCE };
  const { images } = await read(reading, { order: 'newest', ...since });
  return images.map(sortedBy(reading.order));
}

/** undefined: the order has no months. Nobody waits for them: a service that counts them again has none for hours. */
export async function readMonths({ client, user, order, signal }: Reading): Promise<readonly MonthCount[] | undefined> {
  if (order === 'upload') return undefined;
  const months: MonthCount[] = [];
  for (let cursor: string | undefined; ; ) {
    const query = { user_id: user, limit: LONGEST, cursor };
    const page = (await client.request('/images/months', { query, signal, retries: 0 })) as {
      readonly months: readonly MonthCount[];
      readonly next_cursor: string | null;
    };
    months.push(...page.months);
    if (page.next_cursor === null) return months;
    cursor = page.next_cursor;
  }
}

/** The next pictures that way from a position. The first lists may have none but such of its millisecond before it. */
async function readFrom(
  reading: Reading,
  way: Way,
  position: Position,
  limit: number,
): Promise<{ readonly pictures: readonly Sorted[]; readonly isEnd: boolean }> {
  const isBeyond = ({ at }: Sorted): boolean => (way === 'newest' ? at < position : at > position);
  const key = `${way} ${position}`;
  const rest = reading.rests.get(key);
  const bounds = rest?.bounds ?? boundsFrom(position, way, reading);
  if (!bounds) return { pictures: [], isEnd: true };
  const order = ORDERS[reading.order][way];
  let cursor = rest?.cursor;
  for (let most = limit; ; most = LONGEST) {
    const answer = await read(reading, { ...bounds, order, limit: most, cursor }).catch((error: unknown) => {
      reading.rests.delete(key);
      throw error;
    });
    const all = answer.images.map(sortedBy(reading.order));
    const pictures = all.filter(isBeyond);
    const [first, last] = [pictures[0], pictures.at(-1)];
    if (answer.next_cursor === null) return { pictures, isEnd: true };
    if (first && last) {
      if (timeOf(position) === timeOf(last.at)) {
        reading.rests.set(`${way} ${last.at}`, { bounds, cursor: answer.next_cursor });
        const before = way === 'newest' ? justAfter(first.at) : justBefore(first.at);
        if (cursor !== undefined && all[0] === first) reading.rests.set(`${way} ${before}`, { bounds, cursor });
      }
      return { pictures, isEnd: false };
    }
    cursor = answer.next_cursor;
  }
}

/**
 * A list that has what lies beyond the position, and at most what is of its millisecond before it; undefined: nothing
 * of the query's month does.
 */
function boundsFrom(position: Position, way: Way, { order, query, dates }: Reading): Query | undefined {
  const span = query.month !== undefined && order === dates ? monthSpan(query.month, dates) : undefined;
  const isOpen = position === AFTER_ALL || position === BEFORE_ALL;
  const time = isOpen ? undefined : timeOf(position);
  const isBefore = order === 'capture' && isFirstAt(position);
  const from = larger(span?.from, way === 'oldest' ? time : undefined);
  const to = smaller(span && span.to - 1, way === 'newest' && time !== undefined ? time - Number(isBefore) : undefined);
  if (from !== undefined && to !== undefined && from > to) return undefined;
  const [first, last, textOf] =
    order === 'upload'
      ? (['start_date', 'end_date', (ms: number) => new Date(ms).toISOString()] as const)
      : (['taken_from', 'taken_to', clockAt] as const);
  return { ...(from !== undefined && { [first]: textOf(from) }), ...(to !== undefined && { [last]: textOf(to) }) };
}

const larger = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined || other === undefined ? (one ?? other) : Math.max(one, other);
const smaller = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);

/** The filters besides those that bound a list in its own order. */
function filtersOf({ query, order, dates, album }: Reading): Query {
  const { words, tags, type, month, visibility } = query;
  const isTaken = month !== undefined && words !== undefined && order !== dates;
  return {
    q: words,
    album,
    tag: tags,
    content_type: type,
    visibility,
    ...(isTaken && { taken_from: month, taken_to: month }),
  };
}

const sortedBy =
  (order: Order) =>
  (picture: Picture): Sorted => ({ ...picture, at: positionOf(picture, order) });

type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** An open service lists by the query alone: its header names who asks. */
async function read(reading: Reading, query: Query): Promise<Answer> {
  const { client, user, status, order, signal, isAway } = reading;
  const fields = reading.fields ?? QUERIES[order].fields;
  const asked = {
    user_id: user,
    status,
    fields: status ? `${fields},purge_at` : fields,
    ...filtersOf(reading),
    ...query,
  };
  const answer = (await client.request('/images', { query: asked, signal })) as Answer;
  return { ...answer, images: answer.images.filter((one) => !isAway(one)) };
}
