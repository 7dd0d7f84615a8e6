import type { PostgresEndpoint } from '../../../../../../test/servers/postgres.ts';
import type { Limits } from '../../../domain/usage/quota.ts';
import type { Usage } from '../../../domain/usage/usage.ts';
import { createPostgresHarness } from '../../images/postgres/postgres-harness.fixture.ts';
import { USAGE_COLUMNS, usageCells } from '../usage-row.ts';

/** A shard that nobody writes. */
const SHARD = 8;

/** A repository that counts, in a new database. */
export async function createUsageHarness(endpoint: PostgresEndpoint, defaults: Limits) {
  const harness = await createPostgresHarness(endpoint, { countsWith: defaults });
  const { postgres } = harness;
  return {
    ...harness,
    async plant(userId: string, error: Usage) {
      await postgres.change(
        `INSERT INTO usage (user_id, shard, ${USAGE_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
        [...[userId, SHARD], ...usageCells(error)],
      );
    },
    async plantCounts(userId: string, error: Readonly<Record<string, number>>) {
      for (const [status, images] of Object.entries(error))
        await postgres.change('INSERT INTO image_counts (user_id, status, shard, images) VALUES ($1, $2, $3, $4)', [
          ...[userId, status, SHARD, images],
        ]);
    },
  };
}
