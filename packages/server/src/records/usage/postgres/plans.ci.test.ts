import { after, before, describe, it } from 'node:test';
import {
  NO_POSTGRES,
  type PostgresForTests,
  postgresForTests,
} from '../../../../../../test/servers/postgres-for-tests.ts';
import { UNLIMITED } from '../../../domain/usage/quota.ts';
import { addManyImages } from '../../images/postgres/many-images.fixture.ts';
import { NOW, samplePending } from '../../images/sample-images.fixture.ts';
import { createMigratedDatabase, type MigratedDatabase } from '../../postgres/migrated-database.fixture.ts';
import { type PlannedPostgres, withPlans } from '../../postgres/plans.fixture.ts';
import { monthsOf } from './month-counts.ts';
import { createPostgresUsage } from './usage.ts';
import { createUsageCounts } from './usage-counts.ts';

const IMAGES = 20_000;
const OWNERS = 2_000;
const LIMITED = { ...UNLIMITED, images: 10 };
/** A page of a recount, or of the total; a walk through all owners' counters would be more. */
const MOST = { rows: 10_000, sorted: 1_000, small: ['usage_counted'] };

describe(`statements about the usage of ${OWNERS} owners`, { skip: NO_POSTGRES }, () => {
  let server: PostgresForTests;
  let database: MigratedDatabase;
  let planned: PlannedPostgres;
  before(async () => {
    server = await postgresForTests();
    database = await createMigratedDatabase(server.postgres, { connections: 1 });
    const { postgres } = database;
    await addManyImages(postgres, IMAGES);
    const owners = `(SELECT 'owner ' || n AS user_id FROM generate_series(1, ${OWNERS}) n) AS owner`;
    const shards = 'generate_series(0, 7) AS shard';
    for (const [table, values, from] of [
      ['usage', 'shard, 0, 0, 0, 0, 0', shards],
      ['image_counts', "'ready', shard, 0", shards],
      ['captured_months', "to_char(month, 'YYYY-MM'), shard, 0", `${shards}, ${MONTHS}`],
      ['quotas', 'NULL, 10, NULL', '(VALUES (1)) AS once'],
    ])
      await postgres.change(`INSERT INTO ${table} SELECT user_id, ${values} FROM ${owners}, ${from}`);
    await postgres.change('VACUUM ANALYZE');
    planned = withPlans(postgres);
  });
  after(async () => {
    await database[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  it('walk along indexes, for single owners', async () => {
    const usage = createPostgresUsage(planned.postgres, UNLIMITED);
    await usage.usageOf('owner 7');
    await usage.isEmpty();
    for (const userId of ['owner 7', undefined]) await monthsOf(planned.postgres, { userId, limit: 2 });
    for (const defaults of [UNLIMITED, LIMITED])
      await planned.postgres.transaction((transaction) =>
        createUsageCounts(defaults).admit(transaction, samplePending({ userId: 'bob' })),
      );
    await planned.requirePlans(MOST);
  });

  it('walk along indexes, for pages of owners', async () => {
    const usage = createPostgresUsage(planned.postgres, UNLIMITED);
    for (const after of [undefined, 'owner 7']) await usage.findOwners({ after, limit: 100 });
    await usage.setCounted(NOW);
    await usage.totalUsage();
    await planned.requirePlans(MOST);
  });

  it('walk along indexes, for a recount', async () => {
    await createPostgresUsage(planned.postgres, UNLIMITED).recount(NOW, () => undefined);
    await planned.requirePlans(MOST);
  });
});

const MONTHS = "generate_series('2020-01-01'::date, '2020-05-01', '1 month') AS month";
