import { createDeciding, describeDecisions } from './decisions.ts';
import { describeDrop } from './drop.ts';
import { withStores } from './gated-service.ts';
import { describeHeldLife } from './held-life.ts';
import { gatedOn, onPostgres } from './on-postgres.ts';
import { describeRescan } from './rescan.ts';

onPostgres((createStores) => {
  const create = gatedOn(createStores);
  describeHeldLife(create, 'PostgreSQL');
  describeDrop(create);
  describeRescan(create);
  describeDecisions(async (gates, { environment, ...options } = {}) => {
    const stores = await createStores();
    const service = await createDeciding(gates, { ...options, environment: { ...stores.environment, ...environment } });
    return withStores(service, stores);
  });
});
