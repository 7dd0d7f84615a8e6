import type { AlbumId } from './album-id.ts';
import type { AlbumPlace } from './album-place.ts';

/** That an image is in an album. It stands on the image's record, and stays in the trash. */
export interface AlbumMember {
  readonly albumId: AlbumId;
  readonly added: AlbumPlace;
  /** Where it was moved to by hand; null: it wasn't. */
  readonly moved: AlbumPlace | null;
}

/** The most albums of an image: each is a row more in every change of its state. */
export const MAX_ALBUMS_OF_IMAGE = 10;

/** Where it stands in the order by hand. */
export const placeOf = ({ moved, added }: AlbumMember): AlbumPlace => moved ?? added;
