import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { NO_PGBOUNCER, startPgbouncer } from '../../../../../test/servers/pgbouncer.ts';
import {
  administer,
  createDatabase,
  NO_POSTGRES,
  type PostgresForTests,
  postgresForTests,
} from '../../../../../test/servers/postgres-for-tests.ts';
import { until } from '../../imaging/processes/process-list.fixture.ts';
import { hearClockOf } from './hear-clock.ts';
import { createMigratedDatabase } from './migrated-database.fixture.ts';
import { requireMigrated } from './migrations.ts';
import { openRecordsDatabase } from './open.ts';
import { MIGRATIONS } from './schema.ts';

const CONNECTION = { connections: 2, prepares: true };

describe('the database of the records', { skip: NO_POSTGRES }, () => {
  let server: PostgresForTests;
  before(async () => {
    server = await postgresForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  it('gets its tables from the first process, and others find them', async () => {
    await using database = await createDatabase(server.postgres);
    const open = () => openRecordsDatabase({ ...CONNECTION, url: database.url });
    await using first = await open();
    await using second = await open();
    for (const one of [first, second]) await requireMigrated(one, MIGRATIONS);
    await first.change('UPDATE safelight_schema SET version = version + 1');
    await assert.rejects(open(), /got version \d+, which a newer Safelight wrote: start that version$/);
  });

  it('is refused if its commits would not survive a power cut', async () => {
    await using database = await createMigratedDatabase(server.postgres);
    const name = database.url.slice(database.url.lastIndexOf('/') + 1);
    await administer(server.postgres.url, `ALTER DATABASE ${name} SET synchronous_commit = off`);
    await assert.rejects(
      openRecordsDatabase({ ...CONNECTION, url: database.url }),
      /^AppError: unavailable: expected a PostgreSQL whose commits survive a power cut; got synchronous_commit = off/,
    );
  });

  it('is reached through PgBouncer with DATABASE_PREPARE=off, which the refusal without it says', {
    skip: NO_PGBOUNCER,
  }, async () => {
    await using bouncer = await startPgbouncer(server.postgres);
    await using database = await createDatabase(server.postgres);
    const url = database.url.replace(/^[^/]*\/\/[^/]*/, bouncer.postgres.url);
    await assert.rejects(
      openRecordsDatabase({ ...CONNECTION, url }),
      /^AppError: unavailable: PgBouncer at 127\.0\.0\.1:\d+ refuses the settings of sessions \(.*\): set DATABASE_PREPARE=off$/,
    );
    await using opened = await openRecordsDatabase({ ...CONNECTION, prepares: false, url });
    await requireMigrated(opened, MIGRATIONS);
  });

  it('says so if PgBouncer takes its settings, and gives its connections to others', {
    skip: NO_PGBOUNCER,
  }, async () => {
    const ignores = ['statement_timeout', 'idle_in_transaction_session_timeout'];
    await using bouncer = await startPgbouncer(server.postgres, { connections: 1, ignores });
    await using database = await createMigratedDatabase(server.postgres);
    const url = database.url.replace(/^[^/]*\/\/[^/]*/, bouncer.postgres.url);
    const open = () => openRecordsDatabase({ connections: 1, prepares: true, url });
    await using first = await open();
    await assert.rejects(
      open(),
      /^AppError: unavailable: PgBouncer at 127\.0\.0\.1:\d+ gives a connection .* already exists\): set DATABASE_PREPARE=off$/,
    );
    const [row] = await first.rows('SELECT pg_backend_pid()');
    await database.postgres.rows('SELECT pg_terminate_backend($1::integer, 10000)', [Number(row?.[0])]);
    await assert.rejects(first.rows('SELECT pg_backend_pid()'), {
      code: 'unavailable',
      message: /got error 26000, as behind PgBouncer in transaction mode: set DATABASE_PREPARE=off$/,
    });
  });

  it('tells how far the clock of this machine is from its own', async () => {
    await using database = await createMigratedDatabase(server.postgres);
    for (const [offsetMs, says] of [
      [0, 0],
      [3_600_000, 3_600],
      [-3_600_000, -3_600],
    ] as const) {
      const heard: number[] = [];
      const clock = { now: () => new Date(Date.now() + offsetMs), elapsedMs: () => performance.now() };
      using _hearing = hearClockOf(database.postgres, { clock, heard: (seconds) => heard.push(seconds) });
      await until(async () => heard.length === 1);
      assert.equal(Math.round(heard[0] ?? Number.NaN) + 0, says); // + 0: no -0
    }
  });
});
