import type { Access } from '../../domain/access/policy.ts';
import type { Album } from '../../domain/album/album.ts';
import { type AlbumMember, MAX_ALBUMS_OF_IMAGE } from '../../domain/album/album-member.ts';
import { type AlbumPlace, isPastPlace, placeOfAddition } from '../../domain/album/album-place.ts';
import { memberIn, withMember, withoutAlbum } from '../../domain/album/membership.ts';
import { AppError, albumFull, invalidField } from '../../domain/errors.ts';
import type { Image, LiveImage } from '../../domain/image/image.ts';
import { type ImageId, parseImageId } from '../../domain/image/image-id.ts';
import { CHANGED, retryWhileChanged } from '../../flow/retry-while-changed.ts';
import { workAtMost } from '../../flow/work-at-most.ts';
import type { Services } from '../../services.ts';
import { eachImage, type ImageResult } from '../images/many-images.ts';
import { changeableImage, changeableOrTrashedImage, requireOwnedBy } from '../images/visible-image.ts';
import { mostImagesOf } from './album-room.ts';
import { noteImages } from './change-album.ts';
import { changeableAlbum } from './visible-album.ts';

export interface ChangeAlbumImagesInput {
  readonly id: string;
  readonly add: readonly AddedImage[];
  readonly remove: readonly string[];
}

export interface AddedImage {
  readonly imageId: string;
  /** Where it was when it was taken out; undefined: it comes last. */
  readonly place: Pick<AlbumMember, 'added' | 'moved'> | undefined;
}

export interface AlbumChange {
  readonly status: 'added' | 'removed' | 'unchanged';
  /** Where a removed image was, so that it can come back there. */
  readonly former: AlbumMember | undefined;
  /** Its own id, if it is in lists of the album now. */
  readonly shown: ImageId | undefined;
}

export type ChangeAlbumServices = Pick<Services, 'albums' | 'images' | 'diskSpace' | 'clock'>;

/**
 * Adds images of the album's owner to it, and takes others out, each by itself: an error of one doesn't affect the
 * others. Their revisions stay. Errors: `album-not-found`, `forbidden`, `album-full`, `insufficient-storage`,
 * `unavailable` if the album's record keeps changing; then the images are changed, and the call may be repeated.
 */
export async function changeAlbumImages(
  services: ChangeAlbumServices,
  access: Access,
  { id, add, remove }: ChangeAlbumImagesInput,
): Promise<readonly ImageResult<AlbumChange>[]> {
  const { clock, diskSpace } = services;
  const album = await changeableAlbum(services, access, id);
  const at = clock.now();
  requirePastPlaces(add, at);
  if (add.length > 0) await diskSpace.require(0, 'reserve');
  await requireRoom(services, album, { add, remove });
  const ids = [...add.map(({ imageId }) => imageId), ...remove];
  const results = await eachImage(services, ids, (imageId, index) => {
    const added = add[index];
    if (!added) return removeImage(services, access, { imageId, album });
    const place = added.place ?? { added: placeOfAddition(at, index, imageId), moved: null };
    return addImage(services, access, { imageId, album, place });
  });
  const changed = results.flatMap((one) => ('done' in one && one.done.status !== 'unchanged' ? [one.done] : []));
  if (changed.length > 0) await noteImages(services, album.id, { shown: changed.find(({ shown }) => shown)?.shown });
  return results;
}

/** Errors: `invalid-request`. */
function requirePastPlaces(add: readonly AddedImage[], at: Date): void {
  for (const [index, { place }] of add.entries())
    if (place && ![place.added, place.moved ?? place.added].every((one) => isPastPlace(one, at)))
      throw invalidField(`/places/${index}`, 'expected a place as the removal of the image answered it; got another');
}

/** Images that are read at the same time. */
const READ_AT_ONCE = 20;

/** Errors: `album-full`. Only where the number of ids would be too large, those that change nothing are left out. */
async function requireRoom(
  { albums, images }: ChangeAlbumServices,
  album: Album,
  { add, remove }: Pick<ChangeAlbumImagesInput, 'add' | 'remove'>,
): Promise<void> {
  if (add.length === 0) return;
  const limit = mostImagesOf(album);
  const [count = 0] = await albums.count([album]);
  if (count + add.length <= limit) return;
  let [coming, leaving] = [0, 0];
  const isMember = async (text: string): Promise<boolean> => {
    const id = parseImageId(text);
    const image = id && (await images.get(id));
    return image !== undefined && memberIn(image, album.id) !== undefined;
  };
  await workAtMost(READ_AT_ONCE, add, async ({ imageId }) => {
    coming += (await isMember(imageId)) ? 0 : 1;
  });
  await workAtMost(READ_AT_ONCE, remove, async (imageId) => {
    leaving += (await isMember(imageId)) ? 1 : 0;
  });
  if (coming === 0 || count + coming - leaving <= limit) return;
  const what = album.order === 'manual' ? 'an album in an order by hand' : 'an album';
  throw albumFull(`expected at most ${limit} images in ${what}; got ${coming} more, with ${count}`, limit);
}

const UNCHANGED: AlbumChange = { status: 'unchanged', former: undefined, shown: undefined };

interface OneImage {
  readonly imageId: string;
  readonly album: Album;
}

function addImage(
  services: ChangeAlbumServices,
  access: Access,
  {
    imageId,
    album,
    place,
  }: OneImage & { readonly place: { readonly added: AlbumPlace; readonly moved: AlbumPlace | null } },
): Promise<AlbumChange> {
  return retryWhileChanged(async () => {
    const image = await changeableImage(services, access, imageId);
    requireOwnedBy(image, album.userId);
    requireNotEnded(image);
    if (memberIn(image, album.id)) return UNCHANGED;
    const roomy = image.albums.length < MAX_ALBUMS_OF_IMAGE ? image : await withoutDead(services, image);
    if (roomy.albums.length >= MAX_ALBUMS_OF_IMAGE)
      throw albumFull(
        `expected an image in fewer than ${MAX_ALBUMS_OF_IMAGE} albums; got one in ${roomy.albums.length}`,
        MAX_ALBUMS_OF_IMAGE,
      );
    const member: AlbumMember = { albumId: album.id, ...place };
    return (await services.images.replace(image, withMember(roomy, member)))
      ? { status: 'added', former: undefined, shown: image.status === 'ready' ? image.id : undefined }
      : CHANGED;
  });
}

function removeImage(
  services: ChangeAlbumServices,
  access: Access,
  { imageId, album }: OneImage,
): Promise<AlbumChange> {
  return retryWhileChanged(async () => {
    const image = await changeableOrTrashedImage(services, access, imageId);
    requireOwnedBy(image, album.userId);
    const former = memberIn(image, album.id);
    if (!former) return UNCHANGED;
    return (await services.images.replace(image, withoutAlbum(image, album.id)))
      ? { status: 'removed', former, shown: undefined }
      : CHANGED;
  });
}

/** Errors: `image-not-ready` for an upload that has ended. */
function requireNotEnded(image: LiveImage): void {
  if (image.status !== 'rejected' && image.status !== 'expired') return;
  throw new AppError('image-not-ready', `expected an image that is, or may become, ready; got status ${image.status}`, {
    params: { status: image.status },
  });
}

/** The image without albums that were deleted: their ids may still stand on its record. */
async function withoutDead<Current extends Image>({ albums }: ChangeAlbumServices, image: Current): Promise<Current> {
  let alive = image;
  for (const { albumId } of image.albums) {
    const album = await albums.get(albumId);
    if (!album || album.deletion) alive = withoutAlbum(alive, albumId);
  }
  return alive;
}
