import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { trash } from '../../src/domain/image/image.ts';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import { workingCopyKey } from '../../src/domain/image/object-key.ts';
import { hearingPostponed } from '../../src/observe/observer/hearing.fixture.ts';
import { sweep } from '../../src/operations/upkeep/sweep.ts';
import { createGatedService, type GatedService } from '../gates/gated-service.ts';
import { always, createTestGate, LATER, PASS, REFUSE } from '../gates/test-gate.ts';
import { movingClock } from '../services/moving-clock.ts';
import { json, type TestService } from '../services/service.ts';
import { createSharingService } from '../services/sharing-service.ts';
import {
  bytesOf,
  colorOf,
  isDue,
  jpeg,
  maintain,
  namedCopy,
  plantCopy,
  png,
  readyRecord,
  render,
  storedCopies,
  storedRenditions,
  upload,
} from './copied-images.ts';

const red = await png();
const redJpeg = await jpeg();

const POST: RequestInit = { method: 'POST' };
const DELETE: RequestInit = { method: 'DELETE' };
const DAY_MS = 86_400_000;

async function requireOk(answer: Promise<Response>): Promise<Response> {
  const told = await answer;
  assert.equal(told.status, 200, await told.clone().text());
  return told;
}

const sweepNow = ({ services }: TestService) =>
  sweep(
    hearingPostponed(services, (error) => {
      throw error;
    }),
    { holder: 'test', signal: AbortSignal.timeout(60_000) },
  );

describe('the working copy of an image in the trash', () => {
  it('stays, serves its presets, and is that of the restored image', async () => {
    await using service = await createSharingService();
    const id = await upload(service, red);
    const key = await plantCopy(service, id);
    const { workingCopy } = await readyRecord(service, id);
    await requireOk(service.request(`/images/${id}/trash`, POST));
    const trashed = await service.request(`/images/${id}/renditions/thumb?trashed=true`);
    assert.equal(await colorOf(await bytesOf(trashed)), 'blue');
    await requireOk(service.request(`/images/${id}/restore`, POST));
    assert.deepEqual((await readyRecord(service, id)).workingCopy, workingCopy);
    assert.ok((await storedCopies(service, id)).includes(key));
    assert.equal(await colorOf(await render(service, id, { w: 300 })), 'blue');
  });

  it('that is lost is none, and no other is made before the image is restored', async () => {
    await using service = await createSharingService();
    const id = await upload(service, red);
    const { objects } = service.services;
    await requireOk(service.request(`/images/${id}/trash`, POST));
    await objects.delete(await storedCopies(service, id));
    for (const _time of [1, 2]) {
      const answer = await service.request(`/images/${id}/renditions/thumb?trashed=true`);
      assert.equal(await colorOf(await bytesOf(answer)), 'red');
    }
    await maintain(service, id);
    assert.deepEqual(await storedCopies(service, id), []);
    await requireOk(service.request(`/images/${id}/restore`, POST));
    await render(service, id, { w: 300 });
    assert.ok(await isDue(service, id));
    await maintain(service, id);
    assert.deepEqual(await storedCopies(service, id), [workingCopyKey(id, await namedCopy(service, id))]);
  });

  it('goes with the image when its time ends', async () => {
    const clock = movingClock();
    await using service = await createSharingService({ overrides: { clock } });
    const id = await upload(service, red);
    await requireOk(service.request(`/images/${id}/trash`, POST));
    clock.offsetMs += 40 * DAY_MS;
    await sweepNow(service);
    assert.deepEqual(await service.storedFiles(), []);
    assert.equal((await service.services.images.get(id))?.status, 'deleted');
  });
});

