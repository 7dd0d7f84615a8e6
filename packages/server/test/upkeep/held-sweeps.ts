import assert from 'node:assert/strict';
import { LANES } from '../../src/domain/image/lane.ts';
import { type Lease, LONGEST_LEASE_SECONDS } from '../../src/records/coordination/coordination.ts';
import type { Services } from '../../src/services.ts';

/** The leases of all parts of the sweep that have a loop of their own. */
export const sweepLeases = (images: Services['images']): Lease['name'][] => [
  'sweep-incoming',
  'sweep-orphans',
  ...LANES.flatMap((lane) => Array.from({ length: images.shards }, (_, shard) => `sweep-${lane}-${shard}` as const)),
];

/** Prevents other sweeps for ten minutes, so that any effect is a job's. */
export async function holdSweeps({
  images,
  coordination,
  clock,
}: Pick<Services, 'images' | 'coordination' | 'clock'>): Promise<void> {
  const now = clock.now();
  const until = new Date(now.getTime() + LONGEST_LEASE_SECONDS * 1000);
  for (const name of sweepLeases(images)) assert.ok(await coordination.holdLease({ name, holder: 'test', until }, now));
}
