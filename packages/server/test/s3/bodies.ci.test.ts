import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { createBucket } from '../../../../test/servers/bucket.ts';
import { NO_CEPH } from '../../../../test/servers/ceph.ts';
import { type S3ForTests, s3ForTests } from '../../../../test/servers/s3-for-tests.ts';
import type { ObjectKey } from '../../src/domain/image/object-key.ts';
import { startFaultyProxy } from '../faults/faulty-proxy.ts';
import { startService } from '../services/running-service.ts';
import { createS3Service, environmentOf, type S3Service } from '../services/s3-service.ts';
import { post } from '../services/service.ts';
import { sharedImaging } from '../services/shared-imaging.ts';
import { FAULTY_S3 } from './fault-kinds.ts';

const MEGABYTE = 1_048_576;
/** Larger than all buffers on the way. */
const LARGE_BYTES = 24 * MEGABYTE;
const KEY = 'images/u/large/bytes' as ObjectKey;
const LOOK_EVERY_MS = 5;
/** More cuts than are retried. */
const PAUSES = 6;

const image = new Uint8Array(await testImage({ type: 'image/jpeg', width: 1_024, height: 768 }));

async function largeObject({ bucket }: S3Service): Promise<Buffer> {
  const body = Buffer.alloc(LARGE_BYTES, 'bytes that repeat every so often, at a prime');
  await bucket.client.send(new PutObjectCommand({ Bucket: bucket.name, Key: KEY, Body: body }));
  return body;
}

async function opened({ services }: S3Service): Promise<ReadableStream<Uint8Array>> {
  const object = await services.objects.get(KEY);
  assert.ok(object?.body instanceof ReadableStream);
  return object.body;
}

describe('a body from S3', { skip: NO_CEPH }, () => {
  let server: S3ForTests;
  before(async () => {
    server = await s3ForTests();
  });
  after(() => server[Symbol.asyncDispose]());
  after(() => sharedImaging[Symbol.asyncDispose]());

  it('returns its connection if it isn’t read, from the start or midway', { timeout: 240_000 }, async () => {
    const timeouts = { connectMs: 1_500, answerMs: 1_500, idleMs: 600_000 };
    await using service = await createS3Service(server.s3, { timeouts });
    await largeObject(service);
    await (await opened(service)).cancel();
    const reader = (await opened(service)).getReader();
    await reader.read();
    await reader.cancel();
    while (service.proxy.openExchanges() > 0) await delay(LOOK_EVERY_MS);
    assert.equal(service.proxy.calls.filter(({ name }) => name === 'GET images').length, 2, 'expected no resumption');
  });

  it('releases its connection and its file when cancelled, also before its first byte', async () => {
    await using service = await createS3Service(server.s3, {
      timeouts: { connectMs: 60_000, answerMs: 60_000, idleMs: 600_000 },
    });
    await largeObject(service);
    const isStaged = async () => (await service.stagedFiles()).length > 0;
    for (const moment of ['before', 'during'] as const) {
      const held = moment === 'before' ? service.proxy.hold('GET images', 'before') : undefined;
      const leaving = new AbortController();
      const { signal } = leaving;
      const left = assert.rejects(service.services.objects.checkOut(KEY, { maxBytes: LARGE_BYTES, signal }), /gone/);
      if (held) await held.reached;
      else while (!(await isStaged())) await nextTurn();
      leaving.abort(new Error('gone'));
      await left;
      assert.ok(!(await isStaged()), moment);
      while (service.proxy.openExchanges() > 0) await delay(LOOK_EVERY_MS);
      held?.release();
    }
    assert.equal(service.proxy.calls.filter(({ name }) => name === 'GET images').length, 2, 'expected no resumption');
    const gone = AbortSignal.abort(new Error('gone'));
    await assert.rejects(service.services.objects.checkOut(KEY, { maxBytes: LARGE_BYTES, signal: gone }), /gone/);
  });

  it('is cancelled with its rendition, when the client disconnects', async () => {
    await using service = await createS3Service(server.s3, {
      timeouts: { connectMs: 60_000, answerMs: 60_000, idleMs: 600_000 },
    });
    const upload = await service.request('/images/upload?user_id=u', post(image, 'image/jpeg'));
    const { image_id } = (await upload.json()) as { image_id: string };
    const held = service.proxy.hold('GET images', 'before');
    const leaving = new AbortController();
    const left = service.request(`/images/${image_id}/renditions/thumb`, { signal: leaving.signal });
    await held.reached;
    leaving.abort();
    assert.equal((await left).status, 499);
    while (service.proxy.openExchanges() > 0) await delay(LOOK_EVERY_MS);
    assert.deepEqual(await service.stagedFiles(), []);
    held.release();
  });

  it('is complete for a reader so slow that the idle connection is closed repeatedly', async () => {
    const timeouts = { connectMs: 1_500, answerMs: 1_500, idleMs: 100 };
    await using service = await createS3Service(server.s3, { timeouts });
    const expected = await largeObject(service);
    const reader = (await opened(service)).getReader();
    const read: Uint8Array[] = [];
    for (let pauses = 0; pauses < PAUSES; pauses += 1) {
      for (let bytes = 0; bytes < MEGABYTE; bytes += read.at(-1)?.length ?? 0) {
        const { value } = await reader.read();
        read.push(value ?? new Uint8Array());
      }
      while (service.proxy.openExchanges() > 0) await delay(LOOK_EVERY_MS);
    }
    for (let next = await reader.read(); !next.done; next = await reader.read()) read.push(next.value);
    assert.equal(Buffer.compare(Buffer.concat(read), expected), 0);
    const asked = service.proxy.calls.filter(({ name }) => name === 'GET images').length;
    assert.ok(asked > PAUSES, `${asked} requests for one body`);
  });

  it('that is cut once is resumed; one that is always cut is cut for its client, too', async () => {
    await using bucket = await createBucket(server.s3);
    await using proxy = await startFaultyProxy(server.s3.url, FAULTY_S3);
    await using service = await startService({ ...environmentOf(bucket, proxy.url), LOG_LEVEL: 'silent' });
    const upload = await fetch(`${service.origin}/images/upload?user_id=u`, post(image, 'image/jpeg'));
    const { image_id } = (await upload.json()) as { image_id: string };
    const range = `bytes=1000-${image.length - 2}`;
    const asked = [
      { headers: {}, bytes: image },
      { headers: { Range: range }, bytes: image.subarray(1_000, image.length - 1) },
    ];
    for (const { headers, bytes } of asked) {
      const read = () => fetch(`${service.origin}/images/${image_id}`, { headers });
      proxy.fail({ kind: 'cut answer', name: 'GET images', nth: 1, lasts: 'once' });
      assert.equal(Buffer.compare(await (await read()).bytes(), bytes), 0);

      proxy.fail({ kind: 'cut answer', name: 'GET images', nth: 1, lasts: 'for this call' });
      const response = await read();
      assert.equal(response.headers.get('content-length'), String(bytes.length));
      await assert.rejects(response.bytes(), 'expected an error for an incomplete body');
      proxy.repair();
    }
  });
});
