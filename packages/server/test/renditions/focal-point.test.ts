import assert from 'node:assert/strict';
import { utimes } from 'node:fs/promises';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import { type ObjectKey, renditionKey, renditionsPrefix } from '../../src/domain/image/object-key.ts';
import type { Imaging } from '../../src/imaging/imaging.ts';
import { hearingPostponed } from '../../src/observe/observer/hearing.fixture.ts';
import { sweep } from '../../src/operations/upkeep/sweep.ts';
import { uploadPicture } from '../pictures/upload-picture.ts';
import { movingClock } from '../services/moving-clock.ts';
import { json, type TestService } from '../services/service.ts';
import { createSharingService } from '../services/sharing-service.ts';

const PHOTO = { type: 'image/jpeg', width: 600, height: 200 } as const;
const PRESETS = 'square:w=100&h=100&fit=cover&position=focal plain:w=100&h=100&fit=cover';
const PRESIGNED_MS = 300_000;
const NOW_SECONDS = Date.now() / 1_000;

interface ImageJson {
  readonly renditions: { readonly [preset: string]: string };
}

const patch = async (service: TestService, id: string, body: object): Promise<ImageJson> => {
  const answer = await service.request(`/images/${id}`, { ...json(body), method: 'PATCH' });
  assert.equal(answer.status, 200);
  return (await answer.json()) as ImageJson;
};
const focus = (service: TestService, id: string, x: number): Promise<ImageJson> =>
  patch(service, id, { focal_point: { x, y: 0.5 } });
const described = async (service: TestService, id: string): Promise<ImageJson> =>
  (await (await service.request(`/images/${id}/metadata`)).json()) as ImageJson;

/** The mean red of the picture, which grows to the right of the source from 16 to 236. */
const redOf = async (answer: Response): Promise<number> => {
  assert.equal(answer.status, 200);
  const { channels } = await sharp(Buffer.from(await answer.arrayBuffer())).stats();
  return channels[0]?.mean ?? 0;
};
const isAround = (red: number, x: number): void =>
  assert.ok(Math.abs(red - (16 + 220 * x)) < 8, `expected red of about ${16 + 220 * x}; got ${red}`);

const storedRenditions = ({ services: { objects } }: TestService, id: string): Promise<ObjectKey[]> =>
  Array.fromAsync(objects.list(renditionsPrefix(id as ImageId)), ({ key }) => key);

async function* chunksOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

const sweepNow = (service: TestService) =>
  sweep(
    hearingPostponed(service.services, (error) => {
      throw error;
    }),
    { holder: 'test', signal: AbortSignal.timeout(60_000) },
  );

function countedImaging() {
  const counted = { renders: 0 };
  const wrapImaging = (imaging: Imaging): Imaging => ({
    ...imaging,
    async render(source, outputs, options) {
      counted.renders += 1;
      return imaging.render(source, outputs, options);
    },
  });
  return { counted, wrapImaging };
}

