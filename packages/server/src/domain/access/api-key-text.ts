import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { PositionCodec } from '../cursor.ts';

declare const brand: unique symbol;
/** 16 base62 characters: eight of the creation time, so that ids sort by age, and eight random ones. */
export type KeyId = string & { readonly [brand]: 'KeyId' };

/**
 * `safelight_<id>_<secret><checksum>`: a secret of 256 bits in 43 base62 characters, and in 6 the CRC-32 of everything
 * before it. The checksum isn't secret: it tells junk and truncated keys apart without a read of the records. Scanners
 * of secrets may search for `safelight_[0-9A-Za-z]{16}_[0-9A-Za-z]{49}`.
 */
const PREFIX = 'safelight_';
const KEY = /^safelight_([0-9A-Za-z]{16})_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/;
const ID = /^[0-9A-Za-z]{16}$/;

const TIME_LENGTH = 8;
const RANDOM_LENGTH = 8;
const RANDOM_BYTES = 6;
const SECRET_LENGTH = 43;
const SECRET_BYTES = 32;
const CHECKSUM_LENGTH = 6;
const KEY_LENGTH = PREFIX.length + TIME_LENGTH + RANDOM_LENGTH + 1 + SECRET_LENGTH + CHECKSUM_LENGTH;

/** A new key: its text is shown once, and only the hash of its secret is stored. */
export interface IssuedKey {
  readonly id: KeyId;
  readonly text: string;
  /** SHA-256, in lower-case hex. */
  readonly secretHash: string;
}

/** What a key's text says. */
export type GivenKey = Pick<IssuedKey, 'id' | 'secretHash'>;

export function issueKey(now: Date, randomBytes: (size: number) => Uint8Array): IssuedKey {
  const time = base62(BigInt(now.getTime()), TIME_LENGTH);
  const id = `${time}${base62(numberIn(randomBytes(RANDOM_BYTES)), RANDOM_LENGTH)}` as KeyId;
  const secret = base62(numberIn(randomBytes(SECRET_BYTES)), SECRET_LENGTH);
  const text = `${PREFIX}${id}_${secret}`;
  return { id, text: `${text}${checksumOf(text)}`, secretHash: hashOf(secret) };
}

/** Whether a credential is one of ours, whole or not. */
export const isKeyShaped = (credential: string): boolean => credential.startsWith(PREFIX);

/** Undefined unless the text is a whole key with its checksum. */
export function parseKey(text: string): GivenKey | undefined {
  if (text.length !== KEY_LENGTH) return undefined;
  const [, id, secret, checksum] = KEY.exec(text) ?? [];
  if (id === undefined || secret === undefined) return undefined;
  if (checksum !== checksumOf(text.slice(0, -CHECKSUM_LENGTH))) return undefined;
  return { id: id as KeyId, secretHash: hashOf(secret) };
}

/** The id in `text`; undefined if it isn't one. */
export const parseKeyId = (text: string): KeyId | undefined => (ID.test(text) ? (text as KeyId) : undefined);

/** Positions in lists of keys. */
export const KEY_POSITIONS: PositionCodec<KeyId> = {
  maxBytes: TIME_LENGTH + RANDOM_LENGTH,
  bytesOf: (id) => Buffer.from(id, 'latin1'),
  positionIn: (bytes) => parseKeyId(bytes.toString('latin1')),
};

const checksumOf = (text: string): string => base62(BigInt(crc32(text)), CHECKSUM_LENGTH);
const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** In the order of their bytes, as SQLite and DynamoDB sort. */
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const BASE = BigInt(DIGITS.length);

/** The last `length` digits. */
function base62(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; text.length < length; rest /= BASE) text = `${DIGITS[Number(rest % BASE)]}${text}`;
  return text;
}

const numberIn = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
