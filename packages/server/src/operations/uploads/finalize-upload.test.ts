import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { payerAt } from '../../domain/access/payer.ts';
import { AppError } from '../../domain/errors.ts';
import type { Image } from '../../domain/image/image.ts';
import { incomingKey, originalKey } from '../../domain/image/object-key.ts';
import type { Imaging } from '../../imaging/imaging.ts';
import { ADA, createEmbeddedServices, createGate, inspectsBehind, jpeg } from '../embedded-services.fixture.ts';
import { deleteImage } from '../images/delete-image.ts';
import { updateImage } from '../images/update-image.ts';
import { takeClaim } from './claim.ts';
import { finalizeUpload } from './finalize-upload.ts';

const LEASE_MS = 60_000;
const MAX_CRASHES = 5;

const [good, other] = [await jpeg(1), await jpeg(2)];
const bad = Buffer.from('<html>no image</html>');
const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const keysOf = (image: Image): string[] => (image.status === 'ready' ? [image.objectKey] : []);

/** Imaging that counts its inspections, and fails each of them while `failure` is set. */
function createCounted() {
  const counted = { inspections: 0, failure: undefined as AppError | undefined };
  const wrap = (imaging: Imaging): Imaging => ({
    ...imaging,
    async inspect(...asked) {
      const inspection = await imaging.inspect(...asked);
      counted.inspections += 1;
      if (counted.failure) throw counted.failure;
      return inspection;
    },
  });
  return { counted, wrap };
}

