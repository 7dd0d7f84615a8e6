import type { PositionCodec } from '../cursor.ts';

declare const brand: unique symbol;
/** A UUIDv7 in lower case: its first 48 bits are the image's creation time, so ids sort by age. */
export type ImageId = string & { readonly [brand]: 'ImageId' };

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The id in `text`; undefined if it isn't a UUID. */
export const parseImageId = (text: string): ImageId | undefined =>
  UUID.test(text) ? (text.toLowerCase() as ImageId) : undefined;

/** Positions in lists of images. */
export const IMAGE_POSITIONS: PositionCodec<ImageId> = {
  maxBytes: 16,
  bytesOf: (id) => Buffer.from(id.replaceAll('-', ''), 'hex'),
  positionIn: (bytes) => parseImageId(bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')),
};

/** The id's timestamp in milliseconds (RFC 9562 5.7). */
export const createdAt = (id: ImageId): Date => new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16));

/** The smallest UUIDv7 of that millisecond: a range of dates is a range of ids. */
export const firstIdAt = (time: Date): ImageId => {
  const hex = Math.min(Math.max(time.getTime(), 0), 2 ** 48 - 1)
    .toString(16)
    .padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000` as ImageId;
};