describe('the working copy of an image that is deleted', () => {
  it('goes at once, with the image, ready or trashed', async () => {
    await using service = await createSharingService();
    const [ready, trashed] = [await upload(service, red), await upload(service, red)];
    await requireOk(service.request(`/images/${trashed}/trash`, POST));
    for (const id of [ready, trashed]) await requireOk(service.request(`/images/${id}`, DELETE));
    assert.deepEqual(await service.storedFiles(), []);
  });

  for (const [what, change] of [
    ['deleted', (service, id) => requireOk(service.request(`/images/${id}`, DELETE))],
    ['trashed', (service, id) => requireOk(service.request(`/images/${id}/trash`, POST))],
  ] satisfies [string, (service: TestService, id: ImageId) => Promise<unknown>][])
    it(`does not stay if the image is ${what} while the copy is stored`, async () => {
      await using service = await createSharingService();
      const id = await upload(service, redJpeg, 'image/jpeg');
      await render(service, id, { w: 300 });
      const { objects } = service.services;
      const { put } = objects;
      objects.put = async (key, ...rest) => {
        const tag = await put(key, ...rest);
        if (key.includes('/copy/')) await change(service, id);
        return tag;
      };
      await maintain(service, id).catch(() => undefined);
      assert.deepEqual(await storedCopies(service, id), []);
    });

  it('stays if another process has named it, and the image is trashed while a second one is stored', async () => {
    await using service = await createSharingService();
    const id = await upload(service, redJpeg, 'image/jpeg');
    await render(service, id, { w: 300 });
    const { objects, images } = service.services;
    const { put } = objects;
    objects.put = async (key, ...rest) => {
      objects.put = put;
      await maintain(service, id);
      const tag = await put(key, ...rest);
      const image = await readyRecord(service, id);
      assert.ok(
        image.workingCopy && (await images.replace(image, trash(image, new Date(), new Date(Date.now() + DAY_MS)))),
      );
      return tag;
    };
    await maintain(service, id);
    const image = await images.get(id);
    assert.ok(image?.status === 'trashed' && image.workingCopy);
    assert.deepEqual(await storedCopies(service, id), [workingCopyKey(id, image.workingCopy)]);
  });
});

describe('a purge of renditions', () => {
  const purged = async (service: TestService, id: string, preset = ''): Promise<unknown> =>
    (await requireOk(service.request(`/images/${id}/renditions${preset}`, DELETE))).json();

  it('removes the working copy too, and does not count it', async () => {
    await using service = await createSharingService();
    const id = await upload(service, red);
    await bytesOf(await service.request(`/images/${id}/renditions/thumb`));
    assert.deepEqual([(await storedCopies(service, id)).length, (await storedRenditions(service, id)).length], [1, 1]);
    assert.deepEqual(await purged(service, id), { image_id: id, removed: 1 });
    assert.deepEqual([await storedCopies(service, id), await storedRenditions(service, id)], [[], []]);
    assert.equal((await readyRecord(service, id)).workingCopy, null);
    assert.deepEqual(await purged(service, id), { image_id: id, removed: 0 });
    await bytesOf(await service.request(`/images/${id}/renditions/thumb`));
    await maintain(service, id);
    assert.equal((await storedCopies(service, id)).length, 1);
  });

  it('of one preset leaves it', async () => {
    await using service = await createSharingService();
    const id = await upload(service, red);
    const before = await namedCopy(service, id);
    await bytesOf(await service.request(`/images/${id}/renditions/thumb`));
    assert.deepEqual(await purged(service, id, '/thumb'), { image_id: id, removed: 1 });
    assert.deepEqual(await namedCopy(service, id), before);
    assert.deepEqual(await storedCopies(service, id), [workingCopyKey(id, before)]);
  });
});

describe('maintenance that drops old renditions of a large JPEG', () => {
  for (const state of ['stored', 'lost'])
    it(`makes no working copy of its ${state} original: nobody has asked for one`, async () => {
      const clock = movingClock();
      await using service = await createSharingService({ overrides: { clock } });
      const id = await upload(service, redJpeg, 'image/jpeg');
      await render(service, id, { w: 3_000, format: 'jpeg' });
      if (state === 'lost') await service.services.objects.delete([(await readyRecord(service, id)).objectKey]);
      clock.offsetMs += 31 * DAY_MS;
      assert.ok(await isDue(service, id));
      await maintain(service, id);
      assert.deepEqual([await storedRenditions(service, id), await storedCopies(service, id)], [[], []]);
      assert.equal((await readyRecord(service, id)).maintainAt, null);
    });
});

