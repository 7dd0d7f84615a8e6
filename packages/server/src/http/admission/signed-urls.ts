import type { RateLimiter } from '../../callers/rate-limiter/rate-limiter.ts';
import type { OperationId, POLICY } from '../../domain/access/policy.ts';
import { shareOfAddress } from '../../domain/access/rate-limits.ts';
import { invalidSignature, SEAL, type Seal, sealIn } from '../../domain/access/seal.ts';
import type { SignedUrl } from '../../domain/access/signed-url.ts';
import { parseAlbumId } from '../../domain/album/album-id.ts';
import { parseLinkRevision } from '../../domain/album/album-link.ts';
import type { AlbumLinkPlace, AlbumPicture, AlbumUrl } from '../../domain/album/album-url.ts';
import type { GuestPass } from '../../domain/album/guest-pass-text.ts';
import { AppError, invalidField } from '../../domain/errors.ts';
import { parseImageId } from '../../domain/image/image-id.ts';
import { parseLinkId } from '../../domain/image/share-link.ts';
import { linkNotFound } from '../../operations/links/open-link.ts';
import { requireFreeTransforms } from '../../operations/renditions/link-to-render.ts';
import type { Services } from '../../services.ts';
import { addressOf } from '../request/client.ts';
import { headerValues } from '../request/header.ts';
import { searchOf } from '../request/query.ts';
import type { RouteContext } from '../route.ts';
import { takeAll } from './request-rates.ts';

/** Verifies signed URLs before their viewer is counted and before anything is looked up. */
export interface SignedUrls {
  /**
   * The URL of this request. Errors: those of a URL without a valid signature, which are counted by address, and
   * `rate-limited` for more of them.
   */
  read(c: RouteContext, operation: OperationId): Promise<SignedUrl>;
  /** The URL of a link of an album, or of what it shows, with the pass that the request sends. Errors: likewise. */
  readOfAlbum(c: RouteContext, operation: OperationId): Promise<AlbumUrl>;
}

type SignedUrlServices = Pick<
  Services,
  'presetUrls' | 'shareLinks' | 'renderLinks' | 'albumLinks' | 'albumPictures' | 'guestPasses' | 'settings' | 'clock'
>;

export interface SignedUrlsOptions {
  readonly services: SignedUrlServices;
  /** null: nothing is limited. */
  readonly limiter: RateLimiter | null;
}

export function createSignedUrls({ services, limiter }: SignedUrlsOptions): SignedUrls {
  const countUnproven = (c: RouteContext): Promise<void> =>
    takeAll(c, limiter, [{ policy: 'signatures', share: shareOfAddress(addressOf(c)), requests: 1, held: 0 }]);

  async function counting<Url>(c: RouteContext, read: () => Url): Promise<Url> {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof AppError) || error.code === 'rate-limited') throw error;
      await countUnproven(c);
      throw error;
    }
  }

  return {
    read: (c, operation) => counting(c, () => readerOf(operation)(c, services)),
    readOfAlbum: (c, operation) =>
      counting(c, () => albumUrlOf(c, services, IS_OF_PICTURE[operation as GuestOperation])),
  };
}

/** Whether the signature alone decides about a shared operation, whatever credential the request has. */
export const isSigned = (c: RouteContext): boolean => new URLSearchParams(searchOf(c)).has('sig');

type Reader = (c: RouteContext, services: SignedUrlServices) => SignedUrl;

/** Operations that a signed URL opens. One without a row in `READERS` doesn't compile. */
type SignedOperation = {
  [Operation in OperationId]: (typeof POLICY)[Operation] extends 'signed' | { readonly shared: true }
    ? Operation
    : never;
}[OperationId];

