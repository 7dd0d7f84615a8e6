import type { PostgresEndpoint } from '../../../../../../test/servers/postgres.ts';
import { type DefaultLimits, UNLIMITED } from '../../../domain/usage/quota.ts';
import type { ServiceEvent } from '../../../observe/observer/observer.ts';
import { borrowDatabase } from '../../postgres/migrated-database.fixture.ts';
import { createPostgresUsage } from '../../usage/postgres/usage.ts';
import { createUsageCounts } from '../../usage/postgres/usage-counts.ts';
import type { ImageRepositoryHarness } from '../image-repository.contract.ts';
import { createPostgresImageRepository, type PostgresImageRepositoryOptions } from './postgres.ts';

/** A repository in a new database. */
export async function createPostgresHarness(
  endpoint: PostgresEndpoint,
  { countsWith, ...options }: PostgresImageRepositoryOptions & { readonly countsWith?: DefaultLimits } = {},
) {
  const database = await borrowDatabase(endpoint);
  const { postgres } = database;
  const counts = countsWith && createUsageCounts(countsWith);
  const events: ServiceEvent[] = [];
  return {
    postgres,
    images: createPostgresImageRepository(postgres, { observe: (event) => events.push(event), counts, ...options }),
    uncounted: createPostgresImageRepository(postgres),
    usage: createPostgresUsage(postgres, countsWith ?? UNLIMITED),
    forgets: 'when told' as const,
    events,
    async spoil(id) {
      await postgres.change("UPDATE images SET metadata = 'no JSON', revision = revision + 1 WHERE id = $1", [id]);
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  } satisfies ImageRepositoryHarness & Record<string, unknown>;
}
