import assert from 'node:assert/strict';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { migrate } from './migrations.ts';

describe('migrate', () => {
  it('runs the missing steps, in order and once', async () => {
    await using steps = await writeSteps('CREATE TABLE a (x);', 'INSERT INTO a VALUES (1);', 'UPDATE a SET x = x + 1;');
    using database = new DatabaseSync(':memory:');
    migrate(database, steps.files.slice(0, 2));
    assert.equal(versionOf(database), 2);
    migrate(database, steps.files);
    migrate(database, steps.files);
    assert.equal(versionOf(database), 3);
    assert.equal(database.prepare('SELECT sum(x) AS sum FROM a').get()?.['sum'], 2);
  });

  it('performs a step completely or not at all, and continues from there', async () => {
    await using steps = await writeSteps('CREATE TABLE a (x);', 'CREATE TABLE b (x); CREATE TABLE a (y);');
    using database = new DatabaseSync(':memory:');
    assert.throws(() => migrate(database, steps.files), /table a already exists/);
    assert.equal(versionOf(database), 1);
    assert.throws(() => database.prepare('SELECT * FROM b'), /no such table/);

    await using mended = await writeSteps('', 'CREATE TABLE b (x); -- a comment ends the file');
    migrate(database, mended.files);
    assert.equal(versionOf(database), 2);
  });
});

const versionOf = (database: DatabaseSync) => database.prepare('PRAGMA user_version').get()?.['user_version'];

async function writeSteps(...texts: string[]) {
  const folder = await mkdtempDisposable(join(tmpdir(), 'safelight-migrations-'));
  const paths = texts.map((_, index) => join(folder.path, `${index}.sql`));
  for (const [index, path] of paths.entries()) await writeFile(path, texts[index] ?? '');
  return { files: paths.map((path) => ({ sql: [pathToFileURL(path)] })), [Symbol.asyncDispose]: () => folder.remove() };
}
