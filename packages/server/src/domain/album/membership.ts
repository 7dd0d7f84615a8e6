import type { Image } from '../image/image.ts';
import type { AlbumId } from './album-id.ts';
import type { AlbumMember } from './album-member.ts';

type Membership = Pick<Image, 'albums'>;

export const memberIn = ({ albums }: Membership, albumId: AlbumId): AlbumMember | undefined =>
  albums.find((one) => one.albumId === albumId);

/** The image with that membership, new or changed. No new revision: its JSON doesn't contain albums. */
export const withMember = <Current extends Image>(image: Current, member: AlbumMember): Current => ({
  ...image,
  albums: [...withoutAlbum(image, member.albumId).albums, member].toSorted(byAlbum),
});

export const withoutAlbum = <Current extends Image>(image: Current, albumId: AlbumId): Current => ({
  ...image,
  albums: image.albums.filter((one) => one.albumId !== albumId),
});

/** Equal memberships are equal texts in a store. */
const byAlbum = (one: AlbumMember, other: AlbumMember): number => (one.albumId < other.albumId ? -1 : 1);

/** The albums whose lists have the image. */
export const listedAlbums = (image: Image | undefined): readonly AlbumMember[] =>
  image?.status === 'ready' ? image.albums : [];
