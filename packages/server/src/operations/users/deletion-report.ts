import type { Deletion } from '../../domain/user/deletion.ts';
import type { Services } from '../../services.ts';
import { isUnbegun } from './delete-user.ts';

/** A deletion as commands and routes tell it; once it has ended, the receipt. It doesn't name the user. */
export function deletionReport(services: Pick<Services, 'clock'>, deletion: Deletion) {
  const { userHash, startedAt, blockedUntil, urlsEndAt, endedAt, counts } = deletion;
  const isWaiting = endedAt === null && isUnbegun(services, deletion);
  return {
    state: endedAt !== null ? 'ended' : isWaiting ? 'waiting' : 'open',
    user_hash: userHash,
    started_at: isWaiting ? null : startedAt.toISOString(),
    blocked_until: isWaiting ? null : blockedUntil.toISOString(),
    urls_end_at: isWaiting ? null : urlsEndAt.toISOString(),
    ended_at: endedAt?.toISOString() ?? null,
    removed: {
      images: counts.images,
      objects: counts.objects,
      versions: counts.versions,
      api_keys: counts.keys,
      api_keys_changed: counts.keysChanged,
      token_counts: counts.tokenCounts,
      idempotency_keys: counts.keyUses,
    },
    kept_objects: counts.kept,
  } as const;
}
