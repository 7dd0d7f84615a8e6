import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { NO_CEPH } from '../../../../test/servers/ceph.ts';
import { NO_FAUXQS } from '../../../../test/servers/fauxqs.ts';
import { type S3ForTests, s3ForTests } from '../../../../test/servers/s3-for-tests.ts';
import { type SqsForTests, sqsForTests } from '../../../../test/servers/sqs-for-tests.ts';
import { AppError } from '../../src/domain/errors.ts';
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
import { sweep } from '../../src/operations/upkeep/sweep.ts';
import type { Grant, S3ServiceOptions } from '../services/s3-service.ts';
import { type ArrivalService, createArrivalService } from './arrival-service.ts';

const HOUR = 3_600_000;
const LOOK_EVERY_MS = 20;
const NEVER = new AbortController().signal;

const good = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48, seed: 1 }));
const png = new Uint8Array(await testImage({ type: 'image/png', width: 64, height: 48, seed: 3 }));
const other = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48, seed: 2 }));
const bad = new Uint8Array(Buffer.from('<html>no image</html>'));

const put = async (service: ArrivalService, { upload_url, headers }: Grant, body = good): Promise<void> => {
  assert.equal((await service.send(upload_url, { method: 'PUT', headers, body })).status, 200);
};

const keyOf = (id: string, userId = 'u') => incomingKey(userId, id as Image['id']);

const bytesOf = async (service: ArrivalService, id: string) =>
  new Uint8Array(await (await service.request(`/images/${id}`)).arrayBuffer());

