import type { Image } from '../image/image.ts';
import type { ImageId } from '../image/image-id.ts';
import type { ShareLink } from '../image/share-link.ts';
import { keepFew } from '../remember.ts';
import { invalidSignature, requireUnexpired, type Seal, type Sealer } from './seal.ts';

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

/** A URL that an earlier version may have signed: its signature covers fields of the record that the URL doesn't contain. */
export interface FormerUrl {
  readonly imageId: ImageId;
  readonly seal: Seal;
}

/**
 * Signs URLs of one purpose. A signature covers purpose, image, epoch, expiry, and the link. `Subject` is what a URL opens, `Place` what
 * its path says of it.
 */
export interface UrlSigner<Place, Subject extends Place> {
  /** The query: `epoch=...&exp=...&kid=...&sig=...`, without an epoch of 0. Equal arguments give equal queries, for caches. */
  queryFor(subject: Subject, expiresAt: Date): string;
  /** Verifies a URL by itself. Errors: `signature-invalid`, then `link-expired`. */
  read(place: Place, seal: Seal, now: Date): SignedUrl | FormerUrl;
  /** Verifies a URL of an earlier version with the record. From then on `read` knows this URL. Errors: those of `read`. */
  readFormer(subject: Subject, seal: Seal, now: Date): SignedUrl;
}

export type PresetUrlSigner = UrlSigner<Pick<SignedImage, 'id'>, SignedImage>;
export type ShareLinkSigner = UrlSigner<LinkPlace, SignedLink>;

/** Where a link is. */
export interface LinkPlace {
  readonly image: Pick<SignedImage, 'id'>;
  readonly link: Pick<ShareLink, 'id'>;
}

/** URLs of all presets of an image. Earlier versions signed the same text, and left the epoch out of the URL. */
export const createPresetUrlSigner = (sealer: Sealer): PresetUrlSigner => {
  const textOf = ({ id }: Pick<SignedImage, 'id'>, epoch: number, exp: number) => `v1|presets|${id}|${epoch}|${exp}`;
  return urlSigner(sealer, {
    imageOf: ({ id }) => id,
    epochOf: ({ epoch }) => epoch,
    textOf,
    formerTextOf: (image, exp) => textOf(image, image.epoch, exp),
  });
};

/** The URL of one link of an image. Its id says what it opens; earlier versions signed that too. */
export const createShareLinkSigner = (sealer: Sealer): ShareLinkSigner =>
  urlSigner(sealer, {
    imageOf: ({ image }) => image.id,
    epochOf: ({ image }) => image.epoch,
    textOf: ({ image, link }, epoch, exp) => `v2|link|${image.id}|${link.id}|${epoch}|${exp}`,
    formerTextOf: ({ image, link }, exp) =>
      `v1|link|${image.id}|${link.id}|${link.preset === null ? 'original' : 'preset'}|${link.preset ?? ''}|${image.epoch}|${exp}`,
  });

/** URLs of earlier versions that were verified. Each is counted as a wrong signature until it is among them. */
const MAX_FORMER = 1_000;

interface Purpose<Place, Subject> {
  readonly imageOf: (place: Place) => ImageId;
  readonly epochOf: (subject: Subject) => number;
  readonly textOf: (place: Place, epoch: number, exp: number) => string;
  readonly formerTextOf: (subject: Subject, exp: number) => string;
}

function urlSigner<Place, Subject extends Place>(
  sealer: Sealer,
  { imageOf, epochOf, textOf, formerTextOf }: Purpose<Place, Subject>,
): UrlSigner<Place, Subject> {
  /** By place and seal: the epoch of the record that verified it. */
  const former = keepFew<string, number>(MAX_FORMER);
  const nameOf = (place: Place, { exp, kid, sig }: Seal): string => `${textOf(place, 0, exp ?? 0)}|${kid}|${sig}`;

  const urlOf = (place: Place, epoch: number, exp: number, now: Date): SignedUrl => {
    const expiresAt = new Date(exp * 1000);
    requireUnexpired(expiresAt, now);
    return { imageId: imageOf(place), epoch, expiresAt };
  };

  return {
    queryFor(subject, expiresAt) {
      const epoch = epochOf(subject);
      const exp = Math.floor(expiresAt.getTime() / 1000);
      const seal = `exp=${exp}&kid=${sealer.kid}&sig=${sealer.sign(textOf(subject, epoch, exp))}`;
      return epoch === 0 ? seal : `epoch=${epoch}&${seal}`;
    },

    read(place, seal, now) {
      const { epoch, exp } = seal;
      if (exp === null) throw invalidSignature(seal);
      if (sealer.holds(textOf(place, epoch, exp), seal)) return urlOf(place, epoch, exp, now);
      if (epoch !== 0 || !sealer.mayHold(seal)) throw invalidSignature(seal);
      const known = former.get(nameOf(place, seal));
      return known === undefined ? { imageId: imageOf(place), seal } : urlOf(place, known, exp, now);
    },

    readFormer(subject, seal, now) {
      const { exp } = seal;
      if (exp === null || !sealer.holds(formerTextOf(subject, exp), seal)) throw invalidSignature(seal);
      const epoch = epochOf(subject);
      former.set(nameOf(subject, seal), epoch);
      return urlOf(subject, epoch, exp, now);
    },
  };
}

/** Windows of `READ_URL_SECONDS`, counted from 1970. All URLs of one window expire together, a whole window after its end. */
export function readUrlExpiry(now: Date, windowSeconds: number): Date {
  const windowMs = windowSeconds * 1000;
  return new Date((Math.floor(now.getTime() / windowMs) + 2) * windowMs);
}
