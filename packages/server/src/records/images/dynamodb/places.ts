import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../../domain/errors.ts';
import type { Image } from '../../../domain/image/image.ts';
import type { ImageId } from '../../../domain/image/image-id.ts';
import { failedConditions } from '../../dynamodb/fault.ts';
import type { Item } from '../../dynamodb/item.ts';
import { imageKey } from '../../dynamodb/item-keys.ts';
import { LONGEST_WRITE_MS, NOTICED_MS } from '../../dynamodb/noticed.ts';
import { isNewer } from '../../dynamodb/schema-version.ts';
import type { Table, Write } from '../../dynamodb/table.ts';
import type { UnreadableRecords } from '../../unreadable-records.ts';
import type { ImageRepository } from '../image-repository.ts';
import { facetsOf, itemOfFacet } from './facets.ts';
import type { Generations } from './generations.ts';
import { imageOf, isStill, itemOf, placedIn, placementIn, writeIdIn } from './image-item.ts';

export interface PlacesOptions {
  readonly hasCaptureIndex: boolean;
  readonly generations: Generations;
  readonly unreadable: UnreadableRecords;
  readonly noticedMs?: number | undefined;
}

/** Attempts to place one image, which others may change at the same time. */
const ATTEMPTS = 20;

/**
 * Lists by capture, which exist once every ready image has its place. This version writes places with each image.
 * An earlier one keeps what it doesn't know and raises the revision, so an image is placed if its record says so of its
 * revision. Without the index places are written too: an index that is made later has them.
 */
export function createPlaces(
  table: Table,
  { hasCaptureIndex, generations, unreadable, noticedMs = NOTICED_MS + LONGEST_WRITE_MS }: PlacesOptions,
): Pick<ImageRepository, 'ordersByCapture' | 'places'> {
  let isServed = false; // for ever
  return {
    async ordersByCapture() {
      if (!hasCaptureIndex) return 'none';
      isServed ||= (await generations.current()).serving !== null;
      return isServed ? 'of-each-owner' : 'none';
    },

    places: hasCaptureIndex
      ? {
          async begin(signal) {
            const generation = await generations.begin();
            await generations.refresh();
            await delay(noticedMs, undefined, { signal }).catch(() => undefined);
            return generation;
          },

          place,

          finish: generations.finish,
        }
      : null,
  };

  async function place(id: ImageId): Promise<boolean> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const item = await table.get(imageKey(id));
      if (!item || isNewer(item)) return false; // that version places its images
      const found = unreadable.leaveOut(id, () => ({ image: imageOf(item), placed: placedIn(item) }));
      if (found?.image.status !== 'ready' || found.placed === found.image.revision) return false;
      try {
        await table.transact(writesOf(item, found.image), randomUUID());
        return true;
      } catch (error) {
        if (!failedConditions(error)) throw error;
      }
    }
    const detail = `expected image ${id} to stay the same for a moment; got ${ATTEMPTS} changes`;
    throw new AppError('unavailable', detail);
  }
}

function writesOf(item: Item, image: Image): Write[] {
  const placement = placementIn(item);
  const { g4p, g4s, placed } = itemOf(image, { placement, writeId: writeIdIn(item) });
  const update = {
    key: imageKey(image.id),
    set: { ...(g4p && { g4p }), ...(g4s && { g4s }), ...(placed && { placed }) },
    remove: [],
    condition: isStill(item),
  };
  const facets = facetsOf(image, placement).filter(({ place }) => place !== undefined);
  return [{ update }, ...facets.map((facet) => ({ put: itemOfFacet(facet) }))];
}
