import { userOf } from '../../domain/access/access.ts';
import type { Access } from '../../domain/access/policy.ts';
import { invalidField } from '../../domain/errors.ts';
import type { OwnerUsage } from '../../records/usage/usage-repository.ts';
import type { Services } from '../../services.ts';
import { requireCounting } from '../checks/require-enabled.ts';

/**
 * What one user uses and may use. Errors: `route-not-found` if usage isn't counted, `invalid-request` if no user is
 * named.
 */
export async function readUsage(services: Pick<Services, 'usage' | 'settings'>, access: Access): Promise<OwnerUsage> {
  requireCounting(services);
  const userId = userOf(access);
  if (userId === null) throw invalidField('?user_id', 'expected the user whose usage is asked for; got none');
  return services.usage.usageOf(userId);
}
