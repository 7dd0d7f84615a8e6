import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { preview } from '../../text/preview.ts';
import { AppError, type FieldError, invalidFields } from '../errors.ts';

/** The parameters by which a URL proves that this service made it. */
export const SEAL = ['epoch', 'exp', 'kid', 'sig'] as const;

/** `kid` and `sig` are '' and `exp` is null if the URL has none. */
export interface Seal {
  /** The image's epoch when the URL was signed; 0 if the URL has none. */
  readonly epoch: number;
  /** In seconds since 1970; null: the URL never expires. */
  readonly exp: number | null;
  /** Which key signed. */
  readonly kid: string;
  /** HMAC-SHA256, in base64url. */
  readonly sig: string;
}

/** Seals texts, for one purpose. The first key signs, all verify (rotation). */
export interface Sealer {
  readonly kid: string;
  sign(text: string): string;
  /** Whether one of the keys made this seal for this text. */
  holds(text: string, seal: Pick<Seal, 'kid' | 'sig'>): boolean;
  /** The error for a seal that doesn't hold. */
  refusal(seal: Pick<Seal, 'kid' | 'sig'>): AppError;
}

export function createSealer([first, ...rest]: readonly [Uint8Array, ...Uint8Array[]]): Sealer {
  const making = signingKey(first);
  const keys = [making, ...rest.map(signingKey)];
  return {
    kid: making.id,
    sign: (text) => signatureOf(making, text),
    holds: (text, { kid, sig }) => keys.some((key) => key.id === kid && isSame(sig, signatureOf(key, text))),
    refusal({ kid, sig }) {
      if (sig === '') return invalidSignature('unsigned');
      return invalidSignature(keys.some(({ id }) => id === kid) ? 'changed' : 'of-another-key');
    },
  };
}

/** Errors: `invalid-request` for a parameter that no URL of ours has. */
export function sealIn(query: URLSearchParams): Seal {
  const errors = SEAL.flatMap((name): FieldError[] => {
    const given = query.getAll(name);
    const pointer = `?${name}`;
    if (name === 'epoch') {
      if (given.length === 0 || (given.length === 1 && EPOCH.test(given[0] ?? ''))) return [];
      return [{ pointer, detail: `expected one whole number from 1, or no such parameter; got ${preview(given)}` }];
    }
    if (given.length > 1) return [{ pointer, detail: `expected one value; got ${preview(given)}` }];
    if (given[0] === '') return [{ pointer, detail: 'expected a value, or no such parameter; got ""' }];
    if (name !== 'exp' || given[0] === undefined || SECONDS.test(given[0])) return [];
    return [{ pointer, detail: `expected whole seconds since 1970; got ${preview(given[0])}` }];
  });
  if (errors.length > 0) throw invalidFields(errors);
  const exp = query.get('exp');
  return {
    epoch: Number(query.get('epoch') ?? '0'),
    exp: exp === null ? null : Number(exp),
    kid: query.get('kid') ?? '',
    sig: query.get('sig') ?? '',
  };
}

const SOURCES =
  'the JSON of an image has the signed URLs of its presets, and POST /images/{id}/render-url makes others';

const INVALID = {
  unsigned: `one without a signature: ${SOURCES}`,
  changed: 'one that was changed after it was signed, or cut: every parameter is signed',
  'of-another-key': `one by a key that this service no longer has, or never had: ${SOURCES}`,
  revoked: 'one that was revoked',
} as const;

export const invalidSignature = (got: keyof typeof INVALID): AppError =>
  new AppError('signature-invalid', `expected a URL signed by this service; got ${INVALID[got]}`);

/** Errors: `link-expired`. */
export function requireUnexpired(expiresAt: Date | null, now: Date): void {
  if (expiresAt === null || expiresAt > now) return;
  throw new AppError(
    'link-expired',
    `expected a URL that has not expired; got one that expired at ${expiresAt.toISOString()}`,
  );
}

/** To the year 33658: a Date can hold it. */
const SECONDS = /^(?:0|[1-9]\d{0,11})$/;

/** One spelling, and a safe integer. An epoch of 0 is left out. */
const EPOCH = /^[1-9]\d{0,14}$/;

const KEY_ID_LENGTH = 8;

interface SigningKey {
  readonly id: string;
  readonly key: KeyObject;
}

/** No text is signed as the empty text is, so the key id reveals no signature, and by HMAC no key. */
function signingKey(bytes: Uint8Array): SigningKey {
  const key = createSecretKey(bytes);
  return { key, id: createHmac('sha256', key).digest('hex').slice(0, KEY_ID_LENGTH) };
}

const signatureOf = ({ key }: SigningKey, text: string): string =>
  createHmac('sha256', key).update(text).digest('base64url');

/** In constant time. Compared as text, because two base64url texts can decode to the same bytes. */
export function isSame(given: string, right: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(right)];
  return one.length === other.length && timingSafeEqual(one, other);
}