describe('position=focal in a signed URL', () => {
  const TRANSFORM = { w: 100, h: 100, fit: 'cover', position: 'focal' };
  const linkTo = async (service: TestService, id: string): Promise<string> => {
    const answer = await service.request(`/images/${id}/render-url`, json({ ...TRANSFORM, expires_in: 3_600 }));
    return ((await answer.json()) as { url: string }).url;
  };

  it('shows another picture as soon as the focal point is another, by the same URL', async () => {
    const { counted, wrapImaging } = countedImaging();
    await using service = await createSharingService({ overrides: { wrapImaging } });
    const id = await uploadPicture(service, PHOTO);
    const url = await linkTo(service, id);
    isAround(await redOf(await service.send(url)), 0.5);
    const tags = new Set<string | null>();
    for (const x of [0.25, 0.75]) {
      await focus(service, id, x);
      const answer = await service.send(url);
      assert.equal(answer.headers.get('cache-control'), 'public, no-cache');
      const tag = answer.headers.get('etag') ?? '';
      tags.add(tag);
      isAround(await redOf(answer), x);
      assert.equal((await service.send(url, { headers: { 'If-None-Match': tag } })).status, 304);
    }
    assert.equal(tags.size, 2);
    await patch(service, id, { focal_point: null });
    isAround(await redOf(await service.send(url)), 0.5);
    assert.equal(counted.renders, 3, 'the centre was stored');
  });

  it('makes nothing anew after other changes', async () => {
    const { counted, wrapImaging } = countedImaging();
    await using service = await createSharingService({ overrides: { wrapImaging } });
    const id = await uploadPicture(service, PHOTO);
    const url = await linkTo(service, id);
    await focus(service, id, 0.25);
    const before = (await service.send(url)).headers.get('etag');
    await patch(service, id, { description: 'x', focal_point: { x: 0.25, y: 0.5 } });
    assert.equal((await service.send(url)).headers.get('etag'), before);
    assert.equal(counted.renders, 1);
  });

  it('never mixes concurrent requests from before and after a change', async () => {
    await using service = await createSharingService();
    const id = await uploadPicture(service, PHOTO);
    const url = await linkTo(service, id);
    await focus(service, id, 0.25);
    const before = service.send(url);
    await focus(service, id, 0.75);
    isAround(await redOf(await service.send(url)), 0.75);
    assert.equal((await before).status, 200);
    isAround(await redOf(await service.send(url)), 0.75);
  });
});

