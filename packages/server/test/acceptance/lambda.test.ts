import assert from 'node:assert/strict';
import { after, describe } from 'node:test';
import { connect } from '../../../../test/acceptance/api.ts';
import { NO_FAUXQS } from '../../../../test/servers/fauxqs.ts';
import { startLambdaDeployment } from '../lambda/deployment.ts';
import { NO_CLOUD } from '../services/cloud.ts';
import { describeWay } from './way.ts';

const skip = NO_CLOUD || NO_FAUXQS;
if (skip) {
  describe('Safelight as two Lambda functions', { skip }, () => {});
} else {
  const deployment = await startLambdaDeployment({ EVENTS: 'on' });
  after(async () => {
    await using ending = deployment;
    assert.deepEqual(ending.failures(), []);
  });
  describeWay('lambda', await connect(deployment.origin));
}
