import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import { until } from '../../src/imaging/processes/process-list.fixture.ts';
import type { Delivery } from '../../src/jobs/job-queue.ts';
import { finalizeUpload } from '../../src/operations/uploads/finalize-upload.ts';
import { listen } from '../services/listening-service.ts';
import { createTestService, json, type TestService } from '../services/service.ts';
import { holdDecoder } from './held-decoder.ts';

const jpeg = async (side: number) => new Uint8Array(await testImage({ type: 'image/jpeg', width: side, height: side }));
const small = await jpeg(100);
const other = await jpeg(200);

const [HERE, THERE] = ['127.0.0.2', '127.0.0.3'] as const;

interface Grant {
  readonly image_id: string;
  readonly upload_url: string;
  readonly headers: Record<string, string>;
}

/** A service whose only decoder is busy. */
async function createBusyService(
  options: { readonly maxWaitSeconds?: number; readonly environment?: Record<string, string> } = {},
) {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'safelight-turns-')));
  const decoder = stack.use(await holdDecoder(folder.path, options));
  const { environment = {} } = options;
  const service = stack.use(await createTestService({ environment, overrides: { wrapImaging: decoder.wrap } }));
  const { send } = stack.use(await listen(service));
  const held = stack.move();
  return {
    ...service,
    decoder,
    direct: (user: string, body: Uint8Array, from: string, headers: Record<string, string> = {}) =>
      send({
        method: 'POST',
        target: `/images/upload?user_id=${user}`,
        headers: { 'Content-Type': 'image/jpeg', ...headers },
        body,
        from,
      }),
    grant: async (promised = {}) => {
      const asked = json({ user_id: 'ada', content_type: 'image/jpeg', ...promised });
      return (await (await service.request('/images/upload', asked)).json()) as Grant;
    },
    put: ({ upload_url, headers }: Grant, body: Uint8Array, from: string) =>
      send({
        method: 'PUT',
        target: upload_url,
        headers: { ...headers, Host: new URL(upload_url).host },
        body,
        from,
      }),
    get: (id: string) => service.services.images.get(id as ImageId),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** However long the service takes to send it: a receiver waits 20 s at most. */
async function nextJob({ services: { jobs } }: Pick<TestService, 'services'>): Promise<Delivery | undefined> {
  let delivery: Delivery | undefined;
  await until(async () => {
    [delivery] = await jobs.receive({ limit: 1, waitSeconds: 20, signal: new AbortController().signal });
    return delivery !== undefined;
  });
  return delivery;
}

describe('a small picture behind twelve connections that occupy the decoder', () => {
  it('is processed after the current and one more job: of another client behind the same trusted proxy', async () => {
    const environment = { ALLOW_OPEN: 'true', TRUSTED_PROXIES: HERE, PROXY_HEADERS: 'x-forwarded' };
    await using service = await createBusyService({ environment });
    const direct = (body: Uint8Array, client: string) =>
      service.direct('mallory', body, HERE, { 'X-Forwarded-For': client });
    const flood = Array.from({ length: 12 }, (_, nth) => direct(other, `198.51.100.${nth}, 2001:db8::${nth}`));
    await service.decoder.untilAsked(12);
    const one = direct(small, '2001:db8:0:1::1');
    await service.decoder.untilAsked(13);
    await service.decoder.release();
    for (const { answered } of [one, ...flood]) assert.equal((await answered).status, 200);
    assert.equal((await service.decoder.passed()).indexOf(small.length), 1);
  });

  for (const { name, user, from } of [
    { name: 'from another address, with any user id', user: 'mallory', from: THERE },
    { name: 'of another user behind the same address', user: 'ada', from: HERE },
  ])
    it(`is processed after the current and one more job: ${name}`, async () => {
      await using service = await createBusyService();
      const flood = Array.from({ length: 12 }, () => service.direct('mallory', other, HERE));
      await service.decoder.untilAsked(12);
      const one = service.direct(user, small, from);
      await service.decoder.untilAsked(13);
      await service.decoder.release();
      const { status, body } = await one.answered;
      assert.equal(status, 200, body);
      for (const { answered } of flood) assert.equal((await answered).status, 200);
      assert.equal((await service.decoder.passed()).indexOf(small.length), 1);
    });
});

describe('a client that disconnects while it waits for a decoder', () => {
  it('leaves the queue, and the next one moves up', async () => {
    await using service = await createBusyService();
    const leaving = Array.from({ length: 3 }, () => service.direct('mallory', other, HERE));
    const staying = service.direct('ada', small, HERE);
    await service.decoder.untilAsked(4);
    for (const one of leaving) one.leave();
    await until(async () => (await service.storedFiles()).length === 1); // their files are removed
    await service.decoder.release();
    assert.equal((await staying.answered).status, 200);
    assert.deepEqual(await service.decoder.passed(), [small.length]);
  });

  for (const { name, promised } of [
    { name: 'a URL for any bytes', promised: {} },
    { name: 'a URL for these bytes once', promised: { sha256: createHash('sha256').update(small).digest('hex') } },
  ])
    it(`loses no completely sent bytes: ${name}`, async () => {
      await using service = await createBusyService();
      const grant = await service.grant(promised);
      const sent = service.put(grant, small, HERE);
      await service.decoder.untilAsked(1);
      sent.leave();
      const delivery = await nextJob(service);
      assert.deepEqual(delivery?.job, { kind: 'finalize', imageId: grant.image_id });
      assert.equal((await service.get(grant.image_id))?.status, 'pending');
      await service.decoder.release();
      assert.equal((await finalizeUpload(service.services, grant.image_id as ImageId)).status, 'ready');
      assert.deepEqual(await service.decoder.passed(), [small.length]);
    });
});

describe('a request that has waited too long for a decoder', () => {
  it('gets 429, or SlowDown from the store, and its upload stays pending and queued', async () => {
    await using service = await createBusyService({ maxWaitSeconds: 0.2 });
    const direct = await service.direct('ada', small, HERE).answered;
    assert.equal(direct.status, 429);
    assert.equal((JSON.parse(direct.body) as { code: string }).code, 'overloaded');
    assert.match(direct.headers['retry-after'] ?? '', /^\d+$/);

    const grant = await service.grant();
    const put = await service.put(grant, small, HERE).answered;
    assert.equal(put.status, 503);
    assert.match(put.body, /<Code>SlowDown</);
    assert.match(put.headers['retry-after'] ?? '', /^\d+$/);
    const completed = await service.request(`/images/${grant.image_id}/complete`, { method: 'POST' });
    assert.equal(completed.status, 429);
    assert.equal((await service.get(grant.image_id))?.status, 'pending');

    const delivery = await nextJob(service);
    assert.deepEqual(delivery?.job, { kind: 'finalize', imageId: grant.image_id });
    const inBackground = finalizeUpload(service.services, grant.image_id as ImageId);
    await service.decoder.untilAsked(4);
    await service.decoder.release();
    assert.equal((await inBackground).status, 'ready', 'expected a job to wait without a limit');
  });
});
