import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { AppError } from '../../../domain/errors.ts';
import { type Image, isPublished } from '../../../domain/image/image.ts';
import type { ImageId } from '../../../domain/image/image-id.ts';
import { failedConditions } from '../../dynamodb/fault.ts';
import type { Item } from '../../dynamodb/item.ts';
import { imageKey } from '../../dynamodb/item-keys.ts';
import { LONGEST_WRITE_MS, NOTICED_MS } from '../../dynamodb/noticed.ts';
import { isNewer } from '../../dynamodb/schema-version.ts';
import type { Table, Write } from '../../dynamodb/table.ts';
import type { UnreadableRecords } from '../../unreadable-records.ts';
import type { MonthCounting, MonthCounts } from '../../usage/dynamodb/month-counts.ts';
import { removeFormerMonths } from '../../usage/dynamodb/month-removal.ts';
import type { ImageRepository } from '../image-repository.ts';
import { facetsOf, itemOfFacet } from './facets.ts';
import type { Generations } from './generations.ts';
import { countedAsIn, imageOf, isStill, itemOf, placedIn, placedWith, placementIn, writeIdIn } from './image-item.ts';

export interface PlacesOptions {
  readonly hasCaptureIndex: boolean;
  readonly generations: Generations;
  readonly months: MonthCounts;
  readonly unreadable: UnreadableRecords;
  readonly noticedMs?: number | undefined;
}

/** Owners that a walk met: those of its images come in any order. */
const MAX_CLEANED = 10_000;

const PLACE_ATTRIBUTES: readonly string[] = ['g4p', 'g4s', 'placed', 'months'];

/** Attempts to place one image, which others may change at the same time. */
const ATTEMPTS = 20;

/**
 * Lists by capture, which exist once every ready image has its place. This version writes places with each image.
 * An earlier one keeps what it doesn't know and raises the revision, so an image is placed if its record says so of its
 * revision. Without the index places are written too: an index that is made later has them.
 */
export function createPlaces(
  table: Table,
  { hasCaptureIndex, generations, months, unreadable, noticedMs = NOTICED_MS + LONGEST_WRITE_MS }: PlacesOptions,
): Pick<ImageRepository, 'ordersByCapture' | 'places'> {
  let isServed = false; // for ever
  /** For each owner, before which generation its counts were removed. */
  const cleaned = new LRUCache<string, number>({ max: MAX_CLEANED });
  return {
    async ordersByCapture() {
      if (!hasCaptureIndex) return 'none';
      isServed ||= (await generations.current()).serving !== null;
      return isServed ? 'of-each-owner' : 'none';
    },

    places: hasCaptureIndex
      ? {
          async begin() {
            const generation = await generations.begin();
            await generations.refresh();
            return generation;
          },
          noticedMs,
          place,
          finish: generations.finish,
        }
      : null,
  };

  async function place(id: ImageId): Promise<boolean> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const item = await table.get(imageKey(id));
      if (!item || isNewer(item)) return false; // that version places its images
      const image = unreadable.leaveOut(id, () => imageOf(item));
      if (!image || (!isPublished(image) && countedAsIn(item) === null)) return false;
      const counting = await months.forRecord(image, countedAsIn(item));
      const isPlaced = placedIn(item) === placedWith(image); // an earlier version leaves the place of one that it trashes
      if (isPlaced && counting.counted === countedAsIn(item)) return false;
      const facets = isPlaced ? [] : facetsOf(image, placementIn(item)).filter(({ place }) => place !== undefined);
      const puts = facets.map((facet) => ({ put: itemOfFacet(facet) }));
      try {
        await table.transact([recordWrite(item, image, counting), ...counting.writes, ...puts], randomUUID());
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
