import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { payerAt } from '../../domain/access/payer.ts';
import type { Image, ReadyImage } from '../../domain/image/image.ts';
import { scheduleMaintenance } from '../../domain/image/image.ts';
import { renditionKey } from '../../domain/image/object-key.ts';
import { hearingPostponed } from '../../observe/observer/hearing.fixture.ts';
import {
  ADA,
  createEmbeddedServices,
  createGate,
  type EmbeddedServices,
  inspectsBehind,
  jpeg,
} from '../embedded-services.fixture.ts';
import { maintainRenditions } from '../renditions/maintain-renditions.ts';
import { sweep } from '../upkeep/sweep.ts';
import { finalizeUpload } from '../uploads/finalize-upload.ts';
import { deleteImage } from './delete-image.ts';
import { mayServeObject } from './may-serve-object.ts';
import { restoreImage } from './restore-image.ts';
import { trashImage } from './trash-image.ts';
import { updateImage } from './update-image.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const bytes = await jpeg();

async function createReady(embedded: EmbeddedServices): Promise<ReadyImage> {
  const image = await embedded.grant({ tags: ['sea'] });
  await embedded.arrive(image, bytes);
  const ready = await finalizeUpload(embedded.services, image.id);
  assert.ok(ready.status === 'ready');
  return ready;
}

async function sweepOnce({ services }: EmbeddedServices): Promise<void> {
  const failures: unknown[] = [];
  const heard = hearingPostponed(services, (error) => failures.push(error));
  await sweep(heard, { holder: 'sweeper', signal: new AbortController().signal });
  assert.deepEqual(failures, []);
}

async function listed({ services }: EmbeddedServices): Promise<Record<'ready' | 'trashed', number>> {
  const whose = { userId: 'ada', order: 'newest', limit: 10 } as const;
  const ready = await services.images.find({ ...whose, status: 'ready', tags: ['sea'], tagMode: 'all' });
  const trashed = await services.images.find({ ...whose, status: 'trashed' });
  return { ready: ready.images.length, trashed: trashed.images.length };
}

const withTrashDays = ({ services }: EmbeddedServices, trashDays: number) => ({
  ...services,
  settings: { ...services.settings, trashDays },
});

describe('trashing an image', () => {
  it('hides it and keeps its objects; a repeated call answers the same, whatever the setting is then', async () => {
    await using embedded = await createEmbeddedServices();
    const { services, clock } = embedded;
    const image = await createReady(embedded);
    const keys = await embedded.keys();
    const trashed = await trashImage(services, ADA, image.id);
    assert.equal(trashed.purgeAt.getTime() - trashed.updatedAt.getTime(), 30 * DAY_MS);
    assert.deepEqual([await listed(embedded), await embedded.keys()], [{ ready: 0, trashed: 1 }, keys]);
    clock.offsetMs += DAY_MS;
    assert.deepEqual(await trashImage(withTrashDays(embedded, 5), ADA, image.id), trashed);
    assert.equal(await mayServeObject(services, image.objectKey), false);
    assert.equal(await mayServeObject(services, renditionKey(image.id, 'preset', 'any')), false);
  });

  it('is for ready images only, and restoring for trashed ones', async () => {
    await using embedded = await createEmbeddedServices();
    const { services, clock } = embedded;
    const [pending, refused, unused] = [await embedded.grant(), await embedded.grant(), await embedded.grant()];
    await embedded.arrive(refused, new TextEncoder().encode('no image'));
    await finalizeUpload(services, refused.id);
    const requireStatus = async (image: Pick<Image, 'id'>, status: Image['status']): Promise<void> => {
      await assert.rejects(trashImage(services, ADA, image.id), { code: 'image-not-ready' });
      await assert.rejects(restoreImage(services, ADA, image.id), { code: 'image-not-found' });
      assert.equal((await embedded.record(image)).status, status);
    };
    await requireStatus(pending, 'pending');
    await requireStatus(refused, 'rejected');
    await deleteImage(services, ADA, pending.id);
    clock.offsetMs += DAY_MS;
    await sweepOnce(embedded);
    await requireStatus(unused, 'expired');
    await assert.rejects(trashImage(services, ADA, pending.id), { code: 'image-not-found' });
    await assert.rejects(restoreImage(services, ADA, pending.id), { code: 'image-not-found' });
  });

  it('and restoring are no routes of a service without a trash', async () => {
    await using embedded = await createEmbeddedServices();
    const image = await createReady(embedded);
    const without = withTrashDays(embedded, 0);
    await assert.rejects(trashImage(without, ADA, image.id), { code: 'route-not-found' });
    await assert.rejects(restoreImage(without, ADA, image.id), { code: 'route-not-found' });
    assert.deepEqual(await embedded.record(image), image);
  });

  it('leaves nothing for a PATCH, maintenance of renditions or a presigned GET until it is restored', async () => {
    await using embedded = await createEmbeddedServices();
    const { services, clock } = embedded;
    const ready = await createReady(embedded);
    const due = scheduleMaintenance(ready, clock.now());
    assert.ok(await services.images.replace(ready, due));
    const trashed = await trashImage(services, ADA, ready.id);
    const change = { id: ready.id, changes: { tags: [] }, expectedRevisions: undefined, payer: payerAt('', '') };
    await assert.rejects(updateImage(services, ADA, change), { code: 'image-not-found' });
    clock.offsetMs += DAY_MS;
    await maintainRenditions(services, ready.id);
    await sweepOnce(embedded);
    assert.deepEqual(await embedded.record(ready), trashed);
    const restored = await restoreImage(services, ADA, ready.id);
    assert.deepEqual(restored.maintainAt, due.maintainAt);
    assert.equal(await mayServeObject(services, ready.objectKey), true);
    await sweepOnce(embedded);
    assert.partialDeepStrictEqual(await embedded.record(ready), { status: 'ready', maintainAt: null });
  });
});

