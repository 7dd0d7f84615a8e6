import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { NO_POSTGRES, postgresForTests } from '../../../../../test/servers/postgres-for-tests.ts';
import { createMigratedDatabase } from '../postgres/migrated-database.fixture.ts';
import { openDatabase } from '../sqlite/database.ts';
import { MIGRATIONS } from '../sqlite/schema.ts';
import { type Fate, KEY_PREFIXES, POSTGRES_TABLES, TABLES } from './stored-kinds.ts';

const ADAPTER = new URL('../dynamodb/', import.meta.url);

describe('the kinds of stored data', () => {
  it('name every table of SQLite, and no other', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-kinds-'));
    using database = openDatabase(folder.path, MIGRATIONS);
    const listed = database
      .prepare("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type <> 'shadow'")
      .all();
    const tables = (listed as unknown as [string][])
      .map(([name]) => name)
      .filter((name) => !name.startsWith('sqlite_'));
    assert.deepEqual(tables.toSorted(), Object.keys(TABLES).toSorted());
  });

  it('name every table of PostgreSQL, and no other', { skip: NO_POSTGRES }, async () => {
    await using server = await postgresForTests();
    await using database = await createMigratedDatabase(server.postgres);
    const listed = await database.postgres.rows(
      "SELECT relname::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'm', 'v')",
    );
    assert.deepEqual(listed.flat().toSorted(), Object.keys(POSTGRES_TABLES).toSorted());
  });

  it('name every beginning of a key that DynamoDB has, and no other', () => {
    const source = readFileSync(new URL('item-keys.ts', ADAPTER), 'utf8');
    const schema = readFileSync(new URL('schema.ts', ADAPTER), 'utf8');
    const inKeys = [...source.matchAll(/['`]([A-Z]{1,2}#)/g)].map(([, prefix]) => prefix);
    const inLetters = [...source.matchAll(/: '([A-Z])'(?=[,;]| \})/g)].map(([, letter]) => `${letter}#`);
    const described = [...schema.matchAll(/^ \*\s+(.*)$/gm)].flatMap(([, line]) =>
      [...(line ?? '').matchAll(/(?<=^|, )([A-Z]{1,2}#)/g)].map(([, prefix]) => prefix),
    );
    const found = new Set([...inKeys, ...inLetters, ...described]);
    assert.deepEqual([...found].toSorted(), Object.keys(KEY_PREFIXES).toSorted());
  });

  it('each have a reason', () => {
    for (const { why } of [TABLES, POSTGRES_TABLES, KEY_PREFIXES].flatMap((kinds) => Object.values<Fate>(kinds)))
      assert.match(why, /\w+ \w+/);
  });
});
