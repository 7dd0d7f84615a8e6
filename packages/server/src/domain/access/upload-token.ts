import { AppError } from '../errors.ts';
import type { Json, UploadTokenMark } from '../image/image.ts';
import type { MediaType } from '../image/media-type.ts';
import type { Visibility } from '../image/visibility.ts';
import type { ActorId } from './actor-id.ts';
import { parseKeyId } from './api-key-text.ts';

/** What an upload token fixes of every upload; undefined: the upload says it. */
export interface FixedFields {
  readonly tags?: readonly string[] | undefined;
  readonly metadata?: { readonly [name: string]: Json } | undefined;
  readonly visibility?: Visibility | undefined;
}

/** The right to upload for one user, which a browser or an app may hold. It is stateless, apart from the count of `maxImages`. */
export interface UploadToken {
  /** 22 characters of base64url: 128 random bits. */
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
  /** How many uploads it permits, also those that end without an image; null: any number. */
  readonly maxImages: number | null;
  readonly fixed: FixedFields;
}

/** An API key, with which the token dies, or the subject of an issuer's token, by its fingerprint. */
export interface Minter {
  readonly kind: 'key' | 'jwt';
  readonly actor: ActorId;
}

/** The fingerprint of a subject is longer than the id of a key. */
export const minterOf = (actor: ActorId): Minter => ({ kind: parseKeyId(actor) ? 'key' : 'jwt', actor });

/** What the records of its uploads keep of it. */
export const markOf = ({ id, maxBytes }: UploadToken): UploadTokenMark => ({ id, maxBytes });

export const MIN_TOKEN_SECONDS = 60;
export const MAX_TOKEN_SECONDS = 86_400;
export const DEFAULT_TOKEN_SECONDS = 3_600;
export const MAX_TOKEN_IMAGES = 10_000;

/** One more use of a token with `maxImages`. */
export interface TokenUse {
  readonly tokenId: string;
  readonly maxImages: number;
  /** When the count may be forgotten. */
  readonly forgetAt: Date;
}

/** After the token's expiry: an upload that began before is counted when its body ends. The slowest, 64 MiB at 1 KB in 30 s, takes 23 days. */
const COUNT_KEPT_MS = 30 * 86_400_000;

/** Undefined: its uploads aren't counted. */
export const useOf = ({ id, maxImages, expiresAt }: UploadToken): TokenUse | undefined =>
  maxImages === null ? undefined : { tokenId: id, maxImages, forgetAt: new Date(expiresAt.getTime() + COUNT_KEPT_MS) };

export const tokenUsedUp = (use: TokenUse | undefined): AppError =>
  new AppError(
    'upload-token-used-up',
    `expected an upload token for one more upload; got one for ${use?.maxImages}, all used`,
  );
