import { hasSecret, invalidUsersOf, isUseDue, principalOf, stateOf } from '../domain/access/api-key.ts';
import { isKeyShaped, parseKey } from '../domain/access/api-key-text.ts';
import { rememberEach } from '../flow/remember.ts';
import type { KeyRepository } from '../key-repository/key-repository.ts';
import { type CredentialVerifier, unauthenticated } from './credential.ts';
import type { RecentKey, RecentKeys } from './recent-keys.ts';

export interface ApiKeyVerifierOptions {
  readonly keys: Pick<KeyRepository, 'recordUse'>;
  readonly recent: RecentKeys;
  readonly clock: { now(): Date };
}

/**
 * Verifies API keys. A change of a key counts within five seconds in every process. Errors besides `unauthenticated`: those of
 * a read of the key, so a store that is away lets nobody in.
 */
export function createApiKeyVerifier({ keys, recent, clock }: ApiKeyVerifierOptions): CredentialVerifier {
  const principal = rememberEach(({ key }: RecentKey) => principalOf(key));
  const isInvalid = rememberEach(({ key }: RecentKey) => invalidUsersOf(key).length > 0);
  /** Once for each read of the record: the next read tells whether it was written. */
  const noteUse = rememberEach(({ key }: RecentKey): void => {
    const now = clock.now();
    if (isUseDue(key, now)) keys.recordUse(key.id, now).catch(() => undefined); // observed; no request fails for it
  });

  return {
    matches: isKeyShaped,

    async verify(credential, beforeGuess) {
      const given = parseKey(credential);
      if (!given) throw unauthenticated('malformed');
      const found = await recent(given.id, beforeGuess);
      if (!found) throw unauthenticated('unknown-key');
      if (!hasSecret(found.key, given.secretHash)) throw unauthenticated('wrong-secret'); // before the state, which is secret too
      const state = stateOf(found.key, clock.now());
      if (state !== 'live') throw unauthenticated(state);
      if (isInvalid(found)) throw unauthenticated('invalid-user');
      noteUse(found);
      return principal(found);
    },
  };
}
