import assert from 'node:assert/strict';
import { after, describe } from 'node:test';
import { startDecidingGate } from '../../../../test/acceptance/gate.ts';
import { NO_FAUXQS } from '../../../../test/servers/fauxqs.ts';
import { temporaryFolder } from '../faults/file-systems.ts';
import { startLambdaDeploymentIn } from '../lambda/deployment.ts';
import { createCloud, NO_CLOUD } from '../services/cloud.ts';
import { keyFrom } from '../services/keys-command.ts';
import { CLOSED } from './closed.ts';
import { describeBehindGate } from './gated.ts';

const skip = NO_CLOUD || NO_FAUXQS;
if (skip) {
  describe('Safelight with a gate as two Lambda functions', { skip }, () => {});
} else {
  const stack = new AsyncDisposableStack();
  after(() => stack.disposeAsync());
  const gate = stack.use(await startDecidingGate());
  const cloud = stack.use(await createCloud());
  const { path } = stack.use(await temporaryFolder());
  const environment = { ...CLOSED, USAGE: 'on', ...gate.environment };
  const admin = await keyFrom(path, ['create', '--admin'], { ...cloud.environment, ...environment });
  const deployment = stack.use(await startLambdaDeploymentIn(cloud, environment));
  stack.defer(() => assert.deepEqual(deployment.failures(), []));
  await describeBehindGate('gates-lambda', { origin: deployment.origin, admin: admin.key, gate });
}
