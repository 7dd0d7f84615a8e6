import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { AppError } from '../../../domain/errors.ts';
import { type Image, isPublished } from '../../../domain/image/image.ts';
import type { ImageId } from '../../../domain/image/image-id.ts';
import { failedConditions } from '../../dynamodb/fault.ts';
import type { Item } from '../../dynamodb/item.ts';
import { imageKey } from '../../dynamodb/item-keys.ts';
import { isNewer } from '../../dynamodb/schema-version.ts';
import type { Table, Write } from '../../dynamodb/table.ts';
import type { UnreadableRecords } from '../../unreadable-records.ts';
import type { MonthCounting, MonthCounts } from '../../usage/dynamodb/month-counts.ts';
import { removeFormerMonths } from '../../usage/dynamodb/month-removal.ts';
import { albumsListedWith, albumWrites } from './album-rows.ts';
import { facetsOf, itemOfFacet } from './facets.ts';
import type { Generations } from './generations.ts';
import {
  albumsListedIn,
  countedAsIn,
  imageOf,
  isStill,
  itemOf,
  placedIn,
  placedWith,
  placementIn,
  writeIdIn,
} from './image-item.ts';

/** Owners that a walk met: those of its images come in any order. */
const MAX_CLEANED = 10_000;

const PLACE_ATTRIBUTES: readonly string[] = ['g4p', 'g4s', 'placed', 'months', 'albumsListed'];

/** Attempts to place one image, which others may change at the same time. */
const ATTEMPTS = 20;

export interface PlacingOptions {
  readonly generations: Generations;
  readonly months: MonthCounts;
  readonly unreadable: UnreadableRecords;
}

/**
 * Writes what an image lacks that an earlier version wrote: its place, and those of its facets, its rows of albums with
 * their counts, and its counts by month. Removes them from an image that such a version trashed or ended. False if
 * nothing was to be done.
 */
export type Place = (id: ImageId) => Promise<boolean>;

export function createPlacing(table: Table, { generations, months, unreadable }: PlacingOptions): Place {
  /** For each owner, before which generation its counts were removed. */
  const cleaned = new LRUCache<string, number>({ max: MAX_CLEANED });
  return place;

  async function place(id: ImageId): Promise<boolean> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const item = await table.get(imageKey(id));
      if (!item || isNewer(item)) return false; // that version places its images
      const image = unreadable.leaveOut(id, () => imageOf(item));
      if (!image) return false;
      const [countedAs, albumsListed] = [countedAsIn(item), albumsListedIn(item)];
      if (!isPublished(image) && countedAs === null && albumsListed === null) return false;
      const counting = await months.forRecord(image, countedAs);
      const isPlaced = placedIn(item) === placedWith(image); // an earlier version leaves the place of one that it trashes
      const isListed = albumsListed === albumsListedWith(image);
      if (isPlaced && isListed && counting.counted === countedAs) return false;
      const facets = isPlaced ? [] : facetsOf(image, placementIn(item)).filter(({ place }) => place !== undefined);
      const puts = facets.map((facet) => ({ put: itemOfFacet(facet) }));
      const rows = isListed ? [] : albumWrites(image, image, albumsListed);
      const record = recordWrite(item, image, counting);
      try {
        await table.transact([record, ...counting.writes, ...puts, ...rows], randomUUID());
        await removeFormer(image.userId);
        return true;
      } catch (error) {
        if (!failedConditions(error)) throw error;
      }
    }
    const detail = `expected image ${id} to stay the same for a moment; got ${ATTEMPTS} changes`;
    throw new AppError('unavailable', detail);
  }

  /** Removes the counts of generations before the one that is served. */
  async function removeFormer(userId: string): Promise<void> {
    const { serving } = await generations.current();
    if (serving === null || cleaned.get(userId) === serving) return;
    cleaned.set(userId, serving);
    await removeFormerMonths(table, userId, serving);
  }
}

/** The write id stays, so that a writer that lost its answer still recognizes its write. */
function recordWrite(item: Item, image: Image, { counted }: MonthCounting): Write {
  const as = itemOf(image, { placement: placementIn(item), writeId: writeIdIn(item), counted });
  const set = Object.fromEntries(Object.entries(as).filter(([name]) => PLACE_ATTRIBUTES.includes(name)));
  const remove = PLACE_ATTRIBUTES.filter((name) => !(name in as));
  return { update: { key: imageKey(image.id), set, remove, condition: isStill(item) } };
}
