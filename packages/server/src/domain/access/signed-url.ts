import type { Image } from '../image/image.ts';
import type { ShareLink } from '../image/share-link.ts';
import { invalidSignature, requireUnexpired, type Seal, type Sealer } from './seal.ts';

/** The fields of an image that a signature covers. */
export type SignedImage = Pick<Image, 'id' | 'epoch'>;

export interface SignedLink {
  readonly image: SignedImage;
  readonly link: ShareLink;
}

/** Signs URLs of one purpose. The signature covers `v1|<purpose>|...|<epoch>|<exp>`. The epoch comes from the record, not from the URL. */
export interface UrlSigner<Subject> {
  /** The query: `exp=...&kid=...&sig=...`. Equal arguments give equal queries, for caches. */
  queryFor(subject: Subject, expiresAt: Date): string;
  /** The expiry. Errors: `signature-invalid`, then `link-expired`. */
  expiryOf(subject: Subject, seal: Seal, now: Date): Date;
}

/** URLs of all presets of an image. */
export const createPresetUrlSigner = (sealer: Sealer): UrlSigner<SignedImage> =>
  urlSigner(sealer, ({ id, epoch }, exp) => `v1|presets|${id}|${epoch}|${exp}`);

/** The URL of one link of an image. */
export const createShareLinkSigner = (sealer: Sealer): UrlSigner<SignedLink> =>
  urlSigner(
    sealer,
    ({ image, link }, exp) =>
      `v1|link|${image.id}|${link.id}|${link.preset === null ? 'original' : 'preset'}|${link.preset ?? ''}|${image.epoch}|${exp}`,
  );

function urlSigner<Subject>(sealer: Sealer, textOf: (subject: Subject, exp: number) => string): UrlSigner<Subject> {
  return {
    queryFor(subject, expiresAt) {
      const exp = Math.floor(expiresAt.getTime() / 1000);
      return `exp=${exp}&kid=${sealer.kid}&sig=${sealer.sign(textOf(subject, exp))}`;
    },
    expiryOf(subject, seal, now) {
      if (seal.exp === null || !sealer.holds(textOf(subject, seal.exp), seal)) throw invalidSignature(seal);
      const expiresAt = new Date(seal.exp * 1000);
      requireUnexpired(expiresAt, now);
      return expiresAt;
    },
  };
}

/** Windows of `READ_URL_SECONDS`, counted from 1970. All URLs of one window expire together, a whole window after its end. */
export function readUrlExpiry(now: Date, windowSeconds: number): Date {
  const windowMs = windowSeconds * 1000;
  return new Date((Math.floor(now.getTime() / windowMs) + 2) * windowMs);
}
