declare const brand: unique symbol;
/** 22 characters of base64url: 128 random bits. */
export type LinkId = string & { readonly [brand]: 'LinkId' };

/** A URL that somebody may pass on: it opens the original or one preset until it expires or is revoked. */
export interface ShareLink {
  readonly id: LinkId;
  /** The preset that it opens; null: the original. */
  readonly preset: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** Links of one image that haven't expired. */
export const MAX_LINKS = 50;

const ID_BYTES = 16;
const ID = /^[\w-]{22}$/;

export const newLinkId = (randomBytes: (size: number) => Uint8Array): LinkId =>
  Buffer.from(randomBytes(ID_BYTES)).toString('base64url') as LinkId;

/** Undefined if the text is no id. */
export const parseLinkId = (text: string): LinkId | undefined => (ID.test(text) ? (text as LinkId) : undefined);

export const liveLinks = (links: readonly ShareLink[], now: Date): readonly ShareLink[] =>
  links.filter(({ expiresAt }) => expiresAt > now);
