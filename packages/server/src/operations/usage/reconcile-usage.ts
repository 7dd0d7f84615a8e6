import type { UsageRepair } from '../../records/usage/usage-repository.ts';
import type { Services } from '../../services.ts';

/**
 * Makes the usage of every owner what its records add up to, also while a service runs, and remembers that this was
 * done.
 */
export async function reconcileUsage(
  { usage, clock }: Pick<Services, 'usage' | 'clock'>,
  onRepair: (repair: UsageRepair) => void,
): Promise<void> {
  await usage.recount(clock.now(), onRepair);
}
