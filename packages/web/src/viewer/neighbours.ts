import type { SafelightClient } from '@safelight/client';
import { FIELDS, type Library, type Picture } from '../library/library.ts';
import type { Neighbours } from './strip.ts';

/** Of a viewer that an address opened, the service is asked: the library may not have loaded that place. */
export function createNeighbours(client: SafelightClient, library: Library): Neighbours {
  const isLoaded = (id: string): boolean => library.snapshot().pictures.some(({ image_id }) => image_id === id);
  return {
    nextOf: (picture) =>
      isLoaded(picture.image_id)
        ? library.nextOf(picture.image_id)
        : following(client, picture, { order: 'newest', end_date: picture.created_at }),
    previousOf: (picture) =>
      isLoaded(picture.image_id)
        ? library.previousOf(picture.image_id)
        : following(client, picture, { order: 'oldest', start_date: picture.created_at }),
  };
}

type From =
  | { readonly order: 'newest'; readonly end_date: string }
  | { readonly order: 'oldest'; readonly start_date: string };

/** Pictures of the same millisecond come before and after it; a page holds a few of them. */
const PAGE = 5;

async function following(client: SafelightClient, picture: Picture, from: From): Promise<Picture | undefined> {
  let isPast = false;
  for await (const one of client.images.list({ ...from, fields: FIELDS, limit: PAGE })) {
    if (isPast || one.created_at !== picture.created_at) return one;
    isPast = one.image_id === picture.image_id;
  }
  return undefined;
}
