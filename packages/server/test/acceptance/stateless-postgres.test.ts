import { after, describe } from 'node:test';
import { connect } from '../../../../test/acceptance/api.ts';
import { startFleetIn } from '../fleet/fleet.ts';
import { createPostgresCloud, NO_POSTGRES_CLOUD } from '../services/postgres-service.ts';
import { describeWay } from './way.ts';

if (NO_POSTGRES_CLOUD) {
  describe('Safelight as two API processes and two workers on PostgreSQL', { skip: NO_POSTGRES_CLOUD }, () => {});
} else {
  const stack = new AsyncDisposableStack();
  after(() => stack.disposeAsync());
  const cloud = stack.use(await createPostgresCloud());
  const environment = { USAGE: 'on', EVENTS: 'on', METADATA_FILTERS: 'order,sku' };
  const fleet = stack.use(await startFleetIn(cloud, { services: 2, workers: 2, environment }));
  describeWay('stateless-postgres', await connect(fleet.origin));
}
