import assert from 'node:assert/strict';
import { after, describe } from 'node:test';
import { temporaryFolder } from '../packages/server/test/faults/file-systems.ts';
import { startLambdaDeploymentIn } from '../packages/server/test/lambda/deployment.ts';
import { createCloud, NO_CLOUD } from '../packages/server/test/services/cloud.ts';
import { keyFrom } from '../packages/server/test/services/keys-command.ts';
import { NO_FAUXQS } from '../test-servers/fauxqs.ts';
import { TEST_ACCOUNT } from '../test-servers/test-account.ts';
import { CLOSED, describeClosed } from './closed.ts';

const skip = NO_CLOUD || NO_FAUXQS;
if (skip) {
  describe('Safelight with API keys as two Lambda functions', { skip }, () => {});
} else {
  const stack = new AsyncDisposableStack();
  after(() => stack.disposeAsync());
  const cloud = stack.use(await createCloud());
  const { path } = stack.use(await temporaryFolder());
  const admin = await keyFrom(path, ['create', '--admin'], { ...cloud.environment, ...CLOSED });
  const deployment = stack.use(await startLambdaDeploymentIn(cloud, { ...CLOSED, USAGE: 'on' }));
  stack.defer(() => assert.deepEqual(deployment.failures(), []));
  await describeClosed('closed-lambda', { ...deployment, admin: admin.key }, [TEST_ACCOUNT.secretAccessKey]);
}
