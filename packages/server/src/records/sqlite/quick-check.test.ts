import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { openDatabase } from './database.ts';
import { leavesOf, misdirectPage } from './misdirected-page.fixture.ts';
import { quickCheck } from './quick-check.ts';
import { MIGRATIONS } from './schema.ts';

it('a page at the place of another is found beside a service; a check that was ended says nothing', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-check-'));
  using database = openDatabase(folder.path, MIGRATIONS);
  const add = database.prepare('INSERT INTO image_search_rows (position, n) VALUES (?, ?)');
  database.exec('BEGIN');
  for (let n = 1; n < 2_000; n += 1) add.run(n, n);
  database.exec('COMMIT');
  assert.deepEqual(await quickCheck(folder.path), []);
  const [first = 0, second = 0] = leavesOf(folder.path, 'image_search_rows');
  misdirectPage(folder.path, { from: first, to: second });
  const faults = await quickCheck(folder.path);
  assert.notEqual(faults?.length ?? 0, 0);
  const stop = new AbortController();
  const ended = quickCheck(folder.path, stop.signal);
  stop.abort();
  assert.equal(await ended, undefined);
  assert.equal(await quickCheck(join(folder.path, 'absent')), undefined);
});