describe('restoring an image', () => {
  it('brings it back as it was, two revisions on, once', async () => {
    await using embedded = await createEmbeddedServices();
    const { services } = embedded;
    const image = await createReady(embedded);
    const keys = await embedded.keys();
    await assert.rejects(restoreImage(services, ADA, image.id), { code: 'image-not-found' });
    await trashImage(services, ADA, image.id);
    const restored = await restoreImage(services, ADA, image.id);
    assert.deepEqual({ ...restored, updatedAt: image.updatedAt }, { ...image, revision: image.revision + 2 });
    assert.deepEqual(await embedded.record(image), restored);
    assert.deepEqual([await listed(embedded), await embedded.keys()], [{ ready: 1, trashed: 0 }, keys]);
    await assert.rejects(restoreImage(services, ADA, image.id), { code: 'image-not-found' });
  });

  it('works after its time until the sweeper has purged it, and then no more', async () => {
    await using embedded = await createEmbeddedServices();
    const { services, clock } = embedded;
    const image = await createReady(embedded);
    await trashImage(services, ADA, image.id);
    clock.offsetMs += 31 * DAY_MS;
    await restoreImage(services, ADA, image.id);
    await trashImage(services, ADA, image.id);
    clock.offsetMs += 29 * DAY_MS;
    await sweepOnce(embedded);
    assert.equal((await embedded.record(image)).status, 'trashed');
    clock.offsetMs += 2 * DAY_MS;
    await sweepOnce(embedded);
    assert.equal((await embedded.record(image)).status, 'deleted');
    assert.deepEqual(await embedded.keys(), []);
    await assert.rejects(restoreImage(services, ADA, image.id), { code: 'image-not-found' });
  });
});

describe('the end of a trashed image', () => {
  it('by a delete removes everything at once', async () => {
    await using embedded = await createEmbeddedServices();
    const { services } = embedded;
    const image = await createReady(embedded);
    await embedded.put(renditionKey(image.id, 'preset', 'thumb'), bytes);
    await trashImage(services, ADA, image.id);
    await deleteImage(services, ADA, image.id);
    assert.deepEqual([(await embedded.record(image)).status, await embedded.keys()], ['deleted', []]);
    await assert.rejects(trashImage(services, ADA, image.id), { code: 'image-not-found' });
  });

  it('by the sweeper removes its renditions too, and the record gets a last day', async () => {
    await using embedded = await createEmbeddedServices();
    const { services, clock } = embedded;
    const image = await createReady(embedded);
    await embedded.put(renditionKey(image.id, 'free', 'w8'), bytes);
    await trashImage(services, ADA, image.id);
    clock.offsetMs += 30 * DAY_MS;
    await sweepOnce(embedded);
    assert.deepEqual(await embedded.keys(), []);
    clock.offsetMs += DAY_MS;
    await sweepOnce(embedded);
    const deleted = await embedded.record(image);
    assert.ok(deleted.status === 'deleted' && 'forgetAt' in deleted.remains);
  });

  it('is tried again later after a failure, and lets no other image wait', async () => {
    await using embedded = await createEmbeddedServices();
    const { services, clock } = embedded;
    const image = await createReady(embedded);
    await trashImage(services, ADA, image.id);
    clock.offsetMs += 30 * DAY_MS;
    const { replace } = services.images;
    const failure = new Error('it fails');
    const images: typeof services.images = {
      ...services.images,
      replace: async (from, to) => (to.status === 'deleted' ? Promise.reject(failure) : replace(from, to)),
    };
    /** The minutes until the next attempt. */
    const failToPurge = async (): Promise<number> => {
      const failures: unknown[] = [];
      const heard = hearingPostponed({ ...services, images }, (error) => failures.push(error));
      await sweep(heard, { holder: 'sweeper', signal: new AbortController().signal });
      assert.deepEqual(failures, [failure]);
      const postponed = await embedded.record(image);
      assert.ok(postponed.status === 'trashed');
      return Math.round((postponed.purgeAt.getTime() - clock.now().getTime()) / 60_000);
    };
    assert.equal(await failToPurge(), 1, 'the days in the trash are no failures');
    clock.offsetMs += 8 * HOUR_MS;
    assert.equal(await failToPurge(), 60);
    clock.offsetMs += HOUR_MS + 60_000; // the wait is an eighth of eight hours and of the time that this test has taken
    await sweepOnce(embedded);
    assert.equal((await embedded.record(image)).status, 'deleted');
  });
});

describe('an upload and the trash', () => {
  it('keeps the bytes of an image that was trashed before its finalizer learned that it is published', async () => {
    using gate = createGate();
    await using embedded = await createEmbeddedServices(inspectsBehind(gate));
    const { services } = embedded;
    const upload = await embedded.grant();
    await embedded.arrive(upload, bytes);
    const { replace } = services.images;
    let isLost = false;
    services.images.replace = async (from, to) => {
      const isReplaced = await replace(from, to);
      if (isLost || to.status !== 'ready' || !isReplaced) return isReplaced;
      isLost = true; // the answer of the write that publishes
      await trashImage(services, ADA, upload.id);
      return false;
    };
    gate.open();
    await finalizeUpload(services, upload.id);
    services.images.replace = replace;
    const trashed = await embedded.record(upload);
    assert.ok(trashed.status === 'trashed');
    assert.deepEqual(await embedded.keys(), [trashed.objectKey]);
  });
});
