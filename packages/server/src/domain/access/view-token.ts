import type { Minter, UploadToken } from './upload-token.ts';

/** The right of a page to see the ready images of one user. Nothing of it is stored but its revocation. */
export interface ViewToken {
  /**
   * `v` and a `randomId`. Not secret: it names the token in the audit and in revocations, and counts its uploads.
   */
  readonly id: string;
  readonly userId: string;
  /** The credential that minted it. */
  readonly mintedBy: Minter;
  /** A revocation of the user's tokens refuses those that were issued until then. */
  readonly issuedAt: Date;
  /** A whole second. */
  readonly expiresAt: Date;
  /** Every image needs all of them, at most `MAX_ONLY_TAGS`; empty: the token sees every ready image of the user. */
  readonly onlyTags: readonly string[];
  /** Opens originals, and shows what identifies them. */
  readonly showsOriginals: boolean;
  /** Shows the metadata that clients gave. */
  readonly showsMetadata: boolean;
  /** The right to upload, with the id, the user, the minter and the expiry of this token; null: there is none. */
  readonly upload: UploadToken | null;
}

/** Lists by several tags read candidates of the rarest one; more tags narrow little. */
export const MAX_ONLY_TAGS = 5;

export const viewTokenId = (id: string): string => `v${id}`;

/** No upload token has such an id. */
export const isViewTokenId = (text: string): boolean => /^v[\w-]{22}$/.test(text);

/** What a caller sees of an image besides its description. */
export interface Shown {
  readonly originals: boolean;
  readonly metadata: boolean;
}

export const SHOWS_ALL: Shown = { originals: true, metadata: true };
