import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import type { HeldImage, Image } from '../../src/domain/image/image.ts';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import { incomingKey, type ObjectKey, originalKey } from '../../src/domain/image/object-key.ts';
import type { GateVerdict } from '../../src/gates/gate.ts';
import { postpone } from '../../src/operations/upkeep/postpone.ts';
import { json } from '../services/service.ts';
import { type GatedService, PICTURE, putPicture, usageOf } from './gated-service.ts';
import type { CreateGated, Store } from './on-each-store.ts';
import { always, createTestGate, failing, LATER, PASS, REFUSE } from './test-gate.ts';

const DAY_MINUTES = 24 * 60;

/** A gate that answers only once the test has done something meanwhile. */
const meanwhile = (act: () => Promise<unknown>, verdict: GateVerdict) => async () => {
  await act();
  return verdict;
};

export function describeHeldLife(create: CreateGated, store: Store): void {
  describe('the usage of a held image', () => describeUsage(create, store));
  describe('a delete of a held image', () => describeDelete(create));
  describe('time and a held image', () => describeTime(create));
  describe('a repeated request while an image is held', () => describeRepeats(create));
}

function describeUsage(create: CreateGated, store: Store): void {
  const HELD = { images: 1, bytes: PICTURE.length, pending: 0, reservedBytes: 0 };
  const NONE = { images: 0, bytes: 0, pending: 0, reservedBytes: 0 };

  /** Counted, and what a recount finds. */
  async function requireUsage(service: GatedService, expected: typeof HELD): Promise<void> {
    const { usage } = service.services;
    assert.deepEqual(pick(await usageOf(service)), expected);
    if (store === 'DynamoDB') return; // a recount waits minutes for other processes; the test's end compares counts and records
    const repairs: unknown[] = [];
    await usage.recount(service.clock.now(), (repair) => repairs.push(repair));
    assert.deepEqual(repairs, [], 'expected a recount that agrees');
    assert.deepEqual(pick(await usageOf(service)), expected);
  }
  const pick = ({ images, bytes, pending, reservedBytes }: typeof HELD) => ({ images, bytes, pending, reservedBytes });

  it('is its bytes, in place of what its upload reserved, and a recount agrees', async () => {
    const gate = createTestGate('scan');
    gate.answer = failing;
    await using service = await create([gate]);
    await service.upload({ size: PICTURE.length });
    await requireUsage(service, HELD);
    gate.answer = always(PASS);
    await service.sweep(2);
    await requireUsage(service, HELD);
  });

  it('is given back when a gate refuses it', async () => {
    const gate = createTestGate('scan');
    gate.answer = failing;
    await using service = await create([gate]);
    await service.upload();
    await service.uploadDirectly();
    assert.equal((await usageOf(service)).images, 2);
    gate.answer = always(REFUSE);
    await service.sweep(2);
    await requireUsage(service, NONE);
  });

  it('is given back when its deadline refuses it, and when it is deleted', async () => {
    const gate = createTestGate('scan');
    gate.answer = always(LATER);
    await using service = await create([gate]);
    const { id } = await service.upload();
    await service.upload();
    assert.equal((await service.request(`/images/${id}`, { method: 'DELETE' })).status, 200);
    await requireUsage(service, HELD);
    await service.sweep(DAY_MINUTES + 1);
    await requireUsage(service, NONE);
  });

  it('counts against the limits of its owner', async () => {
    const gate = createTestGate('scan');
    gate.answer = always(LATER);
    await using service = await create([gate], { environment: { QUOTA_IMAGES: '1' } });
    await service.upload();
    const refused = await service.uploadDirectly();
    assert.equal(refused.status, 403);
    assert.equal(((await refused.json()) as { code: string }).code, 'quota-exceeded');
  });
}

