import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { createEncryption, ENCRYPTION_BYTES } from './encryption.ts';
import { AppError } from './errors.ts';

/** Positions in lists, as clients hold them: opaque, and valid only for the same filters. */
export interface Cursors<Position> {
  seal(position: Position, filters: string): string;
  /** Errors: `invalid-cursor` for one that is truncated, changed, of other filters or of another service. */
  open(cursor: string, filters: string): Position;
}

/** A position as bytes. */
export interface PositionCodec<Position> {
  readonly maxBytes: number;
  bytesOf(position: Position): Uint8Array;
  /** Undefined if the bytes are none. */
  positionIn(bytes: Buffer): Position | undefined;
}

/** Positions that are texts of a store. */
export const TEXT_POSITIONS: PositionCodec<string> = {
  maxBytes: 128,
  bytesOf: (text) => Buffer.from(text),
  positionIn: (bytes) => bytes.toString(),
};

type Keys = readonly [Uint8Array, ...Uint8Array[]];

/** 128 bits of HMAC-SHA-256: too many to guess. */
const TAG_BYTES = 16;

/**
 * Signed: their holders can read the positions. The first key signs, all verify (rotation). KeyObjects make an HMAC six
 * times faster than raw bytes.
 */
export function createCursors<Position>([first, ...rest]: Keys, codec: PositionCodec<Position>): Cursors<Position> {
  const sealing = createSecretKey(first);
  const keys = [sealing, ...rest.map((key) => createSecretKey(key))];
  const tagOf = (key: KeyObject, id: Uint8Array, filters: string): Buffer =>
    createHmac('sha256', key).update(id).update(filters).digest().subarray(0, TAG_BYTES);

  return cursorsOf(codec, {
    extraBytes: TAG_BYTES,
    seal: (id, filters) => Buffer.concat([id, tagOf(sealing, id, filters)]),

    open(bytes, filters) {
      const end = Math.max(bytes.length - TAG_BYTES, 0);
      const [id, tag] = [bytes.subarray(0, end), bytes.subarray(end)];
      const isGenuine = tag.length === TAG_BYTES && keys.some((key) => timingSafeEqual(tag, tagOf(key, id, filters)));
      return isGenuine ? id : undefined;
    },
  });
}

/**
 * Encrypted: a position among the changes of all users would tell their number. The first key encrypts, all decrypt
 * (rotation).
 */
export function createSecretCursors<Position>(
  keys: Keys,
  codec: PositionCodec<Position>,
  randomBytes: (size: number) => Uint8Array,
): Cursors<Position> {
  const { encrypt, decrypt } = createEncryption(keys, randomBytes);
  return cursorsOf(codec, { extraBytes: ENCRYPTION_BYTES, seal: encrypt, open: decrypt });
}

interface Sealing {
  /** By which sealed bytes are longer. */
  readonly extraBytes: number;
  seal(position: Uint8Array, filters: string): Buffer;
  /** undefined: none of the keys sealed this, with these filters. */
  open(sealed: Buffer, filters: string): Buffer | undefined;
}

function cursorsOf<Position>(
  { maxBytes, bytesOf, positionIn }: PositionCodec<Position>,
  { extraBytes, seal, open }: Sealing,
): Cursors<Position> {
  /** In base64url, without padding. */
  const maxLength = Math.ceil(((maxBytes + extraBytes) * 4) / 3);

  return {
    seal: (position, filters) => seal(bytesOf(position), filters).toString('base64url'),

    open(cursor, filters) {
      const bytes = Buffer.from(cursor.length <= maxLength ? cursor : '', 'base64url');
      const opened = bytes.toString('base64url') === cursor ? open(bytes, filters) : undefined;
      const position = opened && positionIn(opened);
      if (position !== undefined) return position;
      throw new AppError(
        'invalid-cursor',
        'expected a next_cursor of this service, with the filters of its list; got another cursor',
      );
    },
  };
}
