import assert from 'node:assert/strict';
import { once } from 'node:events';
import { it } from 'node:test';
import { checkDatabase } from './check-database.ts';

it('a check that hangs is ended, and says nothing of the database', async () => {
  const check = async (signal: AbortSignal): Promise<undefined> => {
    if (!signal.aborted) await once(signal, 'abort');
  };
  const services = {
    database: { check },
    coordination: { bookmark: async () => undefined, setBookmark: async () => undefined },
    clock: { now: () => new Date(), elapsedMs: () => performance.now() },
  };
  const signal = new AbortController().signal;
  const options = { isForced: true, onDamage: () => undefined, isDamaged: () => false, mostMs: 1, signal };
  const keepAlive = setTimeout(() => undefined, 60_000); // the time of a check keeps no process alive
  assert.equal(await checkDatabase(services, options), 'unfinished');
  clearTimeout(keepAlive);
});
