import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { AppError } from './errors.ts';

/** Positions in lists, as clients hold them: opaque, and valid only for the same filters. */
export interface Cursors<Position> {
  seal(position: Position, filters: string): string;
  /** Errors: `invalid-cursor` for one that is truncated, changed, of other filters or of another service. */
  open(cursor: string, filters: string): Position;
}

/** A position as 16 bytes. */
export interface PositionCodec<Position> {
  bytesOf(position: Position): Uint8Array;
  /** Undefined if the bytes are none. */
  positionIn(bytes: Buffer): Position | undefined;
}

const ID_BYTES = 16;
/** 128 bits of HMAC-SHA-256: too many to guess. */
const TAG_BYTES = 16;
/** In base64url, without padding. */
const CURSOR_LENGTH = Math.ceil(((ID_BYTES + TAG_BYTES) * 4) / 3);

/** The first key signs, all verify (rotation). KeyObjects make an HMAC six times faster than raw bytes. */
export function createCursors<Position>(
  [first, ...rest]: readonly [Uint8Array, ...Uint8Array[]],
  { bytesOf, positionIn }: PositionCodec<Position>,
): Cursors<Position> {
  const sealing = createSecretKey(first);
  const keys = [sealing, ...rest.map((key) => createSecretKey(key))];
  const tagOf = (key: KeyObject, id: Uint8Array, filters: string): Buffer =>
    createHmac('sha256', key).update(id).update(filters).digest().subarray(0, TAG_BYTES);

  return {
    seal(position, filters) {
      const id = bytesOf(position);
      return Buffer.concat([id, tagOf(sealing, id, filters)]).toString('base64url');
    },

    open(cursor, filters) {
      const bytes = Buffer.from(cursor.length === CURSOR_LENGTH ? cursor : '', 'base64url');
      const [id, tag] = [bytes.subarray(0, ID_BYTES), bytes.subarray(ID_BYTES)];
      const isGenuine =
        tag.length === TAG_BYTES &&
        bytes.toString('base64url') === cursor &&
        keys.some((key) => timingSafeEqual(tag, tagOf(key, id, filters)));
      const position = isGenuine ? positionIn(id) : undefined;
      if (position !== undefined) return position;
      throw new AppError(
        'invalid-cursor',
        'expected a next_cursor of this service, with the filters of its list; got another cursor',
      );
    },
  };
}
