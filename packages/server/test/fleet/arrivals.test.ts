import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Image } from '../../src/domain/image/image.ts';
import { incomingKey } from '../../src/domain/image/object-key.ts';
import {
  AMAZON_TEST_EVENT,
  amazonRecord,
  cephRecord,
  eventBridgeEvent,
  formEncoded,
  snsEnvelope,
} from '../../src/job-queue/sqs/bucket-events.fixture.ts';
import { createRandom, type Random } from '../chance/random.ts';
import { startFaultyProxy } from '../faults/faulty-proxy.ts';
import { testImage } from '../pictures/test-images.ts';
import { repeatsOf } from '../repeats.ts';
import { FAULTY_S3 } from '../s3/fault-kinds.ts';
import { joinCloud } from '../services/cloud.ts';
import { keysIn, requireRest } from '../services/cloud-agreement.ts';
import { isSettled, takeDeadLetters, tell } from '../services/queue-messages.ts';
import { createQueuedCloud, NO_QUEUED_CLOUD } from '../services/queued-cloud.ts';
import { sha256Of, sweepAll } from '../services/record-check.ts';
import { startWorkerIn } from '../services/running-worker.ts';
import { json } from '../services/service.ts';
import { holdSweeps } from '../upkeep/held-sweeps.ts';

const { count: TIMES_EACH, seed: SEED } = repeatsOf('arrivals');

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const LOOK_EVERY_MS = 50;

const USER = 'ada@x.test';
const good = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48, seed: 1 }));
const other = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48, seed: 2 }));
const bad = new Uint8Array(Buffer.from('<html>no image</html>'));

