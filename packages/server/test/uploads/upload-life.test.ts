import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { AppError } from '../../src/domain/errors.ts';
import { incomingKey, originalKey } from '../../src/domain/image/object-key.ts';
import type { Imaging, Inspection } from '../../src/imaging/imaging.ts';
import { repeatsOf } from '../repeats.ts';
import { filesBelow } from '../services/files-below.ts';
import { movingClock } from '../services/moving-clock.ts';
import { startService } from '../services/running-service.ts';
import { json, type TestService } from '../services/service.ts';
import { createSharingService } from '../services/sharing-service.ts';

const picture = async (seed: number, width = 64) =>
  new Uint8Array(await testImage({ type: 'image/jpeg', width, height: 48, seed }));
const [good, other] = [await picture(1), await picture(2)];
const bad = new Uint8Array(Buffer.from('<html>no image</html>'));
const { count: ROUNDS } = repeatsOf('putRaces');

interface Grant {
  readonly image_id: string;
  readonly upload_url: string;
  readonly headers: Record<string, string>;
}

const grant = async (service: TestService, fields: object = {}): Promise<Grant> =>
  (
    await service.request('/images/upload', json({ user_id: 'u', content_type: 'image/jpeg', ...fields }))
  ).json() as Promise<Grant>;
const put = (service: TestService, { upload_url, headers }: Grant, body: Uint8Array<ArrayBuffer>) =>
  service.send(upload_url, { method: 'PUT', headers, body });
const bytesOf = async (service: TestService, id: string) =>
  new Uint8Array(await (await service.request(`/images/${id}`)).arrayBuffer());
const record = (service: TestService, id: string) =>
  service.services.images.get(id as Parameters<typeof service.services.images.get>[0]);

/**
 * Holds every inspection, whose bytes are copied, until `open`: a moment in the middle of a finalize, as long as a test
 * needs.
 */
function createGate() {
  const open = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  return {
    reached: reached.promise,
    open: () => open.resolve(),
    async wait() {
      reached.resolve();
      await open.promise;
    },
  };
}

const behind =
  (gate: ReturnType<typeof createGate>) =>
  (imaging: Imaging): Imaging => ({
    ...imaging,
    async inspect(source, declaredType) {
      if (typeof source === 'string') throw new Error('expected a presigned upload');
      const fetch = async (signal: AbortSignal) => {
        const file = await source.fetch(signal);
        await gate.wait();
        return file;
      };
      return imaging.inspect({ ...source, fetch }, declaredType);
    },
  });

describe('a used upload URL', () => {
  it('accepts the same bytes again, because the answer may have been lost', async () => {
    await using service = await createSharingService();
    const one = await grant(service);
    assert.equal((await put(service, one, good)).status, 200);
    assert.equal((await put(service, one, good)).status, 200);
    assert.deepEqual(await bytesOf(service, one.image_id), good);
  });

  it('refuses other bytes, and keeps the served image and no others', async () => {
    await using service = await createSharingService();
    const one = await grant(service);
    assert.equal((await put(service, one, good)).status, 200);
    for (const body of [other, bad]) {
      const again = await put(service, one, body);
      assert.equal(again.status, 412);
      assert.match(await again.text(), /<Code>PreconditionFailed<\/Code>/);
      assert.deepEqual(await bytesOf(service, one.image_id), good);
    }
    assert.equal((await service.storedFiles()).length, 1);
  });

  it('refuses other bytes while the first are being verified', async () => {
    const gate = createGate();
    await using service = await createSharingService({
      overrides: { wrapImaging: behind(gate) },
    });
    const one = await grant(service);
    const first = put(service, one, good);
    await gate.reached;
    const before = (await service.storedFiles()).length;
    const second = put(service, one, other);
    while ((await service.storedFiles()).length === before) await new Promise(setImmediate);
    gate.open();
    assert.deepEqual([(await first).status, (await second).status], [200, 412]);
    assert.deepEqual(await bytesOf(service, one.image_id), good);
    assert.equal((await service.storedFiles()).length, 1);
  });

  it('makes one image of one of several concurrent bodies', async () => {
    await using service = await createSharingService();
    for (let round = 0; round < ROUNDS; round++) {
      const one = await grant(service);
      const bodies = await Promise.all([1, 2, 3, 4, 5, 6].map((seed) => picture(seed)));
      const statuses = await Promise.all(bodies.map(async (body) => (await put(service, one, body)).status));
      assert.ok(
        statuses.every((status) => status === 200 || status === 412),
        String(statuses),
      );
      assert.ok(statuses.includes(200));
      const served = await bytesOf(service, one.image_id);
      const winners = bodies.filter((_, index) => statuses[index] === 200);
      assert.ok(
        winners.length === 1 && winners[0]?.every((byte, at) => byte === served[at]),
        'expected the served bytes to be those answered with 200',
      );
    }
    assert.equal((await service.storedFiles()).length, ROUNDS);
  });

  it('does not give access to the original', async () => {
    await using service = await createSharingService();
    const one = await grant(service);
    assert.equal((await put(service, one, good)).status, 200);
    const image = await record(service, one.image_id);
    assert.equal(image?.status, 'ready');
    if (image?.status !== 'ready') return;
    const onOriginal = one.upload_url.replace(/incoming\/[^?]+/, image.objectKey.replaceAll('%', '%25'));
    assert.equal((await put(service, { ...one, upload_url: onOriginal }, other)).status, 403);
    assert.deepEqual(await bytesOf(service, one.image_id), good);
  });
});

