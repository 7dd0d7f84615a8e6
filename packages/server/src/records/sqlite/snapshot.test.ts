import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openDatabase } from './database.ts';
import { firstRow } from './rows.ts';
import { createSnapshot } from './snapshot.ts';

describe('a snapshot', () => {
  it('shows one moment even if another process commits meanwhile, and the next snapshot shows that commit', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-snapshot-'));
    using database = openDatabase(folder.path, []);
    using other = openDatabase(folder.path, []);
    database.exec('CREATE TABLE written (n)');
    const count = database.prepare('SELECT count(*) FROM written');
    const inSnapshot = createSnapshot(database);
    const readTwice = () => {
      const before = firstRow(count, []);
      other.exec('INSERT INTO written VALUES (1)');
      return [before, firstRow(count, [])];
    };
    assert.deepEqual(inSnapshot(readTwice), [[0], [0]]);
    assert.deepEqual(inSnapshot(readTwice), [[1], [1]]);
  });

  it('ends if its reads fail, with their error', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-snapshot-'));
    using database = openDatabase(folder.path, []);
    const inSnapshot = createSnapshot(database);
    const failing = () => {
      throw new Error('no such image');
    };
    assert.throws(() => inSnapshot(failing), /no such image/);
    assert.equal(database.isTransaction, false);
    assert.throws(() => inSnapshot(() => database.exec('ROLLBACK; SELECT nothing')), /nothing/);
    assert.equal(
      inSnapshot(() => 1),
      1,
    );
  });
});
