import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { rememberFew } from '../../flow/remember.ts';
import { shown } from '../../text/preview.ts';
import { AppError, type FieldError, invalidFields } from '../errors.ts';
import type { ImageId } from '../image/image-id.ts';
import type { Transform } from './transform.ts';
import { canonicalTransform, parseTransform } from './transform-parameters.ts';

/** Signed URLs for transforms. The signature is their only authorization. */
export interface RenderLinks {
  /** Path and query. Expires at the second of `expiresAt`; null: never. Equal arguments give equal URLs, for caches. */
  make(id: ImageId, transform: Transform, expiresAt: Date | null): string;
  /**
   * The transform of a URL's query (without `?`); parameters may have any order and spelling. Errors, the first that
   * applies: `invalid-request` for a query that no URL can have, `signature-invalid`, `link-expired`.
   */
  read(id: ImageId, search: string, now: Date): RenderLink;
}

export interface RenderLink {
  readonly transform: Transform;
  readonly expiresAt: Date | null;
}

interface SigningKey {
  readonly id: string;
  readonly key: KeyObject;
}

/** The first key signs, all verify (rotation). */
export function createRenderLinks([first, ...rest]: readonly [Uint8Array, ...Uint8Array[]]): RenderLinks {
  const making = signingKey(first);
  const keys = [making, ...rest.map(signingKey)];
  /** `id?search`; an image id has no question mark. */
  const open = (link: string): RenderLink => {
    const id = link.slice(0, link.indexOf('?')) as ImageId;
    const query = new URLSearchParams(link.slice(link.indexOf('?') + 1));
    const { exp, kid, sig } = seal(query);
    const transform = parseTransform(
      [...query].filter(([name]) => !SEAL.some((one) => one === name)),
      (name) => `?${name}`,
    );
    const path = signedPath({ id, transform, exp, kid });
    if (!keys.some((key) => key.id === kid && isSame(sig, signatureOf(key, path)))) {
      throw new AppError(
        'signature-invalid',
        `expected a URL signed by this service; got ${sig === '' ? 'one without a signature' : 'another signature'}`,
      );
    }
    return { transform, expiresAt: exp === null ? null : new Date(exp * 1000) };
  };
  const opened = rememberFew(MAX_OPENED, open);

  return {
    make(id, transform, expiresAt) {
      const exp = expiresAt === null ? null : Math.floor(expiresAt.getTime() / 1000);
      const path = signedPath({ id, transform, exp, kid: making.id });
      return `${path}&sig=${signatureOf(making, path)}`;
    },

    read(id, search, now) {
      if (search.length > MAX_QUERY_LENGTH) {
        const detail = `expected a query of at most ${MAX_QUERY_LENGTH} characters; got ${search.length}`;
        throw new AppError('invalid-request', detail);
      }
      const link = search.length > LONGEST_REMEMBERED ? open(`${id}?${search}`) : opened(`${id}?${search}`);
      if (link.expiresAt === null || link.expiresAt > now) return link;
      throw new AppError(
        'link-expired',
        `expected a URL that has not expired; got one that expired at ${link.expiresAt.toISOString()}`,
      );
    },
  };
}

/** A cache of valid links by their text. Only links that we signed enter it. */
const MAX_OPENED = 1_000;
/** Characters: all parameters at their longest are shorter. A longer query contains redundant zeros. */
const LONGEST_REMEMBERED = 512;

/** Characters: several times the longest spelling of all parameters. */
const MAX_QUERY_LENGTH = 4_096;

const KEY_ID_LENGTH = 8;

/** No path is signed as the empty text is, so the key id reveals no signature, and by HMAC no key. */
function signingKey(bytes: Uint8Array): SigningKey {
  const key = createSecretKey(bytes);
  return { key, id: createHmac('sha256', key).digest('hex').slice(0, KEY_ID_LENGTH) };
}

const signatureOf = ({ key }: SigningKey, path: string): string =>
  createHmac('sha256', key).update(path).digest('base64url');

/** Compared as text, because two base64url texts can decode to the same bytes. */
function isSame(given: string, right: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(right)];
  return one.length === other.length && timingSafeEqual(one, other);
}

interface SignedParts {
  readonly id: ImageId;
  readonly transform: Transform;
  /** In seconds since 1970. */
  readonly exp: number | null;
  readonly kid: string;
}

const signedPath = ({ id, transform, exp, kid }: SignedParts): string => {
  const query = [canonicalTransform(transform), exp === null ? '' : `exp=${exp}`, `kid=${kid}`];
  return `/images/${id}/render?${query.filter((part) => part !== '').join('&')}`;
};

const SEAL = ['exp', 'kid', 'sig'] as const;

/** To the year 33658: a Date can hold it. */
const SECONDS = /^(?:0|[1-9]\d{0,11})$/;

/** The parameters outside the transform; '' if absent. */
function seal(query: URLSearchParams): { readonly exp: number | null; readonly kid: string; readonly sig: string } {
  const errors = SEAL.flatMap((name): FieldError[] => {
    const given = query.getAll(name);
    const pointer = `?${name}`;
    if (given.length > 1) return [{ pointer, detail: `expected one value; got ${shown(given)}` }];
    if (given[0] === '') return [{ pointer, detail: 'expected a value, or no such parameter; got ""' }];
    if (name !== 'exp' || given[0] === undefined || SECONDS.test(given[0])) return [];
    return [{ pointer, detail: `expected whole seconds since 1970; got ${shown(given[0])}` }];
  });
  if (errors.length > 0) throw invalidFields(errors);
  const exp = query.get('exp');
  return { exp: exp === null ? null : Number(exp), kid: query.get('kid') ?? '', sig: query.get('sig') ?? '' };
}

const WINDOWS_SECONDS = [86_400, 3_600, 60];
const LEAST_WINDOW_SECONDS = 10;

/**
 * The expiry of a URL that should last `expiresInSeconds`: rounded up to the next day, hour, minute or ten seconds, the
 * largest unit not longer than that time (at least ten seconds). All requests within the unit share one URL, which can be
 * cached.
 */
export function roundedExpiry(now: Date, expiresInSeconds: number): Date {
  const windowMs = 1000 * (WINDOWS_SECONDS.find((seconds) => seconds <= expiresInSeconds) ?? LEAST_WINDOW_SECONDS);
  return new Date(Math.ceil((now.getTime() + expiresInSeconds * 1000) / windowMs) * windowMs);
}
