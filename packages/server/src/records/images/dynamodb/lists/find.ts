import type { Image } from '../../../../domain/image/image.ts';
import type { ImageId } from '../../../../domain/image/image-id.ts';
import { type Direction, directionOf, type ListPosition } from '../../../../domain/lists/list-position.ts';
import { text } from '../../../dynamodb/attributes.ts';
import type { Item } from '../../../dynamodb/item.ts';
import { TABLE_KEY } from '../../../dynamodb/schema.ts';
import type { Table } from '../../../dynamodb/table.ts';
import { MAX_UNREADABLE_ON_PAGE, type UnreadableRecords } from '../../../unreadable-records.ts';
import type { FindQuery, ImageRepository, Page } from '../../image-repository.ts';
import { pullMatches } from '../../leapfrog.ts';
import { type ListRange, rangeOf } from '../../list-range.ts';
import { idIn, imageOf } from '../image-item.ts';
import type { Place } from '../placing.ts';
import { bounds } from './bounds.ts';
import { createHydrate, type Hydrated } from './hydrate.ts';
import { type Partition, planOf } from './list-plan.ts';
import { merged } from './merge.ts';
import type { Row, Rows } from './rows.ts';
import { type Chunk, createWalk, rowsAlong, type Walk } from './walk.ts';

export interface FindOptions {
  /** The number of shards that lists over all owners read. */
  readonly shards: number;
  /** The limit of queries for the intersections of one page, once each has made progress. */
  readonly readBudget: number;
  readonly unreadable: UnreadableRecords;
  readonly place: Place;
}

/** For a partition that is merged with others: a page's rows come from all of them, slightly unevenly. */
const SPARE_ROWS = 4;
/** Facets are small: a query of this many costs about one unit (docs/capacity.md). */
const INTERSECTED_ROWS = 60;

export function createFind(
  table: Table,
  { shards, readBudget, unreadable, place }: FindOptions,
): ImageRepository['find'] {
  const hydrate = createHydrate(table, { unreadable, place });

  const rowOf = (item: Item, { index, value }: Partition): Row => {
    const at = text(item, (index ?? TABLE_KEY).sort);
    if (text(item, TABLE_KEY.partition) === value)
      return { at, id: text(item, TABLE_KEY.sort) as ImageId, facet: value };
    const id = idIn(item);
    if (index?.projection === 'KEYS_ONLY') return { at, id, facet: null };
    return { at, id, image: unreadable.leaveOut(id, () => imageOf(item)) };
  };

  async function readChunk(
    partition: Partition,
    direction: Direction,
    range: ListRange,
    limit: number,
  ): Promise<Chunk> {
    const between = bounds(range);
    if (!between) return { rows: [], isLast: true };
    const { index, value } = partition;
    const key = index ?? TABLE_KEY;
    const { items, isLast } = await table.query({
      ...(index && { IndexName: index.name }),
      KeyConditionExpression: `${key.partition} = :partition AND ${key.sort} BETWEEN :first AND :last`,
      ExpressionAttributeValues: {
        ':partition': { S: value },
        ':first': { S: between.first },
        ':last': { S: between.last },
      },
      ScanIndexForward: direction === 'oldest',
      Limit: limit,
    });
    return { rows: items.map((item) => rowOf(item, partition)), isLast };
  }

  /** The rows of one intersection. */
  function rowsOf(
    partitions: readonly Partition[],
    query: FindQuery,
    { limit, budget }: { limit: number; budget: number },
  ): Rows {
    const direction = directionOf(query.order);
    const range = rangeOf(query);
    let queries = 0;
    const walks = partitions.map((partition) =>
      createWalk((ahead) => {
        queries += 1;
        return readChunk(partition, direction, ahead, limit);
      }, direction),
    );
    const [only] = walks;
    if (only && walks.length === 1) return rowsAlong(only, range, direction);
    return intersectionOf(walks, { range, direction, isSpent: () => queries >= budget });
  }

  return async (query) => {
    const plan = planOf(query, shards);
    const budget = Math.max(1, Math.floor(readBudget / plan.length));
    const sources = plan.map((partitions) =>
      rowsOf(partitions, query, { limit: chunkRows(plan.length, partitions.length, query.limit), budget }),
    );
    return pageOf(merged(sources, directionOf(query.order)), query.limit, (rows) => hydrate(rows, query));
  };
}

/** Prefetches on all walks when the first row is pulled. Loaded rows are used even after the budget is spent. */
async function* intersectionOf(
  walks: readonly Walk[],
  { range, direction, isSpent }: { range: ListRange; direction: Direction; isSpent: () => boolean },
): Rows {
  for (const walk of walks) walk.prefetch(range);
  const search = {
    keys: walks,
    range,
    direction,
    limit: Number.POSITIVE_INFINITY,
    isSpent: (walk: Walk, ahead: ListRange) => isSpent() && !walk.hasLoaded(ahead),
  };
  return yield* pullMatches(search, (walk, ahead) => walk.seek(ahead));
}

const chunkRows = (unions: number, intersected: number, limit: number): number => {
  if (intersected > 1) return INTERSECTED_ROWS;
  return unions === 1 ? limit + 1 : Math.ceil(limit / unions) + SPARE_ROWS;
};

/** A full page, even if some rows lead to no image of the list, and one more row. */
async function pageOf(rows: Rows, limit: number, hydrate: (rows: readonly Row[]) => Promise<Hydrated>): Promise<Page> {
  const images: Image[] = [];
  let leftOut = 0;
  for (;;) {
    const met: Row[] = [];
    let end: ListPosition | null | undefined;
    while (end === undefined && images.length + met.length < limit) {
      const step = await rows.next();
      if (step.done) end = step.value;
      else met.push(step.value);
    }
    const hydrated = await hydrate(met);
    images.push(...hydrated.images);
    leftOut += hydrated.leftOut;
    if (end !== undefined) return { images, next: end };
    const last = met.at(-1);
    if (!last || (images.length < limit && leftOut <= MAX_UNREADABLE_ON_PAGE)) continue;
    const more = await rows.next();
    return { images, next: more.done ? more.value : last.at };
  }
}
