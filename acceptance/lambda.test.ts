import assert from 'node:assert/strict';
import { after, describe } from 'node:test';
import { startLambdaDeployment } from '../packages/server/test/lambda/deployment.ts';
import { NO_CLOUD } from '../packages/server/test/services/cloud.ts';
import { NO_FAUXQS } from '../test-servers/fauxqs.ts';
import { connect } from './api.ts';
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
