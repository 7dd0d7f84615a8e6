import { after, describe } from 'node:test';
import { startFleet } from '../packages/server/test/fleet/fleet.ts';
import { NO_CLOUD } from '../packages/server/test/services/cloud.ts';
import { connect } from './api.ts';
import { describeWay } from './way.ts';

if (NO_CLOUD) {
  describe('Safelight as two API processes and two workers', { skip: NO_CLOUD }, () => {});
} else {
  const fleet = await startFleet({ services: 2, workers: 2, environment: { USAGE: 'on' } });
  after(() => fleet[Symbol.asyncDispose]());
  describeWay('stateless', await connect(fleet.origin));
}
