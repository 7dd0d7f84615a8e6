import { createSealedClaims } from '../access/sealed-claims.ts';
import { type LinkId, parseLinkId } from '../image/share-link.ts';
import { type AlbumId, parseAlbumId } from './album-id.ts';
import { type LinkRevision, parseLinkRevision } from './album-link.ts';

/** That its holder knew the password of a link. Nothing of it is stored. */
export interface GuestPass {
  readonly albumId: AlbumId;
  readonly linkId: LinkId;
  /** The link's when it was issued: another password ends it, as each change does that takes something from guests. */
  readonly linkRevision: LinkRevision;
  /** A whole second. */
  readonly expiresAt: Date;
}

/** Seconds. A page asks for the password again then. */
export const GUEST_PASS_SECONDS = 3_600;

const PREFIX = 'slg_';

/** Seals and opens passes of guests. */
export interface GuestPassText {
  textOf(pass: GuestPass): string;
  /** Undefined unless the text is a pass of this service, unchanged. It may have expired. */
  passIn(text: string): GuestPass | undefined;
}

/** `slg_<claims>.<HMAC-SHA256>`, both in base64url. The first key signs, all verify (rotation). */
export function createGuestPassText(keys: readonly [Uint8Array, ...Uint8Array[]]): GuestPassText {
  const sealed = createSealedClaims({ prefix: PREFIX, purpose: 'guest-pass', versions: [NAMES] }, keys);
  return {
    textOf: ({ albumId, linkId, linkRevision, expiresAt }) =>
      sealed.textOf({ album: albumId, link: linkId, rev: linkRevision, exp: Math.floor(expiresAt.getTime() / 1000) }),
    passIn(text) {
      const claims = sealed.claimsIn(text);
      return claims && passOf(claims as Claims);
    },
  };
}

const NAMES = ['v', 'album', 'link', 'rev', 'exp'];

interface Claims {
  readonly album: string;
  readonly link: string;
  readonly rev: string;
  /** In seconds since 1970. */
  readonly exp: number;
}

function passOf({ album, link, rev, exp }: Claims): GuestPass | undefined {
  const [albumId, linkId, linkRevision] = [parseAlbumId(album), parseLinkId(link), parseLinkRevision(rev)];
  if (!albumId || !linkId || !linkRevision) return undefined;
  return { albumId, linkId, linkRevision, expiresAt: new Date(exp * 1000) };
}