describe('bytes that are not an image', () => {
  it('are refused by the PUT with a reason, which is recorded, and not kept', async () => {
    await using service = await createSharingService();
    const one = await grant(service);
    const refused = await put(service, one, bad);
    assert.equal(refused.status, 400);
    assert.match(await refused.text(), /<Code>InvalidRequest<\/Code><Message>unsupported-type: expected/);
    assert.deepEqual(await service.storedFiles(), []);

    const image = await record(service, one.image_id);
    assert.equal(image?.status === 'rejected' && image.rejection.code, 'unsupported-type');
    const read = await service.request(`/images/${one.image_id}`);
    assert.equal(read.status, 409);
    assert.match(await read.text(), /got status rejected: expected/);
    assert.match(await (await service.request('/images')).text(), /"count":0/);
  });

  it('are final: a later PUT of an image is refused', async () => {
    await using service = await createSharingService();
    const one = await grant(service);
    await put(service, one, bad);
    assert.equal((await put(service, one, good)).status, 400);
    assert.equal((await record(service, one.image_id))?.status, 'rejected');
    assert.deepEqual(await service.storedFiles(), []);
  });
});

describe('an upload without bytes yet', () => {
  it('is pending, and neither listed nor served', async () => {
    await using service = await createSharingService();
    const one = await grant(service);
    assert.match(await (await service.request('/images?user_id=u')).text(), /"count":0/);
    for (const path of [`/images/${one.image_id}`, `/images/${one.image_id}/download`]) {
      const response = await service.request(path);
      assert.equal(response.status, 409);
      assert.match(await response.text(), /expected a ready image; got status pending/);
    }
  });

  it('becomes ready by a read if its bytes were not examined, as after a crash', async () => {
    await using service = await createSharingService();
    const one = await grant(service);
    const image = await record(service, one.image_id);
    assert.ok(image);
    const { objects, staging } = service.services;
    await using staged = await staging.stage(Readable.from([good]), { maxBytes: good.length });
    await objects.put(incomingKey(image.userId, image.id), staged, { contentType: 'image/jpeg' });
    assert.deepEqual(await bytesOf(service, one.image_id), good);
    assert.equal(
      (await service.storedFiles()).length,
      2,
      'expected the original, and the file that the test has staged',
    );
  });
});

describe('another finalizer', () => {
  it('is superseded after its lease has lapsed, and its copy is removed', async () => {
    await using service = await createSharingService();
    const one = await grant(service);
    const image = await record(service, one.image_id);
    assert.equal(image?.status, 'pending');
    if (image?.status !== 'pending') return;
    const { images, objects, staging } = service.services;
    const abandoned = { attempt: 'attempt-of-the-dead', leaseUntil: new Date(0) };
    await images.replace(image, { ...image, claim: abandoned });
    const staged = await staging.stage(Readable.from([other]), { maxBytes: other.length });
    await objects.put(originalKey(image, abandoned.attempt), staged, { contentType: 'image/jpeg' });
    await staged[Symbol.asyncDispose]();

    assert.equal((await put(service, one, good)).status, 200);
    assert.deepEqual(await bytesOf(service, one.image_id), good);
    assert.equal((await service.storedFiles()).length, 1);
  });

  it('makes a PUT wait, and then 503, while its lease lasts', async () => {
    const clock = movingClock();
    await using service = await createSharingService({ overrides: { clock } });
    const one = await grant(service);
    const image = await record(service, one.image_id);
    assert.equal(image?.status, 'pending');
    if (image?.status !== 'pending') return;
    const claim = { attempt: 'alive', leaseUntil: new Date(Date.now() + 60_000) };
    const { images } = service.services;
    await images.replace(image, { ...image, claim });
    const { getToChange } = images;
    const waits = Promise.withResolvers<void>();
    let looks = 0;
    images.getToChange = (id) => {
      looks += 1;
      if (looks === 2) waits.resolve();
      return getToChange(id);
    };
    const sent = put(service, one, good);
    await Promise.race([waits.promise, sent]);
    assert.ok(looks >= 2, 'expected another look after a wait; got an answer');
    clock.offsetMs = 21_000; // past the wait and within the lease
    assert.equal((await sent).status, 503);
    assert.equal((await record(service, one.image_id))?.status, 'pending');
    clock.offsetMs = 61_000;
    assert.deepEqual(await bytesOf(service, one.image_id), good);
  });
});

