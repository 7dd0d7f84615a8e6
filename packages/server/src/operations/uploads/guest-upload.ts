import { guestIdOf } from '../../domain/access/guest-actor.ts';
import { AppError } from '../../domain/errors.ts';
import { type Image, isStored, type PendingImage } from '../../domain/image/image.ts';
import type { Services } from '../../services.ts';
import { noteImages } from '../albums/change-album.ts';

/** Whether a guest uploads or uploaded it, by a link of an album. */
const isGuests = ({ uploadedBy }: Pick<Image, 'uploadedBy'>): boolean => guestIdOf(uploadedBy) !== undefined;

/**
 * What a guest was granted arrives as long as the album stands, with the link: also once the link has expired, or takes
 * nothing new. Errors: `refused-by-gate`.
 */
export async function requireLink({ albums }: Pick<Services, 'albums'>, image: PendingImage): Promise<void> {
  const [member] = image.albums;
  if (!isGuests(image) || !member) return; // its owner has taken it out of the album meanwhile, and keeps it
  const album = await albums.get(member.albumId);
  if (album?.links.some(({ id }) => id === image.token?.id)) return; // a deleted album has none
  throw new AppError('refused-by-gate', 'expected a link that stands until the picture arrives; got one that ended');
}

/** Tells the album of a picture that a guest added, whoever found it. A failure must not hide the image. */
export async function noteArrival(
  services: Pick<Services, 'albums' | 'images' | 'clock'>,
  image: Image | undefined,
): Promise<void> {
  const [member] = image?.albums ?? [];
  if (!image || !isStored(image) || !isGuests(image) || !member) return;
  const shown = image.status === 'ready' ? image.id : undefined;
  await noteImages(services, member.albumId, { shown, contributedAt: image.uploadedAt }).catch(() => undefined);
}
