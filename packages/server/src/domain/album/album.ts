import type { ImageId } from '../image/image-id.ts';
import type { ListOrder } from '../lists/list-position.ts';
import type { AlbumId } from './album-id.ts';
import type { AlbumLink } from './album-link.ts';

export const MAX_TITLE_LENGTH = 200;
export const MAX_ALBUM_DESCRIPTION = 2_000;
/** Writers at once may exceed it by what each of them adds. */
export const MAX_IMAGES_OF_ALBUM = 100_000;
/** In an order by hand: what a person can still look over. */
export const MAX_IMAGES_BY_HAND = 5_000;
/** How long a finished deletion can be asked for. */
const DELETION_DAYS = 7;

/** An owner's images under a name. Which ones stands on their records. */
export interface Album extends AlbumDescription {
  readonly id: AlbumId;
  readonly userId: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Counts the changes of its description, from 1. */
  readonly revision: number;
  /** Counts each write of the record, from 1: also those that only say that its images have changed. */
  readonly version: number;
  /** When a guest last added an image; null: none has. */
  readonly contributedAt: Date | null;
  /** In the order of their creation; some may have expired. */
  readonly links: readonly AlbumLink[];
  /** null: it isn't deleted. */
  readonly deletion: AlbumDeletion | null;
}

export interface AlbumDescription {
  readonly title: string;
  readonly description: string | null;
  /** It may have left the album since. null: none. */
  readonly cover: ImageId | null;
  readonly order: ListOrder;
}

/** From its start on nobody sees the album. Its images leave it one after another. */
export interface AlbumDeletion {
  readonly startedAt: Date;
  /** Whether its images go to the trash. */
  readonly withImages: boolean;
  /** How many images have left it, or are in the trash. */
  readonly done: number;
  /** How many couldn't at the last attempt. */
  readonly failed: number;
  /** null: some images are left. */
  readonly finishedAt: Date | null;
}

export const newAlbum = (named: Pick<Album, 'id' | 'userId'> & Omit<AlbumDescription, 'cover'>, at: Date): Album => ({
  id: named.id,
  userId: named.userId,
  title: named.title,
  description: named.description,
  cover: null,
  order: named.order,
  createdAt: at,
  updatedAt: at,
  revision: 1,
  version: 1,
  contributedAt: null,
  links: [],
  deletion: null,
});

export const describeAlbum = (album: Album, changes: Partial<AlbumDescription>, at: Date): Album => ({
  ...album,
  ...changes,
  updatedAt: at,
  revision: album.revision + 1,
  version: album.version + 1,
});

/** Some of its images may have come, gone or moved. */
export const touchAlbum = (album: Album, at: Date): Album => ({ ...album, updatedAt: at, version: album.version + 1 });

/** No new revision: the JSON of the album doesn't contain them. */
export const withAlbumLinks = (album: Album, links: readonly AlbumLink[], at: Date): Album => ({
  ...touchAlbum(album, at),
  links,
});

/** Nothing of what it said is kept, and no link opens it. */
export const deleteAlbum = (album: Album, withImages: boolean, at: Date): Album => ({
  ...touchAlbum(album, at),
  title: '',
  description: null,
  cover: null,
  contributedAt: null,
  links: [],
  deletion: { startedAt: at, withImages, done: 0, failed: 0, finishedAt: null },
});

export const withDeletion = (album: Album, deletion: AlbumDeletion, at: Date): Album => ({
  ...touchAlbum(album, at),
  deletion,
});

/** When the record of a deleted album goes; null: not yet. */
export const albumForgottenAt = ({ deletion }: Album): Date | null =>
  deletion?.finishedAt ? new Date(deletion.finishedAt.getTime() + DELETION_DAYS * 86_400_000) : null;
