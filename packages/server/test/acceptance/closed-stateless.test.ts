import { after, describe } from 'node:test';
import { TEST_ACCOUNT } from '../../../../test/servers/test-account.ts';
import { temporaryFolder } from '../faults/file-systems.ts';
import { startFleetIn } from '../fleet/fleet.ts';
import { createCloud, NO_CLOUD } from '../services/cloud.ts';
import { keyFrom } from '../services/keys-command.ts';
import { CLOSED, describeClosed } from './closed.ts';

if (NO_CLOUD) {
  describe('Safelight with API keys as two API processes and two workers', { skip: NO_CLOUD }, () => {});
} else {
  const stack = new AsyncDisposableStack();
  after(() => stack.disposeAsync());
  const cloud = stack.use(await createCloud());
  const { path } = stack.use(await temporaryFolder());
  const admin = await keyFrom(path, ['create', '--admin'], { ...cloud.environment, ...CLOSED });
  const { origin, services, workers } = stack.use(
    await startFleetIn(cloud, { services: 2, workers: 2, environment: CLOSED }),
  );
  const output = () => [...services, ...workers].map((one) => one.output()).join('\n');
  await describeClosed('closed-stateless', { origin, admin: admin.key, output }, [TEST_ACCOUNT.secretAccessKey]);
}