function describeDelete(create: CreateGated): void {
  const ways: Readonly<Record<string, (service: GatedService, id: string) => Promise<Response>>> = {
    'of one': (service, id) => service.request(`/images/${id}`, { method: 'DELETE' }),
    'of a batch': (service, id) => service.request('/images/delete', json({ image_ids: [id] })),
  };

  async function requireDeleted(service: GatedService, id: string): Promise<void> {
    assert.equal((await recordOf(service, id)).status, 'deleted');
    assert.deepEqual(await service.storedFiles(), []);
    assert.equal((await usageOf(service)).images, 0);
    await service.sweep(DAY_MINUTES + 1);
    assert.equal((await recordOf(service, id)).status, 'deleted');
    assert.deepEqual(await service.storedFiles(), []);
  }

  for (const [what, remove] of Object.entries(ways)) {
    for (const verdict of [PASS, REFUSE, LATER]) {
      it(`${what}, while the sweeper asks a gate that then says ${verdict.verdict}, stays`, async () => {
        const gate = createTestGate('scan');
        gate.answer = failing;
        await using service = await create([gate]);
        const { id } = await service.upload();
        gate.answer = meanwhile(async () => assert.equal((await remove(service, id)).status, 200), verdict);
        await service.sweep(2);
        assert.equal(gate.asked, 2);
        await requireDeleted(service, id);
      });

      it(`${what}, while a PUT asks a gate that then says ${verdict.verdict}, stays`, async () => {
        const gate = createTestGate('scan');
        await using service = await create([gate]);
        const granted = await service.request('/uploads', json({ user_id: 'ada', content_type: 'image/jpeg' }));
        const { image_id: id, upload_url: url } = (await granted.json()) as { image_id: string; upload_url: string };
        gate.answer = meanwhile(async () => assert.equal((await remove(service, id)).status, 200), verdict);
        const put = await putPicture(service, url);
        assert.equal(put.status, 409, await put.text());
        assert.equal(gate.asked, 1);
        await requireDeleted(service, id);
      });
    }
  }

  it('keeps it out of the trash before', async () => {
    const gate = createTestGate('scan');
    gate.answer = always(LATER);
    await using service = await create([gate]);
    const { id } = await service.upload();
    const trashed = await service.request(`/images/${id}/trash`, { method: 'POST' });
    assert.equal(trashed.status, 409);
    assert.deepEqual(((await trashed.json()) as { params: object }).params, { status: 'held' });
    const batch = await service.request('/images/trash', json({ image_ids: [id] }));
    const { results } = (await batch.json()) as { results: { error: { status: number; code: string } }[] };
    assert.deepEqual([results[0]?.error.status, results[0]?.error.code], [409, 'image-not-ready']);
    assert.equal((await service.request(`/images/${id}/restore`, { method: 'POST' })).status, 404);
    assert.equal((await recordOf(service, id)).status, 'held');
  });
}

function describeTime(create: CreateGated): void {
  it('the end of its URL, and days of sweeps and walks, change nothing before its deadline', async () => {
    const gate = createTestGate('scan', { deadlineMs: 90 * DAY_MINUTES * 60_000 });
    gate.answer = always(LATER);
    await using service = await create([gate]);
    const { id } = await service.upload();
    const before = await recordOf(service, id);
    const files = await service.storedFiles();
    for (let days = 0; days < 60; days += 10) await service.sweep(10 * DAY_MINUTES);
    assert.deepEqual(await recordOf(service, id), before);
    assert.deepEqual(await service.storedFiles(), files);
    assert.equal(gate.asked, 1);
  });

  it('a copy that the store performs late, and late bytes of the client, go; its own copy stays', async () => {
    const gate = createTestGate('scan', { deadlineMs: 90 * DAY_MINUTES * 60_000 });
    gate.answer = always(LATER);
    await using service = await create([gate]);
    const { id } = await service.upload();
    const image = await recordOf(service, id);
    assert.ok(image.status === 'held');
    const files = await service.storedFiles();
    await store(service, originalKey(image, 'late'));
    await store(service, incomingKey('ada', image.id));
    for (let days = 0; days < 20; days += 2) await service.sweep(2 * DAY_MINUTES);
    assert.deepEqual(await recordOf(service, id), image);
    assert.deepEqual(await service.storedFiles(), files);
    assert.deepEqual(new Uint8Array(await readFile(files[0] ?? assert.fail())), PICTURE);
  });

  it('bytes that are no longer those that were verified are shown to no gate, and keep no other image waiting', async () => {
    const [first, second] = [createTestGate('first', { atDeadline: 'pass' }), createTestGate('second')];
    first.answer = always(LATER);
    await using service = await create([first, second]);
    const { id } = await service.upload();
    const broken = await recordOf(service, id);
    assert.ok(broken.status === 'held');
    await store(service, broken.objectKey, new Uint8Array([...PICTURE, 0]));
    await service.sweep(DAY_MINUTES + 1); // its first gate passes by its deadline
    assert.equal(second.asked, 0);
    assert.equal((await recordOf(service, id)).status, 'held');
    assert.deepEqual(await dueIn(service), [], 'an image that fails comes again after a pause');
    await service.sweep(DAY_MINUTES);
    assert.equal(second.asked, 0);
    await requireUnread(service, broken);
  });

  it('an image that fails after its deadline comes again after a pause', async () => {
    const gate = createTestGate('scan');
    gate.answer = always(LATER);
    await using service = await create([gate]);
    const { id } = await service.upload();
    const image = await recordOf(service, id);
    service.clock.offsetMs += (DAY_MINUTES + 1) * 60_000;
    assert.deepEqual(await dueIn(service), [id]);
    await postpone(service.services, image);
    assert.deepEqual(await dueIn(service), []);
  });
}

/** Its bytes were replaced: nothing serves them. */
async function requireUnread(service: GatedService, { id }: HeldImage): Promise<void> {
  for (const way of ['original', 'renditions/thumb'])
    assert.ok((await service.request(`/images/${id}/${way}`)).status >= 400, way);
}

