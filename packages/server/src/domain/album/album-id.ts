import { type ImageId, parseImageId } from '../image/image-id.ts';

declare const brand: unique symbol;
/** A UUIDv7 in lower case, as an image's id: ids sort by age. */
export type AlbumId = string & { readonly [brand]: 'AlbumId' };

/** The id in `text`; undefined if it isn't a UUID. */
export const parseAlbumId = (text: string): AlbumId | undefined => {
  const id: ImageId | undefined = parseImageId(text);
  return id && (String(id) as AlbumId);
};
