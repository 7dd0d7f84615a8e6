import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempDisposable } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { freePort } from '../../../../test/servers/free-port.ts';
import type { Image } from '../../src/domain/image/image.ts';
import { until } from '../../src/imaging/processes/process-list.fixture.ts';
import { attributesOfKey, leaseKey } from '../../src/records/dynamodb/item-keys.ts';
import { startFaultyProxy } from '../faults/faulty-proxy.ts';
import { FAULTY_S3 } from '../s3/fault-kinds.ts';
import { type Cloud, createCloud, joinCloud, NO_CLOUD, type OwnService } from '../services/cloud.ts';
import { keysIn } from '../services/cloud-agreement.ts';
import { startService } from '../services/running-service.ts';
import { runWorkerIn, startWorkerIn } from '../services/running-worker.ts';
import { json, post } from '../services/service.ts';
import { scrape, sumOf } from '../telemetry/prometheus-text.ts';

const HOUR_MS = 3_600_000;

const temporaryFolder = () => mkdtempDisposable(join(tmpdir(), 'safelight-'));
const picture = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));

/** An upload of an hour ago with its bytes, which was not requested again. */
async function leaveUpload(own: OwnService): Promise<Image['id']> {
  own.clock.offsetMs = -HOUR_MS;
  const granted = await own.request('/images/upload', json({ user_id: 'u', content_type: 'image/jpeg' }));
  const { image_id: id } = (await granted.json()) as { image_id: Image['id'] };
  await own.leave(id, picture);
  own.clock.offsetMs = 0;
  return id;
}

const isReady = async (own: OwnService, id: Image['id']): Promise<boolean> =>
  (await own.services.images.get(id))?.status === 'ready';

