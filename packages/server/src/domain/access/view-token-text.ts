import { BOUND_NAMES, type BoundClaims, boundClaimsOf, boundsIn } from './bound-claims.ts';
import { createSealedClaims, hasOnly } from './sealed-claims.ts';
import type { UploadToken } from './upload-token.ts';
import type { ViewToken } from './view-token.ts';

const PREFIX = 'slv_';

/** Seals and opens view tokens. */
export interface ViewTokenText {
  textOf(token: ViewToken): string;
  /** Undefined unless the text is a token of this service, unchanged. It may have expired or be revoked. */
  tokenIn(text: string): ViewToken | undefined;
}

/** Whether a credential looks like a view token, valid or not. */
export const isViewTokenShaped = (credential: string): boolean => credential.startsWith(PREFIX);

/**
 * `slv_<claims>.<HMAC-SHA256>`, both in base64url. Scanners of secrets may search for
 * `slv_[0-9A-Za-z_-]+\.[0-9A-Za-z_-]{43}`. The first key signs, all verify (rotation).
 */
export function createViewTokenText(keys: readonly [Uint8Array, ...Uint8Array[]]): ViewTokenText {
  const sealed = createSealedClaims({ prefix: PREFIX, purpose: 'view-token', versions: [NAMES] }, keys);
  return {
    textOf: (token) => sealed.textOf(claimsOf(token)),
    tokenIn(text) {
      const claims = sealed.claimsIn(text);
      return claims && tokenOf(claims as Claims);
    },
  };
}

const NAMES = ['v', 'id', 'user', 'by', 'iat', 'exp', 'tags', 'orig', 'meta', 'up'];

/** The names are short, because the token travels with every request. An absent claim permits and requires nothing. */
interface Claims {
  readonly id: string;
  readonly user: string;
  readonly by: readonly [kind: 'key' | 'jwt', actor: string];
  /** In milliseconds since 1970. */
  readonly iat: number;
  /** In seconds since 1970. */
  readonly exp: number;
  readonly tags?: readonly string[];
  readonly orig?: 1;
  readonly meta?: 1;
  /** Empty: uploads without bounds. */
  readonly up?: BoundClaims;
}

const claimsOf = (token: ViewToken): Claims => ({
  id: token.id,
  user: token.userId,
  by: [token.mintedBy.kind, token.mintedBy.actor],
  iat: token.issuedAt.getTime(),
  exp: Math.floor(token.expiresAt.getTime() / 1000),
  ...(token.onlyTags.length > 0 && { tags: token.onlyTags }),
  ...(token.showsOriginals && { orig: 1 }),
  ...(token.showsMetadata && { meta: 1 }),
  ...(token.upload && { up: boundClaimsOf(token.upload) }),
});

/** A token whose uploads have a bound of a later version is refused, as by `boundsIn`. */
function tokenOf({ id, user, by: [kind, actor], iat, exp, tags, orig, meta, up }: Claims): ViewToken | undefined {
  const mint = { id, userId: user, mintedBy: { kind, actor }, expiresAt: new Date(exp * 1000) };
  const upload = uploadOf(mint, up);
  if (upload === undefined) return undefined;
  return {
    ...mint,
    issuedAt: new Date(iat),
    onlyTags: tags ?? [],
    showsOriginals: orig === 1,
    showsMetadata: meta === 1,
    upload,
  };
}

function uploadOf(
  mint: Pick<UploadToken, 'id' | 'userId' | 'mintedBy' | 'expiresAt'>,
  up: BoundClaims | undefined,
): UploadToken | null | undefined {
  if (up === undefined) return null;
  const bounds = hasOnly(up, BOUND_NAMES) ? boundsIn(up) : undefined;
  return bounds && { ...mint, ...bounds };
}
