import { requireScope } from '../../domain/access/access.ts';
import { type ApiKey, rotated, stateOf } from '../../domain/access/api-key.ts';
import { issueKey } from '../../domain/access/api-key-text.ts';
import type { Access } from '../../domain/access/policy.ts';
import { AppError } from '../../domain/errors.ts';
import { CHANGED, retryWhileChanged } from '../../flow/retry-while-changed.ts';
import type { Services } from '../../services.ts';
import type { CreatedKey } from './create-key.ts';
import { readKey } from './read-key.ts';

export interface RotateKeyInput {
  readonly id: string;
  readonly overlapSeconds: number;
  /** Whose request it is; null: an operator's command. */
  readonly access: Access | null;
}

/**
 * Makes the successor of a key, which ends with the overlap. A successor that was never used is revoked: its answer may
 * have been lost. Errors: `key-not-found`, also if the key is revoked or has expired; `key-already-rotated` if its
 * successor is in use; `missing-scope` for a key whose scope `users:erase` the caller lacks.
 */
export async function rotateKey(
  services: Pick<Services, 'keys' | 'clock' | 'randomBytes'>,
  { id, overlapSeconds, access }: RotateKeyInput,
): Promise<CreatedKey> {
  const { keys, clock, randomBytes } = services;
  return retryWhileChanged(async () => {
    const key = await readKey(services, id);
    const now = clock.now();
    requireLive(key, now);
    if (access && key.scopes.includes('users:erase')) requireScope(access, 'users:erase');
    const successors = await successorsOf(services, key);
    requireUnused(successors, now);
    const issued = issueKey(now, randomBytes);
    const rotation = rotated(key, { issued, now, overlapSeconds, former: successors.at(-1) });
    return (await keys.rotate(rotation)) ? { key: rotation.successor, text: issued.text } : CHANGED;
  });
}

function requireLive(key: ApiKey, now: Date): void {
  const state = stateOf(key, now);
  if (state !== 'live') throw new AppError('key-not-found', `expected a key that is in use; got one that is ${state}`);
}

/** The key's successor, the successor's own, and so on. */
async function successorsOf({ keys }: Pick<Services, 'keys'>, { successor }: ApiKey): Promise<ApiKey[]> {
  const found: ApiKey[] = [];
  for (let id = successor; id !== null; id = found.at(-1)?.successor ?? null) {
    const key = await keys.get(id);
    if (!key) throw new Error(`API key ${id}, a successor, has no record`);
    found.push(key);
  }
  return found;
}

/** A successor that was rotated itself counts as used. */
function requireUnused(successors: readonly ApiKey[], now: Date): void {
  const live = successors.findLast((one) => stateOf(one, now) === 'live');
  if (live === undefined || (successors.length === 1 && live.lastUsedAt === null)) return;
  const detail = `expected a key whose successor was never used; got one that the key ${live.id} replaced: rotate that one`;
  throw new AppError('key-already-rotated', detail);
}
