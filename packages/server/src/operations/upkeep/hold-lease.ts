import type { Lease } from '../../records/coordination/coordination.ts';
import type { Services } from '../../services.ts';

type LeaseServices = Pick<Services, 'coordination' | 'clock'>;
type HeldLease = Pick<Lease, 'name' | 'holder'>;

/** Longer than any page of work takes; a holder that died is succeeded after this. */
export const LEASE_SECONDS = 300;

const until = (now: Date): Date => new Date(now.getTime() + LEASE_SECONDS * 1000);

/** Takes or keeps the lease; false while another holder has it. */
export function holdLease({ coordination, clock }: LeaseServices, lease: HeldLease): Promise<boolean> {
  const now = clock.now();
  return coordination.holdLease({ ...lease, until: until(now) }, now);
}

/** Renews the lease; false if it has lapsed: a process that was frozen leaves the rest to others. */
export function renewLease({ coordination, clock }: LeaseServices, lease: HeldLease): Promise<boolean> {
  const now = clock.now();
  return coordination.renewLease({ ...lease, until: until(now) }, now);
}

/** Releases the lease for another holder. If that fails, the lease runs out. */
export async function endLease({ coordination, clock }: LeaseServices, lease: HeldLease): Promise<void> {
  await coordination.holdLease({ ...lease, until: new Date(0) }, clock.now()).catch(() => undefined);
}
