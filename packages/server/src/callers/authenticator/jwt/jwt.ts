import { AppError } from '../../../domain/errors.ts';
import { unlessAborted } from '../../../flow/abort.ts';
import type { Watch } from '../../../observe/observer/store-calls.ts';
import type { Tracing } from '../../../observe/observer/tracing.ts';
import { type CredentialVerifier, unauthenticated } from '../credential.ts';
import { principalOf } from './claims.ts';
import { headerOf, looksLikeJwt } from './compact-token.ts';
import type { KeyPlace } from './key-place.ts';
import { createFixedKeySet, createKeySet, type KeySet } from './key-set.ts';
import { keySourceAt, type SourceOptions } from './key-sources.ts';
import { sharedKey } from './signing-keys.ts';
import type { TokenRules } from './token-rules.ts';
import { createVerifiedTokens } from './verified-tokens.ts';
import { verifiedClaims } from './verify.ts';

export interface JwtVerifierOptions {
  readonly rules: TokenRules;
  /** null: the issuer signs with `secret`. */
  readonly keys: KeyPlace | null;
  /** Read only without `keys`. */
  readonly secret: string | null;
  readonly clock: { now(): Date; elapsedMs(): number };
  readonly tracing: Pick<Tracing, 'outgoing'>;
  readonly watch: Watch<'issuer'>;
  /** Gets sentences for the operator. */
  readonly warn: (sentence: string) => void;
}

export interface JwtVerifier extends CredentialVerifier, Disposable {
  /**
   * Reads the keys before the first token needs them. Waits for a file alone. An issuer that doesn't answer is a
   * warning: whatever needs no token works without it. Errors: `unavailable` for a file that can't be used.
   */
  readKeys(): Promise<void>;
}

/** Verifies the tokens of one issuer. */
export function createJwtVerifier(options: JwtVerifierOptions): JwtVerifier {
  const { rules, clock, tracing } = options;
  const keySet = keySetOf(options);
  const verified = createVerifiedTokens({ clock });
  const algorithms: readonly string[] = rules.algorithms;
  return {
    matches: looksLikeJwt,

    async verify(token) {
      const known = verified.get(token);
      if (known !== undefined && (await keySet.current()).has(known.keyId)) return known.principal;

      const header = headerOf(token);
      if (!algorithms.includes(header.alg)) throw unauthenticated('wrong-algorithm');
      const key = (await keySet.current()).find(header) ?? (await keySet.renewed()).find(header);
      if (key === undefined) throw unauthenticated('unknown-signing-key');
      const claims = await verifiedClaims(token, key, rules, clock.now());
      const principal = principalOf(claims, rules);
      verified.add(token, { principal, keyId: key.id, expiresAt: new Date(claims.exp * 1_000) });
      return principal;
    },

    async readKeys() {
      if (options.keys?.at === 'file') await requireFile(options.keys, { elapsedMs: clock.elapsedMs, tracing });
      else keySet.current().catch(() => undefined); // the key set has warned
    },

    [Symbol.dispose]: () => keySet[Symbol.dispose](),
  };
}

/** A folder of a network that is down answers nothing. */
const FILE_TIMEOUT_MS = 5_000;

async function requireFile(place: KeyPlace & { readonly at: 'file' }, options: SourceOptions): Promise<void> {
  const signal = AbortSignal.timeout(FILE_TIMEOUT_MS);
  try {
    await unlessAborted(keySourceAt(place, options).read(signal), signal);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const detail = `JWT_JWKS_FILE: expected a file with a JSON Web Key Set; got an error of ${place.path}: ${reason}`;
    throw new AppError('unavailable', detail, { cause });
  }
}

function keySetOf({ keys, secret, clock: { elapsedMs }, tracing, watch, warn }: JwtVerifierOptions): KeySet {
  if (keys !== null) {
    const source = keySourceAt(keys, { elapsedMs, tracing });
    const asksIssuer = keys.at !== 'file';
    const read: typeof source.read = (signal) => watch('readKeys', () => source.read(signal));
    return createKeySet({ ...source, ...(asksIssuer && { read }), elapsedMs, warn });
  }
  if (secret === null) throw new Error('expected the keys of an issuer, or a secret; got neither');
  return createFixedKeySet(sharedKey(secret));
}