const READERS: Readonly<Record<SignedOperation, Reader>> = {
  readRendition(c, { presetUrls, clock }) {
    const seal = sealOf(c);
    const id = parseImageId(c.req.param('id') ?? '');
    if (!id) throw invalidSignature(seal.sig === '' ? 'unsigned' : 'changed');
    return presetUrls.read({ id }, seal, clock.now());
  },

  openLink(c, { shareLinks, clock }) {
    const seal = sealOf(c);
    const imageId = parseImageId(c.req.param('id') ?? '');
    const linkId = parseLinkId(c.req.param('link_id') ?? '');
    if (!imageId || !linkId) throw linkNotFound();
    return shareLinks.read({ image: { id: imageId }, link: { id: linkId } }, seal, clock.now());
  },

  renderImage(c, services) {
    requireFreeTransforms(services);
    const id = parseImageId(c.req.param('id') ?? '');
    if (!id) throw new AppError('image-not-found', 'Image not found');
    return services.renderLinks.read(id, searchOf(c), services.clock.now());
  },
};

/** Operations that a link of an album opens: by its own URL, or by that of a picture. */
type GuestOperation = {
  [Operation in OperationId]: (typeof POLICY)[Operation] extends 'guest' ? Operation : never;
}[OperationId];

const IS_OF_PICTURE: Readonly<Record<GuestOperation, boolean>> = {
  openAlbumLink: false,
  unlockAlbumLink: false,
  listSharedImages: false,
  readSharedRendition: true,
  downloadSharedImage: true,
  grantContribution: false,
  completeContribution: false,
  takeBackContribution: false,
};

function albumUrlOf(c: RouteContext, services: SignedUrlServices, isOfPicture: boolean): AlbumUrl {
  const { albumLinks, albumPictures, clock } = services;
  const seal = sealOf(c);
  const albumId = parseAlbumId(c.req.param('album_id') ?? '');
  const linkId = parseLinkId(c.req.param('link_id') ?? '');
  if (!albumId || !linkId) throw linkNotFound();
  const place = { albumId, linkId };
  const picture = isOfPicture ? pictureOf(c, seal) : null;
  const now = clock.now();
  const expiresAt = picture ? albumPictures.read(place, picture, seal, now) : albumLinks.read(place, seal, now);
  return { ...place, expiresAt, picture, pass: picture ? null : passOf(c, services, place) };
}

function pictureOf(c: RouteContext, { epoch, sig }: Seal): AlbumPicture {
  const imageId = parseImageId(c.req.param('id') ?? '');
  const [rev = '', ...others] = new URLSearchParams(searchOf(c)).getAll('rev');
  const linkRevision = others.length === 0 ? parseLinkRevision(rev) : undefined;
  if (!imageId || linkRevision === undefined) throw invalidSignature(sig === '' ? 'unsigned' : 'changed');
  return { imageId, epoch, linkRevision };
}

/** null: the request has none of this link that is valid. */
function passOf(
  c: RouteContext,
  { guestPasses, clock }: SignedUrlServices,
  { albumId, linkId }: AlbumLinkPlace,
): GuestPass | null {
  const [header = '', ...others] = headerValues(c, 'authorization');
  const text = others.length === 0 ? /^Bearer +(\S+) *$/i.exec(header.slice(0, MAX_PASS_LENGTH))?.[1] : undefined;
  const pass = text === undefined ? undefined : guestPasses.passIn(text);
  const isValid = pass?.albumId === albumId && pass.linkId === linkId && pass.expiresAt > clock.now();
  return isValid ? pass : null;
}

/** Characters: several times the longest pass. */
const MAX_PASS_LENGTH = 1_024;

function readerOf(operation: OperationId): Reader {
  const readers: { readonly [Operation in OperationId]?: Reader } = READERS;
  const reader = readers[operation];
  if (!reader) throw new Error(`expected a reader of the signed URLs of ${operation}; got none`);
  return reader;
}

/** Characters: several times the longest seal. Others may be there: messengers add parameters to links. */
const MAX_SEAL_LENGTH = 512;

function sealOf(c: RouteContext): Seal {
  const query = new URLSearchParams(searchOf(c));
  const length = SEAL.flatMap((name) => query.getAll(name)).join('').length;
  if (length <= MAX_SEAL_LENGTH) return sealIn(query);
  throw invalidField('?sig', `expected a seal of at most ${MAX_SEAL_LENGTH} characters; got ${length}`);
}
