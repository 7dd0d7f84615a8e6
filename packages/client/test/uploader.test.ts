import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type ClientOptions, createClient, openFile, type Send, type Uploader } from '@safelight/client';
import { testImage } from '../../../test/pictures/test-images.ts';
import { type ListeningService, listen } from '../../server/test/services/listening-service.ts';
import { movingClock } from '../../server/test/services/moving-clock.ts';
import { sweepAll } from '../../server/test/services/record-check.ts';
import type { TestService } from '../../server/test/services/service.ts';
import { createSharingService } from '../../server/test/services/sharing-service.ts';
import { createSendByHttp } from '../src/node/send-by-http.ts';
import { type Album, createAlbum, listOf, requireAlbum } from './album.ts';
import { type CuttingProxy, startCuttingProxy } from './cutting-proxy.ts';

const HOUR_MS = 3_600_000;

describe('a queue of uploads', () => {
  const clock = movingClock();
  let album: Album;
  let service: TestService;
  let listening: ListeningService;
  let proxy: CuttingProxy;
  let origin: string;
  let folder: string;
  before(async () => {
    album = await createAlbum(6, { width: 64, height: 48 });
    service = await createSharingService({ overrides: { clock } });
    listening = await listen(service);
    origin = `http://${listening.address}`;
    proxy = await startCuttingProxy(origin);
    folder = await mkdtemp(join(tmpdir(), 'safelight-queue-'));
  });
  after(async () => {
    await proxy?.[Symbol.asyncDispose]();
    await listening?.[Symbol.asyncDispose]();
    await service?.[Symbol.asyncDispose]();
    await album?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const files = () => Promise.all(album.paths.map(openFile));
  const clientOf = (userId: string, more: ClientOptions = {}) => createClient({ baseUrl: origin, userId, ...more });
  const statesOf = (uploads: Uploader) => uploads.items.map(({ state }) => state);

  const until = (uploads: Uploader, isTrue: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (!isTrue()) return;
        stop();
        resolve();
      };
      const stop = uploads.subscribe(check);
      check();
    });

  /** A sender that waits for the test before each upload. */
  function gated() {
    const sending = createSendByHttp();
    const opened = Promise.withResolvers<void>();
    const waiting: (() => void)[] = [];
    let arrived = (): void => undefined;
    const send: Send = async (request) => {
      const turn = Promise.withResolvers<void>();
      request.signal?.addEventListener('abort', () => turn.resolve());
      waiting.push(turn.resolve);
      arrived();
      await Promise.race([turn.promise, opened.promise]);
      return sending(request);
    };
    return {
      send,
      open: opened.resolve,
      openOne: () => waiting.shift()?.(),
      /** Resolves when `count` uploads wait. */
      async arrivals(count: number): Promise<void> {
        while (waiting.length < count)
          await new Promise<void>((resolve) => {
            arrived = resolve;
          });
      },
      forget: () => waiting.splice(0),
    };
  }

  it('runs as many as it may, in their order, and tells its totals', async () => {
    const gate = gated();
    const uploads = clientOf('order', { send: gate.send }).uploader({ concurrency: 2 });
    const added = await uploads.add(await files(), { tags: ['sea'] });
    assert.deepEqual(
      added.map(({ name }) => name),
      [...album.bytes.keys()],
    );
    await gate.arrivals(2);
    assert.deepEqual(statesOf(uploads), ['uploading', 'uploading', 'waiting', 'waiting', 'waiting', 'waiting']);
    const bytes = [...album.bytes.values()].reduce((sum, { length }) => sum + length, 0);
    assert.equal(uploads.snapshot().totals.bytes, bytes);
    gate.open();
    await uploads.whenIdle();
    assert.deepEqual(new Set(statesOf(uploads)), new Set(['ready']));
    assert.equal(uploads.snapshot().totals.sentBytes, bytes);
    assert.equal(uploads.snapshot().totals.secondsLeft, undefined);
    assert.ok(uploads.items.every(({ image }) => image?.tags.includes('sea')));
    await requireAlbum(origin, 'order', album);
    uploads.clear();
    assert.deepEqual(uploads.items, []);
  });

  it('has the same snapshot until something changes, and then another', async () => {
    const uploads = clientOf('snapshot').uploader();
    const before = uploads.snapshot();
    assert.equal(uploads.snapshot(), before);
    let calls = 0;
    const stop = uploads.subscribe(() => {
      calls += 1;
    });
    await uploads.add((await files()).slice(0, 1));
    assert.notEqual(uploads.snapshot(), before);
    assert.deepEqual(before.items, []);
    await uploads.whenIdle();
    assert.ok(calls > 0);
    stop();
    const last = calls;
    uploads.clear();
    await uploads.whenIdle();
    assert.equal(calls, last);
  });

  it('pauses what runs, cancels one, and resumes the others', async () => {
    const gate = gated();
    const uploads = clientOf('pause', { send: gate.send }).uploader();
    const [first, second] = await uploads.add((await files()).slice(0, 3));
    await gate.arrivals(3);
    uploads.pause();
    await until(uploads, () => statesOf(uploads).every((state) => state === 'waiting'));
    assert.equal(uploads.snapshot().isPaused, true);
    uploads.cancel(first?.id ?? '');
    gate.forget();
    uploads.resume();
    await gate.arrivals(2);
    uploads.cancel(second?.id ?? '');
    gate.open();
    await uploads.whenIdle();
    assert.deepEqual(statesOf(uploads), ['canceled', 'canceled', 'ready']);
    assert.equal((await listOf(origin, 'user_id=pause')).length, 1);
  });

  it('fails one item for a reason of its own, goes on, and retries it', async () => {
    const uploads = clientOf('retry').uploader();
    const [, bad] = await uploads.add([...(await files()).slice(0, 1), new File(['GIF89a'], 'broken.gif')]);
    await uploads.whenIdle();
    assert.deepEqual(statesOf(uploads), ['ready', 'failed']);
    const codes = () => uploads.items.map(({ error }) => error?.code);
    assert.deepEqual(codes(), [undefined, 'unreadable-image']);
    uploads.retry(bad?.id);
    assert.deepEqual(statesOf(uploads), ['ready', 'waiting']);
    await uploads.whenIdle();
    assert.deepEqual(codes(), [undefined, 'unreadable-image']);
    assert.equal((await listOf(origin, 'user_id=retry&status=rejected')).length, 2, 'a retry is another upload');
  });

  it('waits while there is no network, says so, and goes on by itself', async () => {
    const uploads = createClient({ baseUrl: proxy.origin, userId: 'train', retries: 0 }).uploader();
    const comeUp = proxy.goDown();
    await uploads.add(await files());
    const isStalled = () => uploads.snapshot().stalledBy?.code === 'network';
    await until(uploads, () => isStalled() && statesOf(uploads).every((state) => state === 'waiting'));
    comeUp();
    await uploads.whenIdle();
    assert.equal(uploads.snapshot().stalledBy, undefined);
    await requireAlbum(origin, 'train', album);
  });

  it('continues in another process by the paths in its folder', async () => {
    const gate = gated();
    const queue = join(folder, 'continued');
    const first = clientOf('node', { send: gate.send }).uploader({ folder: queue });
    await first.add(await files());
    await gate.arrivals(4);
    gate.openOne();
    await until(first, () => statesOf(first).includes('ready'));
    await first.close();

    const second = clientOf('node').uploader({ folder: queue });
    await second.whenIdle();
    assert.deepEqual(statesOf(second), Array(5).fill('ready'));
    await second.close();
    await requireAlbum(origin, 'node', album);
    assert.deepEqual(await readdir(queue), ['queue.json']);
  });

  it('asks once for a file that is another one by now, and continues with it', async () => {
    const queue = join(folder, 'changed');
    const path = join(folder, 'changed.jpg');
    const bytes = await testImage({ type: 'image/jpeg', width: 32, height: 32, seed: 9 });
    await writeFile(path, bytes);
    const first = clientOf('changed').uploader({ folder: queue });
    first.pause();
    await first.add([await openFile(path), new File([new Uint8Array(bytes)], 'memory.jpg', { lastModified: 7 })]);
    await first.close();
    await utimes(path, 1, 1);

    const second = clientOf('changed').uploader({ folder: queue });
    await second.whenIdle();
    assert.deepEqual(statesOf(second), ['needs-file', 'needs-file']);
    const renamed = new File([new Uint8Array(bytes)], 'renamed.jpg', { lastModified: 8 }); // the hash tells which it is
    await second.add(renamed);
    await second.whenIdle();
    assert.deepEqual(
      second.items.map(({ name, state }) => `${name} ${state}`),
      ['changed.jpg needs-file', 'memory.jpg ready'],
    );
    await second.close();
  });

  /** A queue that ended after the service had verified its only item, but before it knew. */
  async function interrupted(userId: string): Promise<string> {
    const queue = join(folder, userId);
    const send = createSendByHttp();
    let first: Uploader | undefined;
    const closing = Promise.withResolvers<void>();
    const uploads = clientOf(userId, {
      async send(request) {
        const answer = await send(request);
        first?.close().then(closing.resolve);
        return answer;
      },
    }).uploader({ folder: queue });
    first = uploads;
    await uploads.add((await files()).slice(0, 1));
    await closing.promise;
    assert.notEqual(uploads.items[0]?.state, 'ready');
    return queue;
  }

  it('uploads nothing twice after the service has forgotten the Idempotency-Key', async () => {
    const queue = await interrupted('forgotten');
    clock.offsetMs += 25 * HOUR_MS;
    await sweepAll(service);
    const uploads = clientOf('forgotten').uploader({ folder: queue });
    await uploads.whenIdle();
    assert.deepEqual(statesOf(uploads), ['ready']);
    assert.equal((await listOf(origin, 'user_id=forgotten')).length, 1);
    await uploads.close();
  });

  it('uploads what has expired anew', async () => {
    const queue = join(folder, 'expired');
    const gate = gated();
    const first = clientOf('expired', { send: gate.send }).uploader({ folder: queue });
    await first.add((await files()).slice(0, 1));
    await gate.arrivals(1);
    await first.close();
    clock.offsetMs += 2 * HOUR_MS;
    await sweepAll(service);
    assert.equal((await listOf(origin, 'user_id=expired&status=expired')).length, 1);
    const second = clientOf('expired').uploader({ folder: queue });
    await second.whenIdle();
    assert.deepEqual(statesOf(second), ['ready']);
    await second.close();
  });

  it('uploads anew what the service does not know any more', async () => {
    const queue = await interrupted('gone');
    const client = clientOf('gone');
    for (const { image_id } of await listOf(origin, 'user_id=gone')) await client.images.delete(image_id);
    const uploads = client.uploader({ folder: queue });
    await uploads.whenIdle();
    assert.deepEqual(statesOf(uploads), ['ready']);
    await uploads.close();
  });

  for (const concurrency of [0, 17, 1.5])
    it(`doesn't run ${concurrency} at once`, () => {
      assert.throws(() => clientOf('x').uploader({ concurrency }), { name: 'RangeError' });
    });
});
