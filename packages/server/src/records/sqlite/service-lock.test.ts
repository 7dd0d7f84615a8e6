import assert from 'node:assert/strict';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { AppError } from '../../domain/errors.ts';
import { openDatabase } from './database.ts';
import { moduleUrl, startHolder } from './holding-process.fixture.ts';
import { lockFolder, lockFreeFolder } from './service-lock.ts';

const temporaryFolder = () => mkdtempDisposable(join(tmpdir(), 'safelight-lock-'));

describe('the lock of a data folder', () => {
  it('is refused while another process holds it, and free again once that is killed', async () => {
    await using folder = await temporaryFolder();
    await using service = await startHolder(`
      import { lockFolder } from ${moduleUrl('./service-lock.ts')};
      globalThis.lock = lockFolder(${JSON.stringify(folder.path)});
    `);
    assert.throws(() => lockFolder(folder.path), isInUse);
    await service.kill();
    using _lock = lockFolder(folder.path);
  });

  it('is refused within the same process, until disposed of', async () => {
    await using folder = await temporaryFolder();
    {
      using _lock = lockFolder(folder.path);
      assert.throws(() => lockFolder(folder.path), isInUse);
    }
    using _lock = lockFolder(folder.path);
  });

  it('leaves the database open to admin commands', async () => {
    await using folder = await temporaryFolder();
    using _lock = lockFolder(folder.path);
    using service = openDatabase(folder.path, []);
    using admin = openDatabase(folder.path, []);
    admin.exec('BEGIN IMMEDIATE; COMMIT');
    service.exec('BEGIN IMMEDIATE; COMMIT');
  });

  it('creates the folder', async () => {
    await using folder = await temporaryFolder();
    const nested = join(folder.path, 'a', 'b');
    using _lock = lockFolder(nested);
    using _database = openDatabase(nested, []);
  });

  const inProc = { skip: process.platform !== 'linux' && 'only Linux has /proc' };
  for (const path of ['/proc/safelight', '/proc/safelight/data'])
    it(`refuses at once a folder that can't be made: ${path}`, inProc, () => {
      assert.throws(() => lockFolder(path), /Can't use the data folder \/proc\/.*ENOENT.*set DATA_DIR/);
    });

  it('names the folder that it could not lock', async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, 'file'), '');
    const impossible = join(folder.path, 'file', 'folder');
    assert.throws(() => lockFolder(impossible), /unavailable: Can't use the data folder .*folder.*set DATA_DIR/);
  });
});

const isInUse = (error: unknown): boolean =>
  error instanceof AppError && error.code === 'unavailable' && error.detail.startsWith('Another Safelight service');

describe('a process’s own folder', () => {
  it('is the first that no other process holds, even after a kill', async () => {
    await using folder = await temporaryFolder();
    const place = (name: string) => join(folder.path, 'processes', name);
    await using other = await startHolder(`
      import { lockFreeFolder } from ${moduleUrl('./service-lock.ts')};
      globalThis.lock = lockFreeFolder(${JSON.stringify(place(''))});
    `);
    {
      using second = lockFreeFolder(place(''));
      assert.equal(second.path, place('1'));
      using third = lockFreeFolder(place(''));
      assert.equal(third.path, place('2'));
    }
    using again = lockFreeFolder(place(''));
    assert.equal(again.path, place('1'));
    await other.kill();
    using first = lockFreeFolder(place(''));
    assert.equal(first.path, place('0'));
  });

  it('fails at once if no folder can be created', async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, 'processes'), 'no folder');
    assert.throws(() => lockFreeFolder(join(folder.path, 'processes')), /Can't use the data folder/);
  });
});