function describeRepeats(create: CreateGated): void {
  const KEY = { 'idempotency-key': 'one' };

  it('gets the state of the upload: a grant has no URL any more, while it is held and after', async () => {
    const gate = createTestGate('scan');
    gate.answer = failing;
    await using service = await create([gate]);
    const grant = async (): Promise<Record<string, unknown>> => {
      const fields = { user_id: 'ada', content_type: 'image/jpeg' };
      const granted = await service.request('/uploads', json(fields, KEY));
      assert.equal(granted.status, 201);
      return (await granted.json()) as Record<string, unknown>;
    };
    const { image_id: id, upload_url: url } = await grant();
    assert.equal((await putPicture(service, String(url))).status, 200);
    const held = await grant();
    assert.deepEqual([held['image_id'], held['status'], held['upload_url']], [id, 'held', null]);
    gate.answer = always(PASS);
    await service.sweep(2);
    const ready = await grant();
    assert.deepEqual([ready['image_id'], ready['status'], ready['upload_url']], [id, 'ready', null]);
  });

  for (const verdict of [PASS, REFUSE]) {
    it(`asks no gate again: a direct upload that its gate decides later (${verdict.verdict})`, async () => {
      const gate = createTestGate('scan');
      gate.answer = always(LATER);
      await using service = await create([gate]);
      const send = async () => {
        const answer = await service.uploadDirectly(KEY);
        const { image_id: id, status } = (await answer.json()) as { image_id: string; status: string };
        return { answered: answer.status, id, status };
      };
      const first = await send();
      assert.deepEqual([first.answered, first.status], [201, 'held']);
      assert.deepEqual(await Promise.all([send(), send()]), [first, first]);
      assert.equal(gate.asked, 1);
      await makeDue(service, first.id);
      gate.answer = always(verdict);
      await service.sweep(0);
      assert.equal(gate.asked, 2);
      const decided = verdict === PASS ? 'ready' : 'rejected';
      assert.deepEqual(await send(), { ...first, status: decided });
      assert.equal(gate.asked, 2);
      assert.equal((await service.storedFiles()).length, verdict === PASS ? 1 : 0);
    });

    it(`asks no gate again: complete, and a PUT of the same bytes (${verdict.verdict})`, async () => {
      const gate = createTestGate('scan');
      gate.answer = always(LATER);
      await using service = await create([gate]);
      const { id, url } = await service.upload();
      const files = await service.storedFiles();
      const complete = async () => {
        const answer = await service.request(`/images/${id}/complete`, { method: 'POST' });
        const { status, code } = (await answer.json()) as { status: unknown; code?: string };
        return [answer.status, code ?? status];
      };
      for (let times = 0; times < 3; times += 1) {
        assert.deepEqual(await complete(), [200, 'held']);
        assert.equal((await putPicture(service, url)).status, 200);
        assert.equal((await putPicture(service, url, new Uint8Array([...PICTURE, 1]))).status, 412);
      }
      assert.equal(gate.asked, 1);
      assert.deepEqual(await service.storedFiles(), files);
      await makeDue(service, id);
      gate.answer = always(verdict);
      await service.sweep(0);
      assert.deepEqual(await complete(), verdict === PASS ? [200, 'ready'] : [400, 'refused-by-gate']);
      assert.equal(gate.asked, 2);
      assert.deepEqual(await service.storedFiles(), verdict === PASS ? files : []);
    });
  }

  it('may use the key of a direct upload again that a gate refused at once', async () => {
    const gate = createTestGate('scan');
    gate.answer = always(REFUSE);
    await using service = await create([gate]);
    assert.equal((await service.uploadDirectly(KEY)).status, 400);
    gate.answer = always(PASS);
    const answer = await service.uploadDirectly(KEY);
    assert.deepEqual([answer.status, ((await answer.json()) as { status: string }).status], [201, 'ready']);
  });
}

async function recordOf({ services }: GatedService, id: string): Promise<Image> {
  return (await services.images.get(id as ImageId)) ?? assert.fail(`expected a record of ${id}`);
}

/** As if its gate had said that it may be asked again. */
async function makeDue(service: GatedService, id: string): Promise<void> {
  const image = await recordOf(service, id);
  assert.ok(image.status === 'held');
  const screening = { ...image.screening, askAt: new Date(service.clock.now().getTime() - 1) };
  assert.ok(await service.services.images.replace(image, { ...image, screening }));
}

/** The held images that a sweep at this moment would look at. */
async function dueIn({ services: { images }, clock }: GatedService): Promise<ImageId[]> {
  const shards = Array.from({ length: images.shards }, (_, shard) => shard);
  const pages = shards.map((shard) => images.due(clock.now(), 10, { lane: 'screening', shard }));
  return (await Promise.all(pages)).flat().map(({ id }) => id);
}

async function store({ services }: GatedService, key: ObjectKey, bytes = PICTURE): Promise<void> {
  await using file = await services.staging.stage(chunksOf(bytes), { maxBytes: bytes.length });
  await services.objects.put(key, file, { contentType: 'image/jpeg' });
}

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes;
}