/** A cloud that only the test sweeps, so that no sweep does an event's work. */
async function createArrivals() {
  await using stack = new AsyncDisposableStack();
  const cloud = stack.use(await createQueuedCloud());
  const own = stack.use(await joinCloud(cloud));
  await holdSweeps(own.services);
  const held = stack.move();

  const grant = async (): Promise<Image['id']> => {
    const asked = json({ user_id: USER, content_type: 'image/jpeg' });
    return ((await (await own.request('/images/upload', asked)).json()) as { image_id: Image['id'] }).image_id;
  };
  return {
    cloud,
    own,
    grant,
    /** With a date `ms` ago. */
    async grantBefore(ms: number) {
      own.clock.offsetMs = -ms;
      const id = await grant();
      own.clock.offsetMs = 0;
      return id;
    },
    async settled() {
      while (!(await isSettled(cloud.queue))) await delay(LOOK_EVERY_MS);
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

type Arrivals = Awaited<ReturnType<typeof createArrivals>>;

/** How an image is made while the workers rest, and its status after they got the event. */
interface Story {
  readonly make: (arrivals: Arrivals) => Promise<Image['id']>;
  readonly end: Image['status'];
  readonly revision: number;
}

const uploaded = async ({ own, grant }: Arrivals, bytes: Uint8Array): Promise<Image['id']> => {
  const id = await grant();
  await own.leave(id, bytes);
  return id;
};

const STORIES: Readonly<Record<string, Story>> = {
  'good bytes': { make: (arrivals) => uploaded(arrivals, good), end: 'ready', revision: 2 },
  'bad bytes': { make: (arrivals) => uploaded(arrivals, bad), end: 'rejected', revision: 2 },
  'good bytes with an event after the URL has expired': {
    async make({ own, grantBefore }) {
      const id = await grantBefore(10 * MINUTE_MS);
      await own.leave(id, good);
      return id;
    },
    end: 'ready',
    revision: 2,
  },
  'nothing yet': { make: ({ grant }) => grant(), end: 'pending', revision: 1 },
  'good bytes, then others': {
    async make(arrivals) {
      const id = await uploaded(arrivals, good);
      assert.equal((await arrivals.own.request(`/images/${id}/complete`, { method: 'POST' })).status, 200);
      await arrivals.own.leave(id, other);
      return id;
    },
    end: 'ready',
    revision: 2,
  },
  'bytes after the expiry': {
    async make({ own, grantBefore }) {
      const id = await grantBefore(HOUR_MS);
      await sweepAll(own);
      await holdSweeps(own.services); // which a sweep ends
      await own.leave(id, good);
      return id;
    },
    end: 'expired',
    revision: 2,
  },
  'bytes of an image that was deleted before their event, sent twice': {
    async make(arrivals) {
      const id = await uploaded(arrivals, good);
      const headers = { 'X-User-Id': USER };
      assert.equal((await arrivals.own.request(`/images/${id}`, { method: 'DELETE', headers })).status, 200);
      await arrivals.own.leave(id, good);
      return id;
    },
    end: 'deleted',
    revision: 2,
  },
};

/** Each with its fault. */
const POISON: Readonly<Record<string, RegExp>> = {
  hello: /: no JSON object$/,
  '{"id":1}': /: neither a job nor an event of a bucket$/,
  '{"Records":[{"eventVersion":"3.0"}]}': /: a record of the version "3\.0"; expected 2\.x$/,
  '{"Records":[{"eventVersion":"2.1","eventName":"ObjectCreated:Put","s3":{}}]}': /: a record without bucket and key$/,
};

/** All events of an arrival, in every form. */
function eventsOf(bucket: string, id: Image['id']): unknown[] {
  const key = incomingKey(USER, id);
  const records = [cephRecord({ bucket, key }), amazonRecord({ bucket, key: formEncoded(key) })];
  return [
    { Records: records },
    ...records.map((record) => ({ Records: [record] })),
    snsEnvelope({ Records: records }),
    eventBridgeEvent({ bucket, key }),
  ];
}

/** Events that don't concern the service. */
const foreignEvents = (bucket: string, id: Image['id']): unknown[] => [
  AMAZON_TEST_EVENT,
  { Records: [amazonRecord({ bucket: `${bucket}-2`, key: incomingKey(USER, id) })] },
  { Records: [amazonRecord({ bucket, key: 'logs/today' })] },
  { Records: [amazonRecord({ bucket, key: incomingKey('somebody', id) })] },
  { Records: [amazonRecord({ bucket, key: `incoming/${USER}/0198f0a0-0000-7000-8000-000000000001` })] },
  { Records: [amazonRecord({ bucket, key: incomingKey(USER, id), eventName: 'ObjectRemoved:Delete' })] },
];

const shuffled = (random: Random, items: readonly unknown[]): unknown[] =>
  items
    .map((item) => ({ item, place: random.next() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ item }) => item);

const originalsIn = (images: readonly Image[]): string[] =>
  images.flatMap((image) => (image.status === 'ready' ? image.objectKey : [])).toSorted();

async function recordOf({ own }: Arrivals, id: Image['id']): Promise<Image> {
  const image = await own.services.images.get(id);
  assert.ok(image);
  return image;
}

describe('two workers, and a queue with their bucket’s events', {
  skip: NO_QUEUED_CLOUD,
  concurrency: 3,
}, () => {
  it('reach a correct state for any events, in any number and order', async (t) => {
    t.diagnostic(`SEED=${SEED}`);
    const random = createRandom(SEED);
    await using arrivals = await createArrivals();
    const { cloud, own } = arrivals;
    const bucket = cloud.bucket.name;
    const told: { readonly id: Image['id']; readonly name: string; readonly story: Story }[] = [];
    for (let times = 0; times < TIMES_EACH; times += 1) {
      for (const [name, story] of Object.entries(STORIES)) told.push({ id: await story.make(arrivals), name, story });
    }
    const poison = Object.keys(POISON).flatMap((body) => [body, body]);
    const events = told.flatMap(({ id }) => [...eventsOf(bucket, id), ...foreignEvents(bucket, id)]);
    await tell(cloud.queue, shuffled(random, [...events, ...poison]));

    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-'));
    await using one = await startWorkerIn(folder.path, cloud.environment);
    await using two = await startWorkerIn(folder.path, cloud.environment);
    await arrivals.settled();
    await tell(cloud.queue, shuffled(random, events)); // hours late
    await arrivals.settled();

    const images: Image[] = [];
    for (const { id, name, story } of told) {
      const image = await recordOf(arrivals, id);
      assert.deepEqual([image.status, image.revision], [story.end, story.revision], name);
      if (image.status === 'ready') assert.equal(image.sha256, sha256Of(good), name);
      images.push(image);
    }
    assert.deepEqual((await keysIn(cloud)).toSorted(), originalsIn(images));
    const letters = await takeDeadLetters(cloud.queue);
    assert.deepEqual(letters.map(({ body }) => body).toSorted(), poison.toSorted());
    for (const { body, reason } of letters) assert.match(reason, POISON[body] ?? assert.fail(body));
    for (const { exitCode, output } of await Promise.all([one.stop(), two.stop()])) {
      assert.equal(exitCode, 0, output);
      assert.doesNotMatch(output, /failed|redelivered/);
    }
    await requireRest(cloud, own);
  });

  it('lose no event among poison messages', async () => {
    await using arrivals = await createArrivals();
    const { cloud, own } = arrivals;
    await cloud.notifications[Symbol.asyncDispose]();
    const ids: Image['id'][] = [];
    for (const _ of Object.keys(POISON)) ids.push(await uploaded(arrivals, good));
    const bucket = cloud.bucket.name;
    const event = (id: Image['id']) => ({
      Records: [amazonRecord({ bucket, key: formEncoded(incomingKey(USER, id)) })],
    });
    await tell(
      cloud.queue,
      Object.keys(POISON).flatMap((body, index) => [body, ...ids.slice(index, index + 1).map(event)]),
    );
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-'));
    await using _worker = await startWorkerIn(folder.path, cloud.environment);
    await arrivals.settled();
    const images = await Promise.all(ids.map((id) => recordOf(arrivals, id)));
    assert.deepEqual(new Set(images.map(({ status }) => status)), new Set(['ready']));
    assert.equal((await takeDeadLetters(cloud.queue)).length, Object.keys(POISON).length);
    await requireRest(cloud, own);
  });

  it('finish the work of a killed worker, and make the image ready once', async () => {
    await using arrivals = await createArrivals();
    const { cloud, own } = arrivals;
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-'));
    await using proxy = await startFaultyProxy(cloud.bucket.s3.url, FAULTY_S3);
    const copied = proxy.hold('GET images', 'before');
    await using mortal = await startWorkerIn(folder.path, { ...cloud.environment, AWS_ENDPOINT_URL_S3: proxy.url });
    const id = await uploaded(arrivals, good);
    await copied.reached;
    await using _other = await startWorkerIn(folder.path, cloud.environment);
    await mortal.kill();
    const [left] = (await keysIn(cloud)).filter((key) => key.startsWith('images/'));
    assert.ok(left);

    await arrivals.settled(); // when the message is redelivered past its lease, and past the dead worker's claim
    const image = await recordOf(arrivals, id);
    assert.ok(image.status === 'ready' && image.sha256 === sha256Of(good));
    assert.deepEqual([image.revision, image.objectKey === left], [2, false]);
    assert.deepEqual(await keysIn(cloud), [image.objectKey]);
    assert.deepEqual(await takeDeadLetters(cloud.queue), []);
    assert.equal((await requireRest(cloud, own)).length, 1);
  });
});
