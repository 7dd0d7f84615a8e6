import type { AlbumId } from '../album/album-id.ts';
import { placeOf } from '../album/album-member.ts';
import { type AlbumPlace, MAX_PLACE_DIGITS, parseAlbumPlace } from '../album/album-place.ts';
import { memberIn } from '../album/membership.ts';
import type { PositionCodec } from '../cursor.ts';
import { takenAt } from '../facts/taken-at.ts';
import { LAST_CLOCK, type WallClock, wallClockAt, wallClockMs } from '../facts/wall-clock.ts';
import type { Image } from '../image/image.ts';
import { createdAt, IMAGE_POSITIONS, type ImageId } from '../image/image-id.ts';

/**
 * By upload: `newest`, `oldest`. By capture: `taken-newest`, `taken-oldest`, for ready images only. In an album alone:
 * by when it came there, and by hand.
 */
export const LIST_ORDERS = ['newest', 'oldest', 'taken-newest', 'taken-oldest', 'added', 'manual'] as const;
export type ListOrder = (typeof LIST_ORDERS)[number];

/**
 * Where an image stands in a list. Texts sort as the images do: by upload it is the id, by capture the clock and the
 * id, `2024-07-14T18:22:31.120#01976f6e-…`, in an album its place and the id. The image may be gone.
 */
export type ListPosition = string;

export const isByCapture = (order: ListOrder): boolean => order === 'taken-newest' || order === 'taken-oldest';

/** Whether only lists of an album have the order. */
export const isOfAlbum = (order: ListOrder): boolean => order === 'added' || order === 'manual';

/** The way along a list: from its newest image or from its oldest. */
export type Direction = 'newest' | 'oldest';

export const directionOf = (order: ListOrder): Direction =>
  order === 'newest' || order === 'taken-newest' ? 'newest' : 'oldest';

/** When the picture was taken, for lists and months; if it doesn't say, its upload's time in UTC. */
export function capturedAt(image: Image): WallClock {
  const taken = 'facts' in image && image.facts ? takenAt(image.facts) : null;
  return taken?.at ?? wallClockAt(createdAt(image.id).getTime()) ?? LAST_CLOCK;
}

export const capturePositionOf = (image: Image): ListPosition => positionAt(capturedAt(image), image.id);

const SEPARATOR = '#';
const positionAt = (at: WallClock, id: ImageId): ListPosition => `${at}${SEPARATOR}${id}`;

/** Where an image of the list stands. */
export function positionOf(image: Image, { order, album }: Listed): ListPosition {
  if (isByCapture(order)) return capturePositionOf(image);
  if (!isOfAlbum(order)) return image.id;
  const member = album && memberIn(image, album);
  if (!member) throw new Error(`expected an image of the album by ${order}; got ${image.id}`);
  return placedAt(order === 'added' ? member.added : placeOf(member), image.id);
}

interface Listed {
  readonly order: ListOrder;
  readonly album?: AlbumId | undefined;
}

/** Two images may have the same place. */
export const placedAt = (place: AlbumPlace, id: ImageId): ListPosition => `${place}${SEPARATOR}${id}`;

/** Whether `position` comes later in the list than `other`. */
export const isBehind = (position: ListPosition, other: ListPosition, order: ListOrder): boolean =>
  directionOf(order) === 'newest' ? position < other : position > other;

/** The milliseconds of the clock since 1970. */
const CLOCK_BYTES = 8;
const CAPTURE_BYTES = CLOCK_BYTES + IMAGE_POSITIONS.maxBytes;

/** An id, a clock and an id, or a place and an id. A place has more bytes than a clock. */
export const LIST_POSITIONS: PositionCodec<ListPosition> = {
  maxBytes: MAX_PLACE_DIGITS + IMAGE_POSITIONS.maxBytes,
  bytesOf(position) {
    const [id, first] = position.split(SEPARATOR).reverse();
    const bytes = IMAGE_POSITIONS.bytesOf(id as ImageId);
    if (first === undefined) return bytes;
    if (parseAlbumPlace(first)) return Buffer.concat([Buffer.from(first), bytes]);
    const ms = Buffer.alloc(CLOCK_BYTES);
    ms.writeBigInt64BE(BigInt(wallClockMs(first as WallClock)));
    return Buffer.concat([ms, bytes]);
  },
  positionIn(bytes) {
    if (bytes.length === IMAGE_POSITIONS.maxBytes) return IMAGE_POSITIONS.positionIn(bytes);
    const end = bytes.length - IMAGE_POSITIONS.maxBytes;
    const id = IMAGE_POSITIONS.positionIn(bytes.subarray(Math.max(end, 0)));
    if (bytes.length === CAPTURE_BYTES) {
      const at = wallClockAt(Number(bytes.readBigInt64BE()));
      return at && id && positionAt(at, id);
    }
    const place = end > 0 ? parseAlbumPlace(bytes.toString('latin1', 0, end)) : undefined;
    return place && id && placedAt(place, id);
  },
};
