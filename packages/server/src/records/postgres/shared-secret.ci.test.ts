import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  NO_POSTGRES,
  type PostgresForTests,
  postgresForTests,
} from '../../../../../test/servers/postgres-for-tests.ts';
import { openPostgres, type Statements } from './database.ts';
import { whileLocked } from './lock-waits.fixture.ts';
import { createMigratedDatabase } from './migrated-database.fixture.ts';
import { knownSharedSecret, sharedSecret } from './shared-secret.ts';

describe('the processes of a database', { skip: NO_POSTGRES }, () => {
  let server: PostgresForTests;
  before(async () => {
    server = await postgresForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  it('share one secret of 32 bytes, even if all find none and write theirs', async () => {
    await using stack = new AsyncDisposableStack();
    const { postgres, url } = stack.use(await createMigratedDatabase(server.postgres));
    const elsewhere = stack.use(openPostgres({ url, connections: 5, prepares: true }));
    assert.equal(await knownSharedSecret(postgres), undefined);
    const allLooked = Promise.withResolvers<void>();
    let looking = 20;
    const afterAllLooked = (statements: Statements): Statements => ({
      ...statements,
      async rows(sql) {
        const rows = await statements.rows(sql);
        looking -= 1;
        if (looking === 0) allLooked.resolve();
        await allLooked.promise;
        return rows;
      },
    });
    const asked = Array.from({ length: looking }, (_, n) =>
      sharedSecret(afterAllLooked(n % 2 === 0 ? postgres : elsewhere)),
    );
    const secrets = await Promise.all(asked);
    const [secret = ''] = secrets;
    assert.equal(new Set(secrets).size, 1);
    assert.equal(Buffer.from(secret, 'base64url').length, 32);
    for (const statements of [postgres, elsewhere]) {
      assert.equal(await sharedSecret(statements, 'another'), secret, 'expected the secret to stay');
      assert.equal(await knownSharedSecret(statements), secret);
    }

    await using other = await createMigratedDatabase(server.postgres);
    assert.notEqual(await sharedSecret(other.postgres), secret, 'expected another secret for another database');
  });

  it('share the secret of the one that commits first, also if another one has found none', async () => {
    await using database = await createMigratedDatabase(server.postgres);
    const { postgres } = database;
    const secret = await whileLocked(
      postgres,
      (transaction) => sharedSecret(transaction, 'of a backup'),
      () => sharedSecret(postgres),
    );
    assert.equal(secret, 'of a backup');
  });
});
