import { BOUND_NAMES, type BoundClaims, boundClaimsOf, boundsIn } from './bound-claims.ts';
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

const NAMES = ['v', 'id', 'user', 'by', 'exp', ...BOUND_NAMES];

/** The names are short, because the token travels with every request. */
interface Claims extends BoundClaims {
  readonly id: string;
  readonly user: string;
  readonly by: readonly [kind: 'key' | 'jwt', actor: string];
  /** In seconds since 1970. */
  readonly exp: number;
}

const claimsOf = ({ id, userId, mintedBy, expiresAt, ...bounds }: UploadToken): Claims => ({
  id,
  user: userId,
  by: [mintedBy.kind, mintedBy.actor],
  exp: Math.floor(expiresAt.getTime() / 1000),
  ...boundClaimsOf(bounds),
});

function tokenOf({ id, user, by: [kind, actor], exp, ...claims }: Claims): UploadToken | undefined {
  const bounds = boundsIn(claims);
  return bounds && { id, userId: user, mintedBy: { kind, actor }, expiresAt: new Date(exp * 1000), ...bounds };
}
