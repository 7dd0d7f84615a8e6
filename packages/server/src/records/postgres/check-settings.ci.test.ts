import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { NO_POSTGRES, type PostgresServer, startPostgres } from '../../../../../test/servers/postgres.ts';
import { requireDurable } from './check-settings.ts';
import { openPostgres } from './database.ts';

/** Opens the server's own database, with settings of the session. */
const open = ({ postgres }: PostgresServer, options = '') =>
  openPostgres({
    url: `${postgres.url}/postgres?options=${encodeURIComponent(options)}`,
    connections: 1,
    prepares: true,
  });

describe('a PostgreSQL that is checked', { skip: NO_POSTGRES }, () => {
  let server: PostgresServer;
  before(async () => {
    server = await startPostgres();
  });
  after(() => server[Symbol.asyncDispose]());

  it('is durable by default', async () => {
    await using postgres = open(server);
    await requireDurable(postgres);
  });

  for (const value of ['on', 'local', 'remote_write', 'remote_apply'])
    it(`is durable with synchronous_commit = ${value}`, async () => {
      await using postgres = open(server, `-c synchronous_commit=${value}`);
      assert.deepEqual(await postgres.rows('SHOW synchronous_commit'), [[value]]);
      await requireDurable(postgres);
    });

  it('is refused if its sessions do not wait for their commits', async () => {
    await using postgres = open(server, '-c synchronous_commit=off');
    await assert.rejects(requireDurable(postgres), {
      code: 'unavailable',
      detail:
        'expected a PostgreSQL whose commits survive a power cut; got synchronous_commit = off: ' +
        'set each to on, in the settings of the server, the role or the database',
    });
  });

  for (const [settings, got] of [
    [['fsync = off'], 'fsync = off'],
    [['full_page_writes = off', 'synchronous_commit = false'], 'full_page_writes = off and synchronous_commit = off'],
  ] as const)
    it(`is refused with ${settings.join(' and ')}`, async () => {
      await using lax = await startPostgres({ settings });
      await using postgres = open(lax);
      await assert.rejects(requireDurable(postgres), (error: Error & { code?: string; detail?: string }) => {
        assert.equal(error.code, 'unavailable');
        assert.ok(error.detail?.includes(`; got ${got}: `), error.detail);
        return true;
      });
    });
});