describe('an object that arrives in the bucket', { skip: NO_CEPH || NO_FAUXQS, concurrency: 6 }, () => {
  let s3Server: S3ForTests;
  let sqsServer: SqsForTests;
  before(async () => {
    [s3Server, sqsServer] = await Promise.all([s3ForTests(), sqsForTests()]);
  });
  after(async () => {
    await s3Server[Symbol.asyncDispose]();
    await sqsServer[Symbol.asyncDispose]();
  });
  const create = (options?: S3ServiceOptions) => createArrivalService({ s3: s3Server.s3, sqs: sqsServer.sqs }, options);

  for (const user of ['u', 'ada@x.test', 'a b+c/%40é~', '..']) {
    it(`makes the image of ${user} ready without a request`, async () => {
      await using service = await create();
      const one = await service.grant({ user_id: user });
      await put(service, one);
      await service.settled();
      assert.equal((await service.imageOf(one.image_id)).status, 'ready');
      assert.deepEqual(await bytesOf(service, one.image_id), good);
      assert.equal(service.notifications.forwarded, 1);
      assert.equal((await service.storedKeys()).length, 1);
    });
  }

  it('is removed, and its image rejected, if it is not an image', async () => {
    await using service = await create();
    const one = await service.grant();
    await put(service, one, bad);
    await service.settled();
    assert.equal((await service.imageOf(one.image_id)).status, 'rejected');
    assert.deepEqual(await service.storedKeys(), []);
  });

  it('has no further effect for any number of late events', async () => {
    await using service = await create();
    const one = await service.grant({ user_id: 'ada@x.test' });
    await put(service, one);
    await service.settled();
    const ready = await service.imageOf(one.image_id);
    const stored = await service.storedKeys();
    const key = keyOf(one.image_id, 'ada@x.test');
    const bucket = service.bucket.name;
    const events = [cephRecord({ bucket, key }), amazonRecord({ bucket, key: formEncoded(key) })];
    for (const hours of [0, 1, 48]) {
      service.clock.offsetMs = hours * HOUR;
      await service.tell({ Records: events });
      for (const event of events) await service.tell({ Records: [event] });
      await service.tell(snsEnvelope({ Records: events }));
      await service.tell(eventBridgeEvent({ bucket, key }));
      await service.settled();
    }
    assert.deepEqual(await service.imageOf(one.image_id), ready);
    assert.deepEqual(await service.storedKeys(), stored);
    assert.deepEqual(await service.deadLetters(), []);
  });

  it('is removed if the image is ready, and its bytes are not served', async () => {
    await using service = await create();
    const one = await service.grant();
    await put(service, one);
    await service.settled();
    await put(service, one, other);
    await service.settled();
    assert.deepEqual(await bytesOf(service, one.image_id), good);
    assert.equal((await service.storedKeys()).length, 1);
  });

  const ended = {
    expired: async (service: ArrivalService) => {
      service.clock.offsetMs = HOUR;
      await sweep(service.services, { holder: 'sweeper', signal: NEVER });
    },
    deleted: async (service: ArrivalService, { image_id }: Grant) => {
      assert.equal((await service.request(`/images/${image_id}?user_id=u`, { method: 'DELETE' })).status, 200);
    },
    rejected: async (service: ArrivalService, one: Grant) => {
      await put(service, one, bad);
      await service.settled();
    },
  };
  for (const [status, end] of Object.entries(ended)) {
    it(`is removed if the image is ${status}, and the image is unchanged`, async () => {
      await using service = await create();
      const one = await service.grant();
      await end(service, one);
      const first = await service.imageOf(one.image_id);
      assert.equal(first.status, status);
      await service.arrive(keyOf(one.image_id), good);
      await service.settled();
      assert.deepEqual(await service.imageOf(one.image_id), first);
      assert.deepEqual(await service.storedKeys(), []);
    });
  }

  it('is removed if the image does not exist or belongs to another user, and the image is unchanged', async () => {
    await using service = await create();
    const one = await service.grant();
    await service.arrive(keyOf('0198f0a0-0000-7000-8000-000000000001'), good);
    await service.arrive(keyOf(one.image_id, 'somebody'), good);
    await service.settled();
    assert.deepEqual(await service.storedKeys(), []);
    assert.deepEqual(await service.imageOf(one.image_id), { status: 'pending', revision: 1, crashes: 0 });
  });

  it('is ignored in another bucket, or under a key that no grant makes', async () => {
    await using service = await create();
    const one = await service.grant();
    const bucket = service.bucket.name;
    const foreign = ['incoming/a b/0198f0a0-0000-7000-8000-000000000001', 'incoming/readme.txt', 'logs/today'];
    for (const key of foreign) await service.arrive(key, bad);
    await service.notifications[Symbol.asyncDispose]();
    await service.arrive(keyOf(one.image_id), good);
    await service.tell({ Records: [amazonRecord({ bucket: `${bucket}-2`, key: keyOf(one.image_id) })] });
    await service.tell({ Records: [amazonRecord({ bucket, key: 'logs/today' })] });
    await service.tell(AMAZON_TEST_EVENT);
    await service.settled();
    assert.equal((await service.imageOf(one.image_id)).status, 'pending');
    assert.deepEqual((await service.storedKeys()).toSorted(), [...foreign, keyOf(one.image_id)].toSorted());
    assert.deepEqual(await service.deadLetters(), []);
  });

  it('may be absent at the event: the image stays pending until it arrives', async () => {
    await using service = await create();
    const one = await service.grant();
    const key = keyOf(one.image_id);
    await service.tell({ Records: [amazonRecord({ bucket: service.bucket.name, key })] });
    await service.settled();
    assert.equal((await service.imageOf(one.image_id)).status, 'pending');
    await put(service, one);
    await service.settled();
    assert.equal((await service.imageOf(one.image_id)).status, 'ready');
    assert.deepEqual(await service.deadLetters(), []);
  });

  it('waits for the current finalizer, and is finalized when the lease of that one has lapsed', async () => {
    await using service = await create();
    const { images } = service.services;
    const one = await service.grant();
    const image = await service.record(one.image_id);
    assert.ok(image?.status === 'pending');
    const leaseUntil = new Date(service.clock.now().getTime() + 60_000);
    assert.ok(await images.replace(image, { ...image, claim: { attempt: 'another', leaseUntil } }));
    let looks = 0;
    const { get, getToChange } = images;
    images.getToChange = (id) => {
      looks += 1;
      return getToChange(id);
    };
    await put(service, one);
    while (looks < 2) await delay(20);
    const left = await get(image.id);
    assert.equal(left?.status === 'pending' && left.claim?.attempt, 'another');
    service.clock.offsetMs += 61_000;
    await service.settled();
    assert.equal((await get(image.id))?.status, 'ready');
  });

  it('that crashes the decoder is decoded once until it is due again', async () => {
    let looks = 0;
    await using service = await create({
      wrapImaging: (imaging) => ({
        ...imaging,
        async inspect() {
          looks += 1;
          throw new AppError('decoder-failed', 'it died');
        },
      }),
    });
    const one = await service.grant();
    await put(service, one);
    const event = { Records: [amazonRecord({ bucket: service.bucket.name, key: keyOf(one.image_id) })] };
    for (let times = 0; times < 3; times += 1) await service.tell(event);
    await service.settled();
    assert.deepEqual(await service.imageOf(one.image_id), { status: 'pending', revision: 1, crashes: 1 });
    assert.equal(looks, 1);
  });

  it('that the service fails to verify is redelivered, independently of others in the same message', async () => {
    let isFailing = true;
    await using service = await create({
      wrapImaging: (imaging) => ({
        ...imaging,
        async inspect(path, type) {
          if (isFailing && type === 'image/png') throw new AppError('unavailable', 'no process');
          return imaging.inspect(path, type);
        },
      }),
    });
    const [absent, failing, sound] = [
      await service.grant(),
      await service.grant({ content_type: 'image/png' }),
      await service.grant(),
    ];
    await service.notifications[Symbol.asyncDispose]();
    await put(service, failing, png);
    await put(service, sound);
    const bucket = service.bucket.name;
    const ids = [absent, failing, sound].map(({ image_id }) => image_id);
    await service.tell({ Records: ids.map((id) => amazonRecord({ bucket, key: keyOf(id) })) });
    while ((await service.imageOf(sound.image_id)).status !== 'ready') await delay(LOOK_EVERY_MS);
    assert.equal((await service.imageOf(failing.image_id)).status, 'pending');
    isFailing = false;
    await service.settled();
    assert.equal((await service.imageOf(failing.image_id)).status, 'ready');
    assert.equal((await service.imageOf(absent.image_id)).status, 'pending');
  });

  it('is processed among poison messages, which become dead letters with their reasons', async () => {
    await using service = await create();
    const one = await service.grant();
    const poison = ['hello', '{"id":1}', '{"Records":[{"eventVersion":"3.0"}]}'];
    for (const body of poison) await service.tell(body);
    await put(service, one);
    for (const body of poison) await service.tell(body);
    await service.settled();
    assert.equal((await service.imageOf(one.image_id)).status, 'ready');
    const letters = await service.deadLetters();
    assert.deepEqual(letters.map(({ body }) => body).toSorted(), [...poison, ...poison].toSorted());
    for (const { reason } of letters) assert.match(reason, /^expected a job or an event of a bucket; got neither: ./);
  });
});
