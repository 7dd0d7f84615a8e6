import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { it } from 'node:test';
import { DATABASE_FILE, openDatabase } from './database.ts';
import { createGroupCommit } from './group-commit.ts';
import { MIGRATIONS } from './schema.ts';
import { scrubDatabase } from './scrub.ts';

const NO_WRITES = { waitedMs: () => 0 };

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
    await assert.rejects(scrubDatabase(folder.path, NO_WRITES), { code: 'unavailable' });
    assert.equal(log(), before);
    add.run('while it was tried', '', 1);
  }
  await scrubDatabase(folder.path, NO_WRITES);
  assert.equal(log(), 0);
  assert.equal((await readFile(path)).includes('secretsecret'), false);
  assert.equal(database.prepare('SELECT COUNT(*) FROM dead_letters').get()?.[0 as never], 1);
});

it('a write waits for less than a second: the rewrite gives way, and another attempt ends it', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-scrub-'));
  using database = openDatabase(folder.path, MIGRATIONS);
  await using writes = createGroupCommit(database);
  {
    // Holds the lock as a long VACUUM does; the rewriting process waits for it as for any writer.
    using vacuum = new DatabaseSync(join(folder.path, DATABASE_FILE));
    vacuum.exec('BEGIN IMMEDIATE');
    const written = writes.write(() => 'written');
    await assert.rejects(scrubDatabase(folder.path, writes), { code: 'unavailable', detail: /at a quiet time$/ });
    vacuum.exec('ROLLBACK');
    assert.equal(await written, 'written');
  }
  assert.equal(writes.waitedMs(), 0);
  await scrubDatabase(folder.path, writes);
});
