import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { AppError } from '../../src/domain/errors.ts';
import { type Image, scheduleMaintenance } from '../../src/domain/image/image.ts';
import { incomingKey, type ObjectKey, originalKey } from '../../src/domain/image/object-key.ts';
import { hearingPostponed } from '../../src/observe/observer/hearing.fixture.ts';
import { sweep } from '../../src/operations/upkeep/sweep.ts';
import { allDue } from '../../src/records/images/all-due.fixture.ts';
import { movingClock } from '../services/moving-clock.ts';
import { json, type TestService } from '../services/service.ts';
import { createSharingService } from '../services/sharing-service.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const good = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48, seed: 1 }));
const bad = new Uint8Array(Buffer.from('<html>no image</html>'));

interface Upload {
  readonly image_id: Image['id'];
  readonly upload_url: string;
  readonly headers: Record<string, string>;
}

/** A service with a test clock and a decoder that the test controls. */
async function createSweptService() {
  const clock = movingClock();
  const decoder: { fault: AppError | undefined; looks: number } = { fault: undefined, looks: 0 };
  const service = await createSharingService({
    overrides: {
      clock,
      wrapImaging: (imaging) => ({
        ...imaging,
        async inspect(source, ...rest) {
          decoder.looks += 1;
          if (!decoder.fault) return imaging.inspect(source, ...rest);
          if (typeof source !== 'string') await source.fetch(new AbortController().signal); // crashes on the bytes
          throw decoder.fault;
        },
      }),
    },
  });
  const failures: unknown[] = [];
  const { images, objects, staging } = service.services;
  return {
    ...service,
    clock,
    decoder,
    failures,
    sweep: (holder = 'sweeper', signal = new AbortController().signal) =>
      sweep(
        hearingPostponed(service.services, (error) => failures.push(error)),
        { holder, signal },
      ),
    async grant(fields: object = {}): Promise<Upload> {
      const body = { user_id: 'u', content_type: 'image/jpeg', ...fields };
      return (await service.request('/images/upload', json(body))).json() as Promise<Upload>;
    },
    put: ({ upload_url, headers }: Upload, body = good) => service.send(upload_url, { method: 'PUT', headers, body }),
    /** The leftovers of a PUT whose process died before it examined the bytes. */
    async leave(key: ObjectKey, body: Uint8Array = good) {
      await using file = await staging.stage(chunksOf(body), { maxBytes: 10 ** 6 });
      await objects.put(key, file, { contentType: 'image/jpeg' });
    },
    async record(id: Image['id']) {
      const image = await images.get(id);
      if (!image) throw new Error(`no record of ${id}`);
      return image;
    },
    async pending(id: Image['id']) {
      const image = await images.get(id);
      if (image?.status !== 'pending') throw new Error(`expected ${id} to be pending; it is ${image?.status}`);
      return image;
    },
    /** The claim of a dead process. */
    async abandon(id: Image['id']) {
      const image = await this.pending(id);
      const claim = { attempt: 'dead', leaseUntil: new Date(clock.now().getTime() + MINUTE) };
      assert.ok(await images.replace(image, { ...image, claim }));
    },
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

async function* chunksOf(body: Uint8Array): AsyncGenerator<Uint8Array> {
  yield body;
}

const bytesOf = async (service: TestService, id: string) =>
  new Uint8Array(await (await service.request(`/images/${id}`)).arrayBuffer());

describe('an upload without bytes', () => {
  it('expires a quarter of an hour after its URL, and not earlier', async () => {
    await using service = await createSweptService();
    const one = await service.grant();
    service.clock.offsetMs = 300 * SECOND + 15 * MINUTE - 5 * SECOND;
    await service.sweep();
    assert.equal((await service.record(one.image_id)).status, 'pending');
    service.clock.offsetMs += 10 * SECOND;
    await service.sweep();
    assert.equal((await service.record(one.image_id)).status, 'expired');
    assert.equal((await service.request(`/images/${one.image_id}`)).status, 409);
    const { images } = (await (await service.request('/images?user_id=u&status=expired')).json()) as {
      images: unknown[];
    };
    assert.equal(images.length, 1);
  });

  it('accepts no bytes after it has expired, and removes late bytes', async () => {
    await using service = await createSweptService();
    const one = await service.grant();
    const image = await service.record(one.image_id);
    service.clock.offsetMs = HOUR;
    await service.sweep();
    await service.leave(incomingKey(image.userId, image.id));
    assert.equal((await service.request(`/images/${image.id}/complete`, { method: 'POST' })).status, 409);
    assert.deepEqual(await service.storedFiles(), []);
  });

  it('expires after its latest URL if the grant was repeated', async () => {
    await using service = await createSweptService();
    const key = { 'Idempotency-Key': 'one' };
    const ask = async () => {
      const response = await service.request('/images/upload', json({ user_id: 'u', content_type: 'image/jpeg' }, key));
      return (await response.json()) as Upload;
    };
    const first = await ask();
    service.clock.offsetMs = 19 * MINUTE;
    const again = await ask();
    assert.equal(again.image_id, first.image_id);
    service.clock.offsetMs = 38 * MINUTE;
    await service.sweep();
    assert.equal((await service.record(first.image_id)).status, 'pending');
    service.clock.offsetMs = 40 * MINUTE;
    await service.sweep();
    assert.equal((await service.record(first.image_id)).status, 'expired');
  });
});

describe('bytes that were never examined', () => {
  it('become ready at the next sweep', async () => {
    await using service = await createSweptService();
    const { image_id } = await service.grant();
    await service.leave(incomingKey('u', image_id));
    await service.sweep();
    assert.deepEqual(await bytesOf(service, image_id), good);
    assert.equal((await service.storedFiles()).length, 1);
  });

  it('become ready at the last examination if they are late', async () => {
    await using service = await createSweptService();
    const { image_id } = await service.grant();
    service.clock.offsetMs = HOUR;
    await service.leave(incomingKey('u', image_id));
    await service.sweep();
    assert.equal((await service.record(image_id)).status, 'ready');
  });

  it('are rejected with a reason and removed if they are not an image', async () => {
    await using service = await createSweptService();
    const { image_id } = await service.grant();
    await service.leave(incomingKey('u', image_id), bad);
    await service.sweep();
    const image = await service.record(image_id);
    assert.equal(image.status === 'rejected' && image.rejection.code, 'unsupported-type');
    assert.deepEqual(await service.storedFiles(), []);
  });

  it('are rejected if they differ from the announced size or sha256, even if the store accepted them', async () => {
    await using service = await createSweptService();
    const announced = [{ size: good.length + 1 }, { size: good.length, sha256: 'ab'.repeat(32) }];
    for (const fields of announced) {
      const { image_id } = await service.grant(fields);
      await service.leave(incomingKey('u', image_id));
      await service.sweep();
      const image = await service.record(image_id);
      assert.equal(image.status === 'rejected' && image.rejection.code, 'content-mismatch');
    }
    assert.deepEqual(await service.storedFiles(), []);
  });

  it('are removed if they belong to no upload, or to one that is ready', async () => {
    await using service = await createSweptService();
    const one = await service.grant();
    assert.equal((await service.put(one)).status, 200);
    await service.leave(incomingKey('u', one.image_id)); // a second use of its URL
    const pending = await service.grant();
    await service.leave(incomingKey('somebody', pending.image_id));
    await service.leave(incomingKey('u', '0198f0a0-0000-7000-8000-000000000001' as Image['id']));
    await service.sweep();
    assert.equal((await service.storedFiles()).length, 1);
    assert.deepEqual(await bytesOf(service, one.image_id), good);
  });
});

describe('a finalize whose process died', () => {
  it('is repeated past its lease, and its leftovers are removed', async () => {
    await using service = await createSweptService();
    const { image_id } = await service.grant();
    await service.leave(incomingKey('u', image_id));
    await service.abandon(image_id);
    const image = await service.pending(image_id);
    await service.leave(originalKey(image, 'dead'));
    await service.leave(originalKey({ ...image, filename: 'before a PATCH.jpg' }, 'dead'));
    await service.sweep();
    assert.equal((await service.record(image_id)).status, 'pending', 'expected the lease to hold');
    service.clock.offsetMs = MINUTE + SECOND;
    await service.sweep();
    const ready = await service.record(image_id);
    assert.ok(ready.status === 'ready');
    const stored = await service.storedFiles();
    assert.deepEqual(
      stored.map((path) => path.endsWith(ready.objectKey)),
      [true],
    );
    assert.deepEqual(service.failures, []);
  });

  it('leaves nothing if the bytes are gone', async () => {
    await using service = await createSweptService();
    const { image_id } = await service.grant();
    await service.abandon(image_id);
    await service.leave(originalKey(await service.pending(image_id), 'dead'));
    service.clock.offsetMs = 2 * MINUTE;
    await service.sweep();
    const image = await service.pending(image_id);
    assert.deepEqual([image.claim?.attempt, await service.storedFiles()], ['nobody', []]);
    await service.leave(originalKey(image, 'dead')); // a copy that it requested, and the store made late
    service.clock.offsetMs = HOUR;
    await service.sweep();
    assert.equal((await service.record(image_id)).status, 'expired');
    assert.deepEqual(await service.storedFiles(), []);
  });
});

describe('a direct upload whose process died', () => {
  const upload = (service: TestService, key: string) =>
    service.request('/images/upload?user_id=u', {
      method: 'POST',
      headers: { 'Content-Type': 'image/jpeg', 'Idempotency-Key': key },
      body: good,
    });

  it('is removed with its bytes past its lease; its key can then be used for a new upload', async () => {
    await using service = await createSweptService();
    const { images } = service.services;
    // The furthest state of a process that died: a key held, a record, an object.
    const begun = (await (await upload(service, 'one')).json()) as { image_id: Image['id'] };
    await service.request(`/images/${begun.image_id}`, { method: 'DELETE' });
    const { image_id } = await service.grant();
    const image = await service.pending(image_id);
    const claim = { attempt: 'dead', leaseUntil: new Date(service.clock.now().getTime() + MINUTE) };
    assert.ok(await images.replace(image, { ...image, claim, isDirect: true }));
    await service.leave(originalKey(image, 'dead'));
    const probe = { userId: 'u', key: 'one', fingerprint: '', imageId: image_id, leaseUntil: null };
    const standing = await images.useKey({ ...probe, expiresAt: new Date(0) }, service.clock.now());
    assert.ok(standing);
    const held = { ...standing, imageId: image_id, leaseUntil: service.clock.now() };
    assert.ok(await images.replaceKeyUse(standing, held));

    await service.sweep();
    assert.equal((await service.record(image_id)).status, 'pending', 'expected the lease to hold');
    service.clock.offsetMs = MINUTE + SECOND;
    await service.sweep();
    assert.equal((await service.record(image_id)).status, 'expired');
    assert.deepEqual(await service.storedFiles(), []);

    const again = (await (await upload(service, 'one')).json()) as { image_id: Image['id']; status: string };
    assert.equal(again.status, 'ready');
    assert.notEqual(again.image_id, image_id);
    const replayed = (await (await upload(service, 'one')).json()) as { image_id: Image['id'] };
    assert.equal(replayed.image_id, again.image_id);
  });
});

describe('a deleted or rejected image', () => {
  const ends: { name: string; end: (service: Swept, one: Upload) => Promise<unknown> }[] = [
    { name: 'deleted', end: (service, one) => service.request(`/images/${one.image_id}`, { method: 'DELETE' }) },
    { name: 'rejected', end: (service, one) => service.put(one, bad) },
  ];
  for (const { name, end } of ends) {
    it(`loses its objects twice, and its record after thirty days (${name})`, async () => {
      await using service = await createSweptService();
      const one = await service.grant();
      await end(service, one);
      const image = await service.record(one.image_id);
      assert.equal(image.status, name);
      await service.leave(incomingKey('u', image.id));
      await service.leave(originalKey(image, 'late'));
      service.clock.offsetMs = MINUTE + SECOND;
      await service.sweep();
      assert.deepEqual(await service.storedFiles(), []);

      await service.leave(originalKey(image, 'later')); // by a finalizer that was running at that time
      service.clock.offsetMs = 300 * SECOND + 14 * MINUTE;
      await service.sweep();
      assert.equal((await service.storedFiles()).length, 1, 'expected the second removal after a quarter of an hour');
      service.clock.offsetMs += MINUTE + SECOND;
      await service.sweep();
      assert.deepEqual(await service.storedFiles(), []);

      service.clock.offsetMs += 30 * DAY - MINUTE;
      await service.sweep();
      assert.equal((await service.record(image.id)).status, name);
      service.clock.offsetMs += 2 * MINUTE;
      await service.sweep();
      assert.equal(await service.services.images.get(image.id), undefined);
      assert.equal((await service.request(`/images/${image.id}`)).status, 404);
    });
  }

  it('loses its objects, even if the delete was interrupted', async () => {
    await using service = await createSweptService();
    const one = await service.grant();
    await service.put(one);
    const ready = await service.record(one.image_id);
    assert.ok(ready.status === 'ready');
    await service.request(`/images/${one.image_id}`, { method: 'DELETE' });
    await service.leave(ready.objectKey);
    service.clock.offsetMs = MINUTE + SECOND;
    await service.sweep();
    assert.deepEqual(await service.storedFiles(), []);
  });
});

/** Makes every copy succeed at the second attempt; returns a getter of the first attempt's key, of the latest copy. */
function copiedTwice({ services: { objects } }: Swept): () => ObjectKey {
  const { copy } = objects;
  let first: ObjectKey | undefined;
  objects.copy = (from, newKey, options) => {
    first = newKey();
    return copy(from, newKey, options);
  };
  return () => {
    assert.ok(first);
    return first;
  };
}

type Swept = Awaited<ReturnType<typeof createSweptService>>;

describe('bytes that crash the decoder', () => {
  it('are tried again after 1, 4, 16 and 60 minutes; after the fifth crash the image is rejected', async () => {
    await using service = await createSweptService();
    service.decoder.fault = new AppError('decoder-failed', 'expected a result from the decoder; got a crash');
    const one = await service.grant();
    assert.equal((await service.put(one)).status, 503);
    assert.equal((await service.put(one)).status, 503, 'expected one crash to count per minute');
    const crashes = [(await service.pending(one.image_id)).crashes];
    for (const minutes of [1, 4, 16]) {
      service.clock.offsetMs += minutes * MINUTE - 5 * SECOND;
      const { looks } = service.decoder;
      await service.sweep();
      assert.equal(service.decoder.looks, looks, `expected no try before ${minutes} minutes`);
      service.clock.offsetMs += 10 * SECOND;
      await service.sweep();
      crashes.push((await service.pending(one.image_id)).crashes);
    }
    assert.deepEqual(crashes, [1, 2, 3, 4]);
    service.clock.offsetMs += HOUR;
    await service.sweep();
    const image = await service.record(one.image_id);
    assert.equal(image.status === 'rejected' && image.rejection.code, 'processing-failed');
    assert.deepEqual(await service.storedFiles(), []);
  });

  it('are counted even if removals fail; their copies are removed at the next try', async () => {
    await using service = await createSweptService();
    service.decoder.fault = new AppError('decoder-failed', 'it died');
    const { objects } = service.services;
    const remove = objects.delete;
    objects.delete = () => Promise.reject(new AppError('unavailable', 'EIO'));
    const one = await service.grant();
    assert.equal((await service.put(one)).status, 503);
    const { looks } = service.decoder;
    assert.equal((await service.put(one)).status, 503);
    await service.sweep();
    assert.equal(service.decoder.looks, looks);
    assert.equal((await service.pending(one.image_id)).crashes, 1);
    assert.equal((await service.storedFiles()).length, 2);

    objects.delete = remove;
    service.decoder.fault = undefined;
    service.clock.offsetMs += MINUTE + SECOND;
    await service.sweep();
    assert.deepEqual(await bytesOf(service, one.image_id), good);
    assert.equal((await service.storedFiles()).length, 1);
  });

  it('may leave a late copy, which is removed at the next try', async () => {
    await using service = await createSweptService();
    const one = await service.grant();
    const late = copiedTwice(service);
    service.decoder.fault = new AppError('decoder-failed', 'it died');
    assert.equal((await service.put(one)).status, 503);
    service.decoder.fault = undefined;
    await service.leave(late());
    service.clock.offsetMs += MINUTE + SECOND;
    await service.sweep();
    assert.deepEqual(await bytesOf(service, one.image_id), good);
    assert.equal((await service.storedFiles()).length, 1);
  });

  it('don’t affect other bytes that replace them', async () => {
    await using service = await createSweptService();
    service.decoder.fault = new AppError('decoder-failed', 'it died');
    const one = await service.grant();
    await service.put(one);
    service.clock.offsetMs = MINUTE + SECOND;
    await service.sweep();
    const { userId, crashes } = await service.pending(one.image_id);
    assert.equal(crashes, 2);
    await service.services.objects.delete([incomingKey(userId, one.image_id)]);
    service.clock.offsetMs = 13 * MINUTE;
    await service.sweep(); // finds no bytes; the image is due again at its last examination
    service.decoder.fault = undefined;
    await service.leave(incomingKey(userId, one.image_id));
    const completed = await service.request(`/images/${one.image_id}/complete`, { method: 'POST' });
    assert.equal(completed.status, 200, await completed.text());
  });

  it('become ready once a decoder succeeds', async () => {
    await using service = await createSweptService();
    service.decoder.fault = new AppError('decoder-failed', 'it died');
    const one = await service.grant();
    await service.put(one);
    service.decoder.fault = undefined;
    service.clock.offsetMs = MINUTE + SECOND;
    await service.sweep();
    assert.deepEqual(await bytesOf(service, one.image_id), good);
  });
});

describe('an outage', () => {
  it('does not count as a crash: after any duration valid uploads become ready', async () => {
    await using service = await createSweptService();
    service.decoder.fault = new AppError('unavailable', 'no process starts');
    const uploads = await Promise.all([service.grant(), service.grant()]);
    for (const one of uploads) assert.equal((await service.put(one)).status, 503);
    for (let hours = 1; hours <= 12; hours += 1) {
      service.clock.offsetMs = hours * HOUR;
      await service.sweep();
    }
    assert.ok(service.failures.length >= 12);
    for (const { image_id } of uploads) assert.equal((await service.pending(image_id)).crashes, 0);
    service.decoder.fault = undefined;
    service.clock.offsetMs += 90 * MINUTE; // an eighth of that time
    await service.sweep();
    for (const { image_id } of uploads) assert.deepEqual((await service.record(image_id)).status, 'ready');
  });

  it('for one image affects no other', async () => {
    await using service = await createSweptService();
    const [broken, sound] = [await service.grant(), await service.grant()];
    const { objects } = service.services;
    await service.leave(incomingKey('u', broken.image_id));
    await service.leave(incomingKey('u', sound.image_id));
    const head = objects.head;
    objects.head = (key) =>
      key.endsWith(broken.image_id) ? Promise.reject(new AppError('unavailable', 'EIO')) : head(key);
    service.clock.offsetMs = HOUR;
    await service.sweep();
    assert.equal((await service.record(sound.image_id)).status, 'ready');
    assert.equal((await service.record(broken.image_id)).status, 'pending');
    assert.ok(service.failures.length > 0);
    objects.head = head;
    service.clock.offsetMs += 6 * MINUTE;
    await service.sweep();
    assert.equal((await service.record(broken.image_id)).status, 'ready');
  });
});

describe('a permanent failure', () => {
  /** Sweeps for a day, every minute at first: returns after how many minutes something failed. */
  async function failuresOfDay(service: Swept): Promise<number[]> {
    const start = service.clock.offsetMs;
    const failedAt: number[] = [];
    for (let elapsed = 0; elapsed < DAY; elapsed += elapsed < 30 * MINUTE ? MINUTE : 10 * MINUTE) {
      service.clock.offsetMs = start + elapsed;
      const { length } = service.failures;
      await service.sweep();
      if (service.failures.length > length) failedAt.push(elapsed / MINUTE);
    }
    return failedAt;
  }

  const failing: { name: string; begin: (service: Swept) => Promise<void> }[] = [
    {
      name: 'the last look at an upload',
      async begin(service) {
        await service.grant();
        service.clock.offsetMs = 300 * SECOND + 15 * MINUTE + SECOND;
        service.services.objects.head = () => Promise.reject(new AppError('unavailable', 'EIO'));
      },
    },
    {
      name: 'an upload whose process died',
      async begin(service) {
        const { image_id } = await service.grant();
        await service.leave(incomingKey('u', image_id));
        await service.abandon(image_id);
        service.decoder.fault = new AppError('unavailable', 'no process starts');
      },
    },
    {
      name: 'an unexamined upload',
      async begin(service) {
        const { image_id } = await service.grant();
        await service.leave(incomingKey('u', image_id));
        service.services.objects.head = () => Promise.reject(new AppError('unavailable', 'EIO'));
      },
    },
    {
      name: 'a removal',
      async begin(service) {
        const one = await service.grant();
        await service.put(one);
        service.services.objects.delete = () => Promise.reject(new AppError('unavailable', 'EIO'));
        await service.request(`/images/${one.image_id}`, { method: 'DELETE' });
      },
    },
    {
      name: 'a look after renditions',
      async begin(service) {
        const one = await service.grant();
        await service.put(one);
        const image = await service.record(one.image_id);
        assert.ok(image.status === 'ready');
        assert.ok(await service.services.images.replace(image, scheduleMaintenance(image, service.clock.now())));
        const { objects } = service.services;
        const { list } = objects;
        objects.list = (prefix) => {
          if (prefix.startsWith('renditions/')) throw new AppError('unavailable', 'EIO');
          return list(prefix);
        };
      },
    },
  ];
  for (const { name, begin } of failing) {
    it(`is retried within minutes, then less and less often: ${name}`, async () => {
      await using service = await createSweptService();
      await begin(service);
      const failedAt = await failuresOfDay(service);
      const [first = 0, second = 0] = failedAt;
      assert.ok(second - first >= 1 && second - first <= 3, `again after ${second - first} minutes`);
      assert.ok(failedAt.length <= 60, `${failedAt.length} times in a day: ${failedAt}`);
      assert.ok((failedAt.at(-1) ?? 0) > DAY / MINUTE - 200, `the last time after ${failedAt.at(-1)} minutes`);
    });
  }
});

describe('an unexamined upload that fails', () => {
  it('is not retried at a sweep within a minute, although its bytes are in place', async () => {
    await using service = await createSweptService();
    const { image_id } = await service.grant();
    await service.leave(incomingKey('u', image_id));
    const { objects } = service.services;
    const { head } = objects;
    objects.head = () => Promise.reject(new AppError('unavailable', 'EIO'));
    await service.sweep();
    service.clock.offsetMs = 30 * SECOND;
    await service.sweep();
    assert.equal(service.failures.length, 1);
    objects.head = head;
    service.clock.offsetMs += MINUTE;
    await service.sweep();
    assert.equal((await service.record(image_id)).status, 'ready');
  });
});

describe('the objects of many images', () => {
  it('are removed together, and one that cannot be removed affects no other', async () => {
    await using service = await createSweptService();
    const { objects } = service.services;
    const remove = objects.delete;
    const uploads = await Promise.all(Array.from({ length: 30 }, () => service.grant()));
    for (const one of uploads) {
      await service.put(one);
      await service.request(`/images/${one.image_id}`, { method: 'DELETE' });
      await service.leave(originalKey(await service.record(one.image_id), 'late'));
    }
    const [broken] = uploads;
    assert.ok(broken);
    let deletes = 0;
    objects.delete = (keys) => {
      deletes += 1;
      return remove(keys);
    };
    service.clock.offsetMs = MINUTE + SECOND;
    await service.sweep();
    assert.equal(deletes, 1);
    assert.deepEqual(await service.storedFiles(), []);

    for (const one of uploads) await service.leave(originalKey(await service.record(one.image_id), 'later'));
    objects.delete = (keys) =>
      keys.some((key) => key.includes(broken.image_id))
        ? Promise.reject(new AppError('unavailable', 'EIO'))
        : remove(keys);
    service.clock.offsetMs = HOUR;
    await service.sweep();
    assert.equal((await service.storedFiles()).length, 1);
    assert.equal(service.failures.length, 1);
    objects.delete = remove;
    service.clock.offsetMs += 10 * MINUTE;
    await service.sweep();
    assert.deepEqual(await service.storedFiles(), []);
  });
});

describe('the sweep', () => {
  it('has one sweeper at a time, until its lease ends', async () => {
    await using service = await createSweptService();
    const { image_id } = await service.grant();
    await service.sweep('first');
    await service.leave(incomingKey('u', image_id));
    await service.sweep('second');
    assert.equal((await service.record(image_id)).status, 'pending');
    service.clock.offsetMs = 6 * MINUTE;
    await service.sweep('second');
    assert.equal((await service.record(image_id)).status, 'ready');
  });

  for (const { name, begin, passMs } of [
    { name: 'unused grants', begin: async () => undefined, passMs: HOUR },
    {
      name: 'unexamined uploads',
      begin: (service: Swept, id: Image['id']) => service.leave(incomingKey('u', id)),
      passMs: 0,
    },
    {
      name: 'uploads whose process died',
      async begin(service: Swept, id: Image['id']) {
        await service.leave(incomingKey('u', id));
        await service.abandon(id);
      },
      passMs: 2 * MINUTE,
    },
  ]) {
    it(`works on ten images concurrently, and no more: ${name}`, async () => {
      await using service = await createSweptService();
      for (let count = 0; count < 25; count += 1) await begin(service, (await service.grant()).image_id);
      service.clock.offsetMs = passMs;
      const { objects } = service.services;
      const { head } = objects;
      const looks = { underWay: 0, most: 0, all: 0 };
      objects.head = async (key) => {
        looks.all += 1;
        looks.underWay += 1;
        looks.most = Math.max(looks.most, looks.underWay);
        for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate); // all that may start do so meanwhile
        looks.underWay -= 1;
        return head(key);
      };
      await service.sweep();
      assert.deepEqual([looks.all, looks.most, service.failures], [25, 10, []]);
    });
  }

  it('finalizes leftovers of a crash before it expires unused grants, although these have been due for longer', async () => {
    await using service = await createSweptService();
    const abandoned = await service.grant();
    const crashed = await service.grant();
    await service.leave(incomingKey('u', crashed.image_id));
    service.clock.offsetMs = HOUR;
    await service.abandon(crashed.image_id);
    service.clock.offsetMs += 2 * MINUTE;
    const { objects } = service.services;
    const { head } = objects;
    const looks: ObjectKey[] = [];
    objects.head = (key) => {
      looks.push(key);
      return head(key);
    };
    await service.sweep();
    assert.deepEqual(
      looks,
      [crashed, abandoned].map(({ image_id }) => incomingKey('u', image_id)),
    );
    assert.equal((await service.record(crashed.image_id)).status, 'ready');
  });

  it('expires 130 images in one round', async () => {
    await using service = await createSweptService();
    const uploads = await Promise.all(Array.from({ length: 130 }, () => service.grant()));
    service.clock.offsetMs = HOUR;
    await service.sweep();
    for (const { image_id } of uploads) assert.equal((await service.record(image_id)).status, 'expired');
  });

  it('ends even if the clock does not advance', async () => {
    await using service = await createSweptService();
    service.decoder.fault = new AppError('unavailable', 'no process starts');
    for (let count = 0; count < 25; count += 1) {
      const { image_id } = await service.grant();
      await service.leave(incomingKey('u', image_id));
    }
    service.clock.offsetMs = HOUR;
    const frozen = service.clock.now();
    service.clock.now = () => frozen;
    await service.sweep();
    assert.ok(service.failures.length >= 25);
  });

  it('stops between two pages when requested', async () => {
    await using service = await createSweptService();
    await Promise.all(Array.from({ length: 130 }, () => service.grant()));
    service.clock.offsetMs = HOUR;
    const stopping = new AbortController();
    const { objects, images } = service.services;
    const { head } = objects;
    objects.head = (key) => {
      stopping.abort();
      return head(key);
    };
    await service.sweep('sweeper', stopping.signal);
    const left = await allDue(images, service.clock.now(), 200);
    assert.ok(left.length > 0 && left.length < 130, String(left.length));
  });

  it('forgets Idempotency-Keys after a day', async () => {
    await using service = await createSweptService();
    const ask = () =>
      service.request('/images/upload', json({ user_id: 'u', content_type: 'image/jpeg' }, { 'Idempotency-Key': 'k' }));
    await ask();
    service.clock.offsetMs = DAY + MINUTE;
    await service.sweep();
    service.clock.offsetMs = 0;
    const use = { userId: 'u', key: 'k', fingerprint: '', imageId: '' as Image['id'], leaseUntil: null };
    assert.equal(await service.services.images.useKey({ ...use, expiresAt: new Date(1) }, new Date(0)), undefined);
  });
});
