import type { Access } from '../../domain/access/policy.ts';
import { type Album, MAX_IMAGES_BY_HAND } from '../../domain/album/album.ts';
import { placeOf } from '../../domain/album/album-member.ts';
import { type AlbumPlace, placesBetween } from '../../domain/album/album-place.ts';
import { memberIn, withMember } from '../../domain/album/membership.ts';
import { AppError, albumFull, invalidField } from '../../domain/errors.ts';
import type { Image } from '../../domain/image/image.ts';
import { parseImageId } from '../../domain/image/image-id.ts';
import { type ListPosition, placedAt } from '../../domain/lists/list-position.ts';
import { CHANGED, retryWhileChanged } from '../../flow/retry-while-changed.ts';
import { workAtMost } from '../../flow/work-at-most.ts';
import { eachImage, type ImageResult } from '../images/many-images.ts';
import { changeableImage, ownId } from '../images/visible-image.ts';
import { noteImages } from './change-album.ts';
import type { ChangeAlbumServices } from './change-album-images.ts';
import { changeableAlbum } from './visible-album.ts';

export interface MoveAlbumImagesInput {
  readonly id: string;
  /** In their new order. */
  readonly imageIds: readonly string[];
  /** The image of the album behind which they come; null: first. */
  readonly after: string | null;
}

/**
 * Moves images within the order by hand. Errors: `album-not-found`, `forbidden`, `invalid-request` for an `after` that
 * isn't in the album or moves itself, `album-full` for an album that is too large for that order, or a place between
 * two images that were moved apart too often; `unavailable` if the album's record keeps changing.
 */
export async function moveAlbumImages(
  services: ChangeAlbumServices,
  access: Access,
  { id, imageIds, after }: MoveAlbumImagesInput,
): Promise<readonly ImageResult<{ readonly status: 'moved' }>[]> {
  await services.diskSpace.require(0, 'reserve');
  const album = await changeableAlbum(services, access, id);
  const [images = 0] = await services.albums.count([album]);
  if (images > MAX_IMAGES_BY_HAND)
    throw albumFull(
      `expected at most ${MAX_IMAGES_BY_HAND} images in an order by hand; got ${images}`,
      MAX_IMAGES_BY_HAND,
    );
  const moving = new Set<string>();
  await workAtMost(READ_AT_ONCE, imageIds, async (one) => void moving.add(await ownId(services, one)));
  if (after !== null && moving.has(await ownId(services, after)))
    throw invalidField('/move/after', 'expected another image than those that are moved; got one of them');
  const places = await placesBehind(services, album, { after, moving, count: imageIds.length });
  const results = await eachImage(services, imageIds, (imageId, index) =>
    retryWhileChanged(async () => {
      const image = await changeableImage(services, access, imageId);
      const member = memberIn(image, album.id);
      if (!member) throw invalidField('/move/image_ids', `expected images of the album; got ${imageId}`);
      const moved = withMember(image, { ...member, moved: places[index] ?? null });
      return (await services.images.replace(image, moved)) ? { status: 'moved' as const } : CHANGED;
    }),
  );
  if (results.some((result) => 'done' in result)) await noteImages(services, album.id);
  return results;
}

/** Images that are read at the same time. */
const READ_AT_ONCE = 20;

interface Gap {
  readonly after: string | null;
  readonly moving: ReadonlySet<string>;
  readonly count: number;
}

async function placesBehind(
  services: ChangeAlbumServices,
  album: Album,
  { after, moving, count }: Gap,
): Promise<readonly AlbumPlace[]> {
  const first = after === null ? undefined : await memberNamed(services, album, after);
  const high = await nextPlace(services, album, { behind: first?.position, moving });
  const places = placesBetween(first?.place, high, count);
  if (places) return places;
  throw new AppError(
    'album-full',
    'expected a place between two images; got none, as they were moved too often: move one of them first',
  );
}

interface Placed {
  readonly place: AlbumPlace;
  readonly position: ListPosition;
}

async function memberNamed({ images }: ChangeAlbumServices, album: Album, text: string): Promise<Placed> {
  const id = parseImageId(text);
  const image = id && (await images.get(id));
  const placed = image && image.userId === album.userId ? placedIn(image, album) : undefined;
  if (!placed) throw invalidField('/move/after', 'expected an image of the album, or null; got another');
  return placed;
}

const placedIn = (image: Image, { id }: Album): Placed | undefined => {
  const member = memberIn(image, id);
  return member && { place: placeOf(member), position: placedAt(placeOf(member), image.id) };
};

/** Where the next image is that isn't moved; undefined: there is none. */
async function nextPlace(
  { images }: ChangeAlbumServices,
  album: Album,
  { behind, moving }: { readonly behind: ListPosition | undefined; readonly moving: ReadonlySet<string> },
): Promise<AlbumPlace | undefined> {
  const list = {
    status: 'ready',
    userId: album.userId,
    album: album.id,
    tags: [],
    tagMode: 'all',
    order: 'manual',
  } as const;
  let after = behind;
  for (;;) {
    const page = await images.find({ ...list, after, limit: moving.size + 1 });
    const next = page.images.find(({ id }) => !moving.has(id));
    if (next) return placedIn(next, album)?.place;
    if (page.next === null) return undefined;
    after = page.next;
  }
}
