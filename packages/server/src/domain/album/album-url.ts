import { requireUnexpired, type Seal, type Sealer } from '../access/seal.ts';
import type { SignedImage } from '../access/signed-url.ts';
import type { ImageId } from '../image/image-id.ts';
import type { LinkId } from '../image/share-link.ts';
import type { AlbumId } from './album-id.ts';
import type { AlbumLink, LinkRevision } from './album-link.ts';
import type { GuestPass } from './guest-pass-text.ts';

/** A URL of a link of an album that this service signed: its signature proves all of it but the pass. */
export interface AlbumUrl extends AlbumLinkPlace {
  readonly expiresAt: Date;
  /** One image of the album; null: the URL is the link's own. */
  readonly picture: AlbumPicture | null;
  /** That its holder knew the password; null: it proves nothing. It is of this link. */
  readonly pass: GuestPass | null;
}

/** Where a link is. */
export interface AlbumLinkPlace {
  readonly albumId: AlbumId;
  readonly linkId: LinkId;
}

export interface AlbumPicture {
  readonly imageId: ImageId;
  /** The image's when the URL was signed. If the image has another one, the URL was revoked. */
  readonly epoch: number;
  /** The link's when the URL was signed. If the link has another one, it was changed. */
  readonly linkRevision: LinkRevision;
}

/** Signs the URLs of links, each of a place and an expiry. */
export interface AlbumLinkSigner {
  /** `exp=...&kid=...&sig=...` */
  queryFor(place: AlbumLinkPlace, expiresAt: Date): string;
  /** When the URL expires. Errors: `signature-invalid`, then `link-expired`. */
  read(place: AlbumLinkPlace, seal: Seal, now: Date): Date;
}

/** `v1|album-link|<album>|<link>|<expiry>` */
export function createAlbumLinkSigner(sealer: Sealer): AlbumLinkSigner {
  const textOf = ({ albumId, linkId }: AlbumLinkPlace, exp: number): string =>
    `v1|album-link|${albumId}|${linkId}|${exp}`;
  return {
    queryFor(place, expiresAt) {
      const exp = secondsOf(expiresAt);
      return `exp=${exp}&kid=${sealer.kid}&sig=${sealer.sign(textOf(place, exp))}`;
    },
    read(place, seal, now) {
      const { exp, epoch } = seal;
      if (exp === null || epoch !== 0 || !sealer.holds(textOf(place, exp), seal)) throw sealer.refusal(seal);
      return unexpired(exp, now);
    },
  };
}

/** The link that shows the picture. */
export interface ShowingLink extends AlbumLinkPlace {
  readonly link: Pick<AlbumLink, 'revision'>;
}

/** Signs what a link shows: one signature for all presets and files of an image. */
export interface AlbumPictureSigner {
  /** `rev=...&epoch=...&exp=...&kid=...&sig=...`, without an epoch of 0. Equal arguments give equal queries. */
  queryFor(showing: ShowingLink, image: SignedImage, expiresAt: Date): string;
  /** When the URL expires. Errors: `signature-invalid`, then `link-expired`. */
  read(place: AlbumLinkPlace, picture: AlbumPicture, seal: Seal, now: Date): Date;
}

/** `v1|album-picture|<album>|<link>|<revision of the link>|<image>|<epoch>|<expiry>` */
export function createAlbumPictureSigner(sealer: Sealer): AlbumPictureSigner {
  const textOf = ({ albumId, linkId }: AlbumLinkPlace, picture: AlbumPicture, exp: number): string =>
    `v1|album-picture|${albumId}|${linkId}|${picture.linkRevision}|${picture.imageId}|${picture.epoch}|${exp}`;
  return {
    queryFor(showing, image, expiresAt) {
      const exp = secondsOf(expiresAt);
      const { revision: linkRevision } = showing.link;
      const sig = sealer.sign(textOf(showing, { imageId: image.id, epoch: image.epoch, linkRevision }, exp));
      const epoch = image.epoch === 0 ? '' : `&epoch=${image.epoch}`;
      return `rev=${linkRevision}${epoch}&exp=${exp}&kid=${sealer.kid}&sig=${sig}`;
    },
    read(place, picture, seal, now) {
      const { exp } = seal;
      if (exp === null || !sealer.holds(textOf(place, picture, exp), seal)) throw sealer.refusal(seal);
      return unexpired(exp, now);
    },
  };
}

const secondsOf = (time: Date): number => Math.floor(time.getTime() / 1000);

function unexpired(exp: number, now: Date): Date {
  const expiresAt = new Date(exp * 1000);
  requireUnexpired(expiresAt, now);
  return expiresAt;
}
