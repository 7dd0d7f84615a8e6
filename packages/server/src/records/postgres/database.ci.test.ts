import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  NO_POSTGRES,
  type PostgresForTests,
  postgresForTests,
} from '../../../../../test/servers/postgres-for-tests.ts';
import { AppError } from '../../domain/errors.ts';
import { openPostgres } from './database.ts';
import { createMigratedDatabase, type MigratedDatabase } from './migrated-database.fixture.ts';

describe('a PostgreSQL database', { skip: NO_POSTGRES }, () => {
  let server: PostgresForTests;
  let database: MigratedDatabase;
  before(async () => {
    server = await postgresForTests();
    database = await createMigratedDatabase(server.postgres);
    await database.postgres.change('CREATE TABLE texts (n bigint, text text COLLATE "C" PRIMARY KEY)');
  });
  after(async () => {
    await database[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  it('keeps every text and number, and their order', async () => {
    const { postgres } = database;
    const texts = [
      '',
      '\u0000',
      '\u0000\u0001',
      '\u0001',
      '\u00010',
      '\u00011',
      '\u0002',
      '0',
      'a',
      'a\u0000',
      'ä',
      '😀',
    ];
    for (const [n, text] of texts.entries())
      await postgres.change('INSERT INTO texts VALUES ($1, $2)', [Number.MAX_SAFE_INTEGER - n, text]);
    const rows = await postgres.rows('SELECT n, text FROM texts ORDER BY text');
    assert.deepEqual(
      rows,
      texts.toSorted().map((text) => [Number.MAX_SAFE_INTEGER - texts.indexOf(text), text]),
    );
    const some = await postgres.rows('SELECT text FROM texts WHERE text = ANY ($1) ORDER BY text', [
      ['\u0000', 'ä', '"'],
    ]);
    assert.deepEqual(some, [['\u0000'], ['ä']]);
    await postgres.change('DELETE FROM texts');
  });

  it('does all of a transaction or nothing', async () => {
    const { postgres } = database;
    const broken = new AppError('forbidden', 'no');
    await assert.rejects(
      postgres.transaction(async (transaction) => {
        transaction.send('INSERT INTO texts VALUES (1, $1)', ['a']);
        throw broken;
      }),
      broken,
    );
    await assert.rejects(
      postgres.transaction(async (transaction) => {
        transaction.send('INSERT INTO texts VALUES (1, $1)', ['a']);
        transaction.send('INSERT INTO texts VALUES (1, $1)', ['a']);
        transaction.send('INSERT INTO texts VALUES (1, $1)', ['b']);
      }),
      { code: '23505' },
    );
    assert.deepEqual(await postgres.rows('SELECT * FROM texts'), []);
    const found = await postgres.transaction(async (transaction) => {
      transaction.send('INSERT INTO texts VALUES (1, $1)', ['a']);
      return transaction.rows('SELECT text FROM texts');
    });
    assert.deepEqual(found, [['a']]);
    assert.equal(await postgres.change('DELETE FROM texts'), 1);
  });

  it('repeats the victim of a deadlock', async () => {
    const { postgres } = database;
    await postgres.change("INSERT INTO texts VALUES (0, 'a'), (0, 'b')");
    const met = Promise.withResolvers<void>();
    let waiting = 0;
    let runs = 0;
    const raise = (first: string, second: string) =>
      postgres.transaction(async (transaction) => {
        runs += 1;
        await transaction.change('UPDATE texts SET n = n + 1 WHERE text = $1', [first]);
        waiting += 1;
        if (waiting === 2) met.resolve();
        await met.promise;
        transaction.send('UPDATE texts SET n = n + 1 WHERE text = $1', [second]);
      });
    await Promise.all([raise('a', 'b'), raise('b', 'a')]);
    assert.ok(runs >= 3, `${runs} runs`); // each victim runs again
    assert.deepEqual(await postgres.rows('SELECT n FROM texts'), [[2], [2]]);
    await postgres.change('DELETE FROM texts');
  });

  it('is unavailable without a server', async () => {
    await using nobody = openPostgres({ url: 'postgres://a@127.0.0.1:1/b', connections: 1, prepares: true });
    await assert.rejects(nobody.rows('SELECT 1'), { code: 'unavailable', retryAfterSeconds: 2 });
    await assert.rejects(
      nobody.transaction(async () => 1),
      { code: 'unavailable' },
    );
  });
});
