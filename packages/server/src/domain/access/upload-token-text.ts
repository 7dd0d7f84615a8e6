import { parseImageId } from '../image/image-id.ts';
import { BOUND_NAMES, type BoundClaims, boundClaimsOf, boundsIn } from './bound-claims.ts';
import { createSealedClaims } from './sealed-claims.ts';
import type { FixedFields, UploadToken } from './upload-token.ts';

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
  const sealed = createSealedClaims(
    { prefix: PREFIX, purpose: 'upload-token', versions: [NAMES, REPLACING_NAMES] },
    keys,
  );
  return {
    textOf: (token) => sealed.textOf(claimsOf(token)),
    tokenIn(text) {
      const claims = sealed.claimsIn(text);
      return claims && tokenOf(claims as Claims);
    },
  };
}

const NAMES = ['v', 'id', 'user', 'by', 'exp', ...BOUND_NAMES];
/** Before them each token could set any external id, and replaced nothing. */
const REPLACING_NAMES = [...NAMES, 'ext', 'if', 'repl'];

/** The names are short, because the token travels with every request. */
interface Claims extends BoundClaims {
  readonly id: string;
  readonly user: string;
  readonly by: readonly [kind: 'key' | 'jwt', actor: string];
  /** In seconds since 1970. */
  readonly exp: number;
  readonly ext?: string;
  readonly if?: string;
  readonly repl?: string;
}

const claimsOf = ({ id, userId, mintedBy, expiresAt, ...bounds }: UploadToken): Claims => ({
  id,
  user: userId,
  by: [mintedBy.kind, mintedBy.actor],
  exp: Math.floor(expiresAt.getTime() / 1000),
  ...boundClaimsOf(bounds),
  ...(bounds.fixed.externalId !== undefined && { ext: bounds.fixed.externalId }),
  ...(bounds.fixed.ifExists && { if: bounds.fixed.ifExists }),
  ...(bounds.fixed.replaces && { repl: bounds.fixed.replaces }),
});

function tokenOf({ id, user, by: [kind, actor], exp, ext, if: if_, repl, ...claims }: Claims): UploadToken | undefined {
  const bounds = boundsIn(claims);
  const replaces = repl === undefined ? undefined : parseImageId(repl);
  if (!bounds || replaces !== repl || (if_ !== undefined && if_ !== 'replace')) return undefined;
  const fixed: FixedFields = {
    ...bounds.fixed,
    ...(ext !== undefined && { externalId: ext }),
    ...(if_ && { ifExists: if_ }),
    ...(replaces && { replaces }),
  };
  return { id, userId: user, mintedBy: { kind, actor }, expiresAt: new Date(exp * 1000), ...bounds, fixed };
}
