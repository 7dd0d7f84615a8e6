import { guestIn } from '../../domain/access/guest-actor.ts';
import type { Access } from '../../domain/access/policy.ts';
import type { AlbumId } from '../../domain/album/album-id.ts';
import type { HeldImage, Image } from '../../domain/image/image.ts';
import { nextGate, OWNER_GATE } from '../../domain/image/screening.ts';
import type { Services } from '../../services.ts';
import { visibleAlbum } from '../albums/visible-album.ts';

export interface FindContributionsInput {
  readonly id: string;
  readonly cursor: string | undefined;
}

export interface Contributions {
  readonly images: readonly HeldImage[];
  readonly nextCursor: string | null;
}

/** Held images of the owner that a page looks through. */
const PAGE = 100;

/** Whether a guest added it by a link of that album, whatever albums it is in by now. */
export const isContribution = ({ uploadedBy }: Pick<Image, 'uploadedBy'>, albumId: AlbumId): boolean =>
  guestIn(uploadedBy)?.albumId === albumId;

/** Whether the image waits for the owner of that album, and for no other gate before. */
export const waitsForOwner = (image: Image, albumId: AlbumId): image is HeldImage =>
  image.status === 'held' &&
  isContribution(image, albumId) &&
  nextGate(image.screening.gates, image.screening.passed) === OWNER_GATE;

/**
 * What guests added to an album and its owner hasn't decided about, the oldest first. A page may have none although
 * others follow: it looks through held images of the owner. Errors: `album-not-found`, `invalid-cursor`.
 */
export async function findContributions(
  services: Pick<Services, 'albums' | 'images' | 'viewCursors'>,
  access: Access,
  { id, cursor }: FindContributionsInput,
): Promise<Contributions> {
  const album = await visibleAlbum(services, access, id);
  const filters = JSON.stringify(['contributions', album.id]);
  const after = cursor === undefined ? undefined : services.viewCursors.open(cursor, filters);
  const { images, next } = await services.images.find({
    status: 'held',
    userId: album.userId,
    order: 'oldest',
    limit: PAGE,
    after,
  });
  return {
    images: images.filter((image): image is HeldImage => waitsForOwner(image, album.id)),
    nextCursor: next && services.viewCursors.seal(next, filters),
  };
}
