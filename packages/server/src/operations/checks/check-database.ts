import type { Coordination } from '../../records/coordination/coordination.ts';
import type { Clock } from '../../services.ts';

export interface CheckServices {
  /**
   * Answers with the faults of the database, or undefined if it was ended. null: the records are in no file of ours.
   */
  readonly database: { check(signal: AbortSignal): Promise<readonly string[] | undefined> } | null;
  readonly coordination: Pick<Coordination, 'bookmark' | 'setBookmark'>;
  readonly clock: Clock;
}

/** `not-due`: it was found sound within a day, or there is none. `unfinished` says nothing of the database. */
export type DatabaseCheck = 'not-due' | 'sound' | 'damaged' | 'unfinished';

/** Less than a day: a daily backup doesn't begin at the same second. */
const DUE_AFTER_MS = 20 * 3_600_000;

/**
 * Far longer than a sound disk needs. A process or disk that hangs would else keep the backup from its end, and the
 * target locked.
 */
const MOST_CHECK_MS = 3 * 3_600_000;

/** Checks the database, unless it was found sound within a day. */
export async function checkDatabase(
  { database, coordination, clock }: CheckServices,
  {
    isForced,
    onDamage,
    isDamaged,
    mostMs = MOST_CHECK_MS,
    signal,
  }: {
    readonly isForced: boolean;
    readonly onDamage: (detail: string) => void;
    /** Whether the caller has found damage, which the check may not see. */
    readonly isDamaged: () => boolean;
    readonly mostMs?: number;
    readonly signal: AbortSignal;
  },
): Promise<DatabaseCheck> {
  if (!database) return 'not-due';
  const now = clock.now();
  if (!isForced) {
    const soundAt = await coordination.bookmark('database-sound').catch(() => undefined); // the check tells why
    const ageMs = now.getTime() - Date.parse(soundAt ?? '');
    if (ageMs >= 0 && ageMs < DUE_AFTER_MS) return 'not-due';
  }
  const faults = await database.check(AbortSignal.any([signal, AbortSignal.timeout(mostMs)]));
  if (!faults) return 'unfinished';
  faults.forEach(onDamage);
  // None while it is damaged, so that each backup checks it. A failed write is repeated with the next check.
  const soundAt = faults.length === 0 && !isDamaged() ? now.toISOString() : '';
  await coordination.setBookmark('database-sound', soundAt).catch(() => undefined);
  return faults.length === 0 ? 'sound' : 'damaged';
}
