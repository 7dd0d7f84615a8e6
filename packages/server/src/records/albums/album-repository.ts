import type { Album } from '../../domain/album/album.ts';
import type { AlbumId } from '../../domain/album/album-id.ts';

/**
 * The record of every album; its images say themselves that they are in it (`Image.albums`). A resolved write survives
 * a power cut. Errors: those of `ImageRepository`.
 */
export interface AlbumRepository {
  /** Adds a new record. An id that is taken is a programming error. */
  create(album: Album): Promise<void>;

  /** The record, also of a deleted album until it is forgotten, as of the last resolved write of any process. */
  get(id: AlbumId): Promise<Album | undefined>;

  /**
   * Writes `to`, whose version is the next, if the record still has `from`'s; false if it has changed. Once it resolves
   * with a deletion, no image comes into the album any more.
   */
  replace(from: Album, to: Album): Promise<boolean>;

  /** A page of an owner's albums that aren't deleted, the newest first. New ones may be missing for some seconds. */
  find(query: FindAlbumsQuery): Promise<AlbumPage>;

  /** How many ready images each album has; those of `albums`, in their order. May lag by some seconds. */
  count(albums: readonly Album[]): Promise<readonly number[]>;

  /** Counts the images of an album that isn't deleted once more. Answers how many it has, and how many it said. */
  recount(album: Album): Promise<{ readonly images: number; readonly was: number }>;

  /** Up to `limit` deleted albums that images are left in. New ones may be missing for some seconds. */
  deleting(limit: number): Promise<readonly Album[]>;

  /** Removes records of deleted albums by `albumForgottenAt`. The store may do so by itself, later. */
  forget(now: Date): Promise<void>;
}

export interface FindAlbumsQuery {
  readonly userId: string;
  /** The last id of the page before. */
  readonly after: AlbumId | undefined;
  /** 1 to 100. */
  readonly limit: number;
}

export interface AlbumPage {
  readonly albums: readonly Album[];
  /** The position after this page; null: it is the last. */
  readonly next: AlbumId | null;
}
