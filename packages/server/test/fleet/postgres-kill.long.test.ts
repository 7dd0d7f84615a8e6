import { it } from 'node:test';
import { NO_POSTGRES_CLOUD } from '../services/postgres-service.ts';
import { killBesideUploads } from './postgres-kill.ts';

/** About ten minutes. */
it('a hundred kills of APIs and workers, and ten of the PostgreSQL server, lose none of a thousand uploads', {
  skip: NO_POSTGRES_CLOUD,
  timeout: 3_600_000,
}, async (test) => {
  const counts = await killBesideUploads({ uploads: 1_000, kills: 100, restarts: 10, seed: 20_270_110 });
  test.diagnostic(JSON.stringify(counts));
});
