import assert from 'node:assert/strict';
import { after, describe } from 'node:test';
import { NO_FAUXQS } from '../../../../test/servers/fauxqs.ts';
import { TEST_ACCOUNT } from '../../../../test/servers/test-account.ts';
import { temporaryFolder } from '../faults/file-systems.ts';
import { createTemplateCloud, startTemplateDeployment } from '../lambda/template-deployment.ts';
import { NO_CLOUD } from '../services/cloud.ts';
import { keyFrom } from '../services/keys-command.ts';
import { ASKS_THIS_MACHINE, CLOSED, describeClosed } from './closed.ts';

const skip = NO_CLOUD || NO_FAUXQS;
if (skip) {
  describe('Safelight with API keys as the template deploys it', { skip }, () => {});
} else {
  const stack = new AsyncDisposableStack();
  after(() => stack.disposeAsync());
  const cloud = stack.use(await createTemplateCloud());
  const { path } = stack.use(await temporaryFolder());
  const admin = await keyFrom(path, ['create', '--admin'], { ...cloud.environment, ...CLOSED });
  const deployment = stack.use(
    await startTemplateDeployment(cloud, { ...CLOSED, USAGE: 'on', EVENTS: 'on', ...ASKS_THIS_MACHINE }),
  );
  stack.defer(() => assert.deepEqual(deployment.failures(), []));
  await describeClosed('closed-lambda', { ...deployment, admin: admin.key }, [
    TEST_ACCOUNT.secretAccessKey,
    deployment.originSecret,
  ]);
}
