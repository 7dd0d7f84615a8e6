import assert from 'node:assert/strict';
import promises, { mkdir, readdir, realpath } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { temporaryFolder } from './disk-harness.fixture.ts';
import { createFolders } from './folders.ts';

describe('the folders of a store', () => {
  const { open } = promises;
  /** The folders whose sync has begun. */
  let synced: string[];
  let sync: (folder: string) => Promise<void>;

  beforeEach(() => {
    synced = [];
    sync = async () => {};
    mock.method(promises, 'open', async (...parameters: Parameters<typeof open>) => {
      const handle = await open(...parameters);
      handle.sync = () => {
        synced.push(String(parameters[0]));
        return sync(String(parameters[0]));
      };
      return handle;
    });
    syncBuiltinESMExports();
  });
  afterEach(() => {
    mock.restoreAll();
    syncBuiltinESMExports();
  });

  async function setUp() {
    const temporary = await temporaryFolder();
    const root = await realpath(temporary.path);
    const [parent, folder] = [join(root, 'images'), join(root, 'images/ann')];
    return {
      root,
      parent,
      folder,
      folders: createFolders(root),
      [Symbol.asyncDispose]: temporary[Symbol.asyncDispose],
    };
  }

  const untilSynced = async (folder: string): Promise<void> => {
    while (!synced.includes(folder)) await delay(1);
  };
  const untilGone = async (folder: string): Promise<void> => {
    while ((await readdir(dirname(folder)).catch(() => [])).length > 0) await delay(10);
  };

  it('are synced with their parents once, then alone', async () => {
    await using store = await setUp();
    const { root, parent, folder, folders } = store;
    await folders.make(folder);
    assert.deepEqual(synced, []);
    await folders.sync(folder);
    assert.deepEqual(synced.splice(0).toSorted(), [root, parent, folder]);
    await folders.sync(folder);
    assert.deepEqual(synced, [folder]);
  });

  it('that exist at the start are synced too, because a power cut may have followed their creation', async () => {
    await using store = await setUp();
    const { root, parent, folder, folders } = store;
    await mkdir(folder, { recursive: true });
    await folders.make(folder);
    await folders.sync(folder);
    assert.deepEqual(synced.toSorted(), [root, parent, folder]);
  });

  it('that are created again after pruning are synced again', async () => {
    await using store = await setUp();
    const { root, parent, folder, folders } = store;
    await folders.make(folder);
    await folders.sync(folder);
    await folders.prune(folder);
    await untilGone(parent);
    synced = [];
    await folders.make(folder);
    await folders.sync(folder);
    assert.deepEqual(synced.toSorted(), [root, parent, folder]);
  });

  it('that are not empty when pruned need no further sync of their parents', async () => {
    await using store = await setUp();
    const { folder, folders } = store;
    await folders.make(join(folder, '1'));
    await folders.sync(join(folder, '1'));
    await folders.make(join(folder, '2'));
    await folders.prune(join(folder, '1'));
    while ((await readdir(folder)).length > 1) await delay(10);
    do {
      synced = [];
      await folders.sync(folder);
    } while (synced.length > 1); // rmdir(2) hasn't failed yet
    assert.deepEqual(synced, [folder]);
  });

  it('share the next sync that begins after their request', async () => {
    await using store = await setUp();
    const { folder, folders } = store;
    await folders.make(folder);
    await folders.sync(folder);
    synced = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    sync = () => promise;
    const first = folders.sync(folder);
    await untilSynced(folder);
    const others = Promise.all([folders.sync(folder), folders.sync(folder)]);
    resolve();
    await Promise.all([first, others]);
    assert.deepEqual(synced, [folder, folder]);
  });

  it('fail all waiting callers if a sync fails, and are then synced again with their parents', async () => {
    await using store = await setUp();
    const { root, parent, folder, folders } = store;
    await folders.make(folder);
    const { promise, reject } = Promise.withResolvers<void>();
    sync = () => {
      sync = async () => {};
      return promise;
    };
    const first = folders.sync(folder);
    while (synced.length < 3) await delay(1);
    const waiting = folders.sync(folder);
    reject(new Error('EIO'));
    const outcomes = await Promise.allSettled([first, waiting]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['rejected', 'rejected'],
    );
    while (synced.length < 5) await delay(1); // the two folders that could be synced, twice each
    synced = [];
    await folders.sync(folder);
    assert.deepEqual(synced.toSorted(), [root, parent, folder]);
  });
});
