import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { accessOf, OPEN } from '../../domain/access/principals.fixture.ts';
import { AppError } from '../../domain/errors.ts';
import { expire, type Image, type PendingImage } from '../../domain/image/image.ts';
import { incomingKey, originalKey, renditionKey } from '../../domain/image/object-key.ts';
import { hearingPostponed } from '../../observe/observer/hearing.fixture.ts';
import {
  ADA,
  createEmbeddedServices,
  createGate,
  type EmbeddedServices,
  inspectsBehind,
  jpeg,
} from '../embedded-services.fixture.ts';
import { sweep } from '../upkeep/sweep.ts';
import { finalizeUpload } from '../uploads/finalize-upload.ts';
import { deleteImage } from './delete-image.ts';

const MINUTE_MS = 60_000;
/** The lifetime of a URL plus the time that a PUT started before its end may take. */
const LAST_LOOK_MS = 21 * MINUTE_MS;

const bytes = await jpeg();

async function createReady(embedded: EmbeddedServices): Promise<Image> {
  const image = await embedded.grant({ tags: ['sea'] });
  await embedded.arrive(image, bytes);
  return finalizeUpload(embedded.services, image.id);
}

async function createArrived(embedded: EmbeddedServices): Promise<PendingImage> {
  const image = await embedded.grant({ tags: ['sea'] });
  await embedded.arrive(image, bytes);
  return image;
}

/** Sweeps once, and asserts that the sweep postponed nothing. */
async function sweepAs(holder: string, { services }: EmbeddedServices): Promise<void> {
  const failures: unknown[] = [];
  const heard = hearingPostponed(services, (error) => failures.push(error));
  await sweep(heard, { holder, signal: new AbortController().signal });
  assert.deepEqual(failures, []);
}

async function listed({ services }: EmbeddedServices): Promise<number> {
  const query = { status: 'ready', userId: 'ada', tags: ['sea'], tagMode: 'all', order: 'newest', limit: 10 } as const;
  return (await services.images.find(query)).images.length;
}

describe('a delete', () => {
  it('hides the image and removes its bytes, and a second delete finds no image', async () => {
    await using embedded = await createEmbeddedServices();
    const image = await createReady(embedded);
    assert.equal(await listed(embedded), 1);
    await deleteImage(embedded.services, ADA, image.id);
    assert.deepEqual(
      [(await embedded.record(image)).status, await listed(embedded), await embedded.keys()],
      ['deleted', 0, []],
    );
    await assert.rejects(deleteImage(embedded.services, ADA, image.id), { code: 'image-not-found' });
  });

  it('removes the renditions of the image, and none of another', async () => {
    await using embedded = await createEmbeddedServices();
    const [image, other] = [await createReady(embedded), await createReady(embedded)];
    for (const { id } of [image, other])
      for (const kind of ['preset', 'free'] as const) await embedded.put(renditionKey(id, kind, 'thumb'), bytes);
    await deleteImage(embedded.services, ADA, image.id);
    const left = await embedded.keys();
    assert.deepEqual(
      left.map((key) => [key.split('/')[0], key.includes(other.id)]),
      [
        ['images', true],
        ['renditions', true],
        ['renditions', true],
      ],
    );
  });

  it('is performed once for twenty concurrent requests', async () => {
    await using embedded = await createEmbeddedServices();
    const image = await createReady(embedded);
    const deletes = Array.from({ length: 20 }, () => deleteImage(embedded.services, ADA, image.id));
    const settled = await Promise.allSettled(deletes);
    const codes = settled.map((one) => (one.status === 'fulfilled' ? 'done' : (one.reason as AppError).code));
    assert.deepEqual(codes.toSorted(), ['done', ...codes.slice(1).map(() => 'image-not-found')]);
    assert.deepEqual(await embedded.keys(), []);
  });

  it('of another user’s image is refused and removes nothing', async () => {
    await using embedded = await createEmbeddedServices();
    const image = await createReady(embedded);
    const stored = await embedded.keys();
    await assert.rejects(deleteImage(embedded.services, accessOf(OPEN, 'deleteImage', 'bob'), image.id), {
      code: 'forbidden',
    });
    assert.deepEqual([await embedded.record(image), await embedded.keys()], [image, stored]);
  });
});

