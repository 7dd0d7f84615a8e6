import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { it } from 'node:test';
import { MIGRATIONS } from '../migrations.ts';
import { DATABASE_FILE, openDatabase } from './database.ts';
import { scrubDatabase } from './scrub.ts';

it('a database behind a long reader is not rewritten, so that its log does not grow with each attempt', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "safelight-scrub's-"));
  const path = join(folder.path, DATABASE_FILE);
  const log = () => statSync(`${path}-wal`).size;
  using database = openDatabase(folder.path, MIGRATIONS);
  const add = database.prepare('INSERT INTO dead_letters (body, reason, died_at, n) VALUES (?, ?, 1, ?)');
  for (let n = 0; n < 200; n += 1) add.run('secret'.repeat(500), '', n);
  {
    using reader = new DatabaseSync(path, { readOnly: true });
    reader.exec('BEGIN');
    reader.prepare('SELECT COUNT(*) FROM dead_letters').get();
    database.exec('DELETE FROM dead_letters');
    const before = log();
    await assert.rejects(scrubDatabase(folder.path), { code: 'unavailable' });
    assert.equal(log(), before);
    add.run('while it was tried', '', 1);
  }
  await scrubDatabase(folder.path);
  assert.equal(log(), 0);
  assert.equal((await readFile(path)).includes('secretsecret'), false);
  assert.equal(database.prepare('SELECT COUNT(*) FROM dead_letters').get()?.[0 as never], 1);
});
