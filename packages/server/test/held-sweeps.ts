import assert from 'node:assert/strict';
import { LONGEST_LEASE_SECONDS } from '../src/image-repository/image-repository.ts';
import type { Services } from '../src/services.ts';

/** Nobody else sweeps for the next ten minutes: what happens is then a job's doing. */
export async function holdSweeps({ images, clock }: Pick<Services, 'images' | 'clock'>): Promise<void> {
  const now = clock.now();
  const until = new Date(now.getTime() + LONGEST_LEASE_SECONDS * 1000);
  assert.ok(await images.holdLease({ name: 'sweep', holder: 'test', until }, now));
}
