import { type Album, type AlbumDeletion, withDeletion } from '../../domain/album/album.ts';
import { memberIn, withoutAlbum } from '../../domain/album/membership.ts';
import { AppError } from '../../domain/errors.ts';
import { purgedAt } from '../../domain/image/deadlines.ts';
import { trash } from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import type { ListPosition } from '../../domain/lists/list-position.ts';
import { CHANGED, retryWhileChanged } from '../../flow/retry-while-changed.ts';
import { workAtMost } from '../../flow/work-at-most.ts';
import type { Services } from '../../services.ts';
import { endLease, holdLease, renewLease } from './hold-lease.ts';

/** Albums of one round. */
const ALBUMS = 1_000;
/** Pages of one album in a round, so that others have their turn. */
const PAGES = 20;
/** Images that leave an album before the lease is renewed. */
const PAGE = 100;
/** The writes that share one commit. */
const AT_ONCE = 50;

interface EmptyOptions {
  readonly holder: string;
  /** Ends the round early, between two pages of images. */
  readonly signal: AbortSignal;
}

type EmptyServices = Pick<Services, 'albums' | 'images' | 'coordination' | 'clock' | 'observe' | 'settings'>;

/**
 * Takes the images out of deleted albums, or moves them to the trash, and forgets albums that were deleted a week ago.
 * Its place is the list of what is left, so a process that died is continued by the next one. Images that aren't ready
 * keep the id of the album, which nobody finds any more.
 */
export async function emptyAlbums(services: EmptyServices, { holder, signal }: EmptyOptions): Promise<void> {
  await services.albums.forget(services.clock.now());
  const deleting = await services.albums.deleting(ALBUMS);
  if (deleting.length === 0 || signal.aborted) return;
  const lease = { name: 'sweep-albums', holder } as const;
  if (!(await holdLease(services, lease))) return;
  try {
    for (const album of deleting) {
      const current = await services.albums.get(album.id);
      try {
        if (current?.deletion && !current.deletion.finishedAt)
          await emptyAlbum(services, current, { signal, goOn: () => renewLease(services, lease) });
      } catch (error) {
        services.observe({ event: 'sweep-failed', error }); // it must not hold up the others
      }
      if (signal.aborted) return;
    }
  } finally {
    await endLease(services, lease);
  }
}

interface Round {
  readonly signal: AbortSignal;
  /** Whether this process may go on. */
  readonly goOn: () => Promise<boolean>;
}

/**
 * One pass through its images: one that can't leave now is tried again in the next round. It has ended once a pass has
 * met none: a list may lag.
 */
async function emptyAlbum(services: EmptyServices, album: Album, { signal, goOn }: Round): Promise<void> {
  const { albums, images, clock } = services;
  const list = { status: 'ready', userId: album.userId, album: album.id, tags: [], tagMode: 'all' } as const;
  let current = album;
  let failed = 0;
  let met = 0;
  let after: ListPosition | undefined;
  for (let pages = 1; ; pages += 1) {
    const page = await images.find({ ...list, order: 'oldest', after, limit: PAGE });
    let done = 0;
    met += page.images.length;
    await workAtMost(AT_ONCE, page.images, async ({ id }) => {
      try {
        await leave(services, album, id);
        done += 1;
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        failed += 1;
      }
    });
    current = await note(services, current, (deletion) => ({
      ...deletion,
      done: deletion.done + done,
      failed,
      finishedAt: page.next === null && met === 0 ? clock.now() : null,
    }));
    if (page.next === null || pages === PAGES || signal.aborted || !(await goOn())) return;
    after = page.next;
  }

  async function note(
    { clock }: Pick<Services, 'clock'>,
    from: Album,
    changed: (deletion: AlbumDeletion) => AlbumDeletion,
  ): Promise<Album> {
    if (!from.deletion) return from;
    const to = withDeletion(from, changed(from.deletion), clock.now());
    return (await albums.replace(from, to)) ? to : ((await albums.get(from.id)) ?? from);
  }
}

/**
 * Moves it to the trash only if nobody has changed it since: who has restored it wants to keep it. Errors:
 * `unavailable` for a record that keeps changing, or that a newer version wrote.
 */
function leave(
  { images, clock, settings }: EmptyServices,
  { id: albumId, deletion }: Album,
  id: ImageId,
): Promise<void> {
  return retryWhileChanged(async () => {
    const image = await images.getToChange(id);
    if (image?.status !== 'ready' || !memberIn(image, albumId)) return undefined;
    const now = clock.now();
    const left =
      deletion?.withImages && image.updatedAt <= deletion.startedAt && settings.trashDays > 0
        ? trash(image, now, purgedAt(now, settings.trashDays))
        : withoutAlbum(image, albumId);
    return (await images.replace(image, left)) ? undefined : CHANGED;
  });
}