describe('a delete and the sweeper', () => {
  it('leave no bytes if the delete fails to remove them: the sweeper does so a minute later', async () => {
    await using embedded = await createEmbeddedServices();
    const { services, clock } = embedded;
    const image = await createReady(embedded);
    const stored = await embedded.keys();
    const failure = new AppError('unavailable', 'the store is gone');
    const objects = { ...services.objects, delete: () => Promise.reject(failure) };
    await deleteImage({ ...services, objects }, ADA, image.id);
    assert.equal((await embedded.record(image)).status, 'deleted');
    await sweepAs('sweeper', embedded);
    assert.deepEqual(await embedded.keys(), stored, 'too early');
    clock.offsetMs += MINUTE_MS + 1_000;
    await sweepAs('sweeper', embedded);
    assert.deepEqual(await embedded.keys(), []);
  });

  it('that race finalizing leave the image deleted, with nothing stored', async () => {
    using gate = createGate();
    await using embedded = await createEmbeddedServices(inspectsBehind(gate));
    const image = await createArrived(embedded);
    embedded.clock.offsetMs += LAST_LOOK_MS;
    const sweeping = sweepAs('sweeper', embedded);
    await gate.reached;
    await deleteImage(embedded.services, ADA, image.id);
    gate.open();
    await sweeping;
    assert.deepEqual([(await embedded.record(image)).status, await embedded.keys()], ['deleted', []]);
  });

  it('that race the clean-up of an expired upload leave the image deleted, with clean-up still due', async () => {
    await using embedded = await createEmbeddedServices();
    const { services, clock } = embedded;
    const image = await createArrived(embedded);
    const claim = { attempt: 'dead', leaseUntil: clock.now() };
    assert.ok(await services.images.replace(image, { ...image, claim }));
    await embedded.put(originalKey(image, 'dead'), bytes);
    const expired = expire({ ...image, claim }, clock.now());
    assert.ok(await services.images.replace({ ...image, claim }, expired));
    clock.offsetMs += 2 * MINUTE_MS;

    using gate = createGate();
    const { delete: removal } = services.objects;
    services.objects.delete = async (keys) => {
      await gate.wait();
      return removal(keys);
    };
    const sweeping = sweepAs('sweeper', embedded);
    await gate.reached;
    services.objects.delete = removal;
    await deleteImage(services, ADA, image.id);
    gate.open();
    await sweeping;

    const deleted = await embedded.record(image);
    assert.ok(deleted.status === 'deleted' && 'removeAt' in deleted.remains);
    const dueInMs = deleted.remains.removeAt.getTime() - clock.now().getTime();
    assert.ok(dueInMs <= MINUTE_MS, 'expected the sweeper not to record the removal of the delete');
    clock.offsetMs += LAST_LOOK_MS;
    await sweepAs('sweeper', embedded);
    assert.deepEqual(await embedded.keys(), []);
  });

  it('remove the bytes of a late PUT, and later the record', async () => {
    await using embedded = await createEmbeddedServices();
    const image = await createArrived(embedded);
    await deleteImage(embedded.services, ADA, image.id);
    embedded.clock.offsetMs += 2 * MINUTE_MS;
    await sweepAs('sweeper', embedded);
    await embedded.arrive(image, bytes);
    assert.deepEqual(await embedded.keys(), [incomingKey('ada', image.id)]);
    embedded.clock.offsetMs += LAST_LOOK_MS;
    await sweepAs('sweeper', embedded);
    const deleted = await embedded.record(image);
    assert.ok(deleted.status === 'deleted' && 'forgetAt' in deleted.remains);
    assert.deepEqual(await embedded.keys(), []);
    embedded.clock.offsetMs += 31 * 24 * 60 * MINUTE_MS;
    await sweepAs('sweeper', embedded);
    assert.equal(await embedded.services.images.get(image.id), undefined);
  });
});
