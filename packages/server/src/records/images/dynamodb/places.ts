import { LONGEST_WRITE_MS, NOTICED_MS } from '../../dynamodb/noticed.ts';
import type { ImageRepository } from '../image-repository.ts';
import type { Generations } from './generations.ts';
import type { Place } from './placing.ts';

export interface PlacesOptions {
  readonly hasCaptureIndex: boolean;
  readonly generations: Generations;
  readonly place: Place;
  readonly noticedMs?: number | undefined;
}

/**
 * Lists by capture, which exist once every ready image has its place. This version writes places with each image.
 * An earlier one keeps what it doesn't know and raises the revision, so an image is placed if its record says so of its
 * revision. Without the index places are written too: an index that is made later has them.
 */
export function createPlaces({
  hasCaptureIndex,
  generations,
  place,
  noticedMs = NOTICED_MS + LONGEST_WRITE_MS,
}: PlacesOptions): Pick<ImageRepository, 'ordersByCapture' | 'places'> {
  let isServed = false; // for ever
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
}
