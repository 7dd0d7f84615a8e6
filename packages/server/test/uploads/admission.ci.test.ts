import assert from 'node:assert/strict';
import { mkdtempDisposable, readdir, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { paddedPng, testImage } from '../../../../test/pictures/test-images.ts';
import { createBucket } from '../../../../test/servers/bucket.ts';
import { NO_CEPH } from '../../../../test/servers/ceph.ts';
import { type S3ForTests, s3ForTests } from '../../../../test/servers/s3-for-tests.ts';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import { until } from '../../src/imaging/processes/process-list.fixture.ts';
import { CANNOT_MOUNT, fillUp, mountMemory } from '../faults/file-systems.ts';
import { type HoldDecoderOptions, holdDecoder } from '../renditions/held-decoder.ts';
import { requireRest } from '../s3/agreement.ts';
import { createCloud, NO_CLOUD } from '../services/cloud.ts';
import { createS3Service, environmentOf, type Grant, type S3Service } from '../services/s3-service.ts';
import { createTestService, json, ORIGIN, post, type TestService } from '../services/service.ts';
import { sharedImaging } from '../services/shared-imaging.ts';

const png = await testImage({ type: 'image/png', width: 64, height: 48 });
const ofSize = (sizeBytes: number) => new Uint8Array(paddedPng(png, sizeBytes));

const MEGABYTE = 1_048_576;

async function arrived(service: Pick<TestService, 'request'>, body: Uint8Array<ArrayBuffer>): Promise<string> {
  const asked = json({ user_id: 'u', content_type: 'image/png' });
  const grant = (await (await service.request('/images/upload', asked)).json()) as Grant;
  const { status } = await fetch(grant.upload_url, { method: 'PUT', headers: grant.headers, body });
  assert.equal(status, 200);
  return grant.image_id;
}

const complete = async (service: Pick<TestService, 'request'>, id: string): Promise<string> => {
  const answer = await service.request(`/images/${id}/complete`, { method: 'POST' });
  const { code, status } = (await answer.json()) as { code?: string; status: string };
  return `${answer.status} ${code ?? status}`;
};

describe('an upload in S3 before its verification', { skip: NO_CEPH }, () => {
  let server: S3ForTests;
  before(async () => {
    server = await s3ForTests();
  });
  after(() => server[Symbol.asyncDispose]());
  after(() => sharedImaging[Symbol.asyncDispose]());

  /** A service whose only decoder is busy. */
  async function createBusyService(options: HoldDecoderOptions) {
    await using stack = new AsyncDisposableStack();
    const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'safelight-admission-')));
    const decoder = stack.use(await holdDecoder(folder.path, options));
    const service: S3Service = stack.use(await createS3Service(server.s3, { wrapImaging: decoder.wrap }));
    const held = stack.move();
    return {
      ...service,
      decoder,
      callsTo: (...names: readonly string[]) => service.proxy.calls.filter(({ name }) => names.includes(name)).length,
      [Symbol.asyncDispose]: () => held.disposeAsync(),
    };
  }

  it('is neither copied nor read before it has a place in the queue', async () => {
    await using service = await createBusyService({ maxWaiting: 2 });
    const ids = await Promise.all(Array.from({ length: 6 }, (_, index) => arrived(service, ofSize(20_000 + index))));
    const answers = ids.map((id) => complete(service, id));
    await service.decoder.untilAsked(2);
    assert.deepEqual(await firstSettled(answers, 4), Array(4).fill('429 overloaded'));
    assert.deepEqual([service.callsTo('COPY images'), service.callsTo('GET images')], [2, 2]);
    await service.decoder.release();
    const told = await Promise.all(answers);
    assert.equal(told.filter((one) => one === '200 ready').length, 2);
    for (const id of ids) assert.equal(await complete(service, id), '200 ready', 'expected no lost upload');
    await requireRest(service);
  });

  it('keeps, when refused, the claim of a dead holder, whose copy may be made late', async () => {
    await using service = await createBusyService({ maxWaiting: 1 });
    const waiting = complete(service, await arrived(service, ofSize(20_000)));
    await service.decoder.untilAsked(1);
    const id = await arrived(service, ofSize(20_001));
    const { images } = service.services;
    const granted = await images.get(id as ImageId);
    assert.ok(granted?.status === 'pending');
    assert.ok(await images.replace(granted, { ...granted, claim: { attempt: 'dead', leaseUntil: new Date(0) } }));
    assert.equal(await complete(service, id), '429 overloaded');
    const refused = await images.get(id as ImageId);
    assert.ok(refused?.status === 'pending' && refused.claim);
    await service.decoder.release();
    assert.equal(await waiting, '200 ready');
    assert.equal(await complete(service, id), '200 ready');
    await requireRest(service);
  });

  it('occupies no decoder while it is copied: another picture is examined meanwhile', async () => {
    await using service = await createBusyService({});
    await service.decoder.release();
    const id = await arrived(service, ofSize(20_000));
    const copy = service.proxy.hold('COPY images', 'before');
    const answer = complete(service, id);
    await copy.reached;
    const direct = await service.request('/images/upload?user_id=u', post(ofSize(21_000), 'image/png'));
    assert.equal(direct.status, 200);
    copy.release();
    assert.equal(await answer, '200 ready');
  });

  it('waits until there is space for its bytes within the limit', async () => {
    const sizeBytes = 100_000;
    await using service = await createBusyService({ maxFetchedBytes: 3 * sizeBytes + 99 });
    const ids = await Promise.all(Array.from({ length: 8 }, () => arrived(service, ofSize(sizeBytes))));
    const answers = ids.map((id) => complete(service, id));
    await service.decoder.untilAsked(3);
    await new Promise(setImmediate);
    assert.equal((await service.stagedFiles()).length, 3);
    assert.deepEqual([service.callsTo('COPY images'), service.callsTo('GET images')], [3, 3]);
    await service.decoder.release();
    assert.deepEqual(await Promise.all(answers), Array(8).fill('200 ready'));
    assert.deepEqual(await service.stagedFiles(), []);
  });

  it('is refused with 429 above MAX_TEMPORARY_MB, and accepted later', async () => {
    await using bucket = await createBucket(server.s3);
    const limits = { MAX_DIRECT_UPLOAD_BYTES: '400000', MAX_UPLOAD_BYTES: '400000', MAX_TEMPORARY_MB: '1' };
    const release = Promise.withResolvers<void>();
    let [largest, looking] = [0, 0];
    await using service = await createTestService({
      environment: { ...environmentOf(bucket, server.s3.url), ...limits },
      overrides: {
        wrapImaging: (imaging) => ({
          ...imaging,
          async inspect(source, ...rest) {
            if (typeof source === 'string') {
              looking += 1;
              largest = Math.max(largest, await bytesIn(join(service.folder, 'staged')));
              await release.promise;
            }
            return imaging.inspect(source, ...rest);
          },
        }),
      },
    });
    const send = () => service.request('/images/upload?user_id=u', post(ofSize(350_000), 'image/png'));
    const sent = Array.from({ length: 5 }, send);
    await until(async () => looking === 2);
    const refused = await firstSettled(sent, 3);
    assert.deepEqual(
      refused.map(({ status }) => status),
      [429, 429, 429],
    );
    release.resolve();
    const statuses = (await Promise.all(sent)).map(({ status }) => status);
    assert.deepEqual(statuses.toSorted(), [200, 200, 429, 429, 429]);
    assert.ok(largest <= MEGABYTE, `${largest} bytes`);
    assert.equal((await send()).status, 200, 'expected free space after the uploads');
  });
});

