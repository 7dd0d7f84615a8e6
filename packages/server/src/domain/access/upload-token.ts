import { AppError } from '../errors.ts';
import type { Image, Json, UploadTokenMark } from '../image/image.ts';
import type { ImageId } from '../image/image-id.ts';
import type { MediaType } from '../image/media-type.ts';
import type { Visibility } from '../image/visibility.ts';
import type { ActorId } from './actor-id.ts';
import { parseKeyId } from './api-key-text.ts';

/** The values that every upload by the token has; undefined: each upload chooses its own. */
export interface FixedFields {
  readonly tags?: readonly string[] | undefined;
  readonly metadata?: { readonly [name: string]: Json } | undefined;
  readonly visibility?: Visibility | undefined;
  readonly externalId?: string | undefined;
  /** With an external id: a ready image that has it gets the bytes. */
  readonly ifExists?: 'replace' | undefined;
  /** The image whose bytes each upload replaces. Beside it nothing else is fixed. */
  readonly replaces?: ImageId | undefined;
}

/** Whether the token replaces bytes of pictures: of those that it fixes. */
export const mayReplace = ({ fixed }: { readonly fixed: FixedFields }): boolean =>
  fixed.replaces !== undefined || (fixed.externalId !== undefined && fixed.ifExists === 'replace');

/** Whether the token fixes the image, by its id or its external id, and replaces its bytes. */
export const mayReplaceBytesOf = (
  { fixed }: { readonly fixed: FixedFields },
  { id, externalId }: Pick<Image, 'id' | 'externalId'>,
): boolean =>
  fixed.replaces === id ||
  (fixed.externalId !== undefined && fixed.externalId === externalId && fixed.ifExists === 'replace');

/**
 * The right to upload for one user. A browser or an app may hold it. Nothing is stored but the count for `maxImages`.
 */
export interface UploadToken {
  /**
   * From `randomId`. Not secret. It counts `maxImages` and names the token in records and in the audit; no permission
   * depends on it.
   */
  readonly id: string;
  readonly userId: string;
  /** The credential that minted it, by which records name their uploader. */
  readonly mintedBy: Minter;
  /** A whole second. */
  readonly expiresAt: Date;
  /** The largest upload, in bytes; null: the service's own limit. */
  readonly maxBytes: number | null;
  /** null: every accepted type. */
  readonly contentTypes: readonly MediaType[] | null;
  /** The most grants and direct uploads, including grants that end without an image; null: any number. */
  readonly maxImages: number | null;
  readonly fixed: FixedFields;
}

/** The right itself, whoever gave it: a token, or a link of an album to which guests add images. */
export type UploadRight = Omit<UploadToken, 'mintedBy'>;

/** What a token permits of each upload. */
export type UploadBounds = Pick<UploadToken, 'maxBytes' | 'contentTypes' | 'maxImages' | 'fixed'>;

/** An API key, whose end is also the token's, or the subject of an issuer's token. */
export interface Minter {
  readonly kind: 'key' | 'jwt';
  readonly actor: ActorId;
}

/** An actor is the id of a key, or a fingerprint of a subject, which no key has as its id. */
export const minterOf = (actor: ActorId): Minter => ({ kind: parseKeyId(actor) ? 'key' : 'jwt', actor });

/** The part of the token that the records of its uploads keep. */
export const markOf = ({ id, maxBytes }: UploadRight): UploadTokenMark => ({ id, maxBytes });

/** A shorter token expires before a page has begun its upload. */
export const MIN_TOKEN_SECONDS = 60;
/** A day: a stolen token that an issuer's token minted can't be ended earlier. */
export const MAX_TOKEN_SECONDS = 86_400;
/** An hour. */
export const DEFAULT_TOKEN_SECONDS = 3_600;
/** More than one user uploads in a day; a larger number would bound nothing. */
export const MAX_TOKEN_IMAGES = 10_000;

/** One more use of a token with `maxImages`. */
export interface TokenUse {
  readonly tokenId: string;
  readonly maxImages: number;
  /** When the count may be forgotten. */
  readonly forgetAt: Date;
}

/**
 * After the expiry, because an upload is counted when its body ends. The slowest one, 64 MiB at 1 KB in 30 s, takes 23
 * days.
 */
const COUNT_KEPT_MS = 30 * 86_400_000;

/** One use of the token; undefined: its uploads aren't counted. */
export const useOf = ({ id, maxImages, expiresAt }: UploadRight): TokenUse | undefined =>
  maxImages === null ? undefined : { tokenId: id, maxImages, forgetAt: new Date(expiresAt.getTime() + COUNT_KEPT_MS) };

export const tokenUsedUp = ({ maxImages }: TokenUse): AppError =>
  new AppError(
    'upload-token-used-up',
    `expected an upload token for one more upload; got one for ${maxImages}, all used`,
    { params: { max_images: maxImages } },
  );
