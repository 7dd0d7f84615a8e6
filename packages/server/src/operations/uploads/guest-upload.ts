import { guestIn } from '../../domain/access/guest-actor.ts';
import { memberIn } from '../../domain/album/membership.ts';
import { AppError } from '../../domain/errors.ts';
import { type Image, isStored, type PendingImage } from '../../domain/image/image.ts';
import { allGates, OWNER_GATE } from '../../domain/image/screening.ts';
import type { Services } from '../../services.ts';
import { noteImages } from '../albums/change-album.ts';

/**
 * The gates of an upload whose bytes are there. What a guest was granted ends with its link, also if that takes nothing
 * new any more, and waits for the owner as the link says now. Errors: `refused-by-gate`.
 */
export async function gatesOfUpload(
  { albums, clock }: Pick<Services, 'albums' | 'clock'>,
  image: PendingImage,
): Promise<readonly string[]> {
  const guest = guestIn(image.uploadedBy);
  if (!guest || !memberIn(image, guest.albumId)) return image.gates; // its owner has taken it out of the album
  const album = await albums.get(guest.albumId);
  const link = album?.links.find(({ id }) => id === image.token?.id); // a deleted album has none
  if (!link || link.expiresAt <= clock.now())
    throw new AppError('refused-by-gate', 'expected a link that stands until the picture arrives; got one that ended');
  return link.approve ? allGates(image.gates, [OWNER_GATE]) : image.gates;
}

/** Tells the album of a picture that a guest added, whoever found it. A failure must not hide the image. */
export async function noteArrival(
  services: Pick<Services, 'albums' | 'images' | 'clock'>,
  image: Image | undefined,
): Promise<void> {
  const guest = image && guestIn(image.uploadedBy);
  if (!guest || !isStored(image) || !memberIn(image, guest.albumId)) return;
  const shown = image.status === 'ready' ? image.id : undefined;
  await noteImages(services, guest.albumId, { shown, contributedAt: image.uploadedAt }).catch(() => undefined);
}
