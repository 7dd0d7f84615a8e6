import { after, describe } from 'node:test';
import { startDecidingGate } from '../../../../test/acceptance/gate.ts';
import { temporaryFolder } from '../faults/file-systems.ts';
import { startFleetIn } from '../fleet/fleet.ts';
import { createCloud, NO_CLOUD } from '../services/cloud.ts';
import { keyFrom } from '../services/keys-command.ts';
import { CLOSED } from './closed.ts';
import { describeBehindGate } from './gated.ts';

if (NO_CLOUD) {
  describe('Safelight with a gate as two API processes and two workers', { skip: NO_CLOUD }, () => {});
} else {
  const stack = new AsyncDisposableStack();
  after(() => stack.disposeAsync());
  const gate = stack.use(await startDecidingGate());
  const cloud = stack.use(await createCloud());
  const { path } = stack.use(await temporaryFolder());
  const environment = { ...CLOSED, USAGE: 'on', ...gate.environment };
  const admin = await keyFrom(path, ['create', '--admin'], { ...cloud.environment, ...environment });
  const { origin } = stack.use(await startFleetIn(cloud, { services: 2, workers: 2, environment }));
  await describeBehindGate('gates-stateless', { origin, admin: admin.key, gate });
}
