import assert from 'node:assert/strict';
import { utimes } from 'node:fs/promises';
import { it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import type { ObjectKey } from '../../src/domain/image/object-key.ts';
import { mayServeObject } from '../../src/operations/images/may-serve-object.ts';
import { type GatedService, PICTURE } from '../gates/gated-service.ts';
import { type CreateGated, onEachStore } from '../gates/on-each-store.ts';
import { always, createTestGate, LATER, PASS, REFUSE } from '../gates/test-gate.ts';
import { json } from '../services/service.ts';
import { complete, type Granted, grant, OTHER, original, put, THIRD } from './replacing-requests.ts';

const PNG = { 'content-type': 'image/png' };

onEachStore(describeReplacements);

const usage = async ({ services }: GatedService) => (await services.usage.usageOf('ada')).usage;

function describeReplacements(create: CreateGated): void {
  it('gives a picture other bytes of another type; its id, description, links and lists stay', async () => {
    await using service = await create([]);
    const { id } = await service.upload({ tags: ['sea', 'face'], description: 'me', metadata: { a: 1 } });
    await service.json(`/images/${id}/metadata`);
    const changed = await service.request(`/images/${id}`, {
      ...json({ focal_point: { x: 0.1, y: 0.2 } }),
      method: 'PATCH',
    });
    assert.equal(changed.status, 200, await changed.clone().text());
    const link = (await (
      await service.request(`/images/${id}/links`, json({ what: 'original', expires_in: 3600 }))
    ).json()) as { url: string };
    const before = await service.json(`/images/${id}/metadata`);
    assert.equal((await service.request(`/images/${id}/renditions/thumb`)).status, 200);

    const granted = await grant(service, id);
    assert.notEqual(granted.image_id, id);
    assert.equal((await put(service, granted)).status, 200);
    const completed = await complete(service, granted);
    assert.equal(completed.status, 200, await completed.clone().text());
    const after = (await completed.json()) as Record<string, unknown>;
    for (const name of ['image_id', 'filename', 'tags', 'description', 'metadata', 'visibility', 'created_at'])
      assert.deepEqual(after[name], before[name], name);
    assert.deepEqual(
      [after['content_type'], after['size'], after['width'], after['height'], after['focal_point'], after['status']],
      ['image/png', OTHER.length, 40, 90, null, 'ready'],
    );
    const thumbOf = (shown: Record<string, unknown>) =>
      new URL((shown['renditions'] as Record<string, string>)['thumb'] ?? '').searchParams.get('v');
    assert.notEqual(thumbOf(after), thumbOf(before));
    assert.deepEqual(await original(service, id), OTHER);
    const { pathname, search } = new URL(link.url);
    assert.deepEqual(new Uint8Array(await (await service.request(`${pathname}${search}`)).arrayBuffer()), OTHER);

    const again = await complete(service, granted);
    assert.deepEqual([again.status, ((await again.json()) as { image_id: string }).image_id], [200, id]);
    assert.equal((await service.request(`/images/${granted.image_id}/metadata`)).status, 404);
    for (const [filter, count] of [
      ['content_type=image/png', 1],
      ['content_type=image/jpeg', 0],
      ['tag=sea&content_type=image/png', 1],
      ['tag=sea&content_type=image/jpeg', 0],
      ['status=pending', 0],
      ['status=held', 0],
    ] as const) {
      const list = await service.json(`/images?user_id=ada&${filter}`);
      assert.equal(list['count'], count, filter);
    }
    assert.deepEqual(await usage(service), {
      images: 1,
      bytes: OTHER.length,
      trashedBytes: 0,
      pending: 0,
      reservedBytes: 0,
    });
    const [former, current] = [String(before['s3_key']), String(after['s3_key'])];
    const served = (key: string) => mayServeObject(service.services, key as ObjectKey);
    assert.deepEqual([await served(former), await served(current)], [false, true]);
    const uploadsOf = async () =>
      (await service.storedFiles())
        .filter((file) => !file.includes('/renditions/'))
        .map((file) => /by-([^/]+)/.exec(file)?.[1])
        .toSorted();
    const renditions = async () => (await service.storedFiles()).filter((file) => file.includes('/renditions/'));
    assert.equal((await renditions()).length, 1);
    await service.sweep(10);
    assert.deepEqual(await renditions(), [], 'what was made of the former bytes');
    assert.deepEqual(await uploadsOf(), [granted.image_id, undefined], 'the former bytes, for a backup that runs');
    await service.sweep(60 * 25);
    assert.deepEqual(await uploadsOf(), [granted.image_id]);
  });

  it('drops what was made of the former bytes, however late, and nothing of the new ones, whatever time the store has', async () => {
    await using service = await create([]);
    const { id } = await service.upload();
    await service.json(`/images/${id}/metadata`);
    const renditions = async () => (await service.storedFiles()).filter((file) => file.includes('/renditions/'));
    const thumb = () => service.request(`/images/${id}/renditions/thumb`);
    await thumb();
    const [former = ''] = await renditions();
    service.clock.offsetMs = 5_000; // ahead of the store's
    const granted = await grant(service, id);
    await put(service, granted);
    assert.equal((await complete(service, granted)).status, 200);
    const late = new Date(Date.now() + 3_600_000);
    await utimes(former, late, late); // by a request that had begun before
    const answer = await thumb();
    assert.equal(answer.status, 200);
    const current = (await renditions()).filter((file) => file !== former);
    assert.equal(current.length, 1);
    await service.sweep(10);
    assert.deepEqual(await renditions(), current);
  });

  it('keeps few former bytes of a picture that gets others twice a minute, and those before the last ones for a day', async () => {
    await using service = await create([]);
    const { id } = await service.upload();
    await service.json(`/images/${id}/metadata`);
    const files = async (of: string) => (await service.storedFiles()).filter((file) => file.includes(`/${of}/`));
    const keys: string[] = [];
    for (let nth = 0; nth < 8; nth += 1) {
      const body = new Uint8Array(await testImage({ type: 'image/png', width: 20, height: 20, seed: nth }));
      const answer = await service.request(`/images/${id}/content`, { method: 'PUT', body, headers: PNG });
      keys.push(((await answer.json()) as { s3_key: string }).s3_key);
      assert.equal((await service.request(`/images/${id}/renditions/thumb`)).status, 200);
      await service.sweep(0.4);
    }
    const last = async () => (await files('images')).map((file) => file.slice(file.indexOf('/images/') + 1)).toSorted();
    assert.deepEqual(await last(), keys.slice(-3).toSorted(), 'those that were served within the last minute');
    assert.ok((await files('renditions')).length <= 3, (await files('renditions')).join());
    await service.sweep(2);
    assert.deepEqual(await last(), keys.slice(-2).toSorted());
    assert.equal((await files('renditions')).length, 1);
    await service.sweep(60 * 23);
    assert.deepEqual(await last(), keys.slice(-2).toSorted());
    await service.sweep(60 * 2);
    assert.deepEqual(await last(), keys.slice(-1));
  });

  it('leaves the picture whole until all gates have passed, and if one refuses', async () => {
    const gate = createTestGate('scan');
    gate.answer = always(PASS);
    await using service = await create([gate]);
    const { id } = await service.upload();
    await service.json(`/images/${id}/metadata`);
    gate.answer = always(LATER);
    const granted = await grant(service, id);
    await put(service, granted);
    const held = await complete(service, granted);
    const shown = (await held.json()) as Record<string, unknown>;
    assert.deepEqual(
      [held.status, shown['status'], shown['image_id'], shown['replaces']],
      [200, 'held', granted.image_id, id],
    );
    assert.deepEqual(await original(service, id), PICTURE);
    gate.answer = always(REFUSE);
    await service.request(`/images/${granted.image_id}/decisions`, { method: 'GET' });
    await service.sweep(60 * 24);
    await service.sweep(2);
    assert.equal((await service.json(`/images/${granted.image_id}/metadata`)).status, 'rejected');
    assert.deepEqual(await original(service, id), PICTURE);
    assert.equal((await usage(service)).bytes, PICTURE.length);
  });

  it('lets one of two replacements win; the other one is told that the picture has changed', async () => {
    await using service = await create([]);
    const { id } = await service.upload();
    await service.json(`/images/${id}/metadata`);
    const [one, other] = [await grant(service, id), await grant(service, id, 'image/webp')];
    await Promise.all([put(service, one), put(service, other, THIRD)]);
    const answers = await Promise.all([complete(service, one), complete(service, other)]);
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 412]);
    const lost = answers.find(({ status }) => status === 412);
    const problem = (await lost?.json()) as { code: string; detail: string };
    assert.equal(problem.code, 'revision-conflict');
    assert.match(problem.detail, /^expected the picture as it was when its replacement was granted; got /);
    const won = answers[0]?.status === 200 ? OTHER : THIRD;
    assert.deepEqual(await original(service, id), won);
    assert.deepEqual([(await usage(service)).images, (await usage(service)).bytes], [1, won.length]);
  });

  it('says the same to all who complete one upload at the same time', async () => {
    const gate = createTestGate('scan');
    gate.answer = always(PASS);
    await using service = await create([gate]);
    const { id } = await service.upload();
    await service.json(`/images/${id}/metadata`);
    gate.answer = always(LATER);
    const [first, late] = [await grant(service, id), await grant(service, id, 'image/webp')];
    const completeAtOnce = async (granted: Granted, body: Uint8Array<ArrayBuffer>) => {
      await put(service, granted, body);
      await complete(service, granted);
      const { images } = service.services;
      const held = await images.getToChange(granted.image_id as ImageId);
      assert.ok(held?.status === 'held');
      assert.ok(await images.replace(held, { ...held, screening: { ...held.screening, passed: ['scan'] } }));
      const answers = await Promise.all(Array.from({ length: 8 }, () => complete(service, granted)));
      const said = answers.map(async (answer) => {
        const { image_id, status, code } = (await answer.json()) as Record<string, unknown>;
        return `${answer.status} ${code ?? `${image_id} ${status}`}`;
      });
      return [...new Set(await Promise.all(said))];
    };
    assert.deepEqual(await completeAtOnce(first, OTHER), [`200 ${id} ready`]);
    assert.deepEqual(await completeAtOnce(late, THIRD), ['412 revision-conflict']);
    assert.deepEqual(await original(service, id), OTHER);
  });

  it('takes the bytes directly, at one revision, and once for an Idempotency-Key', async () => {
    await using service = await create([]);
    const { id } = await service.upload();
    const { revision } = await service.json(`/images/${id}/metadata`);
    const send = (body: Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
      service.request(`/images/${id}/content`, { method: 'PUT', body, headers });
    assert.equal((await send(OTHER, { 'if-match': '"99"' })).status, 412);
    const keyed = { 'content-type': 'image/png', 'if-match': `"${revision}"`, 'idempotency-key': 'once' };
    const answer = await send(OTHER, keyed);
    const shown = (await answer.json()) as Record<string, unknown>;
    assert.deepEqual(
      [answer.status, shown['image_id'], shown['size'], shown['content_type']],
      [200, id, OTHER.length, 'image/png'],
    );
    assert.match(String(answer.headers.get('etag')), new RegExp(`^"${shown['revision']}\\.`));
    assert.deepEqual(await original(service, id), OTHER);
    const { 'if-match': _, ...again } = keyed;
    assert.deepEqual(
      await (await send(OTHER, again)).json(),
      await service.json(`/images/${id}/metadata`),
      'a repeated request',
    );
    assert.equal((await service.json(`/images/${id}/metadata`))['revision'], shown['revision']);
    const refused = await send(new TextEncoder().encode('%PDF-1.7 nothing'));
    assert.equal(refused.status, 400, await refused.clone().text());
    const broken = await send(OTHER.slice(0, 60), { 'content-type': 'image/png' });
    assert.equal(broken.status, 400, await broken.clone().text());
    assert.deepEqual(await original(service, id), OTHER);
    const { images, bytes, pending } = await usage(service);
    assert.deepEqual([images, bytes, pending], [1, OTHER.length, 0]);
  });

  it('makes an avatar one request: a new image at first, and other bytes of it from then on', async () => {
    await using service = await create([]);
    const send = async (bytes: Uint8Array<ArrayBuffer>, type: string, headers: Record<string, string> = {}) => {
      const form = new FormData();
      for (const [name, value] of Object.entries({ user_id: 'ada', external_id: 'avatar', if_exists: 'replace' }))
        form.set(name, value);
      form.append('tags', type);
      form.set('file', new File([bytes], 'a', { type }));
      const answer = await service.request('/images', { method: 'POST', body: form, headers });
      assert.equal(answer.status, 201, await answer.clone().text());
      return (await answer.json()) as Record<string, unknown>;
    };
    const first = await send(PICTURE, 'image/jpeg');
    const second = await send(OTHER, 'image/png', { 'idempotency-key': 'second' });
    assert.deepEqual(await send(OTHER, 'image/png', { 'idempotency-key': 'second' }), second, 'a repeated request');
    assert.deepEqual(
      [second['image_id'], second['tags'], second['size']],
      [first['image_id'], ['image/jpeg'], OTHER.length],
    );
    const fields = { user_id: 'ada', content_type: 'image/webp', external_id: 'avatar', if_exists: 'replace' };
    const granted = (await (await service.request('/uploads', json(fields))).json()) as Granted;
    await put(service, granted, THIRD);
    assert.equal((await complete(service, granted)).status, 200);
    assert.deepEqual(await original(service, String(first['image_id'])), THIRD);
    assert.equal((await service.json('/images?user_id=ada'))['count'], 1);
    const alone = await service.request('/uploads', json({ ...fields, external_id: null }));
    assert.equal(alone.status, 201, 'without an id nothing can exist');
  });

  it('needs room for the new bytes beside the former, and no further image', async () => {
    const environment = { QUOTA_IMAGES: '1', QUOTA_BYTES: String(PICTURE.length + OTHER.length) };
    await using service = await create([], { environment });
    const form = new FormData();
    form.set('user_id', 'ada');
    form.set('file', new File([PICTURE], 'a.jpg', { type: 'image/jpeg' }));
    const stored = await service.request('/images', { method: 'POST', body: form });
    const { image_id: id } = (await stored.json()) as { image_id: string };
    const ask = (fields: object) =>
      service.request('/uploads', json({ user_id: 'ada', content_type: 'image/png', ...fields }));
    assert.equal((await ask({ size: 1 })).status, 403);
    assert.equal((await ask({ size: OTHER.length + 1, replaces: id })).status, 403);
    const granted = await ask({ size: OTHER.length, replaces: id });
    assert.equal(granted.status, 201, await granted.clone().text());
    const upload = (await granted.json()) as Granted;
    await put(service, upload);
    assert.equal((await complete(service, upload)).status, 200);
    const { images, bytes, pending, reservedBytes } = await usage(service);
    assert.deepEqual([images, bytes, pending, reservedBytes], [1, OTHER.length, 0, 0]);
  });

  it('refuses a picture that is not there, not ready or of another user, and fields that stay', async () => {
    await using service = await create([]);
    const { id } = await service.upload();
    await service.json(`/images/${id}/metadata`);
    const ask = async (fields: object) => {
      const answer = await service.request('/uploads', json({ user_id: 'ada', content_type: 'image/png', ...fields }));
      const { code, detail } = (await answer.json()) as { code: string; detail: string };
      return [answer.status, code, detail];
    };
    assert.deepEqual((await ask({ replaces: 'nothing' })).slice(0, 2), [404, 'image-not-found']);
    assert.deepEqual((await ask({ replaces: id, user_id: 'bob' })).slice(0, 2), [403, 'forbidden']);
    assert.deepEqual(await ask({ replaces: id, tags: ['x'] }), [
      400,
      'invalid-request',
      '/tags: expected no tags beside replaces, since the image keeps its own; got one',
    ]);
    const granted = await grant(service, id);
    assert.deepEqual((await ask({ replaces: granted.image_id })).slice(0, 2), [409, 'image-not-ready']);
  });
}
