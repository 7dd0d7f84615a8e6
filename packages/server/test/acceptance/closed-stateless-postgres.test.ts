import { after, describe } from 'node:test';
import { TEST_ACCOUNT } from '../../../../test/servers/test-account.ts';
import { temporaryFolder } from '../faults/file-systems.ts';
import { startFleetIn } from '../fleet/fleet.ts';
import { keyFrom } from '../services/keys-command.ts';
import { createPostgresCloud, NO_POSTGRES_CLOUD } from '../services/postgres-service.ts';
import { ASKS_THIS_MACHINE, CLOSED, describeClosed } from './closed.ts';

if (NO_POSTGRES_CLOUD) {
  const what = 'Safelight with API keys as two API processes and two workers on PostgreSQL';
  describe(what, { skip: NO_POSTGRES_CLOUD }, () => {});
} else {
  const stack = new AsyncDisposableStack();
  after(() => stack.disposeAsync());
  const cloud = stack.use(await createPostgresCloud());
  const { path } = stack.use(await temporaryFolder());
  const records = { USAGE: 'on', EVENTS: 'on', METADATA_FILTERS: 'order,sku' };
  const environment = { ...CLOSED, ...records, ...ASKS_THIS_MACHINE };
  const admin = await keyFrom(path, ['create', '--admin'], { ...cloud.environment, ...environment });
  const { origin, services, workers } = stack.use(await startFleetIn(cloud, { services: 2, workers: 2, environment }));
  const output = () => [...services, ...workers].map((one) => one.output()).join('\n');
  await describeClosed('closed-stateless-postgres', { origin, admin: admin.key, output }, [
    TEST_ACCOUNT.secretAccessKey,
  ]);
}