describe('a full disk of temporary files', { skip: NO_CLOUD || CANNOT_MOUNT }, () => {
  it('makes uploads and renders 429, and loses no upload; all succeed once there is space', async () => {
    await using cloud = await createCloud();
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-admission-'));
    await using _disk = await mountMemory(join(folder.path, 'data'), 16);
    const environment = { ...cloud.environment, FINALIZE_ON_READ: 'off' };
    await using service = await createTestService({ environment, folder: join(folder.path, 'data') });
    const direct = (sizeBytes: number) =>
      service.request('/images/upload?user_id=u', post(ofSize(sizeBytes), 'image/png'));
    const pending = await arrived(service, ofSize(2 * MEGABYTE));
    const photograph = new Uint8Array(await testImage({ type: 'image/jpeg', width: 1200, height: 900 }));
    const uploaded = await service.request('/images/upload?user_id=u', post(photograph, 'image/jpeg'));
    const { image_id } = (await uploaded.json()) as { image_id: string };
    const asked = json({ w: 1100, format: 'png' }); // many times as large as the photograph
    const signed = await service.request(`/images/${image_id}/render-url`, asked);
    const render = ((await signed.json()) as { url: string }).url.slice(ORIGIN.length);

    const ballast = join(folder.path, 'data/ballast');
    fillUp(ballast);
    await truncate(ballast, (await stat(ballast)).size - photograph.length - 100_000);
    const told = async (asked: Promise<Response>) => {
      const answer = await asked;
      return [answer.status, ((await answer.json()) as { code: string }).code, answer.headers.get('retry-after')];
    };
    assert.deepEqual(await told(direct(2 * MEGABYTE)), [429, 'overloaded', '5']);
    assert.deepEqual(
      await told(service.request(render)),
      [429, 'overloaded', '5'],
      'expected a 429 for the output of a decoder',
    );
    assert.equal(await complete(service, pending), '429 overloaded');
    assert.equal((await service.services.images.get(pending as ImageId))?.status, 'pending');

    await rm(ballast);
    assert.equal((await direct(2 * MEGABYTE)).status, 200);
    assert.equal((await service.request(render)).status, 200);
    assert.equal(await complete(service, pending), '200 ready');
  });
});

/** The first `count` of these answers, in order. */
async function firstSettled<Answer>(answers: readonly Promise<Answer>[], count: number): Promise<Answer[]> {
  const settled: Answer[] = [];
  await new Promise<void>((resolve) => {
    for (const answer of answers)
      answer.then((one) => {
        if (settled.push(one) === count) resolve();
      });
  });
  return settled.slice(0, count);
}

async function bytesIn(folder: string): Promise<number> {
  const sizes = (await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
