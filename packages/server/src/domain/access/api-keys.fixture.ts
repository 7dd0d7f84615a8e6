import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { type ApiKey, type KeyTerms, newKey } from './api-key.ts';
import { type IssuedKey, issueKey } from './api-key-text.ts';

export const CREATED = new Date('2026-11-22T12:00:00Z');

export const later = (seconds: number): Date => new Date(CREATED.getTime() + seconds * 1000);

/** Ada's key, with every right of a user. */
export const TERMS: KeyTerms = {
  name: "Ada's laptop",
  owner: 'ada',
  actsAs: null,
  scopes: ['images:read', 'images:write'],
  expiresAt: null,
};

export const issued = (now = CREATED): IssuedKey => issueKey(now, randomBytes);

export const sampleKey = (terms: Partial<KeyTerms> = {}, now = CREATED): ApiKey =>
  newKey(issued(now), { ...TERMS, ...terms }, now);

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** The text with a right checksum, as everyone can compute it. */
export function withChecksum(text: string): string {
  const digits = Array.from({ length: 6 }, (_, place) => DIGITS[Math.floor(crc32(text) / 62 ** (5 - place)) % 62]);
  return `${text}${digits.join('')}`;
}

/** A whole key with the id of one and the secret of another. */
export const withSecretOf = (key: IssuedKey, other: IssuedKey): string =>
  withChecksum(`safelight_${key.id}_${other.text.slice(27, 70)}`);
