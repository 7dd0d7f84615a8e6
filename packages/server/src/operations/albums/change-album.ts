import type { Access } from '../../domain/access/policy.ts';
import {
  type Album,
  type AlbumDescription,
  describeAlbum,
  MAX_IMAGES_BY_HAND,
  touchAlbum,
} from '../../domain/album/album.ts';
import type { AlbumId } from '../../domain/album/album-id.ts';
import { memberIn } from '../../domain/album/membership.ts';
import { AppError, albumFull, invalidField } from '../../domain/errors.ts';
import type { ReadyImage } from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import { CHANGED, retryWhileChanged } from '../../flow/retry-while-changed.ts';
import type { Services } from '../../services.ts';
import { changeableAlbum } from './visible-album.ts';

export interface ChangeAlbumInput {
  readonly id: string;
  readonly changes: Partial<AlbumDescription>;
  /** The acceptable revisions; undefined: any. */
  readonly expectedRevisions: readonly number[] | undefined;
}

type ChangeServices = Pick<Services, 'albums' | 'images' | 'diskSpace' | 'clock'>;

/**
 * Changes what is said of an album. Errors: `album-not-found`, `forbidden`, `revision-conflict`, `invalid-request` for
 * a cover that isn't a ready image of it, `album-full` for an order by hand of too many images, `insufficient-storage`,
 * `unavailable` if the record keeps changing.
 */
export async function changeAlbum(
  services: ChangeServices,
  access: Access,
  { id, changes, expectedRevisions }: ChangeAlbumInput,
): Promise<Album> {
  await services.diskSpace.require(0, 'reserve');
  return retryWhileChanged(async () => {
    const album = await changeableAlbum(services, access, id);
    if (expectedRevisions && !expectedRevisions.includes(album.revision))
      throw new AppError('revision-conflict', conflictOf(expectedRevisions, album), {
        params: { revision: album.revision },
      });
    if (Object.entries(changes).every(([name, value]) => album[name as keyof AlbumDescription] === value)) return album;
    const cover = changes.cover && (await requireCover(services, album, changes.cover));
    if (changes.order === 'manual' && album.order !== 'manual') await requireFew(services, album);
    const changed = describeAlbum(album, { ...changes, ...(cover && { cover }) }, services.clock.now());
    return (await services.albums.replace(album, changed)) ? changed : CHANGED;
  });
}

const conflictOf = (expected: readonly number[], { revision }: Album): string =>
  `expected revision ${expected.map((one) => `"${one}"`).join(' or ') || 'of a strong ETag'}; got revision "${revision}"`;

/** Its own id. */
async function requireCover({ images }: ChangeServices, album: Album, cover: ImageId): Promise<ImageId> {
  const image = await shownIn(images, album, cover);
  if (image) return image.id;
  throw invalidField('/cover_id', 'expected a ready image of the album; got another');
}

async function requireFew({ albums }: ChangeServices, album: Album): Promise<void> {
  const [images = 0] = await albums.count([album]);
  if (images <= MAX_IMAGES_BY_HAND) return;
  throw albumFull(
    `expected at most ${MAX_IMAGES_BY_HAND} images in an order by hand; got ${images}`,
    MAX_IMAGES_BY_HAND,
  );
}

/** What is known of images that have come. */
interface Noted {
  /** A ready one that came: it becomes the cover of an album that has none. */
  readonly shown?: ImageId | undefined;
  /** When a guest added one. */
  readonly contributedAt?: Date;
}

/** What guests add at the same time is noted once. */
const SAME_TIME_MS = 1_000;

/**
 * Says that images of an album have come, gone or moved. Does nothing if the album was deleted meanwhile, or if its
 * record keeps changing: the images are changed, and those who change it say so too.
 */
export async function noteImages(
  { albums, images, clock }: Pick<Services, 'albums' | 'images' | 'clock'>,
  id: AlbumId,
  { shown, contributedAt }: Noted = {},
): Promise<void> {
  const attempt = async () => {
    const album = await albums.get(id);
    if (!album || album.deletion) return undefined;
    const isKept = album.cover !== null && (await shownIn(images, album, album.cover)) !== undefined;
    const cover = isKept ? album.cover : (shown ?? null);
    const former = album.contributedAt?.getTime() ?? 0;
    const isNoted = contributedAt && contributedAt.getTime() - former < SAME_TIME_MS;
    if (isNoted && cover === album.cover) return undefined;
    const noted = { ...touchAlbum(album, clock.now()), cover, ...(contributedAt && { contributedAt }) };
    return (await albums.replace(album, noted)) ? undefined : CHANGED;
  };
  try {
    await retryWhileChanged(attempt);
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'unavailable')) throw error;
  }
}

async function shownIn(
  images: Services['images'],
  { id, userId }: Album,
  imageId: ImageId,
): Promise<ReadyImage | undefined> {
  const image = await images.get(imageId);
  return image?.status === 'ready' && image.userId === userId && memberIn(image, id) ? image : undefined;
}
