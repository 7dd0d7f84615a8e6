import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { createClient, openFile, type Uploader } from '@safelight/client';
import { type RunningService, startService } from '../../server/test/services/running-service.ts';
import { type Album, createAlbum, listOf } from './album.ts';

describe('the folder of a queue', () => {
  let album: Album;
  let service: RunningService;
  let folder: string;
  let queue: string;
  let userId = 0;
  before(async () => {
    album = await createAlbum(3, { width: 64, height: 48 });
    service = await startService({ LOG_LEVEL: 'silent' });
    folder = await mkdtemp(join(tmpdir(), 'safelight-folder-'));
  });
  after(async () => {
    await service?.[Symbol.asyncDispose]();
    await album?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    userId += 1;
    queue = join(folder, `queue ${userId}`);
  });

  const uploader = () => createClient({ baseUrl: service.origin, userId: `u${userId}` }).uploader({ folder: queue });
  const files = () => Promise.all(album.paths.map(openFile));
  const statesOf = (uploads: Uploader) => uploads.items.map(({ state }) => state);

  /** A queue that ended before it sent anything. Its items. */
  async function waiting() {
    const uploads = uploader();
    uploads.pause();
    const items = await uploads.add(await files());
    await uploads.close();
    return items;
  }

  it('keeps all items but a damaged one, which fails, until it is canceled', async () => {
    const [, second] = await waiting();
    const damaged = join(queue, `item-${second?.id}.json`);
    await writeFile(damaged, '{"id":');
    const uploads = uploader();
    await uploads.whenIdle();
    assert.deepEqual(statesOf(uploads), ['failed', 'ready', 'ready']);
    const [failed] = uploads.items;
    assert.equal(failed?.error?.code, 'unreadable-file');
    assert.ok(failed?.error?.detail.includes(damaged), failed?.error?.detail);
    uploads.retry();
    await uploads.whenIdle();
    assert.deepEqual(statesOf(uploads), ['failed', 'ready', 'ready']);
    assert.ok(existsSync(damaged));
    uploads.cancel(failed?.id ?? '');
    await uploads.close();
    assert.deepEqual(await readdir(queue), ['queue.json']);
  });

  it('keeps the items if the file of the queue itself is damaged', async () => {
    await waiting();
    await writeFile(join(queue, 'queue.json'), '');
    const uploads = uploader();
    await uploads.whenIdle();
    assert.deepEqual(statesOf(uploads), ['ready', 'ready', 'ready']);
    await uploads.close();
  });

  it('refuses items if it is a file', async () => {
    await writeFile(queue, 'a file');
    const uploads = uploader();
    await assert.rejects(uploads.add(await files()), {
      code: 'unreadable-file',
      message: /^expected a folder that can keep the queue; got an error of .*: EEXIST/,
    });
    await uploads.whenIdle();
    assert.deepEqual(uploads.items, []);
    await uploads.close();
  });

  it('refuses an item that it cannot keep', async () => {
    const uploads = uploader();
    const [first, ...others] = await files();
    await uploads.add(first ? [first] : []);
    await uploads.whenIdle();
    await rm(queue, { recursive: true });
    await assert.rejects(uploads.add(others), { code: 'unreadable-file', message: /ENOENT/ });
    await uploads.whenIdle();
    assert.deepEqual(statesOf(uploads), ['ready']);
    await uploads.close();
    assert.equal((await listOf(service.origin, `user_id=u${userId}`)).length, 1);
  });

  it('keeps why an item failed, with its params', async () => {
    const cut = join(folder, 'cut.gif');
    await writeFile(cut, 'GIF89a');
    const first = uploader();
    await first.add(await openFile(cut));
    await first.whenIdle();
    await first.close();
    const second = uploader();
    await second.whenIdle();
    const error = second.items[0]?.error;
    assert.deepEqual([error?.code, error?.params], ['unreadable-image', { reason: 'cut-off' }]);
    await second.close();
  });

  it("has each file's bytes on the disk before it has the file's name", async () => {
    const probe = await open(join(folder, 'probe'), 'w');
    const handles = Object.getPrototypeOf(probe) as typeof probe;
    await probe.close();
    const { sync } = handles;
    let [synced, named] = [0, 0];
    handles.sync = async function (this: typeof probe) {
      const names = await readdir(queue);
      synced += 1;
      named = Math.max(named, names.filter((name) => /^item-\w+\.json$/.test(name)).length);
      return sync.call(this);
    };
    try {
      await waiting();
    } finally {
      handles.sync = sync;
    }
    assert.deepEqual([synced, named], [4, 2]); // the queue's file, and one for each item
  });

  it("that two queues use has the later one's attempts", async () => {
    const first = uploader();
    first.pause();
    await first.add(new File(['GIF89a'], 'broken.gif'));
    const second = uploader();
    await second.add(new File(['GIF89a'], 'broken.gif')); // a file in memory isn't in the folder: it is chosen once more
    await second.whenIdle();
    second.retry();
    await second.whenIdle();
    await second.close();
    first.resume();
    await first.whenIdle();
    assert.deepEqual(statesOf(first), ['failed']);
    first.retry();
    await first.whenIdle();
    await first.close();
    assert.equal((await listOf(service.origin, `user_id=u${userId}&status=rejected`)).length, 3);
  });
});
