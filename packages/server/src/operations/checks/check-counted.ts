import type { Services } from '../../services.ts';

export type CountedCheck =
  | 'fine'
  /** Usage counts, and the records were never added up. */
  | 'never-counted'
  /**
   * Usage counts no longer: the usage was forgotten, because from now on it would be wrong. A recount that runs fails.
   */
  | 'stopped';

interface CountedServices {
  readonly usage: Services['usage'];
  readonly clock: Pick<Services['clock'], 'now'>;
  readonly settings: Pick<Services['settings'], 'countsUsage'>;
}

/** Whether a process may count usage, or must tell that it doesn't. A service without images begins to count. */
export async function checkCounted({ usage, clock, settings }: CountedServices): Promise<CountedCheck> {
  const since = await usage.countedSince();
  if (!settings.countsUsage) {
    if (since === undefined) return 'fine';
    await usage.setCounted(null);
    return 'stopped';
  }
  if (since instanceof Date) return 'fine';
  if (since === 'being-counted' || !(await usage.isEmpty())) return 'never-counted';
  await usage.setCounted(clock.now());
  return 'fine';
}
