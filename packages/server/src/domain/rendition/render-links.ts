import { requireUnexpired, SEAL, type Sealer, sealIn } from '../access/seal.ts';
import type { SignedImage, SignedUrl } from '../access/signed-url.ts';
import { AppError } from '../errors.ts';
import type { ImageId } from '../image/image-id.ts';
import { rememberFew } from '../remember.ts';
import type { Transform } from './transform.ts';
import { canonicalTransform, parseTransform } from './transform-parameters.ts';

/** Signed URLs for transforms. The signature is their only authorization. */
export interface RenderLinks {
  /** Path and query. Expires at the second of `expiresAt`; null: never. Equal arguments give equal URLs, for caches. */
  make(image: SignedImage, transform: Transform, expiresAt: Date | null): string;
  /**
   * Verifies a URL's query (without `?`), whose parameters may have any order and spelling. The caller compares the
   * epoch with the image's. Errors, the first that applies: `invalid-request` for a query that no URL can have,
   * `signature-invalid`, `link-expired`.
   */
  read(id: ImageId, search: string, now: Date): SignedTransform;
}

export interface SignedTransform extends SignedUrl {
  readonly transform: Transform;
}

/**
 * The epoch is part of the URL, so a forged URL is refused without a read of the record. An epoch of 0 is left out.
 */
export function createRenderLinks(sealer: Sealer): RenderLinks {
  /** `id?search`; an image id has no question mark. */
  const open = (link: string): SignedTransform => {
    const id = link.slice(0, link.indexOf('?')) as ImageId;
    const query = new URLSearchParams(link.slice(link.indexOf('?'))); // it drops one question mark, ours
    const seal = sealIn(query);
    const { epoch } = seal;
    const transform = parseTransform(
      [...query].filter(([name]) => !SEAL.some((one) => one === name)),
      (name) => `?${name}`,
    );
    if (!sealer.holds(signedPath({ id, epoch, transform, exp: seal.exp, kid: seal.kid }), seal)) {
      throw sealer.refusal(seal);
    }
    return { imageId: id, transform, epoch, expiresAt: seal.exp === null ? null : new Date(seal.exp * 1000) };
  };
  const opened = rememberFew(MAX_OPENED, open);

  return {
    make({ id, epoch }, transform, expiresAt) {
      const exp = expiresAt === null ? null : Math.floor(expiresAt.getTime() / 1000);
      const path = signedPath({ id, epoch, transform, exp, kid: sealer.kid });
      return `${path}&sig=${sealer.sign(path)}`;
    },

    read(id, search, now) {
      if (search.length > MAX_QUERY_LENGTH) {
        const detail = `expected a query of at most ${MAX_QUERY_LENGTH} characters; got ${search.length}`;
        throw new AppError('invalid-request', detail);
      }
      const link = search.length > LONGEST_REMEMBERED ? open(`${id}?${search}`) : opened(`${id}?${search}`);
      requireUnexpired(link.expiresAt, now);
      return link;
    },
  };
}

/** A cache of valid links by their text. Only links that we signed enter it. */
const MAX_OPENED = 1_000;
/** Characters: all parameters at their longest are shorter. A longer query contains redundant zeros. */
const LONGEST_REMEMBERED = 1_024;

/** Characters: several times the longest spelling of all parameters. */
const MAX_QUERY_LENGTH = 4_096;

interface SignedParts extends SignedImage {
  readonly transform: Transform;
  /** In seconds since 1970. */
  readonly exp: number | null;
  readonly kid: string;
}

const signedPath = ({ id, epoch, transform, exp, kid }: SignedParts): string => {
  const query = [
    canonicalTransform(transform),
    epoch === 0 ? '' : `epoch=${epoch}`,
    exp === null ? '' : `exp=${exp}`,
    `kid=${kid}`,
  ];
  return `/images/${id}/render?${query.filter((part) => part !== '').join('&')}`;
};

const WINDOWS_SECONDS = [86_400, 3_600, 60];
const LEAST_WINDOW_SECONDS = 10;

/**
 * The expiry of a URL that should last `expiresInSeconds`: rounded up to the next day, hour, minute or ten seconds, the
 * largest unit not longer than that time (at least ten seconds). All requests within the unit share one URL, which can
 * be cached.
 */
export function roundedExpiry(now: Date, expiresInSeconds: number): Date {
  const windowMs = 1000 * (WINDOWS_SECONDS.find((seconds) => seconds <= expiresInSeconds) ?? LEAST_WINDOW_SECONDS);
  return new Date(Math.ceil((now.getTime() + expiresInSeconds * 1000) / windowMs) * windowMs);
}
