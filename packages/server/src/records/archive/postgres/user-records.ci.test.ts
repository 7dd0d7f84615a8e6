import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { NO_PGBOUNCER, startPgbouncer } from '../../../../../../test/servers/pgbouncer.ts';
import {
  administer,
  NO_POSTGRES,
  type PostgresForTests,
  postgresForTests,
} from '../../../../../../test/servers/postgres-for-tests.ts';
import { sampleKey } from '../../../domain/access/api-keys.fixture.ts';
import { tombstone } from '../../../domain/image/image.ts';
import { until } from '../../../imaging/processes/process-list.fixture.ts';
import { addReady, NOW, samplePending } from '../../images/sample-images.fixture.ts';
import { openPostgres } from '../../postgres/database.ts';
import { lockWait, whileLocked } from '../../postgres/lock-waits.fixture.ts';
import { createPostgresArchiveHarness } from '../archive-harness.fixture.ts';
import { allOf } from '../record-archive.contract.ts';
import { describeUserRecords } from '../user-records.contract.ts';
import { createPostgresUserRecords } from './user-records.ts';

const NOTHING = { imageIds: [], tokenIds: [], keys: [] };

describe('PostgreSQL', { skip: NO_POSTGRES }, () => {
  let server: PostgresForTests;
  before(async () => {
    server = await postgresForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  const create = () => createPostgresArchiveHarness(server.postgres);
  describeUserRecords('PostgreSQL', create);

  for (const { name, actsAs, left } of [
    { name: 'changes', actsAs: ['ada', 'eve'], left: ['eve'] },
    { name: 'removes', actsAs: null, left: undefined },
  ])
    it(`takes the user out of a key that another process ${name} meanwhile`, async () => {
      await using harness = await create();
      const { keys, postgres, userRecords } = harness;
      const key = sampleKey({ owner: null, actsAs: ['ada', 'bob', 'eve'] });
      await keys.create(key);
      const removed = await whileLocked(
        postgres,
        (transaction) =>
          actsAs
            ? transaction.change('UPDATE api_keys SET acts_as = $2 WHERE id = $1', [key.id, JSON.stringify(actsAs)])
            : transaction.change('DELETE FROM api_keys WHERE id = $1', [key.id]),
        () => userRecords.remove({ ...NOTHING, userId: 'ada', keys: [key] }),
      );
      assert.equal(removed.keysChanged, left ? 1 : 0);
      assert.deepEqual(await keys.get(key.id), left && { ...key, actsAs: left });
    });

  it('removes no image that is not deleted, or is of another user', async () => {
    await using harness = await create();
    const { archive, images, userRecords } = harness;
    const ready = await addReady(images);
    const others = tombstone(samplePending({ userId: 'bob' }), NOW);
    await archive.put({ kind: 'image', image: others });
    await userRecords.remove({ ...NOTHING, userId: 'ada', imageIds: [ready.id, others.id] });
    assert.equal((await allOf(harness)).length, 2);
  });

  it('forgets the samples of the planner', async () => {
    await using harness = await create();
    const { images, postgres, userRecords } = harness;
    for (const userId of ['person-ada-4711', 'bob', 'bob', 'bob']) await addReady(images, { userId });
    await postgres.change('ANALYZE images');
    assert.ok((await harness.places('person-ada-4711')).includes('samples of images'));
    await postgres.change("DELETE FROM images WHERE user_id = 'person-ada-4711'");
    assert.ok((await harness.places('person-ada-4711')).includes('samples of images'));
    await userRecords.scrub();
    assert.ok(!(await harness.places('person-ada-4711')).includes('samples of images'));
  });

  it('takes few removed rows out of the pages of tables and indexes, beside readers and writers', async () => {
    await using harness = await create();
    const { postgres, userRecords } = harness;
    const add = (from: number) =>
      postgres.change(`INSERT INTO quotas SELECT 'user ' || n, 1, 1, 1 FROM generate_series($1, $1 + 9999) n`, [from]);
    await add(10_000);
    await postgres.change("INSERT INTO quotas VALUES ('user 19999 is ada', 1, 1, 1)");
    await add(20_000);
    const filesWithAda = async () => {
      await postgres.change('CHECKPOINT');
      return postgres.rows(
        `SELECT relname::text FROM pg_class WHERE relname IN ('quotas', 'quotas_pkey')
         AND position('is ada'::bytea IN pg_read_binary_file(pg_relation_filepath(oid))) > 0 ORDER BY 1`,
      );
    };
    await postgres.change("DELETE FROM quotas WHERE user_id = 'user 19999 is ada'");
    assert.deepEqual(await filesWithAda(), [['quotas'], ['quotas_pkey']]);
    await postgres.transaction(async (transaction) => {
      await transaction.change("UPDATE quotas SET bytes = 2 WHERE user_id = 'user 10000'");
      await userRecords.scrub();
    });
    assert.deepEqual(await filesWithAda(), []);
  });

  it('waits for a table longer than other statements may', async () => {
    await using harness = await create();
    const { postgres, url } = harness;
    const options = encodeURIComponent('-c statement_timeout=500ms -c lock_timeout=50ms');
    await using limited = openPostgres({ url: `${url}?options=${options}`, connections: 1, prepares: true });
    const scrubbed = await postgres.transaction(async (transaction) => {
      await transaction.change('LOCK TABLE albums IN SHARE UPDATE EXCLUSIVE MODE');
      const scrubbing = createPostgresUserRecords(limited).scrub();
      scrubbing.catch(() => undefined); // awaited below
      await lockWait(postgres);
      await postgres.rows('SELECT 1 FROM pg_sleep(0.8)');
      return { scrubbing };
    });
    await scrubbed.scrubbing;
    assert.deepEqual(await postgres.rows("SELECT vacuum_count FROM pg_stat_user_tables WHERE relname = 'albums'"), [
      [1],
    ]);
  });

  it('changes no session that a pooler gives to others, and there leaves a table that is locked', {
    skip: NO_PGBOUNCER,
  }, async () => {
    await using harness = await create();
    await using pgbouncer = await startPgbouncer(server.postgres, { connections: 1 });
    const url = `${pgbouncer.postgres.url}${new URL(harness.url).pathname}`;
    await using pooled = openPostgres({ url, connections: 1, prepares: false });
    const settings = () =>
      pooled.rows("SELECT pg_backend_pid(), current_setting('lock_timeout'), current_setting('vacuum_cost_delay')");
    await harness.postgres.change(`ALTER DATABASE ${url.slice(url.lastIndexOf('/') + 1)} SET lock_timeout = '50ms'`);
    const before = await settings();
    assert.deepEqual(before[0]?.slice(1), ['50ms', '0']);
    await harness.postgres.transaction(async (transaction) => {
      await transaction.change('LOCK TABLE albums IN SHARE UPDATE EXCLUSIVE MODE');
      await createPostgresUserRecords(pooled).scrub();
    });
    assert.deepEqual(await settings(), before);
    const left = () => harness.postgres.rows('SELECT relname::text FROM pg_stat_user_tables WHERE vacuum_count = 0');
    await until(async () => (await left()).length === 1); // PostgreSQL 14 counts some time later
    assert.deepEqual(await left(), [['albums']]);
  });

  it('leaves the tables alone that its role may not vacuum', async () => {
    await using harness = await create();
    const { url, postgres } = harness;
    const role = `service_${url.slice(-8)}`;
    await administer(server.postgres.url, `CREATE ROLE ${role} LOGIN`);
    try {
      await using limited = openPostgres({
        url: url.replace(/\/\/[^@]*@/, `//${role}@`),
        connections: 1,
        prepares: true,
      });
      await createPostgresUserRecords(limited).scrub();
      const vacuumed = await postgres.rows('SELECT relname FROM pg_stat_user_tables WHERE vacuum_count > 0');
      assert.deepEqual(vacuumed, []);
    } finally {
      await administer(server.postgres.url, `DROP ROLE ${role}`);
    }
  });
});
