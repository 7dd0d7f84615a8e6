import type { MediaType } from '../image/media-type.ts';
import type { LinkId } from '../image/share-link.ts';

/** 8 characters of base64url. */
export type LinkRevision = string;

/** Opens the images of an album to whoever has its URL, until it expires or is revoked. It stands on the album. */
export interface AlbumLink extends AlbumLinkTerms {
  readonly id: LinkId;
  /**
   * Changes with each change that takes something from guests: what was signed for them before ends then. Random, so
   * that it doesn't come back with a restored backup.
   */
  readonly revision: LinkRevision;
  readonly createdAt: Date;
}

export interface AlbumLinkTerms extends ContributionTerms {
  readonly expiresAt: Date;
  /** Not empty. */
  readonly allow: readonly AlbumRight[];
  /** `download` gives the uploaded bytes too, with all that they contain. */
  readonly originals: boolean;
  /** Messengers may show title and cover to whoever the URL is sent to. */
  readonly card: boolean;
  /** A text of `domain/album/password-text.ts`; null: none is asked for. */
  readonly password: string | null;
}

/** What guests may add. A link that takes nothing keeps them until it does again. */
export interface ContributionTerms {
  /** The most uploads that are begun by the link; null: any number. */
  readonly maxImages: number | null;
  /** The largest file, in bytes; null: the service's own limit. */
  readonly maxBytes: number | null;
  /** null: every accepted type. */
  readonly contentTypes: readonly MediaType[] | null;
  /** Whether the owner of the album decides about each picture before it is shown. */
  readonly approve: boolean;
}

/**
 * So many uploads may be begun by a link, unless its owner says another number: half of those that may be pending by
 * default. Whoever has the URL may begin them.
 */
export const DEFAULT_MAX_IMAGES = 500;

export const NO_CONTRIBUTIONS: ContributionTerms = {
  maxImages: null,
  maxBytes: null,
  contentTypes: null,
  approve: false,
};

/**
 * `download`: pictures as JPEG files of their full size. `contribute`: adds pictures; alone, the link shows none of the
 * album.
 */
export const ALBUM_RIGHTS = ['view', 'download', 'contribute'] as const;
export type AlbumRight = (typeof ALBUM_RIGHTS)[number];

/** Per album, expired ones not counted. They are part of its record, which fifty make about 15 KB larger. */
export const MAX_ALBUM_LINKS = 50;

const REVISION_BYTES = 6;
const REVISION = /^[\w-]{8}$/;

export const newLinkRevision = (randomBytes: (size: number) => Uint8Array): LinkRevision =>
  Buffer.from(randomBytes(REVISION_BYTES)).toString('base64url');

/** undefined: the text is none. */
export const parseLinkRevision = (text: string): LinkRevision | undefined => (REVISION.test(text) ? text : undefined);

/** The URL of a link outlives the longest link, so that its owner can lengthen one whose URL was sent already. */
const URL_YEARS = 2;

/** When the URL of a link ends at the latest, and so the link itself. A whole second. */
export function urlEndsAt({ createdAt }: Pick<AlbumLink, 'createdAt'>): Date {
  const end = new Date(createdAt);
  end.setUTCFullYear(end.getUTCFullYear() + URL_YEARS);
  end.setUTCMilliseconds(0);
  return end;
}

/**
 * `revision`: the new one, if the change takes something from guests that was signed for them. Whether they may add
 * pictures is asked each time.
 */
export function changeAlbumLink(link: AlbumLink, changes: Partial<AlbumLinkTerms>, revision: LinkRevision): AlbumLink {
  const changed = { ...link, ...changes };
  const isLess =
    (changed.password !== null && changed.password !== link.password) ||
    changed.expiresAt < link.expiresAt ||
    (link.originals && !changed.originals) ||
    link.allow.some((right) => right !== 'contribute' && !changed.allow.includes(right));
  return isLess ? { ...changed, revision } : changed;
}

/** Those that haven't expired. */
export const liveAlbumLinks = (links: readonly AlbumLink[], now: Date): readonly AlbumLink[] =>
  links.filter(({ expiresAt }) => expiresAt > now);
