import { type ApiKey, rotated, stateOf } from '../../domain/access/api-key.ts';
import { issueKey } from '../../domain/access/api-key-text.ts';
import { AppError } from '../../domain/errors.ts';
import { CHANGED, retryWhileChanged } from '../../flow/retry-while-changed.ts';
import type { Services } from '../../services.ts';
import type { CreatedKey } from './create-key.ts';
import { readKey } from './read-key.ts';

/** Makes the successor of a key, which ends with the overlap. Errors: `key-not-found`, also if the key is revoked or has expired. */
export async function rotateKey(
  services: Pick<Services, 'keys' | 'clock' | 'randomBytes'>,
  { id, overlapSeconds }: { readonly id: string; readonly overlapSeconds: number },
): Promise<CreatedKey> {
  const { keys, clock, randomBytes } = services;
  return retryWhileChanged(async () => {
    const key = await readKey(services, id);
    const now = clock.now();
    requireLive(key, now);
    const issued = issueKey(now, randomBytes);
    const { ended, successor } = rotated(key, { issued, now, overlapSeconds });
    return (await keys.replace(key, ended, successor)) ? { key: successor, text: issued.text } : CHANGED;
  });
}

function requireLive(key: ApiKey, now: Date): void {
  const state = stateOf(key, now);
  if (state !== 'live') throw new AppError('key-not-found', `expected a key that is in use; got one that is ${state}`);
}
