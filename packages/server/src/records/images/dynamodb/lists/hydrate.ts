import type { Image } from '../../../../domain/image/image.ts';
import { type ImageFilter, matches } from '../../../../domain/image/image-filter.ts';
import type { ImageId } from '../../../../domain/image/image-id.ts';
import { IS_NEW } from '../../../dynamodb/condition.ts';
import type { Item } from '../../../dynamodb/item.ts';
import { type ItemKey, imageKey } from '../../../dynamodb/item-keys.ts';
import { isNewer } from '../../../dynamodb/schema-version.ts';
import type { Table } from '../../../dynamodb/table.ts';
import type { UnreadableRecords } from '../../../unreadable-records.ts';
import { facetsOf } from '../facets.ts';
import { idIn, imageOf, isStill, placementIn } from '../image-item.ts';
import type { Row } from './rows.ts';

type Facet = Extract<Row, { facet: string }>;

export interface Hydrated {
  readonly images: readonly Image[];
  /** Rows with unreadable records. */
  readonly leftOut: number;
}

/**
 * The images of rows, in order. Facets that lead to no image of the list are omitted, and removed if they are orphans.
 */
export function createHydrate(table: Table, unreadable: UnreadableRecords) {
  return async (rows: readonly Row[], filter: ImageFilter): Promise<Hydrated> => {
    const images = new Map<ImageId, Image>();
    const leftOut = new Set<ImageId>();
    const facets: Facet[] = [];
    for (const row of rows) {
      if ('facet' in row) facets.push(row);
      else if (row.image) images.set(row.id, row.image);
      else leftOut.add(row.id);
    }
    const take = (item: Item): void => {
      const id = idIn(item);
      const image = unreadable.leaveOut(id, () => imageOf(item));
      if (image) leftOut.delete(id);
      else leftOut.add(id);
      if (image && matches(image, filter)) images.set(id, image);
    };
    const keysOf = (some: readonly Facet[]) => some.map(({ id }) => imageKey(id));
    for (const item of await table.getMany(keysOf(facets), 'eventual')) take(item);

    const doubtful = facets.filter(({ id }) => !images.has(id));
    if (doubtful.length > 0) {
      const items = await recordsAndFacets(table, doubtful);
      for (const item of items.records.values()) take(item);
      const decided = doubtful.filter(({ id }) => !leftOut.has(id)); // the facets of unreadable images are unknown
      await Promise.all(decided.map((facet) => repair(table, facet, items)));
    }
    return { images: rows.flatMap(({ id }) => images.get(id) ?? []), leftOut: leftOut.size };
  };
}

interface Known {
  readonly records: ReadonlyMap<string, Item>;
  /** Images that still match. */
  readonly facets: ReadonlySet<string>;
}

const facetKey = ({ facet, id }: Facet): ItemKey => ({ pk: facet, sk: id });
const nameOf = ({ pk, sk }: ItemKey): string => `${pk} ${sk}`;

async function recordsAndFacets(table: Table, doubtful: readonly Facet[]): Promise<Known> {
  const keys = doubtful.flatMap((one) => [imageKey(one.id), facetKey(one)]);
  const items = await table.getMany(keys, 'strong');
  const recordKeys = new Set(doubtful.map(({ id }) => imageKey(id).pk));
  const records = new Map<string, Item>();
  const facets = new Set<string>();
  for (const item of items) {
    const [pk, sk] = [item['pk']?.S ?? '', item['sk']?.S ?? ''];
    if (recordKeys.has(pk)) records.set(pk, item);
    else facets.add(nameOf({ pk, sk }));
  }
  return { records, facets };
}

/** Removes a facet if its image doesn't have it at the time of the write. */
async function repair(table: Table, facet: Facet, { records, facets }: Known): Promise<void> {
  const key = facetKey(facet);
  if (!facets.has(nameOf(key))) return;
  const record = records.get(imageKey(facet.id).pk);
  if (record && isNewer(record)) return; // only that version knows its facets
  if (record && facetsOf(imageOf(record), placementIn(record)).some(({ pk }) => pk === key.pk)) return;
  const check = { check: imageKey(facet.id), condition: record ? isStill(record) : IS_NEW };
  // A concurrent writer of the image corrects its facets, and the next list sees leftovers.
  await table.transact([check, { delete: key }], crypto.randomUUID()).catch(() => undefined);
}
