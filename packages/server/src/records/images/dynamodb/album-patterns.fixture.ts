import { deleteAlbum, touchAlbum } from '../../../domain/album/album.ts';
import { MAX_ALBUM_LINKS } from '../../../domain/album/album-link.ts';
import { placeOfAddition } from '../../../domain/album/album-place.ts';
import { withMember, withoutAlbum } from '../../../domain/album/membership.ts';
import { type ReadyImage, restore, tombstone, trash } from '../../../domain/image/image.ts';
import type { ListOrder } from '../../../domain/lists/list-position.ts';
import type { AlbumRepository } from '../../albums/album-repository.ts';
import { newAlbumId, sampleAlbum, sampleAlbumLink } from '../../albums/sample-albums.fixture.ts';
import type { ImageRepository } from '../image-repository.ts';
import { readyQuery } from '../list-model.fixture.ts';
import { taken } from '../months.fixture.ts';
import { NOW, newImageId, samplePublished } from '../sample-images.fixture.ts';
import { weighedPending } from './weighed-images.fixture.ts';

interface Repositories {
  readonly images: ImageRepository;
  readonly albums: AlbumRepository;
}

type Pattern = (repositories: Repositories) => Promise<() => Promise<boolean>>;

const SOON = new Date(NOW.getTime() + 1);
const PAGE = 50;
const TAGS = Array.from({ length: 5 }, (_, number) => `tag${number}`);

const inAlbum = (image: ReadyImage, albumId = newAlbumId()): ReadyImage =>
  withMember(image, { albumId, added: placeOfAddition(NOW, 0, ''), moved: null });

async function published(images: ImageRepository, userId = 'uploader'): Promise<ReadyImage> {
  const pending = weighedPending({ id: newImageId(new Date(0)), userId, tags: TAGS });
  await images.create(pending);
  const ready = samplePublished(pending);
  await images.replace(pending, ready);
  return ready;
}

async function publishedInAlbum(images: ImageRepository): Promise<ReadyImage> {
  const image = await published(images);
  const member = inAlbum(image);
  await images.replace(image, member);
  return member;
}

async function created(albums: AlbumRepository, userId = 'uploader') {
  const album = sampleAlbum({ userId });
  await albums.create(album);
  return album;
}

/** The first page of an album with one image more. */
const page =
  (order: ListOrder): Pattern =>
  async ({ images }) => {
    const [album, userId] = [newAlbumId(), 'of albums'];
    for (let n = 0; n <= PAGE; n += 1) {
      const image = await published(images, userId);
      await images.replace(image, inAlbum(image, album));
    }
    return async () => (await images.find(readyQuery({ userId, album, order, limit: PAGE }))).images.length === PAGE;
  };

/** The accesses of albums to the table. */
export const ALBUM_PATTERNS = {
  'album created':
    async ({ albums }) =>
    () =>
      albums.create(sampleAlbum()).then(() => true),
  'album changed': async ({ albums }) => {
    const album = await created(albums);
    return () => albums.replace(album, touchAlbum(album, SOON));
  },
  'album deleted': async ({ albums }) => {
    const album = await created(albums);
    return () => albums.replace(album, deleteAlbum(album, false, SOON));
  },
  'album by id': async ({ albums }) => {
    const { id } = await created(albums);
    return async () => (await albums.get(id)) !== undefined;
  },
  'album by id, with 50 links': async ({ albums }) => {
    const links = Array.from({ length: MAX_ALBUM_LINKS }, () => sampleAlbumLink());
    const album = sampleAlbum({ links });
    await albums.create(album);
    return async () => (await albums.get(album.id)) !== undefined;
  },
  'picture by a link of an album': async ({ images, albums }) => {
    const [album, image] = [await created(albums), await publishedInAlbum(images)];
    return async () => {
      const [one, other] = await Promise.all([albums.get(album.id), images.get(image.id)]);
      return one !== undefined && other !== undefined;
    };
  },
  "page of 50 of an owner's albums": async ({ albums }) => {
    const userId = 'of fifty';
    for (let n = 0; n <= PAGE; n += 1) await created(albums, userId);
    return async () => (await albums.find({ userId, after: undefined, limit: PAGE })).albums.length === PAGE;
  },
  'images in each of 50 albums': async ({ albums }) => {
    const all = Array.from({ length: PAGE }, () => sampleAlbum());
    return async () => (await albums.count(all)).length === PAGE;
  },
  'image put into an album': async ({ images }) => {
    const image = await published(images);
    return () => images.replace(image, inAlbum(image));
  },
  'image taken out of an album': async ({ images }) => {
    const image = await publishedInAlbum(images);
    return () => images.replace(image, withoutAlbum(image, image.albums[0]?.albumId ?? newAlbumId()));
  },
  'image moved in an album': async ({ images }) => {
    const image = await publishedInAlbum(images);
    const [member] = image.albums;
    return async () =>
      member !== undefined &&
      images.replace(image, withMember(image, { ...member, moved: placeOfAddition(SOON, 0, '') }));
  },
  'trash, 5 tags, in an album': async ({ images }) => {
    const image = await publishedInAlbum(images);
    return () => images.replace(image, trash(image, NOW, SOON));
  },
  'restore, 5 tags, in an album': async ({ images }) => {
    const image = await publishedInAlbum(images);
    const trashed = trash(image, NOW, SOON);
    await images.replace(image, trashed);
    return () => images.replace(trashed, restore(trashed, NOW, []));
  },
  'delete, 5 tags, in an album': async ({ images }) => {
    const image = await publishedInAlbum(images);
    return () => images.replace(image, tombstone(image, NOW));
  },
  'another date, 5 tags, in an album': async ({ images }) => {
    const image = await publishedInAlbum(images);
    return () => images.replace(image, taken(image, '2024-07-14T18:22:31.000'));
  },
  'an album': page('newest'),
  'an album, by capture': page('taken-newest'),
  'an album, as added': page('added'),
  'an album, by hand': page('manual'),
} as const satisfies Readonly<Record<string, Pattern>>;
