import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import type { TestBucket } from '../../../../test/servers/bucket.ts';
import { NO_CEPH } from '../../../../test/servers/ceph.ts';
import { NO_FAUXQS } from '../../../../test/servers/fauxqs.ts';
import { startNotifications } from '../../../../test/servers/notifications.ts';
import { createQueue } from '../../../../test/servers/queue.ts';
import { sqsForTests } from '../../../../test/servers/sqs-for-tests.ts';
import type { Image } from '../../src/domain/image/image.ts';
import { until } from '../../src/imaging/processes/process-list.fixture.ts';
import { hearingPostponed } from '../../src/observe/observer/hearing.fixture.ts';
import { sweep } from '../../src/operations/upkeep/sweep.ts';
import { allDue } from '../../src/records/images/all-due.fixture.ts';
import { startWorker } from '../../src/run/worker.ts';
import { createProvisionedBucket, environmentOf } from '../services/ceph-service.ts';
import { movingClock } from '../services/moving-clock.ts';
import { environmentOfQueue } from '../services/queued-cloud.ts';
import { createTestService, json } from '../services/service.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

const good = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48, seed: 1 }));
const bad = new Uint8Array(Buffer.from('<html>no image</html>'));

interface Grant {
  readonly image_id: Image['id'];
  readonly upload_url: string;
  readonly headers: Record<string, string>;
}

/** A queue with the bucket's events, as settings of the service. */
type QueueOf = (bucket: TestBucket, stack: AsyncDisposableStack) => Promise<Record<string, string>>;

const queueOfSqs: QueueOf = async (bucket, stack) => {
  const { sqs } = stack.use(await sqsForTests());
  const queue = stack.use(await createQueue(sqs));
  stack.use(await startNotifications({ bucket, queue }));
  return environmentOfQueue(queue);
};

