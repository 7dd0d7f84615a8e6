import type { PositionCodec } from '../cursor.ts';
import { takenAt } from '../facts/taken-at.ts';
import { LAST_CLOCK, type WallClock, wallClockAt, wallClockMs } from '../facts/wall-clock.ts';
import type { Image } from '../image/image.ts';
import { createdAt, IMAGE_POSITIONS, type ImageId } from '../image/image-id.ts';

/** By upload: `newest`, `oldest`. By capture: the others, for ready images only. */
export const LIST_ORDERS = ['newest', 'oldest', 'taken-newest', 'taken-oldest'] as const;
export type ListOrder = (typeof LIST_ORDERS)[number];

/**
 * Where an image stands in a list. Texts sort as the images do: by upload it is the id, by capture the clock and the
 * id, `2024-07-14T18:22:31.120#01976f6e-…`. The image may be gone.
 */
export type ListPosition = string;

export const isByCapture = (order: ListOrder): boolean => order === 'taken-newest' || order === 'taken-oldest';

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

export const positionOf = (image: Image, order: ListOrder): ListPosition =>
  isByCapture(order) ? capturePositionOf(image) : image.id;

/** Whether `position` comes later in the list than `other`. */
export const isBehind = (position: ListPosition, other: ListPosition, order: ListOrder): boolean =>
  directionOf(order) === 'newest' ? position < other : position > other;

/** The milliseconds of the clock since 1970. */
const CLOCK_BYTES = 8;
const MAX_BYTES = CLOCK_BYTES + IMAGE_POSITIONS.maxBytes;

/** An id, or a clock and an id. */
export const LIST_POSITIONS: PositionCodec<ListPosition> = {
  maxBytes: MAX_BYTES,
  bytesOf(position) {
    const [id, clock] = position.split(SEPARATOR).reverse();
    const bytes = IMAGE_POSITIONS.bytesOf(id as ImageId);
    if (clock === undefined) return bytes;
    const ms = Buffer.alloc(CLOCK_BYTES);
    ms.writeBigInt64BE(BigInt(wallClockMs(clock as WallClock)));
    return Buffer.concat([ms, bytes]);
  },
  positionIn(bytes) {
    if (bytes.length === IMAGE_POSITIONS.maxBytes) return IMAGE_POSITIONS.positionIn(bytes);
    if (bytes.length !== MAX_BYTES) return undefined;
    const at = wallClockAt(Number(bytes.readBigInt64BE()));
    const id = IMAGE_POSITIONS.positionIn(bytes.subarray(CLOCK_BYTES));
    return at && id && positionAt(at, id);
  },
};
