import type { UploadTokenText } from '../../domain/access/upload-token-text.ts';
import type { ViewTokenText } from '../../domain/access/view-token-text.ts';
import type { KeyRepository } from '../../records/keys/key-repository.ts';
import { createApiKeyVerifier } from './api-key.ts';
import type { Authenticator } from './authenticator.ts';
import { type CredentialVerifier, createBearerAuthenticator } from './credential.ts';
import type { JwtVerifierOptions } from './jwt/jwt.ts';
import { createKeyUses } from './key-uses.ts';
import { createMinters } from './minter.ts';
import { createOpenAuthenticator } from './open.ts';
import type { RecentKeys } from './recent-keys.ts';
import type { RecentRevocations } from './recent-revocations.ts';
import { createUploadTokenVerifier } from './upload-token.ts';
import { createViewTokenVerifier } from './view-token.ts';

/** The credentials that are accepted. */
export interface AcceptedCredentials {
  /** Empty: open mode. */
  readonly auth: readonly ('api-key' | 'jwt')[];
  /** null without `jwt` in `auth`. */
  readonly jwt: Pick<JwtVerifierOptions, 'rules' | 'keys'> | null;
}

export interface AuthenticatorOptions extends Pick<JwtVerifierOptions, 'clock' | 'tracing' | 'watch' | 'warn'> {
  readonly keys: Pick<KeyRepository, 'recordUse'>;
  readonly recentKeys: RecentKeys;
  readonly uploadTokens: UploadTokenText;
  readonly viewTokens: ViewTokenText;
  readonly recentRevocations: RecentRevocations;
  readonly jwtSecret: string | null;
}

export interface ProcessAuthenticator extends Authenticator, Disposable {
  /**
   * For a start: reads the keys of tokens before the first one comes. Errors: `unavailable` for a file that can't be
   * used.
   */
  readTokenKeys(): Promise<void>;
}

/** Each verifier knows its credentials by their shape. Disposing ends a read of an issuer's keys. */
export async function createAuthenticator(
  { auth, jwt }: AcceptedCredentials,
  {
    keys,
    recentKeys: recent,
    uploadTokens,
    viewTokens,
    recentRevocations,
    jwtSecret: secret,
    clock,
    tracing,
    watch,
    warn,
  }: AuthenticatorOptions,
): Promise<ProcessAuthenticator> {
  const stack = new DisposableStack();
  const disposing = { [Symbol.dispose]: () => stack.dispose() };
  let readTokenKeys = async (): Promise<void> => undefined;
  if (auth.length === 0) return { ...createOpenAuthenticator(), readTokenKeys, ...disposing };
  const verifiers: CredentialVerifier[] = [];
  const noteUse = createKeyUses({ keys, clock });
  const [acceptsKeys, acceptsJwt] = [auth.includes('api-key'), auth.includes('jwt')];
  if (acceptsKeys) verifiers.push(createApiKeyVerifier({ recent, noteUse, clock }));
  const liveMinter = createMinters({ keys: acceptsKeys ? recent : null, noteUse, acceptsJwt, clock });
  verifiers.push(createUploadTokenVerifier({ tokens: uploadTokens, liveMinter, clock }));
  verifiers.push(createViewTokenVerifier({ tokens: viewTokens, recent: recentRevocations, liveMinter, clock }));
  if (acceptsJwt && jwt) {
    const { createJwtVerifier } = await import('./jwt/jwt.ts'); // jose, which others don't need
    const verifier = stack.use(createJwtVerifier({ ...jwt, secret, clock, tracing, watch, warn }));
    verifiers.push(verifier);
    readTokenKeys = () => verifier.readKeys();
  }
  return { ...createBearerAuthenticator(verifiers), readTokenKeys, ...disposing };
}
