import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { sampleKey } from '../../../domain/access/api-keys.fixture.ts';
import { openDatabase } from '../../sqlite/database.ts';
import { createGroupCommit } from '../../sqlite/group-commit.ts';
import { allRows } from '../../sqlite/rows.ts';
import { MIGRATIONS } from '../../sqlite/schema.ts';
import { describeKeyRepository } from '../key-repository.contract.ts';
import { createSqliteKeyRepository } from './sqlite.ts';

/** Two connections, as two processes have them. */
async function createHarness() {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'safelight-keys-')));
  const open = () => {
    const database = stack.use(openDatabase(folder.path, MIGRATIONS));
    return { database, keys: createSqliteKeyRepository(database, stack.use(createGroupCommit(database))) };
  };
  const { database, keys } = open();
  const { keys: elsewhere } = open();
  const held = stack.move();
  return { database, keys, elsewhere, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

describeKeyRepository('SQLite', createHarness);

describe('the SQLite repository of keys', () => {
  it('reads each list by an index, in its order', async () => {
    await using harness = await createHarness();
    const planOf = (sql: string, values: readonly (string | number)[]) =>
      allRows(harness.database.prepare(`EXPLAIN QUERY PLAN ${sql}`), values).map((row) => String(row[3]));
    for (const [sql, values, plan] of [
      ['SELECT * FROM api_keys WHERE id < ? ORDER BY id DESC LIMIT ?', ['~', 9], /^SEARCH api_keys USING PRIMARY KEY/],
      [
        'SELECT * FROM api_keys WHERE owner = ? AND id < ? ORDER BY id DESC LIMIT ?',
        ['ada', '~', 9],
        /^SEARCH api_keys USING INDEX api_keys_by_owner/,
      ],
    ] as const) {
      const [first = '', ...others] = planOf(sql, values);
      assert.match(first, plan);
      assert.deepEqual(others, []);
    }
  });

  for (const [column, value] of [
    ['secret_hash', 'ab'],
    ['secret_hash', ''],
    ['scopes', '["images:everything"]'],
    ['scopes', 'no JSON'],
    ['acts_as', '{}'],
    ['acts_as', '{"prefixes":[]}'],
    ['acts_as', '{"prefixes":[""]}'],
    ['acts_as', '{"prefixes":"acme:"}'],
    ['acts_as', '{"prefixes":["acme:"," "]}'],
    ['acts_as', 'null'],
    ['replaces', '["x"]'],
    ['successor', 'x'],
    ['keyspace', ''],
    ['created_at', 9e15],
  ] as const)
    it(`does not read a key with a spoiled ${column} (${value})`, async () => {
      await using harness = await createHarness();
      const key = sampleKey();
      await harness.keys.create(key);
      harness.database.prepare(`UPDATE api_keys SET ${column} = ?`).run(value);
      await assert.rejects(harness.keys.get(key.id), TypeError);
    });

  it('stores prefixes as no list: earlier versions read lists, and a key without one as its owner’s', async () => {
    await using harness = await createHarness();
    await harness.keys.create(sampleKey({ actsAs: { prefixes: ['acme:'] } }));
    const [[stored] = []] = allRows(harness.database.prepare('SELECT acts_as FROM api_keys'), []);
    assert.deepEqual(JSON.parse(String(stored)), { prefixes: ['acme:'] });
  });

  it('does not read a key that makes no principal', async () => {
    await using harness = await createHarness();
    const key = sampleKey();
    await harness.keys.create(key);
    harness.database.exec('UPDATE api_keys SET owner = NULL');
    await assert.rejects(harness.keys.get(key.id), /expected an owner/);
  });
});
