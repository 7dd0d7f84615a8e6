import { hash, timingSafeEqual } from 'node:crypto';

/** The header by which a CDN shows that a request passed through it. */
export const ORIGIN_SECRET_HEADER = 'x-origin-secret';

/** Characters, before it is hashed. The documented one has 64. */
const MAX_SECRET_LENGTH = 256;

/** Whether a text is one of the secrets of a CDN, by their SHA-256 in hexadecimal digits. */
export function originSecretsBy(hashes: readonly string[]): (given: string) => boolean {
  const accepted = hashes.map((one) => Buffer.from(one, 'hex'));
  return (given) => {
    if (given.length > MAX_SECRET_LENGTH) return false;
    const own = hash('sha256', given, 'buffer');
    // All are compared, so that the time doesn't tell which one it is.
    return accepted.map((one) => timingSafeEqual(one, own)).includes(true);
  };
}