describe('a decoder that crashes on an image', () => {
  const dying = async (verdicts: readonly ('dies' | 'works')[]) => {
    let calls = 0;
    const clock = movingClock();
    const service = await createSharingService({
      overrides: {
        clock,
        wrapImaging: (imaging) => ({
          ...imaging,
          async inspect(...file): Promise<Inspection> {
            if (verdicts[calls++] === 'works') return imaging.inspect(...file);
            throw new AppError('decoder-failed', 'the decoder died');
          },
        }),
      },
    });
    return { ...service, clock };
  };
  const MINUTE_AND_MORE = 61_000;

  it('leaves a presigned upload pending with its bytes, which are tried again later', async () => {
    await using service = await dying(['dies', 'works']);
    const one = await grant(service);
    assert.equal((await put(service, one, good)).status, 503);
    assert.equal((await record(service, one.image_id))?.status, 'pending');
    service.clock.offsetMs += MINUTE_AND_MORE;
    assert.deepEqual(await bytesOf(service, one.image_id), good);
    assert.equal((await service.storedFiles()).length, 1);
  });

  it('permits a second PUT to a URL that accepts only one', async () => {
    await using service = await dying(['dies', 'works']);
    const sha256 = createHash('sha256').update(good).digest('hex');
    const one = await grant(service, { sha256, size: good.length });
    assert.equal((await put(service, one, good)).status, 503);
    service.clock.offsetMs += MINUTE_AND_MORE;
    assert.equal((await put(service, one, good)).status, 200);
    assert.equal((await put(service, one, good)).status, 200, 'expected a repeated PUT of the same bytes to succeed');
    assert.deepEqual(await bytesOf(service, one.image_id), good);
  });

  it('makes a direct upload 400, and nothing is stored', async () => {
    await using service = await dying(['dies']);
    const response = await service.request('/images/upload?user_id=u', {
      method: 'POST',
      headers: { 'Content-Type': 'image/jpeg' },
      body: good,
    });
    assert.equal(response.status, 400);
    assert.match(await response.text(), /processing-failed/);
    assert.deepEqual(await service.storedFiles(), []);
  });
});

describe('deleting', () => {
  it('hides a ready image and removes its bytes, also from earlier URLs', async () => {
    await using service = await createSharingService();
    const one = await grant(service);
    await put(service, one, good);
    const { download_url } = (await (await service.request(`/images/${one.image_id}/download`)).json()) as {
      download_url: string;
    };
    assert.equal((await service.request(`/images/${one.image_id}`, { method: 'DELETE' })).status, 200);
    assert.equal((await service.send(download_url)).status, 404);
    assert.deepEqual(await service.storedFiles(), []);
    assert.equal((await service.request(`/images/${one.image_id}`, { method: 'DELETE' })).status, 404);
  });

  it('ends a pending upload, whose URL is then 409', async () => {
    await using service = await createSharingService();
    const one = await grant(service);
    assert.equal((await service.request(`/images/${one.image_id}`, { method: 'DELETE' })).status, 200);
    assert.equal((await put(service, one, good)).status, 409);
    assert.equal((await service.request(`/images/${one.image_id}`)).status, 404);
    assert.deepEqual(await service.storedFiles(), []);
  });

  it('wins over a concurrent finalize, which leaves no objects', async () => {
    const gate = createGate();
    await using service = await createSharingService({
      overrides: { wrapImaging: behind(gate) },
    });
    const one = await grant(service);
    const sent = put(service, one, good);
    await gate.reached;
    assert.equal((await service.request(`/images/${one.image_id}`, { method: 'DELETE' })).status, 200);
    gate.open();
    assert.equal((await sent).status, 409);
    assert.equal((await record(service, one.image_id))?.status, 'deleted');
    assert.deepEqual(await service.storedFiles(), []);
  });

  it('is performed once for twenty concurrent requests', async () => {
    await using service = await createSharingService();
    const one = await grant(service);
    await put(service, one, good);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => service.request(`/images/${one.image_id}`, { method: 'DELETE' })),
    );
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, ...Array(19).fill(404)]);
  });
});

describe('a body cut in the middle', () => {
  for (const way of ['direct', 'presigned'] as const) {
    it(`leaves nothing, and the service survives: ${way}`, async () => {
      await using service = await startService({ LOG_LEVEL: 'silent' });
      const granted = (await (
        await fetch(`${service.origin}/images/upload?user_id=u`, { method: 'POST' })
      ).json()) as Grant;
      const target = way === 'direct' ? `${service.origin}/images/upload?user_id=u` : granted.upload_url;
      const cut = request(target, {
        method: way === 'direct' ? 'POST' : 'PUT',
        headers: { 'Content-Type': 'image/jpeg', 'Content-Length': good.length, Expect: '100-continue' },
      });
      cut.on('error', () => {});
      await new Promise<void>((resolve) => cut.once('continue', resolve));
      cut.write(good.subarray(0, 500));
      const staged = () => filesIn(service.folder);
      while ((await staged()).length === 0) await new Promise(setImmediate);
      cut.destroy();
      while ((await staged()).length > 0) await new Promise(setImmediate);
      assert.equal((await fetch(`${service.origin}/health`)).status, 200);
      const list = (await (await fetch(`${service.origin}/images`)).json()) as { count: number };
      assert.equal(list.count, 0);
    });
  }
});

const filesIn = async (folder: string): Promise<string[]> =>
  (await filesBelow(`${folder}/data/objects`)).map((path) => basename(path));
