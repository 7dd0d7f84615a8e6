import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { holdAgain } from '../../src/domain/image/hold.ts';
import { type Image, withWorkingCopy } from '../../src/domain/image/image.ts';
import { type ObjectKey, originalKey, renditionKey, workingCopyKey } from '../../src/domain/image/object-key.ts';
import type { ServiceEvent } from '../../src/observe/observer/observer.ts';
import { sweepOrphans } from '../../src/operations/upkeep/sweep-orphans.ts';
import { movingClock } from '../services/moving-clock.ts';
import { json, post } from '../services/service.ts';
import { createSharingService } from '../services/sharing-service.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const good = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));

const COPY = { sha256: '0'.repeat(64), sizeBytes: 1, contentType: 'image/jpeg', width: 2_048, height: 1_365 } as const;

async function* chunksOf(body: Uint8Array): AsyncGenerator<Uint8Array> {
  yield body;
}

/** A service whose walks the test starts; on disk, where an object is as old as its file. */
async function createWalkedService() {
  const clock = movingClock();
  const service = await createSharingService({ overrides: { clock } });
  const { images, objects, staging } = service.services;
  const events: ServiceEvent[] = [];
  const failures: unknown[] = [];
  const observe = (event: ServiceEvent): void => {
    if (event.event === 'sweep-postponed') failures.push(event.error);
    else if (event.event !== 'sweep-done') events.push(event);
  };
  const services = { ...service.services, observe };
  return {
    ...service,
    clock,
    events,
    failures,
    walk: (holder = 'walker', signal = new AbortController().signal) => sweepOrphans(services, { holder, signal }),
    async leave(key: ObjectKey): Promise<ObjectKey> {
      await using file = await staging.stage(chunksOf(good), { maxBytes: 10 ** 6 });
      await objects.put(key, file, { contentType: 'image/jpeg' });
      return key;
    },
    async upload(): Promise<Image> {
      const stored = await service.request('/images/upload?user_id=u', post(good, 'image/jpeg'));
      return this.record(((await stored.json()) as { image_id: Image['id'] }).image_id);
    },
    async grant(): Promise<Image> {
      const granted = await service.request('/images/upload', json({ user_id: 'u', content_type: 'image/jpeg' }));
      return this.record(((await granted.json()) as { image_id: Image['id'] }).image_id);
    },
    async record(id: Image['id']): Promise<Image> {
      const image = await images.get(id);
      assert.ok(image);
      return image;
    },
    isThere: async (key: ObjectKey) => (await objects.head(key)) !== undefined,
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

type Walked = Awaited<ReturnType<typeof createWalkedService>>;

const unknownImage = (n: number): Image['id'] =>
  `0198f0a0-0000-7000-8000-${String(n).padStart(12, '0')}` as Image['id'];
const strayOf = (n: number) =>
  originalKey({ userId: 'u', id: unknownImage(n), filename: 'stray.jpg', contentType: 'image/jpeg' }, 'stray');

async function left(service: Walked, keys: readonly ObjectKey[]): Promise<boolean[]> {
  return Promise.all(keys.map(service.isThere));
}

describe('the walk through all objects', () => {
  it('leaves the objects of a trashed image, and removes other originals of it', async () => {
    await using service = await createWalkedService();
    const image = await service.upload();
    assert.ok(image.status === 'ready');
    const rendition = await service.leave(renditionKey(image.id, 'preset', 'kept'));
    const orphan = await service.leave(originalKey(image, 'superseded'));
    const answer = await service.request(`/images/${image.id}/trash?user_id=u`, { method: 'POST' });
    assert.equal(answer.status, 200);
    service.clock.offsetMs += 2 * DAY;
    await service.walk();
    assert.deepEqual(await left(service, [image.objectKey, rendition, orphan]), [true, true, false]);
    assert.deepEqual(service.failures, []);
  });

  it('removes originals that the record of a ready image does not name, once they are a day old', async () => {
    await using service = await createWalkedService();
    const image = await service.upload();
    assert.ok(image.status === 'ready');
    const rendition = await service.leave(renditionKey(image.id, 'preset', 'kept'));
    const orphan = await service.leave(originalKey(image, 'superseded'));
    service.clock.offsetMs = 23 * HOUR;
    await service.walk();
    assert.deepEqual(await left(service, [image.objectKey, rendition, orphan]), [true, true, true]);
    service.clock.offsetMs = 9 * DAY;
    await service.walk();
    assert.deepEqual(await left(service, [image.objectKey, rendition, orphan]), [true, true, false]);
    assert.deepEqual(service.events, [{ event: 'orphans-removed', objects: 1 }]);
  });

  for (const state of ['ready', 'trashed'])
    it(`removes working copies that the record of a ${state} image does not name, once they are a day old`, async () => {
      await using service = await createWalkedService();
      const { id } = await service.upload();
      const [named, other] = ['1', '2'].map((digit) => ({ ...COPY, sha256: digit.repeat(64) }));
      assert.ok(named && other);
      const keys = [await service.leave(workingCopyKey(id, named)), await service.leave(workingCopyKey(id, other))];
      const image = await service.record(id);
      assert.ok(image.status === 'ready');
      assert.ok(await service.services.images.replace(image, withWorkingCopy(image, named)));
      if (state === 'trashed')
        assert.equal((await service.request(`/images/${id}/trash?user_id=u`, { method: 'POST' })).status, 200);
      service.clock.offsetMs = 23 * HOUR;
      await service.walk();
      assert.deepEqual(await left(service, keys), [true, true]);
      service.clock.offsetMs = 9 * DAY;
      await service.walk();
      assert.deepEqual(await left(service, keys), [true, false]);
      assert.deepEqual(service.events, [{ event: 'orphans-removed', objects: 1 }]);
    });

  it('removes the working copy of an image that lost it, and leaves that of a held one', async () => {
    await using service = await createWalkedService();
    const [lost, again] = [await service.upload(), await service.upload()];
    const keys = await Promise.all([lost, again].map(({ id }) => service.leave(workingCopyKey(id, COPY))));
    assert.ok(again.status === 'ready');
    const copied = withWorkingCopy(again, COPY);
    const at = service.clock.now();
    const later = new Date(at.getTime() + 60 * DAY);
    const gates = { gates: ['scan'], passed: [], failures: 0 };
    const screening = { ...gates, askAt: later, deadline: later, atDeadline: 'refuse' } as const;
    const held = holdAgain(copied, { screening, decided: [], at });
    assert.ok(await service.services.images.replace(again, copied));
    assert.ok(await service.services.images.replace(copied, held));
    service.clock.offsetMs = 2 * DAY;
    await service.walk();
    assert.deepEqual(await left(service, keys), [false, true]);
  });

  it('removes all objects of a deleted image, including renditions', async () => {
    await using service = await createWalkedService();
    const image = await service.upload();
    await service.request(`/images/${image.id}`, { method: 'DELETE' });
    const orphans = [
      await service.leave(originalKey(image, 'late')),
      await service.leave(renditionKey(image.id, 'preset', 'late')),
      await service.leave(`renditions/0af3/${image.id}/preset/late` as ObjectKey),
      await service.leave(workingCopyKey(image.id, COPY)),
    ];
    service.clock.offsetMs = 2 * DAY;
    await service.walk();
    assert.deepEqual(
      await left(service, orphans),
      orphans.map(() => false),
    );
  });

  it('keeps the objects of a pending image, because its finalize may be running', async () => {
    await using service = await createWalkedService();
    const key = await service.leave(originalKey(await service.grant(), 'attempt'));
    service.clock.offsetMs = 60 * DAY;
    await service.walk();
    assert.ok(await service.isThere(key));
  });

  it('keeps the objects of a record that it must not change', async () => {
    await using service = await createWalkedService();
    const image = await service.upload();
    const key = await service.leave(originalKey(image, 'of a newer version'));
    const { images } = service.services;
    const { getToChange } = images;
    images.getToChange = () => {
      throw new Error('a newer version wrote it');
    };
    service.clock.offsetMs = 2 * DAY;
    await service.walk();
    assert.equal(service.failures.length, 1);
    images.getToChange = getToChange;
    assert.ok(await service.isThere(key));
  });

  it('keeps objects under keys that no version of the service makes', async () => {
    await using service = await createWalkedService();
    const { id } = await service.upload();
    await service.request(`/images/${id}`, { method: 'DELETE' });
    const keys = [`images/readme.txt`, `images/u/${id}/file`, `images/a/u/${id}/b/c`, `renditions/${id}/other/late`];
    for (const key of keys) await service.leave(key as ObjectKey);
    service.clock.offsetMs = 60 * DAY;
    await service.walk();
    assert.deepEqual(
      await left(service, keys as ObjectKey[]),
      keys.map(() => true),
    );
  });

  it('removes objects without any record after 40 days, because no table can be restored that far back', async () => {
    await using service = await createWalkedService();
    await service.upload(); // the table has records of the bucket
    const stray = await service.leave(strayOf(1));
    for (const [days, isThere] of [
      [39, true],
      [47, false],
    ] as const) {
      service.clock.offsetMs = days * DAY;
      await service.walk();
      assert.equal(await service.isThere(stray), isThere, `after ${days} days`);
    }
  });

  it('removes nothing and reports it if most objects have no record, as with a wrong table', async () => {
    await using service = await createWalkedService();
    const strays = await Promise.all(Array.from({ length: 20 }, (_, n) => service.leave(strayOf(n))));
    service.clock.offsetMs = 60 * DAY;
    await service.walk();
    await service.walk(); // not due for another day
    assert.deepEqual(
      await left(service, strays),
      strays.map(() => true),
    );
    assert.deepEqual(service.events, [{ event: 'objects-without-records', images: 20 }]);
  });

  it('removes nothing and reports it if no object has a record, as with a new table', async () => {
    await using service = await createWalkedService();
    const strays = await Promise.all(Array.from({ length: 19 }, (_, n) => service.leave(strayOf(n))));
    const orphan = await service.leave(renditionKey(unknownImage(20), 'preset', 'stray'));
    service.clock.offsetMs = 60 * DAY;
    await service.walk();
    const all = [...strays, orphan];
    assert.deepEqual(
      await left(service, all),
      all.map(() => true),
    );
    const reports = [19, 1].map((images) => ({ event: 'objects-without-records', images }));
    assert.deepEqual(service.events, reports, 'expected a report of the originals, and one of the renditions');
  });

  it('continues after a stop at the next page, and starts again a week after its end', async () => {
    await using service = await createWalkedService();
    const image = await service.upload();
    const orphans = await Promise.all([1, 2, 3].map((n) => service.leave(originalKey(image, `orphan ${n}`))));
    const { objects } = service.services;
    const { listPage } = objects;
    const stopping = new AbortController();
    const pages: string[] = [];
    objects.listPage = (prefix, { after }) => {
      pages.push(after);
      if (pages.length === 2) stopping.abort();
      return listPage(prefix, { after, limit: 1 });
    };
    service.clock.offsetMs = 2 * DAY;
    await service.walk('one that ends', stopping.signal);
    const removed = (await left(service, orphans)).filter((isThere) => !isThere).length;
    assert.ok(removed === 1 || removed === 2, `expected one or two removed orphans; got ${removed}`);
    await service.walk('another');
    assert.deepEqual(await left(service, orphans), [false, false, false]);
    assert.equal(new Set(pages).size, pages.length, 'expected no page twice');

    const walked = pages.length;
    service.clock.offsetMs += 6 * DAY;
    await service.walk();
    assert.equal(pages.length, walked);
    service.clock.offsetMs += DAY;
    await service.walk();
    assert.ok(pages.length > walked);
  });

  it('reads at most twenty pages, and then pauses', async () => {
    await using service = await createWalkedService();
    for (let n = 0; n < 22; n += 1) await service.leave(strayOf(n));
    const { objects } = service.services;
    const { listPage } = objects;
    let pages = 0;
    objects.listPage = (prefix, { after }) => {
      pages += 1;
      return listPage(prefix, { after, limit: 1 });
    };
    await service.walk();
    await service.walk();
    assert.equal(pages, 20);
    service.clock.offsetMs = 11 * MINUTE;
    await service.walk();
    assert.equal(pages, 22 + 1, 'expected the other originals, and the renditions');
  });

  it('has one walker at a time', async () => {
    await using service = await createWalkedService();
    const image = await service.upload();
    const orphan = await service.leave(originalKey(image, 'superseded'));
    service.clock.offsetMs = 2 * DAY;
    const now = service.clock.now();
    const lease = { name: 'sweep-orphans', holder: 'another' } as const;
    assert.ok(
      await service.services.coordination.holdLease({ ...lease, until: new Date(now.getTime() + MINUTE) }, now),
    );
    await service.walk();
    assert.ok(await service.isThere(orphan));
    service.clock.offsetMs += MINUTE;
    await service.walk();
    assert.equal(await service.isThere(orphan), false);
  });

  it('continues after a page whose orphans cannot be removed', async () => {
    await using service = await createWalkedService();
    const image = await service.upload();
    const orphan = await service.leave(originalKey(image, 'superseded'));
    const { objects } = service.services;
    const remove = objects.delete;
    objects.delete = () => Promise.reject(new Error('EIO'));
    service.clock.offsetMs = 2 * DAY;
    await service.walk();
    assert.equal(service.failures.length, 1);
    objects.delete = remove;
    service.clock.offsetMs += 8 * DAY;
    await service.walk();
    assert.equal(await service.isThere(orphan), false);
  });
});
