import { FIRST_PAGE, type LibraryOptions, type MonthCount, type Picture, QUERIES, type Sorted } from './library.ts';
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
/** The longest list that the service answers. */
const LONGEST = 1_000;

export interface Reading extends LibraryOptions {
  readonly signal: AbortSignal;
  /**
   * How lists go on, by where they go on: a list can begin at a millisecond only, and thousands of pictures may be of
   * one, such as scans that say a year.
   */
  readonly rests: Map<string, Rest>;
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

export async function readOldest(reading: Reading): Promise<Sorted | undefined> {
  const { images } = await read(reading, { order: ORDERS[reading.order].oldest, limit: 1 });
  return images.map(sortedBy(reading.order))[0];
}

/** The newest uploads, in the order of the library. */
export async function readUploads(reading: Reading): Promise<readonly Sorted[]> {
  const { images } = await read(reading, { order: 'newest', limit: FIRST_PAGE });
  return images.map(sortedBy(reading.order));
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
  const bounds = rest?.bounds ?? boundsFrom(position, way, reading.order);
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

/** A list that has what lies beyond the position, and at most what is of its millisecond before it. */
function boundsFrom(position: Position, way: Way, order: Order): Query {
  if (position === AFTER_ALL || position === BEFORE_ALL) return {};
  const time = timeOf(position);
  if (order === 'upload') return { [way === 'newest' ? 'end_date' : 'start_date']: new Date(time).toISOString() };
  if (way === 'oldest') return { taken_from: clockAt(time) };
  return { taken_to: clockAt(isFirstAt(position) ? time - 1 : time) };
}

const sortedBy =
  (order: Order) =>
  (picture: Picture): Sorted => ({ ...picture, at: positionOf(picture, order) });

type Query = Readonly<Record<string, string | number | undefined>>;

/** An open service lists by the query alone: its header names who asks. */
async function read({ client, user, status, order, signal }: Reading, query: Query): Promise<Answer> {
  const { fields } = QUERIES[order];
  const asked = { user_id: user, status, fields: status ? `${fields},purge_at` : fields, ...query };
  return (await client.request('/images', { query: asked, signal })) as Answer;
}
