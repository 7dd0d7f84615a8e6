import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { AppError } from '../../src/domain/errors.ts';
import type { Image } from '../../src/domain/image/image.ts';
import { incomingKey } from '../../src/domain/image/object-key.ts';
import type { ServiceEvent } from '../../src/observe/observer/observer.ts';
import { startWorker } from '../../src/run/worker.ts';
import { movingClock } from '../services/moving-clock.ts';
import { createTestService, json, type TestService } from '../services/service.ts';
import { holdSweeps } from './held-sweeps.ts';

const good = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48, seed: 1 }));

/** Imaging whose first `count` inspections fail, as if no decode process could be started. */
async function createFailingService(count: number) {
  const clock = movingClock();
  const looks = { count: 0 };
  const events: ServiceEvent['event'][] = [];
  const service = await createTestService({
    observe: ({ event }) => events.push(event),
    overrides: {
      clock,
      wrapImaging: (imaging) => ({
        ...imaging,
        async inspect(...file) {
          looks.count += 1;
          if (looks.count <= count) throw new AppError('unavailable', 'no process starts');
          return imaging.inspect(...file);
        },
      }),
    },
  });
  return { ...service, clock, looks, events, [Symbol.asyncDispose]: () => service[Symbol.asyncDispose]() };
}

async function upload(service: TestService): Promise<{ id: Image['id']; status: number }> {
  const asked = await service.request('/images/upload', json({ user_id: 'u', content_type: 'image/jpeg' }));
  const { image_id, upload_url, headers } = (await asked.json()) as {
    image_id: Image['id'];
    upload_url: string;
    headers: Record<string, string>;
  };
  const { status } = await service.send(upload_url, { method: 'PUT', headers, body: good });
  return { id: image_id, status };
}

async function untilReady(service: TestService, id: Image['id']): Promise<void> {
  while ((await service.services.images.get(id))?.status !== 'ready') await delay(10);
}

