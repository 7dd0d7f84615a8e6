import assert from 'node:assert/strict';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import {
  administer,
  createDatabase,
  NO_POSTGRES,
  type PostgresForTests,
  postgresForTests,
} from '../../../../../test/servers/postgres-for-tests.ts';
import { openPostgres } from './database.ts';
import { migrate } from './migrations.ts';

/** All time-outs here, of which a step takes several. */
const LIMIT_MS = 150;

describe('a migration of PostgreSQL', { skip: NO_POSTGRES }, () => {
  let server: PostgresForTests;
  before(async () => {
    server = await postgresForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  it('may take longer than other statements, also while another process waits for it', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-migrations-'));
    const slow = pathToFileURL(join(folder.path, 'slow.sql'));
    await writeFile(
      slow,
      `CREATE TABLE slow (n bigint);\nINSERT INTO slow SELECT 1 FROM pg_sleep(${LIMIT_MS / 200});\n`,
    );
    await using database = await createDatabase(server.postgres);
    const name = new URL(database.url).pathname.slice(1);
    for (const timeout of ['statement_timeout', 'lock_timeout'])
      await administer(server.postgres.url, `ALTER DATABASE ${name} SET ${timeout} = ${LIMIT_MS}`);
    const limited = { connections: 1, prepares: false };
    await using postgres = openPostgres({ ...limited, url: database.url });
    await using impatient = openPostgres({ ...limited, url: `${database.url}?query_timeout=${LIMIT_MS}` });
    const sleep = `SELECT pg_sleep(${LIMIT_MS / 200})`;
    await assert.rejects(postgres.rows(sleep), { message: /error 57014/ });
    await assert.rejects(impatient.rows(`SET statement_timeout = 0; ${sleep}`), { message: /got no answer/ });
    await Promise.all([migrate(postgres, [[slow]]), migrate(impatient, [[slow]])]);
    assert.deepEqual(await postgres.rows('SELECT n FROM slow'), [[1]]);
    assert.deepEqual(await postgres.rows("SELECT current_setting('statement_timeout')"), [[`${LIMIT_MS}ms`]]);
  });
});
