import assert from 'node:assert/strict';
import { it } from 'node:test';
import { NO_DYNOXIDE } from '../../../../test/servers/dynoxide.ts';
import { NO_POSTGRES } from '../../../../test/servers/postgres-for-tests.ts';
import { sweep } from '../../src/operations/upkeep/sweep.ts';
import type { PageAsk } from '../../src/records/events/event-reader.ts';
import { addReady } from '../../src/records/images/sample-images.fixture.ts';
import { compose } from '../../src/run/compose/compose.ts';
import { loadConfig } from '../../src/run/config/config.ts';
import { PLACES } from '../backups/place.ts';
import { withStores } from '../gates/gated-service.ts';
import { createProvisionedTable, environmentOf } from '../services/dynamo-service.ts';
import { movingClock } from '../services/moving-clock.ts';
import { createOwnDatabase } from '../services/postgres-service.ts';

const DAY_MS = 86_400_000;

const STORES = {
  SQLite: { skip: false, create: async () => PLACES['SQLite and disk']() },
  PostgreSQL: {
    skip: NO_POSTGRES,
    async create() {
      const database = await createOwnDatabase();
      const place = await PLACES['SQLite and disk']({ DATABASE_URL: database.url });
      return withStores(place, database);
    },
  },
};

for (const [store, { skip, create }] of Object.entries(STORES))
  it(`the sweeper removes events a day after they became unreadable, also once EVENTS is off, on ${store}`, {
    skip,
  }, async () => {
    await using place = await create();
    const clock = movingClock();
    const open = async (environment: Readonly<Record<string, string>>) => {
      const { config, secrets } = loadConfig({ ...place.environment, ...environment });
      return compose(config, secrets, { observe: () => undefined, overrides: { clock } });
    };
    const sweepOnce = async ({ services }: Awaited<ReturnType<typeof open>>): Promise<void> => {
      await sweep(services, { holder: 'one', signal: new AbortController().signal });
    };
    /** Images with an event in the log. */
    const logged = async ({ services }: Awaited<ReturnType<typeof open>>): Promise<number> => {
      const { eventLog: log } = services;
      const { sequences, forgotten } = await log.head();
      const reads = sequences.map((until, shard) =>
        log.read({ shard, after: forgotten[shard] ?? 0, until, limit: 10 }),
      );
      return (await Promise.all(reads)).flatMap(({ events }) => events).length;
    };
    {
      await using on = await open({ EVENTS: 'on', EVENTS_DAYS: '2' });
      assert.equal(on.services.events?.days, 2);
      await addReady(on.services.images);
      clock.offsetMs += 2.9 * DAY_MS;
      await addReady(on.services.images);
      await sweepOnce(on);
      assert.equal(await logged(on), 2);
      clock.offsetMs += 0.2 * DAY_MS;
      await sweepOnce(on);
      assert.equal(await logged(on), 1);
    }
    {
      await using off = await open({});
      assert.equal(off.services.events, null);
      clock.offsetMs += 7 * DAY_MS;
      await sweepOnce(off);
      assert.equal(await logged(off), 1);
      clock.offsetMs += DAY_MS;
      await sweepOnce(off);
      assert.equal(await logged(off), 0);
      await addReady(off.services.images); // ends the log
    }
    await using on = await open({ EVENTS: 'on' });
    await addReady(on.services.images);
    assert.equal(await logged(on), 1);
  });

it('on DynamoDB the start of a process without EVENTS makes earlier cursors void', { skip: NO_DYNOXIDE }, async () => {
  await using table = await createProvisionedTable();
  await using one = await PLACES['SQLite and disk'](environmentOf(table));
  await using other = await PLACES['SQLite and disk'](environmentOf(table));
  const open = (environment: Readonly<Record<string, string>>) => {
    const { config, secrets } = loadConfig(environment);
    return compose(config, secrets, { observe: () => undefined });
  };
  await using on = await open({ ...one.environment, EVENTS: 'on' });
  const { reader } = on.services.events ?? assert.fail();
  const page = (from: PageAsk['from']) =>
    reader.page({ from, filter: { types: [], userId: undefined, imageId: undefined }, limit: 1 });
  const { next } = (await page('now')) ?? assert.fail();
  assert.ok(await page(next));
  await (await open(other.environment))[Symbol.asyncDispose]();
  assert.equal(await page(next), null);
});
