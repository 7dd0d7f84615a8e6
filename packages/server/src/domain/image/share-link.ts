import { randomId } from '../random-id.ts';

declare const brand: unique symbol;
/** From `randomId`. Without the signature it opens nothing. */
export type LinkId = string & { readonly [brand]: 'LinkId' };

/** A URL that somebody may pass on: it opens the original or one preset until it expires or is revoked. */
export interface ShareLink {
  readonly id: LinkId;
  /** The preset that it opens; null: the original. */
  readonly preset: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** Per image, expired ones not counted. Links are part of the record, which fifty make about 5 KB larger. */
export const MAX_LINKS = 50;

const ID = /^[\w-]{22}$/;

export const newLinkId = (randomBytes: (size: number) => Uint8Array): LinkId => randomId(randomBytes) as LinkId;

/** Undefined if the text isn't an id. */
export const parseLinkId = (text: string): LinkId | undefined => (ID.test(text) ? (text as LinkId) : undefined);

export const liveLinks = (links: readonly ShareLink[], now: Date): readonly ShareLink[] =>
  links.filter(({ expiresAt }) => expiresAt > now);