describe('the worker', () => {
  it('finalizes the uploads of an outage without a retry', async () => {
    await using service = await createFailingService(3);
    await using _worker = startWorker({ services: service.services });
    const { id, status } = await upload(service);
    assert.equal(status, 503);
    service.clock.offsetMs = 10_000; // past the job's delay; its own failures are retried within seconds
    const sooner = setInterval(() => {
      service.clock.offsetMs += 5_000;
    }, 50);
    await untilReady(service, id);
    clearInterval(sooner);
    assert.ok(service.looks.count >= 4);
    assert.equal(service.events.filter((event) => event === 'upload-arrived').length, 1);
    const bytes = new Uint8Array(await (await service.request(`/images/${id}`)).arrayBuffer());
    assert.deepEqual(bytes, good);
  });

  it('sweeps at its start, for leftovers of a crash', async () => {
    await using service = await createFailingService(0);
    const { objects, staging } = service.services;
    const asked = await service.request('/images/upload', json({ user_id: 'u', content_type: 'image/jpeg' }));
    const { image_id } = (await asked.json()) as { image_id: Image['id'] };
    await using file = await staging.stage(chunksOf(good), { maxBytes: 10 ** 6 });
    await objects.put(incomingKey('u', image_id), file, { contentType: 'image/jpeg' });
    await using _worker = startWorker({ services: service.services });
    await untilReady(service, image_id);
  });

  it('measures the service once a minute, also if that fails, which is no failed sweep', async () => {
    await using service = await createFailingService(0);
    let counts = 0;
    service.services.jobs.countDeadLetters = async () => {
      counts += 1;
      throw new AppError('unavailable', 'the queue is away');
    };
    await using _worker = startWorker({ services: service.services, pauseSeconds: 0.01, hasMetrics: true });
    while (counts === 0) await delay(1);
    await delay(200);
    const failures = service.events.filter((event) => event.endsWith('-failed'));
    assert.deepEqual([counts, failures], [1, ['measuring-failed']]);
  });

  it('measures nothing without metrics', async () => {
    await using service = await createFailingService(0);
    const { jobs, coordination } = service.services;
    jobs.countDeadLetters = async () => assert.fail('expected no count of dead letters');
    coordination.holdLease = async ({ name }) => assert.notEqual(name, 'dead-letters') ?? true;
    const worker = startWorker({ services: service.services, sweepSeconds: 0.01 });
    const rounds = () => service.events.filter((event) => event === 'sweep-done').length;
    while (rounds() < 20) await delay(1);
    await worker[Symbol.asyncDispose]();
    assert.deepEqual(
      service.events.filter((event) => /-(?:measured|failed)$/.test(event)),
      [],
    );
  });

  it('sweeps repeatedly', async () => {
    await using service = await createFailingService(0);
    const { images } = service.services;
    const { due } = images;
    let sweeps = 0;
    images.due = (...asked) => {
      sweeps += 1;
      return due(...asked);
    };
    await using _worker = startWorker({ services: service.services, sweepSeconds: 0.01 });
    const asked = await service.request('/images/upload', json({ user_id: 'u', content_type: 'image/jpeg' }));
    const { image_id } = (await asked.json()) as { image_id: Image['id'] };
    while (sweeps < 2) await delay(1);
    service.clock.offsetMs = 3_600_000;
    while ((await images.get(image_id))?.status !== 'expired') await delay(10);
  });

  it('survives a repository that fails', async () => {
    await using service = await createFailingService(0);
    const { images } = service.services;
    let faults = 2;
    const due = images.due;
    images.due = (...asked) => {
      if (faults-- > 0) return Promise.reject(new AppError('unavailable', 'locked'));
      return due(...asked);
    };
    await using _worker = startWorker({ services: service.services, sweepSeconds: 0.01, pauseSeconds: 0.01 });
    const asked = await service.request('/images/upload', json({ user_id: 'u', content_type: 'image/jpeg' }));
    const { image_id } = (await asked.json()) as { image_id: Image['id'] };
    service.clock.offsetMs = 3_600_000;
    while ((await images.get(image_id))?.status !== 'expired') await delay(10);
  });

  it('releases the sweep’s lease when it ends', async () => {
    await using service = await createFailingService(0);
    const { coordination } = service.services;
    const takesOver = () =>
      coordination.holdLease({ name: 'sweep-incoming', holder: 'another', until: new Date(0) }, service.clock.now());
    const worker = startWorker({ services: service.services });
    while (await takesOver()) await delay(1);
    await worker[Symbol.asyncDispose]();
    assert.equal(await takesOver(), true);
  });

  it('ends with its waits when it is disposed of', async () => {
    await using service = await createFailingService(0);
    const worker = startWorker({ services: service.services });
    const ended = worker[Symbol.asyncDispose]().then(() => 'ended');
    assert.equal(await Promise.race([ended, delay(15_000, 'still at work', { ref: false })]), 'ended');
  });
});

