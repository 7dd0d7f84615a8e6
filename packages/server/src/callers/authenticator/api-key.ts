import { hasSecret, invalidUsersOf, principalOf, stateOf } from '../../domain/access/api-key.ts';
import { isKeyShaped, parseKey } from '../../domain/access/api-key-text.ts';
import { rememberEach } from '../../domain/remember.ts';
import { type CredentialVerifier, unauthenticated } from './credential.ts';
import type { NoteKeyUse } from './key-uses.ts';
import type { RecentKey, RecentKeys } from './recent-keys.ts';

export interface ApiKeyVerifierOptions {
  readonly recent: RecentKeys;
  readonly noteUse: NoteKeyUse;
  readonly clock: { now(): Date };
}

/**
 * Verifies API keys. A change of a key counts at once in the process that makes it, and within five seconds in every
 * other. Errors besides `unauthenticated`: those of a read of the key and of `noteUse`, so a store that is away lets
 * nobody in.
 */
export function createApiKeyVerifier({ recent, noteUse, clock }: ApiKeyVerifierOptions): CredentialVerifier {
  const principal = rememberEach(({ key }: RecentKey) => principalOf(key));
  const isInvalid = rememberEach(({ key }: RecentKey) => invalidUsersOf(key).length > 0);

  return {
    matches: isKeyShaped,

    async verify(credential, beforeGuess) {
      const given = parseKey(credential);
      if (!given) throw unauthenticated('malformed');
      const found = await recent.get(given.id, beforeGuess);
      if (!found) throw unauthenticated('unknown-key');
      if (!hasSecret(found.key, given.secretHash)) throw unauthenticated('wrong-secret'); // before the state, which is secret too
      const state = stateOf(found.key, clock.now());
      if (state !== 'live') throw unauthenticated(state);
      if (isInvalid(found)) throw unauthenticated('invalid-user');
      await noteUse(found);
      return principal(found);
    },
  };
}
