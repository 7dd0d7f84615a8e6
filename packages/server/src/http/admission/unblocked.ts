import type { Services } from '../../services.ts';
import type { RouteContext } from '../route.ts';

export type BlockChecks = Pick<Services, 'blocked' | 'clock'>;

/** A request that has waited for longer, such as for a slow body, asks again: the user may have been deleted. */
const ASK_AGAIN_MS = 1_000;

/** Asks once for each user that a request names. Errors: `user-erased`, those of a read. */
export async function requireUnblocked(
  c: RouteContext,
  { blocked, clock }: BlockChecks,
  userId: string,
): Promise<void> {
  const nowMs = clock.elapsedMs();
  const askedMs = c.get('unblocked')?.get(userId);
  if (askedMs !== undefined && nowMs - askedMs <= ASK_AGAIN_MS) return;
  await blocked.requireUnblocked(userId);
  const asked = c.get('unblocked') ?? new Map<string, number>();
  c.set('unblocked', asked.set(userId, nowMs));
}