/** A worker without sweeps, whose jobs about images of the user `slow` wait until the test releases them. */
async function createSlowService(environment: Record<string, string> = {}) {
  const released = Promise.withResolvers<void>();
  const looks: string[] = [];
  const service = await createTestService({
    environment,
    overrides: {
      wrapImaging: (imaging) => ({
        ...imaging,
        async inspect(path, type, job) {
          const owner = job?.payer?.member ?? '';
          looks.push(owner);
          if (owner === 'slow') await released.promise;
          return imaging.inspect(path, type, job);
        },
      }),
    },
  });
  await holdSweeps(service.services);
  return {
    ...service,
    /** The users whose uploads were started, in order. */
    looks,
    release: released.resolve,
    /** An upload with a job. */
    async begin(userId: string): Promise<Image['id']> {
      const { objects, staging, jobs } = service.services;
      const asked = await service.request('/images/upload', json({ user_id: userId, content_type: 'image/jpeg' }));
      const { image_id: imageId } = (await asked.json()) as { image_id: Image['id'] };
      await using file = await staging.stage(chunksOf(good), { maxBytes: 10 ** 6 });
      await objects.put(incomingKey(userId, imageId), file, { contentType: 'image/jpeg' });
      await jobs.send({ kind: 'finalize', imageId });
      return imageId;
    },
    async statusOf(id: Image['id']) {
      return (await service.services.images.get(id))?.status;
    },
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

describe("the worker's sweeps", () => {
  it('recover from a crash during a slow removal', { timeout: 240_000 }, async () => {
    await using service = await createFailingService(0);
    const { images, objects, staging } = service.services;
    const grant = async () => {
      const asked = await service.request('/images/upload', json({ user_id: 'u', content_type: 'image/jpeg' }));
      const { image_id } = (await asked.json()) as { image_id: Image['id'] };
      const image = await images.get(image_id);
      assert.ok(image?.status === 'pending');
      return image;
    };
    const abandoned = await grant();
    const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const { head } = objects;
    objects.head = async (key) => {
      if (key.endsWith(abandoned.id)) {
        reached.resolve();
        await released.promise;
      }
      return head(key);
    };
    service.clock.offsetMs = 3_600_000;
    await using _worker = startWorker({ services: service.services, sweepSeconds: 0.01 });
    await using _released = { [Symbol.asyncDispose]: async () => released.resolve() };
    await reached.promise;
    const crashed = await grant();
    const claim = { attempt: 'dead', leaseUntil: new Date(service.clock.now().getTime() + 30_000) };
    assert.ok(await images.replace(crashed, { ...crashed, claim }));
    await using file = await staging.stage(chunksOf(good), { maxBytes: 10 ** 6 });
    await objects.put(incomingKey('u', crashed.id), file, { contentType: 'image/jpeg' });
    service.clock.offsetMs += 31_000;
    await untilReady(service, crashed.id);
    assert.equal((await images.get(abandoned.id))?.status, 'pending');
  });
});

describe("the worker's slots", () => {
  it('are refilled one by one: a waiting job blocks no other', { timeout: 240_000 }, async () => {
    await using service = await createSlowService();
    const slow = await service.begin('slow');
    const others: Image['id'][] = [];
    for (let count = 0; count < 12; count += 1) others.push(await service.begin(`user ${count}`));
    await using _worker = startWorker({ services: service.services });
    for (const id of others) await untilReady(service, id);
    assert.equal(await service.statusOf(slow), 'pending');
    service.release();
    await untilReady(service, slow);
  });

  it('are as many as WORKER_SLOTS', async () => {
    await using service = await createSlowService({ WORKER_SLOTS: '2' });
    const slow = [await service.begin('slow'), await service.begin('slow')];
    const third = await service.begin('quick');
    const worker = startWorker({ services: service.services });
    while (service.looks.length < 2) await delay(1);
    const ended = worker[Symbol.asyncDispose]();
    assert.deepEqual(service.looks, ['slow', 'slow']);
    service.release();
    await ended;
    assert.deepEqual(await Promise.all([...slow, third].map(service.statusOf)), ['ready', 'ready', 'pending']);
  });

  it('are waited for when the worker ends, and accept nothing new', async () => {
    await using service = await createSlowService({ WORKER_SLOTS: '3' });
    const slow = await service.begin('slow');
    const worker = startWorker({ services: service.services });
    while (service.looks.length < 1) await delay(1);
    let hasEnded = false;
    const ended = worker[Symbol.asyncDispose]().then(() => {
      hasEnded = true;
    });
    const late = await service.begin('late');
    assert.equal(hasEnded, false);
    service.release();
    await ended;
    assert.deepEqual([await service.statusOf(slow), await service.statusOf(late)], ['ready', 'pending']);
  });
});

async function* chunksOf(body: Uint8Array): AsyncGenerator<Uint8Array> {
  yield body;
}
