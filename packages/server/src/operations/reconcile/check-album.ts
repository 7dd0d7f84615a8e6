import { setTimeout as delay } from 'node:timers/promises';
import type { Album } from '../../domain/album/album.ts';
import type { ListPosition } from '../../domain/lists/list-position.ts';
import type { Services } from '../../services.ts';
import type { CheckUsageOptions } from './check-usage.ts';
import type { Finding } from './finding.ts';

type AlbumFinding = Extract<Finding, { readonly kind: 'album-count' }>;

const PAGE = 1_000;
/** Its images may change while they are counted, and a list may lag: a difference must stay. */
const ATTEMPTS = 3;

/**
 * Whether an album has as many images as it says; undefined: it has, or is too busy to tell. Errors: those of the
 * repositories.
 */
export async function checkAlbum(
  services: Pick<Services, 'albums' | 'images'>,
  album: Album,
  { lagMs, signal }: CheckUsageOptions,
): Promise<AlbumFinding | undefined> {
  let difference: AlbumFinding | undefined;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    if (attempt > 1) await delay(lagMs, undefined, { signal });
    const [got = 0] = await services.albums.count([album]);
    const expected = await imagesOf(services, album);
    if (got === expected) return undefined;
    const [again] = await services.albums.count([album]);
    difference = got === again ? { kind: 'album-count', album, expected, got } : undefined;
  }
  return difference;
}

async function imagesOf({ images }: Pick<Services, 'images'>, { id, userId }: Album): Promise<number> {
  let count = 0;
  for (let after: ListPosition | undefined; ; ) {
    const list = { status: 'ready', userId, album: id, tags: [], tagMode: 'all', order: 'oldest' } as const;
    const page = await images.find({ ...list, after, limit: PAGE });
    count += page.images.length;
    if (page.next === null) return count;
    after = page.next;
  }
}
