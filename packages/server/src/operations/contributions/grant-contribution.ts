import type { GuestSecret } from '../../domain/access/guest-actor.ts';
import { placeOfAddition } from '../../domain/album/album-place.ts';
import type { AlbumUrl } from '../../domain/album/album-url.ts';
import type { Services } from '../../services.ts';
import { openAlbumLink } from '../album-links/open-album-link.ts';
import { requireRoom } from '../albums/album-room.ts';
import { type CreateServices, type CreateUploadInput, createUpload, type Grant } from '../uploads/create-upload.ts';
import { asGuest, lentUpload } from './lent-upload.ts';

export interface GrantContributionInput
  extends Pick<
    CreateUploadInput,
    'contentType' | 'filename' | 'sizeBytes' | 'sha256' | 'idempotencyKey' | 'publicOrigin'
  > {
  readonly url: AlbumUrl;
  readonly secret: GuestSecret;
  /** How the guest calls itself. */
  readonly name: string | null;
}

type GrantServices = CreateServices & Pick<Services, 'albums' | 'blocked'>;

/**
 * Grants a guest one upload to the album of a link, for its owner. Once its bytes are verified, the image is in the
 * album; what hasn't arrived when the link ends is refused. Errors: those of `openAlbumLink` and of
 * `createUpload`; `forbidden`, `album-full` also for a link whose pictures are all added.
 */
export async function grantContribution(
  services: GrantServices,
  { url, secret, name, ...upload }: GrantContributionInput,
): Promise<Grant> {
  const opened = await openAlbumLink(services, url);
  const access = lentUpload({ opened, secret }, 'createUpload');
  const { album, link } = opened;
  await requireRoom(services, album);
  const at = services.clock.now();
  const member = { albumId: album.id, added: placeOfAddition(at, 0, services.newId()), moved: null };
  return asGuest(() =>
    createUpload(services, access, {
      ...upload,
      method: 'PUT',
      tags: [],
      description: null,
      metadata: {},
      visibility: 'private',
      externalId: null,
      contribution: { guestName: name, albums: [member], approve: link.approve },
    }),
  );
}
