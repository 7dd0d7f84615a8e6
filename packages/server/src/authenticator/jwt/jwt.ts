import { type CredentialVerifier, unauthenticated } from '../credential.ts';
import { principalOf } from './claims.ts';
import { headerOf, looksLikeJwt } from './compact-token.ts';
import type { KeyPlace } from './key-place.ts';
import { createFixedKeySet, createKeySet, type KeySet } from './key-set.ts';
import { keySourceAt } from './key-sources.ts';
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
  /** Gets sentences for the operator. */
  readonly warn: (sentence: string) => void;
}

/** Verifies the tokens of one issuer. Reads its keys on the first token. */
export function createJwtVerifier(options: JwtVerifierOptions): CredentialVerifier & Disposable {
  const { rules, clock } = options;
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

    [Symbol.dispose]: () => keySet[Symbol.dispose](),
  };
}

function keySetOf({ keys, secret, clock: { elapsedMs }, warn }: JwtVerifierOptions): KeySet {
  if (keys !== null) return createKeySet({ ...keySourceAt(keys, elapsedMs), elapsedMs, warn });
  if (secret === null) throw new Error('expected the keys of an issuer, or a secret; got neither');
  return createFixedKeySet(sharedKey(secret));
}
