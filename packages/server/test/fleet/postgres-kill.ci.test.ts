import { it } from 'node:test';
import { NO_POSTGRES_CLOUD } from '../services/postgres-service.ts';
import { killBesideUploads } from './postgres-kill.ts';

it('kill -9 of APIs, workers and the PostgreSQL server loses nothing acknowledged, and exceeds no quota', {
  skip: NO_POSTGRES_CLOUD,
  timeout: 300_000,
}, async (test) => {
  const counts = await killBesideUploads({ uploads: 40, kills: 4, restarts: 1, seed: 20_270_110 });
  test.diagnostic(JSON.stringify(counts));
});