/** A service on S3 without events, whose sweeper waits for the test. */
async function createUntoldService(finalizeOnRead: 'on' | 'off', queueOf: QueueOf = async () => ({})) {
  await using stack = new AsyncDisposableStack();
  const bucket = stack.use(await createProvisionedBucket());
  const clock = movingClock();
  const environment = {
    ...environmentOf(bucket),
    ...(await queueOf(bucket, stack)),
    FINALIZE_ON_READ: finalizeOnRead,
  };
  const service = stack.use(await createTestService({ environment, overrides: { clock } }));
  const held = stack.move();
  return {
    ...service,
    clock,
    /** Bytes in the bucket, with a record that doesn't refer to them. */
    async arrived(body: Uint8Array<ArrayBuffer>): Promise<Grant> {
      const response = await service.request('/images/upload', json({ user_id: 'u', content_type: 'image/jpeg' }));
      const grant = (await response.json()) as Grant;
      const { status } = await service.send(grant.upload_url, { method: 'PUT', headers: grant.headers, body });
      assert.equal(status, 200);
      assert.equal((await service.services.images.get(grant.image_id))?.status, 'pending');
      return grant;
    },
    async statusOf({ image_id }: Grant) {
      return (await service.services.images.get(image_id))?.status;
    },
    async listed() {
      const { images } = (await (await service.request('/images?user_id=u')).json()) as { images: Grant[] };
      return images.map(({ image_id }) => image_id);
    },
    async keys() {
      const keys: string[] = [];
      for (const prefix of ['incoming/', 'images/']) {
        for await (const { key } of service.services.objects.list(prefix)) keys.push(key);
      }
      return keys;
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

type Untold = Awaited<ReturnType<typeof createUntoldService>>;

/** Asserts that the served bytes are the sent ones, refused ones are gone, and nothing else is in the bucket. */
async function requireDecided(service: Untold, one: Grant, other: Grant): Promise<void> {
  assert.deepEqual([await service.statusOf(one), await service.statusOf(other)], ['ready', 'rejected']);
  const image = await service.services.images.get(one.image_id);
  assert.deepEqual(await service.keys(), [image?.status === 'ready' && image.objectKey]);
  const served = await service.request(`/images/${one.image_id}`);
  assert.deepEqual(new Uint8Array(await served.arrayBuffer()), good);
}

describe('an upload in S3 is finalized', { skip: NO_CEPH }, () => {
  it('by complete alone', async () => {
    await using service = await createUntoldService('off');
    const [one, other] = [await service.arrived(good), await service.arrived(bad)];
    assert.deepEqual(await service.listed(), []);
    const complete = ({ image_id }: Grant) => service.request(`/images/${image_id}/complete`, { method: 'POST' });
    assert.deepEqual([(await complete(one)).status, (await complete(other)).status], [200, 400]);
    await requireDecided(service, one, other);
  });

  it('by a read of the image alone', async () => {
    await using service = await createUntoldService('off');
    const [one, other] = [await service.arrived(good), await service.arrived(bad)];
    assert.deepEqual(await service.listed(), []);
    const served = await service.request(`/images/${one.image_id}`);
    assert.deepEqual(new Uint8Array(await served.arrayBuffer()), good);
    assert.equal((await service.request(`/images/${other.image_id}`)).status, 409);
    await requireDecided(service, one, other);
  });

  it('by a list alone, if lists examine uploads', async () => {
    await using service = await createUntoldService('on');
    const [one, other] = [await service.arrived(good), await service.arrived(bad)];
    let listed: string[] = [];
    // A list waits two seconds for what it examines: a busy machine may need another one.
    for (let lists = 0; listed.length === 0 && lists < 10; lists += 1) listed = await service.listed();
    assert.deepEqual(listed, [one.image_id]);
    await requireDecided(service, one, other);
  });

  it('by the sweeper alone, a quarter of an hour after the URL has expired', async () => {
    await using service = await createUntoldService('off');
    const [one, other] = [await service.arrived(good), await service.arrived(bad)];
    const failures: unknown[] = [];
    const options = { holder: 'sweeper', signal: new AbortController().signal };
    const services = hearingPostponed(service.services, (error) => failures.push(error));
    const sweepNow = () => sweep(services, options);
    const lastLookMs = 300 * SECOND + 15 * MINUTE;
    service.clock.offsetMs = lastLookMs - 10 * SECOND;
    await sweepNow();
    assert.deepEqual([await service.statusOf(one), await service.statusOf(other)], ['pending', 'pending']);
    assert.deepEqual(await service.listed(), []);
    service.clock.offsetMs = lastLookMs + 10 * SECOND;
    await sweepNow();
    assert.deepEqual(failures, []);
    await requireDecided(service, one, other);
  });

  it('by an event alone, without requests and sweeps', { skip: NO_FAUXQS }, async () => {
    await using service = await createUntoldService('off', queueOfSqs);
    const [one, other] = [await service.arrived(good), await service.arrived(bad)];
    assert.deepEqual(await service.listed(), []);
    assert.deepEqual(await allDue(service.services.images, service.clock.now(), 10), []);
    await using _worker = startWorker({ services: service.services });
    await until(
      async () => (await service.statusOf(one)) === 'ready' && (await service.statusOf(other)) === 'rejected',
    );
    await until(async () => (await service.keys()).length === 1);
    await requireDecided(service, one, other);
  });

  it('once, and a concurrent complete that finds no bytes gets the verdict', async () => {
    await using service = await createUntoldService('off');
    const { objects } = service.services;
    const { head } = objects;
    const arrived = [await service.arrived(good), await service.arrived(bad)];
    const complete = ({ image_id }: Grant) => service.request(`/images/${image_id}/complete`, { method: 'POST' });
    const statuses = [];
    for (const grant of arrived) {
      objects.head = async (key) => {
        objects.head = head;
        await complete(grant);
        return head(key);
      };
      statuses.push((await complete(grant)).status);
    }
    assert.deepEqual(statuses, [200, 400]);
  });
});
