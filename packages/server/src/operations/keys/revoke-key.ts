import { type ApiKey, revoked } from '../../domain/access/api-key.ts';
import { CHANGED, retryWhileChanged } from '../../flow/retry-while-changed.ts';
import type { Services } from '../../services.ts';
import { readKey } from './read-key.ts';

/**
 * Ends a key, at once in this process and within five seconds in every other; a repeated call changes nothing. Errors:
 * `key-not-found`.
 */
export async function revokeKey(services: Pick<Services, 'keys' | 'clock'>, id: string): Promise<ApiKey> {
  const { keys, clock } = services;
  return retryWhileChanged(async () => {
    const key = await readKey(services, id);
    if (key.revokedAt !== null) return key;
    const ended = revoked(key, clock.now());
    return (await keys.replace(key, ended)) ? ended : CHANGED;
  });
}
