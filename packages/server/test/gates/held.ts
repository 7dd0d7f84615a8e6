import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import { type GatedService, PICTURE, putPicture, usageOf } from './gated-service.ts';
import type { CreateGated } from './on-each-store.ts';
import { always, createTestGate, failing, hanging, LATER, PASS, REFUSE } from './test-gate.ts';

const WAYS_IN = ['original', 'download', 'download?format=jpeg', 'renditions/thumb', 'renditions/thumb/download', ''];

export function describeHeld(create: CreateGated): void {
  it('serves nothing of an image that a gate has not decided about, and keeps its one copy', async () => {
    const gate = createTestGate('scan');
    gate.answer = always(LATER);
    await using service = await create([gate]);
    const { id, put } = await service.upload();
    assert.equal(put.status, 200);
    assert.equal(await put.text(), '');

    const shown = await service.json(`/images/${id}/metadata?wait=20`);
    assert.equal(shown.status, 'held');
    assert.equal(shown['size'], PICTURE.length);
    for (const name of ['s3_key', 's3_url', 'placeholder', 'dominant_color', 'renditions'])
      assert.equal(shown[name], null);
    assert.ok(Date.parse(String(shown['held_until'])) > Date.now());
    const completed = await service.request(`/images/${id}/complete`, { method: 'POST' });
    assert.deepEqual([completed.status, ((await completed.json()) as { status: string }).status], [200, 'held']);

    for (const way of WAYS_IN) {
      const answer = await service.request(`/images/${id}/${way}`);
      assert.equal(answer.status, 409, way);
      assert.deepEqual(((await answer.json()) as { params: object }).params, { status: 'held' });
    }
    const trashed = await service.request(`/images/${id}/trash`, { method: 'POST' });
    const linked = await service.request(`/images/${id}/links`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"what":"preset","preset":"thumb","expires_in":3600}',
    });
    assert.deepEqual([trashed.status, linked.status], [409, 409], await linked.text());
    assert.equal((await service.json('/images?user_id=ada'))['count'], 0);
    for (const list of ['/images?status=held', '/images?status=held&user_id=ada'])
      assert.deepEqual(idsOf(await service.json(list)), [id]);
    assert.equal((await service.storedFiles()).length, 1);
    assert.equal(gate.asked, 1, 'a gate that decides later is not asked again');
  });

  it('publishes it once the gate passes it, without anyone asking', async () => {
    const gate = createTestGate('scan');
    gate.answer = failing;
    await using service = await create([gate]);
    const { id } = await service.upload();
    await service.sweep(2);
    assert.equal((await service.json(`/images/${id}/metadata`)).status, 'held');
    gate.answer = always(PASS);
    await service.sweep(2);
    const shown = await service.json(`/images/${id}/metadata`);
    assert.equal(shown.status, 'ready');
    const bytes = await (await service.request(`/images/${id}/original`)).bytes();
    assert.deepEqual(bytes, PICTURE);
    assert.deepEqual(idsOf(await service.json('/images?user_id=ada')), [id]);
    const { decisions } = await service.json(`/images/${id}/decisions`);
    assert.deepEqual(pick(decisions, 'gate', 'by', 'verdict'), [['scan', 'gate', 'pass']]);
  });

  it('rejects it and removes its bytes once the gate refuses it, and tells the uploader no more than the reason', async () => {
    const gate = createTestGate('scan');
    gate.answer = failing;
    await using service = await create([gate]);
    const { id } = await service.upload();
    gate.answer = always(REFUSE);
    await service.sweep(2);
    const shown = await service.json(`/images/${id}/metadata`);
    assert.deepEqual(shown['rejection'], { code: 'refused-by-gate', detail: 'expected a landscape; got a portrait' });
    assert.ok(!JSON.stringify(shown).includes('face'));
    assert.deepEqual(await service.storedFiles(), []);
    const { decisions } = await service.json(`/images/${id}/decisions`);
    assert.deepEqual(pick(decisions, 'verdict', 'private_reason'), [['refuse', 'face']]);
    await requireUsage(service, { images: 0, bytes: 0 });
  });

  it('refuses an upload at once if the gate does: no bytes stay, and of a direct upload no record', async () => {
    const gate = createTestGate('scan');
    gate.answer = always(REFUSE);
    await using service = await create([gate]);
    const { id, put } = await service.upload();
    assert.equal(put.status, 400);
    assert.match(await put.text(), /refused-by-gate: expected a landscape; got a portrait/);
    const completed = await service.request(`/images/${id}/complete`, { method: 'POST' });
    assert.equal(completed.status, 400);
    assert.equal(((await completed.json()) as { code: string }).code, 'refused-by-gate');

    const direct = await service.uploadDirectly();
    assert.equal(direct.status, 400);
    assert.equal(((await direct.json()) as { code: string }).code, 'refused-by-gate');
    assert.deepEqual(await service.storedFiles(), []);
    assert.deepEqual(idsOf(await service.json('/images?status=rejected&user_id=ada')), [id]);
    await requireUsage(service, { images: 0, bytes: 0, pending: 0 });
  });

  it('answers a direct upload as held, also a repeated one, and publishes it later', async () => {
    const gate = createTestGate('scan');
    gate.answer = failing;
    await using service = await create([gate]);
    const key = { 'idempotency-key': 'once' };
    const first = await service.uploadDirectly(key);
    const shown = (await first.json()) as { image_id: string; status: string };
    assert.deepEqual([first.status, shown.status], [201, 'held']);
    const again = (await (await service.uploadDirectly(key)).json()) as typeof shown;
    assert.deepEqual([again.image_id, again.status], [shown.image_id, 'held']);
    await requireUsage(service, { images: 1, bytes: PICTURE.length, pending: 0, reservedBytes: 0 });
    gate.answer = always(PASS);
    await service.sweep(2);
    assert.equal(((await (await service.uploadDirectly(key)).json()) as typeof shown).status, 'ready');
    await requireUsage(service, { images: 1, bytes: PICTURE.length, pending: 0, reservedBytes: 0 });
  });

  it('asks gates in order, and none again that has passed', async () => {
    const [first, second] = [createTestGate('first'), createTestGate('second')];
    first.answer = failing;
    await using service = await create([first, second]);
    const { id } = await service.upload();
    assert.deepEqual([first.asked, second.asked], [1, 0]);
    first.answer = always(PASS);
    second.answer = failing;
    await service.sweep(2);
    assert.deepEqual([first.asked, second.asked], [2, 1]);
    assert.equal((await service.json(`/images/${id}/decisions`))['waits_for'], 'second');
    second.answer = always(PASS);
    await service.sweep(3);
    assert.deepEqual([first.asked, second.asked], [2, 2]);
    assert.equal((await service.json(`/images/${id}/metadata`)).status, 'ready');
  });

  for (const onError of ['refuse', 'pass'] as const) {
    it(`after errors in a row ends as configured: ${onError}`, async () => {
      const gate = createTestGate('scan', { onError, attempts: 2 });
      gate.answer = failing;
      await using service = await create([gate]);
      const { id } = await service.upload();
      assert.equal((await service.json(`/images/${id}/metadata`)).status, 'held');
      await service.sweep(2);
      assert.equal((await service.json(`/images/${id}/metadata`)).status, onError === 'pass' ? 'ready' : 'rejected');
      const { decisions } = await service.json(`/images/${id}/decisions`);
      assert.deepEqual(pick(decisions, 'by', 'verdict'), [['error', onError]]);
    });
  }

  for (const atDeadline of ['refuse', 'pass'] as const) {
    it(`at the deadline ends as configured: ${atDeadline}`, async () => {
      const gate = createTestGate('scan', { atDeadline });
      gate.answer = always(LATER);
      await using service = await create([gate]);
      const { id } = await service.upload();
      await service.sweep(24 * 60 - 1);
      assert.equal((await service.json(`/images/${id}/metadata`)).status, 'held');
      await service.sweep(2);
      assert.equal((await service.json(`/images/${id}/metadata`)).status, atDeadline === 'pass' ? 'ready' : 'rejected');
      assert.equal((await service.storedFiles()).length, atDeadline === 'pass' ? 1 : 0);
      assert.equal(gate.asked, 1);
    });
  }

  it('keeps the copy that was verified, whatever is sent to the URL again', async () => {
    const gate = createTestGate('scan');
    gate.answer = failing;
    await using service = await create([gate]);
    const { id, url } = await service.upload();
    const [copy] = await service.storedFiles();
    const others = new Uint8Array([...PICTURE, 0]);
    assert.equal((await putPicture(service, url, others)).status, 412);
    assert.equal((await putPicture(service, url)).status, 200, 'the same bytes again are no error');
    // A copy that the store performs late has a key of another attempt.
    const image = await service.services.images.get(id as ImageId);
    assert.ok(image?.status === 'held');
    assert.deepEqual(await service.storedFiles(), [copy]);
    gate.answer = always(PASS);
    await service.sweep(2);
    assert.deepEqual(await (await service.request(`/images/${id}/original`)).bytes(), PICTURE);
  });

  it('may be described and deleted meanwhile', async () => {
    const gate = createTestGate('scan');
    gate.answer = failing;
    await using service = await create([gate]);
    const { id } = await service.upload();
    await service.request(`/images/${id}/metadata`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: '{"tags":["sea"]}',
    });
    assert.deepEqual((await service.json(`/images/${id}/metadata`))['tags'], ['sea']);
    assert.equal((await service.request(`/images/${id}?user_id=ada`, { method: 'DELETE' })).status, 200);
    assert.deepEqual(await service.storedFiles(), []);
    await requireUsage(service, { images: 0, bytes: 0 });
    gate.answer = always(PASS);
    await service.sweep(5);
    assert.equal((await service.request(`/images/${id}/metadata`)).status, 404);
  });

  it('answers a request within seconds although a gate hangs, and asks again later', async () => {
    const gate = createTestGate('scan');
    gate.answer = hanging;
    await using service = await create([gate]);
    const { id, put } = await service.upload();
    assert.equal(put.status, 200);
    assert.equal((await service.json(`/images/${id}/metadata`)).status, 'held');
    gate.answer = always(PASS);
    await service.sweep(0);
    assert.equal((await service.json(`/images/${id}/metadata`)).status, 'ready');
  });
}

const idsOf = (list: { readonly [name: string]: unknown }): string[] =>
  (list['images'] as { image_id: string }[]).map(({ image_id: id }) => id);

const pick = (rows: unknown, ...names: readonly string[]): unknown[][] =>
  (rows as { readonly [name: string]: unknown }[]).map((row) => names.map((name) => row[name]));

async function requireUsage(service: GatedService, expected: Partial<Awaited<ReturnType<typeof usageOf>>>) {
  const usage = await usageOf(service);
  assert.deepEqual(usage, { ...usage, ...expected });
}
