import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  administer,
  NO_POSTGRES,
  type PostgresForTests,
  postgresForTests,
} from '../../../../../../test/servers/postgres-for-tests.ts';
import { createPostgresUserRecords } from '../../../records/archive/postgres/user-records.ts';
import { openPostgres, type Postgres } from '../../../records/postgres/database.ts';
import { requireMigrated, versionOf } from '../../../records/postgres/migrations.ts';
import { requireRights, tablesIn } from '../../../records/postgres/rights.ts';
import { MIGRATIONS } from '../../../records/postgres/schema.ts';
import type { Mode, Outcome } from '../make-right.ts';
import { createOwnedDatabase, type OwnedDatabase } from './owned-database.fixture.ts';
import { provisionDatabase } from './provision-database.ts';

const CONNECTION = { connections: 1, prepares: true };
const changesIn = (outcomes: readonly Outcome[]): string[] =>
  outcomes.flatMap((one) =>
    one.kind === 'compared' ? one.difference.map((change) => `${one.aspect}: ${change}`) : [],
  );
const open = (url: string): Postgres => openPostgres({ ...CONNECTION, url });

describe('the provisioning of a database', { skip: NO_POSTGRES }, () => {
  let server: PostgresForTests;
  let database: OwnedDatabase;
  before(async () => {
    server = await postgresForTests();
    database = await createOwnedDatabase(server.postgres);
  });
  after(async () => {
    await database[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const run = async (as: string | undefined, role: string | null = null, mode: Mode = 'apply') => {
    const { outcomes } = await provisionDatabase({ url: database.urlOf(as), postgres: CONNECTION, role, mode });
    return changesIn(outcomes);
  };
  const settingsOf = async (role: string): Promise<readonly unknown[]> => {
    await using postgres = open(database.urlOf(role));
    const [row = []] = await postgres.rows(
      `SELECT current_setting('statement_timeout'), current_setting('lock_timeout'),
        current_setting('idle_in_transaction_session_timeout'), current_setting('default_transaction_isolation')`,
    );
    return row;
  };

  it('prints in a dry run what it would do, and does nothing', async () => {
    const { owner } = database.roles;
    assert.deepEqual(await run(owner, null, 'dry-run'), [
      `schema: none -> version ${MIGRATIONS.length}`,
      'settings of the role: statement_timeout: none -> 30s',
      'settings of the role: lock_timeout: none -> 10s',
      'settings of the role: idle_in_transaction_session_timeout: none -> 2min',
      'settings of the role: default_transaction_isolation: none -> read committed',
    ]);
    await using postgres = open(database.urlOf(owner));
    assert.equal(await versionOf(postgres), 0);
  });

  it('makes the tables, and the settings of the role that owns them, once', async () => {
    const { owner } = database.roles;
    assert.equal((await run(owner)).length, 5);
    assert.deepEqual(await run(owner), []);
    assert.deepEqual(await settingsOf(owner), ['30s', '10s', '2min', 'read committed']);
    await using postgres = open(database.urlOf(owner));
    await requireMigrated(postgres, MIGRATIONS);
  });

  it('lets another role read and write rows, but change no table', async () => {
    const { owner, service } = database.roles;
    await run(owner);
    await using postgres = open(database.urlOf(service));
    await assert.rejects(
      requireRights(postgres, MIGRATIONS),
      new RegExp(`which may not use \\w+(?:, \\w+)*: npm run admin -- provision --role ${service}, as their owner`),
    );
    await assert.rejects(
      run(owner, service),
      new RegExp(
        `expected a role that may change the role ${service}; got ${owner}: .*superuser.*\\nALTER ROLE "${service}" IN DATABASE "${database.name}" SET statement_timeout = '30s';\\n(?:.*\\n){2}ALTER ROLE .*;$`,
      ),
    );
    const changes = await run(undefined, service); // a superuser
    assert.equal(changes.length, 4, `expected only the settings; got ${changes.join('\n')}`);
    assert.deepEqual(await run(owner, service), []);
    assert.deepEqual(await settingsOf(service), ['30s', '10s', '2min', 'read committed']);
    await requireMigrated(postgres, MIGRATIONS);
    await requireRights(postgres, MIGRATIONS);
    for (const table of tablesIn(MIGRATIONS)) await postgres.change(`DELETE FROM ${table}`);
    for (const refused of [`DROP TABLE ${tablesIn(MIGRATIONS)[0]}`, 'UPDATE safelight_schema SET version = 9'])
      await assert.rejects(postgres.change(refused), { code: '42501' });
  });

  it('lets another role vacuum the tables, if the server can permit that', async () => {
    const { service } = database.roles;
    await run(undefined, service);
    await using postgres = open(database.urlOf(service));
    await createPostgresUserRecords(postgres).scrub();
    const [row] = await postgres.rows(
      `SELECT current_setting('server_version_num')::integer >= 170000,
        (SELECT count(*) > 0 FROM pg_stat_user_tables WHERE vacuum_count > 0)`,
    );
    const [canPermit, hasVacuumed] = row ?? [];
    assert.equal(hasVacuumed, canPermit);
  });

  it('ends with a sentence if it can not be done', async () => {
    const { owner, service } = database.roles;
    const given = { postgres: CONNECTION, role: null, mode: 'apply' } as const;
    for (const [options, says] of [
      [
        { role: 'nobody' },
        /^AppError: unavailable: expected a role nobody at 127\.0\.0\.1:\d+; got none: create it first/,
      ],
      [
        { url: database.urlOf('nobody') },
        /PostgreSQL at 127\.0\.0\.1:\d+ refuses the role nobody \(.*\): check DATABASE_URL/,
      ],
      [
        { url: `${database.urlOf(owner)}x` },
        /There is no database \w+x at 127\.0\.0\.1:\d+: create it, in the encoding UTF8/,
      ],
      [
        { url: 'postgres://127.0.0.1:1/images' },
        /PostgreSQL at 127\.0\.0\.1:1 can't be reached \(ECONNREFUSED\): check DATABASE_URL/,
      ],
      [{ url: `${database.urlOf(owner)}?sslmode=require` }, /has no TLS: .* set sslmode=disable in DATABASE_URL/],
    ] as const)
      await assert.rejects(provisionDatabase({ ...given, url: database.urlOf(owner), ...options }), says);

    await using other = await createOwnedDatabase(server.postgres);
    await using superuser = open(other.urlOf());
    await superuser.change('REVOKE CREATE ON SCHEMA public FROM PUBLIC'); // who has no such right since PostgreSQL 15
    await administer(server.postgres.url, `GRANT CONNECT ON DATABASE ${other.name} TO ${service}`);
    await assert.rejects(
      provisionDatabase({ ...given, url: other.urlOf(other.roles.service) }),
      /expected a role that owns the database \w+ or its tables; got service_\w+ \(.*permission denied/,
    );
  });
});
