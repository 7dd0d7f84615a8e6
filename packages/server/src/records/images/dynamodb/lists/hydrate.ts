import type { Image } from '../../../../domain/image/image.ts';
import { matches } from '../../../../domain/image/image-filter.ts';
import type { ImageId } from '../../../../domain/image/image-id.ts';
import { positionOf } from '../../../../domain/lists/list-position.ts';
import type { Item } from '../../../dynamodb/item.ts';
import { type ItemKey, imageKey } from '../../../dynamodb/item-keys.ts';
import type { Table } from '../../../dynamodb/table.ts';
import type { UnreadableRecords } from '../../../unreadable-records.ts';
import type { FindQuery } from '../../image-repository.ts';
import { idIn, imageOf } from '../image-item.ts';
import type { Place } from '../placing.ts';
import { createRepair } from './repair.ts';
import type { Row } from './rows.ts';

/** A row that only names its image. */
type Named = Extract<Row, { facet: string | null }>;
type Facet = Named & { readonly facet: string };

export interface Hydrated {
  readonly images: readonly Image[];
  /** Rows with unreadable records. */
  readonly leftOut: number;
}

export interface HydrateOptions {
  readonly unreadable: UnreadableRecords;
  readonly place: Place;
}

/**
 * The images of rows, in order. Rows that lead to no image of the list at their position are omitted, and facets among
 * them removed if they are orphans.
 */
export function createHydrate(table: Table, { unreadable, place }: HydrateOptions) {
  const repair = createRepair(table, place);
  return async (rows: readonly Row[], query: FindQuery): Promise<Hydrated> => {
    const images = new Map<ImageId, Image>();
    const leftOut = new Set<ImageId>();
    const named: Named[] = [];
    for (const row of rows) {
      if ('facet' in row) named.push(row);
      else if (row.image) images.set(row.id, row.image);
      else leftOut.add(row.id);
    }
    const take = (item: Item): void => {
      const id = idIn(item);
      const image = unreadable.leaveOut(id, () => imageOf(item));
      if (image) leftOut.delete(id);
      else leftOut.add(id);
      if (image && matches(image, query)) images.set(id, image);
      else images.delete(id);
    };
    const imageAt = ({ id, at }: Row): Image | undefined => {
      const image = images.get(id);
      return image && positionOf(image, query) === at ? image : undefined;
    };
    for (const item of await table.getMany(keysOf(named), 'eventual')) take(item);

    const doubtful = named.filter((row) => !imageAt(row));
    if (doubtful.length > 0) {
      const items = await recordsAndFacets(table, doubtful);
      for (const item of items.records.values()) take(item);
      const decided = doubtful.filter(isFacet).filter(({ id }) => !leftOut.has(id)); // the facets of unreadable images are unknown
      const orphans = decided.map(facetKey).filter((key) => items.facets.has(nameOf(key)));
      await Promise.all(orphans.map((key) => repair(key, items.records.get(imageKey(key.sk as ImageId).pk))));
    }
    return { images: rows.flatMap((row) => imageAt(row) ?? []), leftOut: leftOut.size };
  };
}

const isFacet = (row: Named): row is Facet => row.facet !== null;

/** Each once: an index that lags may name an image at two positions. */
const keysOf = (rows: readonly Named[]): ItemKey[] => [...new Set(rows.map(({ id }) => id))].map(imageKey);

interface Known {
  readonly records: ReadonlyMap<string, Item>;
  /** Images that still match. */
  readonly facets: ReadonlySet<string>;
}

const facetKey = ({ facet, id }: Facet): ItemKey => ({ pk: facet, sk: id });
const nameOf = ({ pk, sk }: ItemKey): string => `${pk} ${sk}`;

async function recordsAndFacets(table: Table, doubtful: readonly Named[]): Promise<Known> {
  const keys = [...keysOf(doubtful), ...doubtful.filter(isFacet).map(facetKey)];
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
