import type { Image } from '../image/image.ts';
import type { ImageId } from '../image/image-id.ts';
import type { ShareLink } from '../image/share-link.ts';
import { requireUnexpired, type Seal, type Sealer } from './seal.ts';

/** The fields of an image that a signature covers. */
export type SignedImage = Pick<Image, 'id' | 'epoch'>;

export interface SignedLink {
  readonly image: SignedImage;
  readonly link: ShareLink;
}

/** A URL that this service signed: its signature proves all of it, without the record of the image. */
export interface SignedUrl {
  readonly imageId: ImageId;
  /** The image's when the URL was signed. If the image has another one, the URL was revoked. */
  readonly epoch: number;
  /** null: never. */
  readonly expiresAt: Date | null;
}

/**
 * Signs URLs of one purpose. A signature covers purpose, image, epoch, expiry, and the link. `Subject` is what a URL
 * opens, `Place` what its path says of it.
 */
export interface UrlSigner<Place, Subject extends Place> {
  /**
   * The query: `epoch=...&exp=...&kid=...&sig=...`, without an epoch of 0. Equal arguments give equal queries, for
   * caches.
   */
  queryFor(subject: Subject, expiresAt: Date): string;
  /** Verifies a URL by itself. Errors: `signature-invalid`, then `link-expired`. */
  read(place: Place, seal: Seal, now: Date): SignedUrl;
}

export type PresetUrlSigner = UrlSigner<Pick<SignedImage, 'id'>, SignedImage>;
export type ShareLinkSigner = UrlSigner<LinkPlace, SignedLink>;

/** Where a link is. */
export interface LinkPlace {
  readonly image: Pick<SignedImage, 'id'>;
  readonly link: Pick<ShareLink, 'id'>;
}

/** URLs of all presets of an image. */
export const createPresetUrlSigner = (sealer: Sealer): PresetUrlSigner =>
  urlSigner(sealer, {
    imageOf: ({ id }) => id,
    epochOf: ({ epoch }) => epoch,
    textOf: ({ id }, epoch, exp) => `v1|presets|${id}|${epoch}|${exp}`,
  });

/** The URL of one link of an image. Its id says what it opens. */
export const createShareLinkSigner = (sealer: Sealer): ShareLinkSigner =>
  urlSigner(sealer, {
    imageOf: ({ image }) => image.id,
    epochOf: ({ image }) => image.epoch,
    textOf: ({ image, link }, epoch, exp) => `v2|link|${image.id}|${link.id}|${epoch}|${exp}`,
  });

interface Purpose<Place, Subject> {
  readonly imageOf: (place: Place) => ImageId;
  readonly epochOf: (subject: Subject) => number;
  readonly textOf: (place: Place, epoch: number, exp: number) => string;
}

function urlSigner<Place, Subject extends Place>(
  sealer: Sealer,
  { imageOf, epochOf, textOf }: Purpose<Place, Subject>,
): UrlSigner<Place, Subject> {
  return {
    queryFor(subject, expiresAt) {
      const epoch = epochOf(subject);
      const exp = Math.floor(expiresAt.getTime() / 1000);
      const seal = `exp=${exp}&kid=${sealer.kid}&sig=${sealer.sign(textOf(subject, epoch, exp))}`;
      return epoch === 0 ? seal : `epoch=${epoch}&${seal}`;
    },

    read(place, seal, now) {
      const { epoch, exp } = seal;
      if (exp === null || !sealer.holds(textOf(place, epoch, exp), seal)) throw sealer.refusal(seal);
      const expiresAt = new Date(exp * 1000);
      requireUnexpired(expiresAt, now);
      return { imageId: imageOf(place), epoch, expiresAt };
    },
  };
}

/**
 * Windows of `READ_URL_SECONDS`, counted from 1970. All URLs of one window expire together, a whole window after its
 * end.
 */
export function readUrlExpiry(now: Date, windowSeconds: number): Date {
  const windowMs = windowSeconds * 1000;
  return new Date((Math.floor(now.getTime() / windowMs) + 2) * windowMs);
}
