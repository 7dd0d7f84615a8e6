/* upload-token-text.ts of commit 900fd22b, which knew one kind of token and no versions; only its imports differ. */
import { createHmac, createSecretKey } from 'node:crypto';
import { isSame } from '../../src/domain/access/seal.ts';
import type { UploadToken } from '../../src/domain/access/upload-token.ts';
import { MEDIA_TYPES } from '../../src/domain/image/media-type.ts';
import { VISIBILITIES } from '../../src/domain/image/visibility.ts';

/** Characters. A header of this length passes every proxy. */
export const MAX_TOKEN_LENGTH = 4_096;

/**
 * `slu_<claims>.<HMAC-SHA256>`, both in base64url. Scanners of secrets may search for
 * `slu_[0-9A-Za-z_-]+\.[0-9A-Za-z_-]{43}`.
 */
const PREFIX = 'slu_';
const TOKEN = /^slu_([\w-]+)\.([\w-]{43})$/;

/** Seals and opens upload tokens. */
export interface UploadTokenText {
  textOf(token: UploadToken): string;
  /** Undefined unless the text is a token of this service, unchanged. It may have expired. */
  tokenIn(text: string): UploadToken | undefined;
}

/** Whether a credential looks like an upload token, valid or not. */
export const isTokenShaped = (credential: string): boolean => credential.startsWith(PREFIX);

/** The first key signs, all verify (rotation). */
export function createUploadTokenText([first, ...rest]: readonly [Uint8Array, ...Uint8Array[]]): UploadTokenText {
  const sealing = createSecretKey(first);
  const keys = [sealing, ...rest.map((key) => createSecretKey(key))];
  const tagOf = (key: typeof sealing, claims: string): string =>
    createHmac('sha256', key).update(`v1|upload-token|${claims}`).digest('base64url');

  return {
    textOf(token) {
      const claims = Buffer.from(JSON.stringify(claimsOf(token))).toString('base64url');
      return `${PREFIX}${claims}.${tagOf(sealing, claims)}`;
    },
    tokenIn(text) {
      if (text.length > MAX_TOKEN_LENGTH) return undefined;
      const [, claims, tag] = TOKEN.exec(text) ?? [];
      if (claims === undefined || tag === undefined) return undefined;
      if (!keys.some((key) => isSame(tag, tagOf(key, claims)))) return undefined;
      return tokenOf(JSON.parse(Buffer.from(claims, 'base64url').toString()) as Claims);
    },
  };
}

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