describe('a preset with position=focal', () => {
  it('has another immutable URL with each focal point, and other presets keep theirs', async () => {
    await using service = await createSharingService({ environment: { PRESETS } });
    const id = await uploadPicture(service, PHOTO);
    const former = (await described(service, id)).renditions;
    const { renditions } = await focus(service, id, 0.25);
    assert.notEqual(renditions['square'], former['square']);
    assert.equal(renditions['plain'], former['plain']);
    assert.deepEqual((await patch(service, id, { description: 'x' })).renditions, renditions);

    const current = await service.send(renditions['square'] ?? '');
    assert.equal(current.headers.get('cache-control'), 'private, max-age=31536000, immutable');
    isAround(await redOf(current), 0.25);
    const old = await service.send(former['square'] ?? '');
    assert.equal(old.headers.get('cache-control'), 'private, no-cache');
    isAround(await redOf(old), 0.25);
    assert.equal(
      (await service.send(former['plain'] ?? '')).headers.get('cache-control'),
      'private, max-age=31536000, immutable',
    );
  });

  it('that is eager is made anew after a change; former ones are dropped once their URLs have ended', async () => {
    const clock = movingClock();
    const { counted, wrapImaging } = countedImaging();
    const environment = { PRESETS, EAGER_PRESETS: 'square,plain' };
    await using service = await createSharingService({ environment, overrides: { wrapImaging, clock } });
    const id = await uploadPicture(service, PHOTO);
    await focus(service, id, 0.75);
    await sweepNow(service);
    const [first, second, ...others] = await storedRenditions(service, id);
    assert.ok(first && second && others.length === 0);
    assert.equal(counted.renders, 1);

    await focus(service, id, 0.25);
    await sweepNow(service);
    assert.equal(counted.renders, 2);
    assert.equal((await storedRenditions(service, id)).length, 3);
    const answer = await service.request(`/images/${id}/renditions/square`, {
      headers: { Accept: 'image/avif,image/webp' },
    });
    isAround(await redOf(answer), 0.25);
    assert.equal(counted.renders, 2, 'the eager rendition was served');

    clock.offsetMs += PRESIGNED_MS - 10_000;
    await sweepNow(service);
    assert.equal((await storedRenditions(service, id)).length, 3);
    clock.offsetMs += 20_000;
    await sweepNow(service);
    const left = await storedRenditions(service, id);
    assert.equal(left.length, 2);
    assert.ok(
      [first, second].some((key) => left.includes(key)),
      'the preset without position=focal stays',
    );
    isAround(await redOf(await service.request(`/images/${id}/renditions/square`)), 0.25);
    const record = await service.services.images.get(id as ImageId);
    assert.equal(record?.status === 'ready' && record.maintainAt, null);
  });

  it('keeps only the newest 64 superseded ones while changes go on', async () => {
    await using service = await createSharingService({ environment: { PRESETS } });
    const id = await uploadPicture(service, PHOTO);
    const { objects, staging } = service.services;
    const store = async (name: string): Promise<ObjectKey> => {
      const key = renditionKey(id as ImageId, 'preset', name);
      await using file = await staging.stage(chunksOf(name), { maxBytes: name.length });
      await objects.put(key, file, { contentType: 'image/webp' });
      return key;
    };
    const [oldest, newest] = [await store('oldest'), await store('newest')];
    for (let n = 0; n < 62; n += 1) await store(`superseded-${n}`);
    const file = (await service.storedFiles()).find((path) => path.endsWith('oldest'));
    const later = (await service.storedFiles()).find((path) => path.endsWith('newest'));
    assert.ok(file && later);
    await utimes(file, NOW_SECONDS - 60, NOW_SECONDS - 60);
    await utimes(later, NOW_SECONDS + 60, NOW_SECONDS + 60);

    await focus(service, id, 0.25);
    await sweepNow(service);
    assert.equal((await storedRenditions(service, id)).length, 64);
    await store('one-more');
    await focus(service, id, 0.75);
    await sweepNow(service);
    const left = await storedRenditions(service, id);
    assert.deepEqual([left.length, left.includes(oldest), left.includes(newest)], [64, false, true]);
    const record = await service.services.images.get(id as ImageId);
    assert.ok(record?.status === 'ready' && record.maintainAt !== null, 'the rest is dropped later');
  });

  it('has a job sent after a change of the focal point, and after no other change', async () => {
    await using service = await createSharingService({ environment: { PRESETS } });
    const id = await uploadPicture(service, PHOTO);
    const jobs = () => service.services.jobs.receive({ limit: 10, waitSeconds: 0, signal: AbortSignal.timeout(5_000) });
    await patch(service, id, { description: 'x', focal_point: null });
    assert.deepEqual(await jobs(), []);
    await focus(service, id, 0.25);
    assert.deepEqual(
      (await jobs()).map(({ job }) => job),
      [{ kind: 'maintain', imageId: id }],
    );
    await focus(service, id, 0.25);
    assert.deepEqual(await jobs(), []);
  });

  it('alone schedules maintenance', async () => {
    await using service = await createSharingService();
    const id = await uploadPicture(service, PHOTO);
    await focus(service, id, 0.25);
    const record = await service.services.images.get(id as ImageId);
    assert.equal(record?.status === 'ready' && record.maintainAt, null);
  });

  it('is made around a focal point that was set before the bytes arrived', async () => {
    await using service = await createSharingService({ environment: { PRESETS, EAGER_PRESETS: 'square' } });
    const granted = await service.request('/images/upload', json({ user_id: 'u', content_type: 'image/png' }));
    const {
      image_id: id,
      upload_url: url,
      headers,
    } = (await granted.json()) as {
      image_id: string;
      upload_url: string;
      headers: Record<string, string>;
    };
    await focus(service, id, 0.75);
    const body = await sharp({ create: { width: 30, height: 10, channels: 3, background: '#000' } })
      .composite([{ input: { create: { width: 10, height: 10, channels: 3, background: '#f00' } }, left: 20, top: 0 }])
      .png()
      .toBuffer();
    assert.equal((await service.send(url, { method: 'PUT', headers, body: new Uint8Array(body) })).status, 200);
    const square = await service.request(`/images/${id}/renditions/square`);
    assert.ok((await redOf(square)) > 180);
  });
});