describe('finalizing an upload', () => {
  it('publishes a copy of the uploaded bytes, and leaves nothing else', async () => {
    await using embedded = await createEmbeddedServices();
    const image = await embedded.grant();
    await embedded.arrive(image, good);
    const ready = await finalizeUpload(embedded.services, image.id);
    assert.ok(ready.status === 'ready');
    assert.deepEqual([ready.sha256, ready.width, ready.height, ready.revision], [sha256Of(good), 32, 24, 2]);
    assert.deepEqual(await embedded.record(image), ready);
    assert.deepEqual(await embedded.keys(), [ready.objectKey]);
  });

  it('happens once for concurrent callers, who get the same result', async () => {
    const { counted, wrap } = createCounted();
    await using embedded = await createEmbeddedServices(wrap);
    const image = await embedded.grant();
    await embedded.arrive(image, good);
    const asked = Array.from({ length: 10 }, () => finalizeUpload(embedded.services, image.id));
    const decided = await Promise.all(asked);
    assert.equal(new Set(decided.flatMap(keysOf)).size, 1);
    assert.equal(counted.inspections, 1);
  });

  it('rejects and removes bytes that are not an image', async () => {
    await using embedded = await createEmbeddedServices();
    const image = await embedded.grant();
    await embedded.arrive(image, bad);
    const rejected = await finalizeUpload(embedded.services, image.id);
    assert.ok(rejected.status === 'rejected' && rejected.rejection.code === 'unsupported-type');
    assert.deepEqual(await embedded.keys(), []);
  });

  it('rejects bytes that differ from the promised ones, without decoding them', async () => {
    const { counted, wrap } = createCounted();
    await using embedded = await createEmbeddedServices(wrap);
    for (const promised of [{ sizeBytes: good.length + 1 }, { sizeBytes: good.length, sha256: sha256Of(other) }]) {
      const image = await embedded.grant(promised);
      await embedded.arrive(image, good);
      const rejected = await finalizeUpload(embedded.services, image.id);
      assert.ok(rejected.status === 'rejected' && rejected.rejection.code === 'content-mismatch');
    }
    assert.deepEqual([await embedded.keys(), counted.inspections], [[], 0]);
  });

  it('rejects more bytes than were reserved, though the service takes larger uploads now', async () => {
    await using embedded = await createEmbeddedServices();
    const granted = await embedded.grant();
    const image = { ...granted, reservedBytes: good.length - 1 };
    assert.ok(await embedded.services.images.replace(granted, image));
    await embedded.arrive(image, good);
    const rejected = await finalizeUpload(embedded.services, image.id);
    assert.ok(rejected.status === 'rejected' && rejected.rejection.code === 'upload-too-large');
    assert.deepEqual(await embedded.keys(), []);
  });

  it('fails before any bytes arrive, and leaves the record unchanged', async () => {
    await using embedded = await createEmbeddedServices();
    const image = await embedded.grant();
    await assert.rejects(finalizeUpload(embedded.services, image.id), { code: 'upload-missing' });
    assert.deepEqual(await embedded.record(image), image);
  });

  it('publishes the verified bytes, even if other bytes arrive in the meantime', async () => {
    using gate = createGate();
    await using embedded = await createEmbeddedServices(inspectsBehind(gate));
    const image = await embedded.grant();
    await embedded.arrive(image, good);
    const finalizing = finalizeUpload(embedded.services, image.id);
    await gate.reached;
    await embedded.arrive(image, other);
    gate.open();
    const ready = await finalizing;
    assert.ok(ready.status === 'ready' && ready.sha256 === sha256Of(good));
    const { objects } = embedded.services;
    await using file = await objects.checkOut(ready.objectKey, { maxBytes: good.length });
    assert.equal(file?.sha256, ready.sha256);
  });

  it('keeps the changes of a concurrent PATCH', async () => {
    using gate = createGate();
    await using embedded = await createEmbeddedServices(inspectsBehind(gate));
    const image = await embedded.grant();
    await embedded.arrive(image, good);
    const finalizing = finalizeUpload(embedded.services, image.id);
    await gate.reached;
    const changes = { tags: ['meanwhile'] };
    await updateImage(embedded.services, ADA, {
      id: image.id,
      changes,
      expectedRevisions: [1],
      payer: payerAt('', ''),
    });
    gate.open();
    const ready = await finalizing;
    assert.deepEqual([ready.status, ready.tags, ready.revision], ['ready', ['meanwhile'], 3]);
  });

  it('publishes nothing for an image that is deleted in the meantime, and removes its copy', async () => {
    using gate = createGate();
    await using embedded = await createEmbeddedServices(inspectsBehind(gate));
    const image = await embedded.grant();
    await embedded.arrive(image, good);
    const finalizing = finalizeUpload(embedded.services, image.id);
    await gate.reached;
    await deleteImage(embedded.services, ADA, image.id);
    gate.open();
    assert.equal((await finalizing).status, 'deleted');
    assert.deepEqual(await embedded.keys(), []);
  });

  it('publishes nothing after its lease if its successor has decided', async () => {
    using gate = createGate();
    let isFirst = true;
    await using embedded = await createEmbeddedServices((imaging) => ({
      ...imaging,
      inspect(...asked) {
        const behind = isFirst ? inspectsBehind(gate)(imaging) : imaging;
        isFirst = false;
        return behind.inspect(...asked);
      },
    }));
    const image = await embedded.grant();
    await embedded.arrive(image, good);
    const slow = finalizeUpload(embedded.services, image.id);
    await gate.reached;
    embedded.clock.offsetMs += LEASE_MS;
    const decided = await finalizeUpload(embedded.services, image.id);
    gate.open();
    await assert.rejects(slow, { code: 'unavailable' });
    assert.deepEqual(await embedded.record(image), decided);
    assert.deepEqual(await embedded.keys(), keysOf(decided));
  });

  it('frees its claim at once if the store fails, and leaves no copy', async () => {
    await using embedded = await createEmbeddedServices();
    const { services, keys } = embedded;
    const image = await embedded.grant();
    await embedded.arrive(image, good);
    const failure = new AppError('unavailable', 'the store is gone');
    const objects = { ...services.objects, checkOut: () => Promise.reject(failure) };
    await assert.rejects(finalizeUpload({ ...services, objects }, image.id), failure);
    assert.deepEqual(await keys(), [incomingKey(image.userId, image.id)]);
    const ready = await finalizeUpload(services, image.id);
    assert.deepEqual(await keys(), keysOf(ready));
    assert.equal(ready.status, 'ready');
  });

  it('loses no bytes if the response to its last write is lost', async () => {
    await using embedded = await createEmbeddedServices();
    const { services, keys } = embedded;
    const image = await embedded.grant();
    await embedded.arrive(image, good);
    const failure = new AppError('unavailable', 'the answer is lost');
    const images: typeof services.images = {
      ...services.images,
      async replace(from, to) {
        const isWritten = await services.images.replace(from, to);
        if (to.status === 'ready') throw failure;
        return isWritten;
      },
    };
    await assert.rejects(finalizeUpload({ ...services, images }, image.id), failure);
    const ready = await finalizeUpload(services, image.id);
    assert.equal(ready.status, 'ready');
    assert.deepEqual(await keys(), keysOf(ready));
  });
});

