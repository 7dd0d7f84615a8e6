import { after, describe } from 'node:test';
import { connect } from '../../../../test/acceptance/api.ts';
import { startFleet } from '../fleet/fleet.ts';
import { NO_CLOUD } from '../services/cloud.ts';
import { describeWay } from './way.ts';

if (NO_CLOUD) {
  describe('Safelight as two API processes and two workers', { skip: NO_CLOUD }, () => {});
} else {
  const fleet = await startFleet({ services: 2, workers: 2, environment: { USAGE: 'on' } });
  after(() => fleet[Symbol.asyncDispose]());
  describeWay('stateless', await connect(fleet.origin));
}
