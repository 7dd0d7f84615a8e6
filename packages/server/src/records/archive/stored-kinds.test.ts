import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openDatabase } from '../sqlite/database.ts';
import { MIGRATIONS } from '../sqlite/schema.ts';
import { KEY_PREFIXES, TABLES } from './stored-kinds.ts';

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
    for (const { why } of Object.values({ ...TABLES, ...KEY_PREFIXES })) assert.match(why, /\w+ \w+/);
  });
});