describe('an upload that crashes the decoder', () => {
  it('is not decoded until its backoff ends, and rejected after five decoder crashes', async () => {
    const { counted, wrap } = createCounted();
    await using embedded = await createEmbeddedServices(wrap);
    const { services, clock } = embedded;
    const image = await embedded.grant();
    await embedded.arrive(image, good);
    counted.failure = new AppError('decoder-failed', 'expected the decoder to finish; it died');
    for (let crashes = 1; crashes < MAX_CRASHES; crashes += 1) {
      await assert.rejects(finalizeUpload(services, image.id), { code: 'decoder-failed' });
      await assert.rejects(finalizeUpload(services, image.id), { code: 'decoder-failed' });
      assert.equal(counted.inspections, crashes, 'expected no second decode before the backoff ends');
      const crashed = await embedded.record(image);
      assert.ok(crashed.status === 'pending' && crashed.lookAt > clock.now());
      clock.offsetMs += crashed.lookAt.getTime() - clock.now().getTime() + 1_000;
    }
    const rejected = await finalizeUpload(services, image.id);
    assert.ok(rejected.status === 'rejected' && rejected.rejection.code === 'processing-failed');
    assert.equal(counted.inspections, MAX_CRASHES);
    assert.deepEqual(
      await embedded.keys(),
      [incomingKey('ada', image.id)],
      'expected no copy; the sweeper removes the upload',
    );
  });

  it('keeps the mark of a former attempt, whose copy the store may still make', async () => {
    const { counted, wrap } = createCounted();
    await using embedded = await createEmbeddedServices(wrap);
    const { services, clock } = embedded;
    const image = await embedded.grant();
    await embedded.arrive(image, good);
    const dead = await takeClaim(services, image);
    await dead?.[Symbol.asyncDispose]();
    clock.offsetMs += LEASE_MS;
    counted.failure = new AppError('decoder-failed', 'expected the decoder to finish; it died');
    await assert.rejects(finalizeUpload(services, image.id), { code: 'decoder-failed' });
    const crashed = await embedded.record(image);
    assert.ok(crashed.status === 'pending' && crashed.claim !== null, 'expected a mark; got none');
    clock.offsetMs += crashed.lookAt.getTime() - clock.now().getTime();
    await embedded.put(originalKey(image, dead?.attempt ?? ''), other); // the store makes the late copy
    counted.failure = undefined;
    const ready = await finalizeUpload(services, image.id);
    assert.deepEqual(await embedded.keys(), keysOf(ready));
  });

  it('keeps a mark of its copy if the store does not remove it, by which the next attempt does', async () => {
    const { counted, wrap } = createCounted();
    await using embedded = await createEmbeddedServices(wrap);
    const { services, clock } = embedded;
    const image = await embedded.grant();
    await embedded.arrive(image, good);
    counted.failure = new AppError('decoder-failed', 'expected the decoder to finish; it died');
    const removal = () => Promise.reject(new AppError('unavailable', 'the store is gone'));
    const objects = { ...services.objects, delete: removal };
    await assert.rejects(finalizeUpload({ ...services, objects }, image.id), { code: 'decoder-failed' });
    assert.equal((await embedded.keys()).length, 2, 'expected the upload and its copy');
    const crashed = await embedded.record(image);
    assert.ok(crashed.status === 'pending');
    clock.offsetMs += crashed.lookAt.getTime() - clock.now().getTime();
    counted.failure = undefined;
    const ready = await finalizeUpload(services, image.id);
    assert.deepEqual(await embedded.keys(), keysOf(ready));
  });

  it('keeps that mark also if it finds the decoders busy, and has copied nothing', async () => {
    let isBusy = true;
    await using embedded = await createEmbeddedServices((imaging) => ({
      ...imaging,
      inspect: async (...asked) => {
        if (isBusy) throw new AppError('overloaded', 'expected a free decoder; got none');
        return imaging.inspect(...asked);
      },
    }));
    const { services, clock } = embedded;
    const image = await embedded.grant();
    await embedded.arrive(image, good);
    const dead = await takeClaim(services, image);
    await dead?.[Symbol.asyncDispose]();
    clock.offsetMs += LEASE_MS;
    await assert.rejects(finalizeUpload(services, image.id), { code: 'overloaded' });
    await embedded.put(originalKey(image, dead?.attempt ?? ''), other);
    isBusy = false;
    const ready = await finalizeUpload(services, image.id);
    assert.deepEqual(await embedded.keys(), keysOf(ready));
  });

  it('is published if a later decode succeeds', async () => {
    const { counted, wrap } = createCounted();
    await using embedded = await createEmbeddedServices(wrap);
    const image = await embedded.grant();
    await embedded.arrive(image, good);
    counted.failure = new AppError('decoder-failed', 'expected the decoder to finish; it died');
    await assert.rejects(finalizeUpload(embedded.services, image.id), { code: 'decoder-failed' });
    counted.failure = undefined;
    embedded.clock.offsetMs += 61_000;
    const ready = await finalizeUpload(embedded.services, image.id);
    assert.equal(ready.status, 'ready');
    assert.deepEqual(await embedded.keys(), keysOf(ready));
  });
});
