import { isUnusedSuccessor, isUseDue } from '../../domain/access/api-key.ts';
import { rememberEach } from '../../domain/remember.ts';
import type { KeyRepository } from '../../records/keys/key-repository.ts';
import { unauthenticated } from './credential.ts';
import type { RecentKey } from './recent-keys.ts';

export interface KeyUsesOptions {
  readonly keys: Pick<KeyRepository, 'recordUse'>;
  readonly clock: { now(): Date };
}

/**
 * Records a use of a key, by the key itself or by an upload token that it minted. Errors: `unauthenticated`, those of a
 * first use.
 */
export type NoteKeyUse = (found: RecentKey) => Promise<void>;

/**
 * Records uses behind the request, an hour apart. The first use of a successor is written before the request continues,
 * because a rotation of its predecessor revokes a successor without a use: one of the two writes fails.
 */
export function createKeyUses({ keys, clock }: KeyUsesOptions): NoteKeyUse {
  /** Once for each read of the record: the next read tells whether it was written. */
  const noteLater = rememberEach(({ key }: RecentKey): void => {
    const now = clock.now();
    if (isUseDue(key, now)) keys.recordUse(key.id, now).catch(() => undefined); // observed; no request fails for it
  });
  const firstUses = new WeakMap<RecentKey, Promise<boolean>>();

  function recordFirst(found: RecentKey): Promise<boolean> {
    const under = firstUses.get(found);
    if (under) return under;
    const use = keys.recordUse(found.key.id, clock.now());
    firstUses.set(found, use);
    use.catch(() => firstUses.delete(found)); // the next request tries again
    return use;
  }

  return async (found) => {
    if (!isUnusedSuccessor(found.key)) return noteLater(found);
    if (!(await recordFirst(found))) throw unauthenticated('revoked');
  };
}