describe('npm run work', () => {
  it('says that there is nothing to do if one process does everything, and ends', async () => {
    await using folder = await temporaryFolder();
    const { exitCode, output } = await runWorkerIn(folder.path);
    assert.equal(exitCode, 0);
    assert.equal(
      output,
      'Nothing to start: with records or objects in DATA_DIR, npm start does the background work.\n',
    );
  });

  it('ends with 1 and one sentence if the configuration is wrong', async () => {
    await using folder = await temporaryFolder();
    const { exitCode, output } = await runWorkerIn(folder.path, {
      S3_BUCKET: 'bucket',
      DYNAMO_TABLE: 'table',
      FEED_SHARDS: '0',
    });
    assert.equal(exitCode, 1);
    assert.match(output, /^Safelight can't work\. Invalid configuration:\nFEED_SHARDS: expected [^\n]+; got 0\n$/);
  });
});

describe('npm run work with a bucket and a table', { skip: NO_CLOUD }, () => {
  it('ends with 1 and one sentence if there is no such table', async () => {
    await using cloud = await createCloud();
    await using folder = await temporaryFolder();
    const { exitCode, output } = await runWorkerIn(folder.path, { ...cloud.environment, DYNAMO_TABLE: 'none' });
    assert.equal(exitCode, 1);
    assert.match(
      output,
      /^Safelight can't work\. There is no table none at \S+: make it by npm run admin -- provision\n$/,
    );
  });

  it('ends with 1 and one sentence if the port of its metrics is in use', async () => {
    await using cloud = await createCloud();
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    await using folder = await temporaryFolder();
    const environment = { ...cloud.environment, WORKER_METRICS_PORT: String(port) };
    const { exitCode, output } = await runWorkerIn(folder.path, environment);
    taken.close();
    assert.equal(exitCode, 1);
    const sentence = `Port ${port} is in use on 127.0.0.1; set WORKER_METRICS_PORT to another one.`;
    assert.equal(output.trim(), `Safelight can't work. ${sentence}`);
  });

  it('finalizes arrived uploads, expires the others, measures the service for its metrics, and ends with 0 on SIGTERM', async () => {
    await using cloud = await createCloud();
    await using own = await joinCloud(cloud);
    const id = await leaveUpload(own);
    own.clock.offsetMs = -HOUR_MS;
    const granted = await own.request('/images/upload', json({ user_id: 'u', content_type: 'image/jpeg' }));
    const { image_id: missing } = (await granted.json()) as { image_id: Image['id'] };
    await using folder = await temporaryFolder();
    await own.services.coordination.setBookmark('backup-ended', new Date(Date.now() - HOUR_MS).toISOString());
    const port = String(await freePort());
    await using worker = await startWorkerIn(folder.path, { ...cloud.environment, WORKER_METRICS_PORT: port });
    await using idle = await startWorkerIn(folder.path, cloud.environment); // it keeps running without work
    assert.match(
      worker.output(),
      /^Safelight works in the background: it finalizes uploads and removes expired and deleted objects - version \S+ - decoders: \w+(?: expected, not measured)?$/m,
    );
    await until(async () => await isReady(own, id));
    await until(async () => (await own.services.images.get(missing))?.status === 'expired');
    const metrics = `http://127.0.0.1:${port}/metrics`;
    await until(async () => sumOf(await scrape(metrics), 'safelight_backup_age') >= HOUR_MS / 1_000);
    for (const one of [worker, idle]) {
      const { exitCode, output } = await one.stop();
      assert.equal(exitCode, 0, output);
      assert.match(output, /SIGTERM: finishing running jobs/);
    }
  });

  it('without EVENTS=on leaves events waiting, which npm start tells in its metrics', async () => {
    await using cloud = await createCloud();
    const environment = { ...cloud.environment, EVENTS: 'on' };
    await using own = await joinCloud({ ...cloud, environment });
    const uploaded = await own.request('/images/upload?user_id=u', post(picture, 'image/jpeg'));
    assert.equal(uploaded.status, 200, await uploaded.text());
    const port = String(await freePort());
    await using _service = await startService({ ...environment, METRICS_PORT: port });
    const metrics = `http://127.0.0.1:${port}/metrics`;
    await until(async () => sumOf(await scrape(metrics), 'safelight_events_outbox_age') > 0);
  });

  it('finishes running work before it ends', async () => {
    await using cloud = await createCloud();
    await using own = await joinCloud(cloud);
    await using proxy = await startFaultyProxy(cloud.bucket.s3.url, FAULTY_S3);
    await using folder = await temporaryFolder();
    const id = await leaveUpload(own);
    const copied = proxy.hold('GET images', 'before');
    await using worker = await startWorkerIn(folder.path, { ...cloud.environment, AWS_ENDPOINT_URL_S3: proxy.url });
    await copied.reached;
    const ended = worker.stop();
    copied.release();
    const { exitCode, output } = await ended;
    assert.equal(exitCode, 0, output);
    assert.ok(await isReady(own, id));
  });

  it('leaves a sweep to its current holder, and takes over when the lease of a killed holder lapses', async () => {
    await using cloud = await createCloud();
    const environment = { ...cloud.environment, FEED_SHARDS: '1' };
    await using own = await joinCloud({ ...cloud, environment });
    await using proxy = await startFaultyProxy(cloud.bucket.s3.url, FAULTY_S3);
    await using folder = await temporaryFolder();
    const id = await leaveUpload(own);
    /** A worker that held the lease, and ended. */
    const haveTurn = async () => {
      await using worker = await startWorkerIn(folder.path, environment);
      const { exitCode, output } = await worker.stop();
      assert.equal(exitCode, 0, output);
    };

    const copied = proxy.hold('GET images', 'before');
    await using first = await startWorkerIn(folder.path, { ...environment, AWS_ENDPOINT_URL_S3: proxy.url });
    await copied.reached;
    const [claimed, due] = [await own.services.images.get(id), await leaveUpload(own)];
    await haveTurn();
    await first.kill();
    await haveTurn();
    assert.deepEqual(await own.services.images.get(id), claimed);
    assert.equal((await own.services.images.get(due))?.status, 'pending');

    await endLeases(cloud, own, id);
    await using _next = await startWorkerIn(folder.path, environment);
    await until(async () => (await isReady(own, id)) && (await isReady(own, due)));
    const originals = await Promise.all([id, due].map(async (one) => objectKeyOf(await own.services.images.get(one))));
    await until(async () => (await keysIn(cloud)).toSorted().join() === originals.toSorted().join());
  });
});

const objectKeyOf = (image: Image | undefined): string | undefined =>
  image?.status === 'ready' ? image.objectKey : undefined;

/** Moves the time: on the lease, and on the image. */
async function endLeases(
  { table }: Cloud,
  { services: { images, coordination } }: OwnService,
  id: Image['id'],
): Promise<void> {
  const client = new DynamoDBClient({
    endpoint: table.dynamo.url,
    region: table.dynamo.region,
    credentials: table.dynamo,
  });
  const name = 'sweep-removal-0';
  const Key = attributesOfKey(leaseKey(name));
  const { Item } = await client.send(new GetItemCommand({ TableName: table.name, Key }));
  client.destroy();
  const now = new Date();
  assert.ok(await coordination.holdLease({ name, holder: Item?.['holder']?.S ?? '', until: now }, now));
  const image = await images.get(id);
  assert.ok(image?.status === 'pending' && image.claim);
  assert.ok(await images.replace(image, { ...image, claim: { ...image.claim, leaseUntil: now } }));
}
