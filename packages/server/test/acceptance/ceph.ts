import { after, describe } from 'node:test';
import type { Way } from '../../../../scripts/test-tiers.ts';
import { connect } from '../../../../test/acceptance/api.ts';
import { NO_CEPH } from '../../../../test/servers/ceph.ts';
import { startServiceOnCeph } from '../services/ceph-service.ts';
import { describeWay } from './way.ts';

/** Runs the suite against a service on S3 and SQLite, in its own bucket. */
export async function describeOnCeph(way: Way, environment: Record<string, string>): Promise<void> {
  if (NO_CEPH) return describe('Safelight on S3', { skip: NO_CEPH }, () => {});
  const service = await startServiceOnCeph(environment);
  after(() => service[Symbol.asyncDispose]());
  describeWay(way, await connect(service.origin));
}
