import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import type { Image } from '../../src/domain/image/image.ts';
import { incomingKey } from '../../src/domain/image/object-key.ts';
import {
  AMAZON_TEST_EVENT,
  amazonRecord,
  cephRecord,
  eventBridgeEvent,
  formEncoded,
  snsEnvelope,
} from '../../src/jobs/sqs/bucket-events.fixture.ts';
import { createRandom, type Random } from '../chance/random.ts';
import { repeatsOf } from '../repeats.ts';
import { keysIn, requireRest } from '../services/cloud-agreement.ts';
import { takeDeadLetters, tell } from '../services/queue-messages.ts';
import { NO_QUEUED_CLOUD } from '../services/queued-cloud.ts';
import { sha256Of, sweepAll } from '../services/record-check.ts';
import { startWorkerIn } from '../services/running-worker.ts';
import { holdSweeps } from '../upkeep/held-sweeps.ts';
import { type Arrivals, createArrivals, good, recordOf, USER, uploaded } from './arrivals.ts';

const { count: TIMES_EACH, seed: SEED } = repeatsOf('arrivals');

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const other = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48, seed: 2 }));
const bad = new Uint8Array(Buffer.from('<html>no image</html>'));

/** How an image is made while the workers rest, and its status after they got the event. */
interface Story {
  readonly make: (arrivals: Arrivals) => Promise<Image['id']>;
  readonly end: Image['status'];
  readonly revision: number;
}

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
});
