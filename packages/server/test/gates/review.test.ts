import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import { testImage } from '../../../../test/pictures/test-images.ts';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import type { ServiceEvent } from '../../src/observe/observer/observer.ts';
import { type ClosedService, createClosedService } from '../services/closed-service.ts';
import { createSharingService } from '../services/sharing-service.ts';
import { codeOf, decide, grant, later, moderatorOf, upload } from './moderation.ts';
import { always, createTestGate, PASS } from './test-gate.ts';

const UNKNOWN = '01890a5d-ac96-774b-bcce-b302099a8057';

describe('the review of a held image', () => {
  it('is a small JPEG without metadata, for no cache, and is stored nowhere', async () => {
    await using service = await createClosedService({ overrides: { gates: [later('review')] } });
    const moderator = await moderatorOf(service);
    const large = await testImage({ type: 'image/jpeg', width: 1_200, height: 800, orientation: 6 });
    const id = await hold(service, large, 'image/jpeg');
    const files = await service.storedFiles();
    const answer = await review(service, moderator, id);
    assert.equal(answer.status, 200);
    assert.partialDeepStrictEqual(Object.fromEntries(answer.headers), {
      'content-type': 'image/jpeg',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    const { width, height, format, exif, orientation } = await sharp(await answer.bytes()).metadata();
    assert.deepEqual(
      { width, height, format, exif, orientation },
      { width: 341, height: 512, format: 'jpeg', exif: undefined, orientation: undefined },
    );
    assert.deepEqual(await service.storedFiles(), files);
    assert.equal((await review(service, service.admin, id)).status, 200);
  });

  it('shows a transparent picture, and the first frame of an animation', async () => {
    await using service = await createClosedService({ overrides: { gates: [later('review')] } });
    const clear = await sharp({ create: { width: 40, height: 30, channels: 4, background: '#00000000' } })
      .png()
      .toBuffer();
    const moving = await testImage({ type: 'image/gif', width: 40, height: 30, frames: 3 });
    for (const [bytes, type] of [
      [clear, 'image/png'],
      [moving, 'image/gif'],
    ] as const) {
      const answer = await review(service, service.admin, await hold(service, bytes, type));
      assert.equal(answer.status, 200);
      const { width, height, pages = 1 } = await sharp(await answer.bytes()).metadata();
      assert.deepEqual({ width, height, pages }, { width: 40, height: 30, pages: 1 });
    }
  });

  it('is there only while the image is held', async () => {
    const gate = later('review');
    await using service = await createClosedService({ overrides: { gates: [gate] } });
    const told = (id: string) => codeOf(review(service, service.admin, id));
    const [held, pending] = [await upload(service), await grant(service)];
    assert.equal(await told(pending.id), 'not-awaited');
    assert.equal(await told(UNKNOWN), 'image-not-found');
    await decide(service, service.admin, held.id, { verdict: 'refuse' });
    assert.equal(await told(held.id), 'not-awaited');
    gate.answer = always(PASS);
    const ready = await upload(service);
    assert.equal(await told(ready.id), 'not-awaited');
    assert.equal((await remove(service, ready.id)).status, 200);
    assert.equal(await told(ready.id), 'image-not-found');
  });

  for (const [what, code, end] of [
    ['passed', 'not-awaited', (service, id) => decide(service, service.admin, id, { verdict: 'pass' })],
    ['refused', 'not-awaited', (service, id) => decide(service, service.admin, id, { verdict: 'refuse' })],
    ['deleted', 'image-not-found', (service, id) => remove(service, id)],
  ] as const satisfies readonly (readonly [
    string,
    string,
    (service: ClosedService, id: string) => Promise<Response>,
  ])[])
    for (const when of ['before', 'after'] as const)
      it(`isn't shown of one that is ${what} ${when === 'before' ? 'before its bytes are read' : 'while it is made'}`, async () => {
        await using service = await createClosedService({ overrides: { gates: [later('review')] } });
        const { id } = await upload(service);
        const { imaging } = service.services;
        const { render } = imaging;
        const ends = async () => assert.equal((await end(service, id)).status, 200);
        imaging.render = async (...given) => {
          if (when === 'before') await ends();
          const made = await render.apply(imaging, given);
          if (when === 'after') await ends();
          return made;
        };
        const told = await codeOf(review(service, service.admin, id)).finally(() => {
          imaging.render = render; // the tests share it
        });
        assert.equal(told, code);
      });

  it('is never one of bytes that were put in the place of its own', async () => {
    const events: ServiceEvent[] = [];
    await using service = await createClosedService({
      overrides: { gates: [later('review')] },
      observe: (event) => void events.push(event),
    });
    const { id } = await upload(service);
    const [file = ''] = await service.storedFiles();
    await writeFile(file, await testImage({ type: 'image/jpeg', width: 64, height: 48, seed: 9 }));
    const image = await service.services.images.get(id as ImageId);
    assert.ok(image?.status === 'held');
    assert.equal(await codeOf(review(service, service.admin, id)), 'original-lost');
    assert.ok(events.some(({ event }) => event === 'object-replaced'));
  });

  it('counts as a render', async () => {
    await using service = await createClosedService({
      environment: { RATE_LIMITS: 'render=2/m' },
      overrides: { gates: [later('review')] },
    });
    const [id, moderator] = [(await upload(service)).id, await moderatorOf(service)];
    const statuses = [];
    for (let count = 0; count < 3; count += 1) {
      const answer = await service.as(moderator, `/images/${id}/review`, { headers: { 'x-user-id': 'ada' } });
      statuses.push(answer.status);
    }
    assert.deepEqual(statuses, [200, 200, 429]);
  });

  it('is closed without AUTH: it would show everybody what nobody has decided about', async () => {
    await using service = await createSharingService({ overrides: { gates: [createTestGate('review')] } });
    for (const id of [UNKNOWN, 'x']) assert.equal((await service.request(`/images/${id}/review`)).status, 403);
  });
});

const review = (service: ClosedService, key: string, id: string): Promise<Response> =>
  service.as(key, `/images/${id}/review`);

const remove = (service: ClosedService, id: string): Promise<Response> =>
  service.as(service.admin, `/images/${id}?user_id=ada`, { method: 'DELETE' });

async function hold(service: ClosedService, bytes: Uint8Array, type: string): Promise<string> {
  const form = new FormData();
  form.set('user_id', 'ada');
  form.set('file', new File([new Uint8Array(bytes)], 'a', { type }));
  const answer = await service.as(service.admin, '/images', { method: 'POST', body: form });
  assert.equal(answer.status, 201, await answer.clone().text());
  return ((await answer.json()) as { image_id: string }).image_id;
}
