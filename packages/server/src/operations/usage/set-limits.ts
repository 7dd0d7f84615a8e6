import type { Limits } from '../../domain/usage/quota.ts';
import type { OwnerUsage } from '../../records/usage/usage-repository.ts';
import type { Services } from '../../services.ts';
import { requireCounting } from '../checks/require-enabled.ts';

/**
 * Gives a user limits of its own; null: the configured ones. They count for the next upload, and end no existing one.
 * Errors: `user-erased`.
 */
export async function setLimits(
  services: Pick<Services, 'usage' | 'blocked' | 'settings'>,
  { userId, limits }: { readonly userId: string; readonly limits: Limits | null },
): Promise<OwnerUsage> {
  requireCounting(services);
  await services.blocked.requireUnblocked(userId);
  await services.usage.setLimits(userId, limits);
  return services.usage.usageOf(userId);
}
