import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/** Characters. */
export const MIN_PASSWORD_LENGTH = 8;
export const MAX_PASSWORD_LENGTH = 200;

/** Node's own: 16 MiB, and about 60 ms of one core. */
const COST = { log2: 14, r: 8, p: 1 } as const;
const [SALT_BYTES, HASH_BYTES] = [16, 32];

/** `scrypt$14$8$1$<salt>$<hash>`, in base64url: other numbers than today's are read too. */
const TEXT = /^scrypt\$(1[0-7])\$(8)\$([1-9])\$([\w-]{22})\$([\w-]{43})$/;

/** What is stored in place of a password (RFC 7914). */
export async function passwordText(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await hashOf(password, salt, COST);
  return `scrypt$${COST.log2}$${COST.r}$${COST.p}$${salt.toString('base64url')}$${hash.toString('base64url')}`;
}

/** Whether it is the password of the text. A text that this version can't read has none. */
export async function isPassword(password: string, text: string): Promise<boolean> {
  const [, log2 = '', r = '', p = '', salt = '', hash = ''] = TEXT.exec(text) ?? [];
  if (hash === '') return false;
  const cost = { log2: Number(log2), r: Number(r), p: Number(p) };
  const given = await hashOf(password, Buffer.from(salt, 'base64url'), cost);
  return timingSafeEqual(given, Buffer.from(hash, 'base64url'));
}

interface Cost {
  readonly log2: number;
  readonly r: number;
  readonly p: number;
}

/** Spelled as one would type it again: some keyboards compose `é` of two characters. */
function hashOf(password: string, salt: Buffer, { log2, r, p }: Cost): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const N = 2 ** log2;
  scrypt(password.normalize('NFC'), salt, HASH_BYTES, { N, r, p, maxmem: 2 * 128 * N * r }, (error, hash) =>
    error ? reject(error) : resolve(hash),
  );
  return promise;
}
