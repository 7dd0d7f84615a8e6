import { MEDIA_TYPES } from '../image/media-type.ts';
import { VISIBILITIES } from '../image/visibility.ts';
import { createSealedClaims } from './sealed-claims.ts';
import type { UploadToken } from './upload-token.ts';

const PREFIX = 'slu_';

/** Seals and opens upload tokens. */
export interface UploadTokenText {
  textOf(token: UploadToken): string;
  /** Undefined unless the text is a token of this service, unchanged. It may have expired. */
  tokenIn(text: string): UploadToken | undefined;
}

/** Whether a credential looks like an upload token, valid or not. */
export const isUploadTokenShaped = (credential: string): boolean => credential.startsWith(PREFIX);

/**
 * `slu_<claims>.<HMAC-SHA256>`, both in base64url. Scanners of secrets may search for
 * `slu_[0-9A-Za-z_-]+\.[0-9A-Za-z_-]{43}`. The first key signs, all verify (rotation).
 */
export function createUploadTokenText(keys: readonly [Uint8Array, ...Uint8Array[]]): UploadTokenText {
  const sealed = createSealedClaims({ prefix: PREFIX, purpose: 'upload-token', names: NAMES }, keys);
  return {
    textOf: (token) => sealed.textOf(claimsOf(token)),
    tokenIn(text) {
      const claims = sealed.claimsIn(text);
      return claims && tokenOf(claims as Claims);
    },
  };
}

const NAMES = ['v', 'id', 'user', 'by', 'exp', 'bytes', 'types', 'images', 'tags', 'meta', 'vis'];

/** The names are short, because the token travels with every request. An absent claim is null, or fixes nothing. */
interface Claims {
  readonly id: string;
  readonly user: string;
  readonly by: readonly [kind: 'key' | 'jwt', actor: string];
  /** In seconds since 1970. */
  readonly exp: number;
  readonly bytes?: number;
  readonly types?: readonly string[];
  readonly images?: number;
  readonly tags?: UploadToken['fixed']['tags'];
  readonly meta?: UploadToken['fixed']['metadata'];
  readonly vis?: string;
}

const claimsOf = ({
  id,
  userId,
  mintedBy,
  expiresAt,
  maxBytes,
  contentTypes,
  maxImages,
  fixed,
}: UploadToken): Claims => ({
  id,
  user: userId,
  by: [mintedBy.kind, mintedBy.actor],
  exp: Math.floor(expiresAt.getTime() / 1000),
  ...(maxBytes !== null && { bytes: maxBytes }),
  ...(contentTypes && { types: contentTypes }),
  ...(maxImages !== null && { images: maxImages }),
  ...(fixed.tags && { tags: fixed.tags }),
  ...(fixed.metadata && { meta: fixed.metadata }),
  ...(fixed.visibility && { vis: fixed.visibility }),
});

/**
 * Claims that we sealed are well-formed. A later version may know other media types, which are left out, or other
 * visibilities: then the token is refused, because its uploads could become more visible than it says.
 */
function tokenOf({
  id,
  user,
  by: [kind, actor],
  exp,
  bytes,
  types,
  images,
  tags,
  meta,
  vis,
}: Claims): UploadToken | undefined {
  const visibility = VISIBILITIES.find((one) => one === vis);
  if (visibility !== vis) return undefined;
  return {
    id,
    userId: user,
    mintedBy: { kind, actor },
    expiresAt: new Date(exp * 1000),
    maxBytes: bytes ?? null,
    contentTypes: types ? MEDIA_TYPES.filter((type) => types.includes(type)) : null,
    maxImages: images ?? null,
    fixed: { tags, metadata: meta, visibility },
  };
}