describe('the usage of the owner of an image with a working copy', () => {
  it('counts the original alone, before and after the copy is made, and in the trash', async () => {
    await using service = await createSharingService({ environment: { USAGE: 'on' } });
    const usage = async () => {
      const told = (await (await requireOk(service.request('/usage?user_id=ada'))).json()) as Record<string, number>;
      return [told['bytes'], told['images'], told['trashed_bytes']];
    };
    const id = await upload(service, red);
    await namedCopy(service, id);
    assert.deepEqual(await usage(), [red.length, 1, 0]);
    const large = await upload(service, redJpeg, 'image/jpeg');
    await render(service, large, { w: 300 });
    await maintain(service, large);
    await namedCopy(service, large);
    assert.deepEqual(await usage(), [red.length + redJpeg.length, 2, 0]);
    await requireOk(service.request(`/images/${id}/trash`, POST));
    assert.deepEqual(await usage(), [red.length + redJpeg.length, 2, red.length]);
    for (const one of [id, large]) await requireOk(service.request(`/images/${one}`, DELETE));
    assert.deepEqual(await usage(), [0, 0, 0]);
  });
});

describe('the working copy of an image that a gate holds', () => {
  const post = async (service: TestService): Promise<ImageId> => {
    const form = new FormData();
    form.set('user_id', 'ada');
    form.set('file', new File([red], 'red.png', { type: 'image/png' }));
    const answer = await service.request('/images', { method: 'POST', body: form });
    return ((await answer.json()) as { image_id: ImageId }).image_id;
  };

  it('is made once the image has passed, by its first rendition', async () => {
    const gate = createTestGate('scan');
    gate.answer = always(LATER);
    await using service = await createGatedService([gate]);
    const id = await post(service);
    assert.equal((await service.services.images.get(id))?.status, 'held');
    assert.deepEqual(await storedCopies(service, id), []);
    gate.answer = always(PASS);
    await passHeld(service, id);
    assert.equal((await readyRecord(service, id)).workingCopy, null);
    await render(service, id, { w: 300 });
    await maintain(service, id);
    assert.deepEqual(await storedCopies(service, id), [workingCopyKey(id, await namedCopy(service, id))]);
  });

  it('stays while a re-scan holds the image, and afterwards; one that is refused loses it', async () => {
    const gate = createTestGate('scan');
    await using service = await createGatedService([gate]);
    const id = await post(service);
    const before = await namedCopy(service, id);
    gate.answer = always(LATER);
    await sweepRescan(service);
    const held = await service.services.images.get(id);
    assert.ok(held?.status === 'held');
    assert.deepEqual(held.former?.workingCopy, before);
    assert.equal((await storedCopies(service, id)).length, 1);
    gate.answer = always(PASS);
    await passHeld(service, id);
    assert.deepEqual(await namedCopy(service, id), before);

    gate.answer = always(REFUSE);
    await sweepRescan(service);
    assert.equal((await service.services.images.get(id))?.status, 'rejected');
    await service.sweep(60);
    assert.deepEqual(await service.storedFiles(), []);
  });
});

/** A re-scan of all images, which the worker does. */
async function sweepRescan(service: GatedService): Promise<void> {
  service.clock.offsetMs += 1_000;
  assert.equal((await service.request('/gates/rescan', json({ gate: 'scan' }))).status, 202);
  await service.sweep(1);
}

/** As a person's decision does: the gate is asked again, and passes the image. */
async function passHeld(service: GatedService, id: ImageId): Promise<void> {
  const { images } = service.services;
  const held = await images.get(id);
  assert.ok(held?.status === 'held');
  const askAt = new Date(service.clock.now().getTime() + 1);
  assert.ok(await images.replace(held, { ...held, screening: { ...held.screening, askAt } }));
  await service.sweep(1);
}
