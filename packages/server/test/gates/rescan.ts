import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Image } from '../../src/domain/image/image.ts';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import type { GateVerdict } from '../../src/gates/gate.ts';
import { sweepRescans } from '../../src/operations/upkeep/rescan.ts';
import type { Services } from '../../src/services.ts';
import { type GatedService, PICTURE, type Shown, usageOf } from './gated-service.ts';
import type { CreateGated } from './on-each-store.ts';
import { always, createTestGate, failing, LATER, PASS, REFUSE, type TestGate } from './test-gate.ts';

export function describeRescan(create: CreateGated): void {
  it('hides nothing that passes, keeps everything of it, and notes that the gate has seen it', async () => {
    const gate = createTestGate('scan');
    await using service = await create([gate]);
    const { id } = await service.upload({ tags: ['sea'] });
    const trashed = await trashedIn(service);
    await readEverything(service, id);
    const before = [await imageIn(service, id), await imageIn(service, trashed)];
    const url = await presignedUrl(service, id);
    gate.answer = async () => {
      assert.equal((await service.request(`/images/${id}/original`)).status, 200, 'while it is scanned');
      return PASS;
    };
    assert.partialDeepStrictEqual(await rescan(service), { status: 'done', passed: 2, refused: 0, held: 0, failed: 0 });
    for (const image of before) {
      const now = await imageIn(service, image.id);
      assert.deepEqual(withoutDecisions(now), withoutDecisions(image));
      assert.ok('decisions' in now && 'decisions' in image);
      assert.deepEqual([image.decisions.length, now.decisions.length], [1, 2]);
    }
    assert.equal((await service.send(url)).status, 200);
    const { asked } = gate;
    assert.equal(asked, 4, 'each once at its upload, once again now');
    await rescan(service);
    assert.equal((await decisionsOf(service, id)).length, 2, 'the first and the last pass');
  });

  it('refuses an image that is served: no way in serves it again, its bytes and renditions go, and its usage', async () => {
    const gate = createTestGate('scan');
    await using service = await create([gate]);
    const { id } = await service.upload({ tags: ['sea'], visibility: 'public' });
    const kept = await service.upload();
    await readEverything(service, id);
    const ways = await waysInto(service, id);
    for (const way of ways) assert.ok((await service.send(way)).status < 400, `before: ${way}`);
    answerAbout(gate, id, always(REFUSE));
    assert.partialDeepStrictEqual(await rescan(service), { status: 'done', passed: 1, refused: 1 });
    for (const way of ways) assert.ok((await service.send(way)).status >= 400, `after: ${way}`);
    const shown = await service.json(`/images/${id}/metadata`);
    assert.equal(shown.status, 'rejected');
    assert.deepEqual(shown['rejection'], { code: 'refused-by-gate', detail: 'expected a landscape; got a portrait' });
    assert.partialDeepStrictEqual((await decisionsOf(service, id)).at(-1), {
      verdict: 'refuse',
      private_reason: 'face',
    });
    assert.deepEqual(idsOf(await service.json('/images?user_id=ada')), [kept.id]);
    assert.deepEqual(idsOf(await service.json('/images?user_id=ada&tag=sea')), []);
    assert.deepEqual(
      (await service.storedFiles()).filter((path) => path.includes(id)),
      [],
    );
    assert.partialDeepStrictEqual(await usageOf(service), { images: 1, bytes: PICTURE.length, trashedBytes: 0 });
    assert.equal((await service.request(`/images/${kept.id}/original`)).status, 200);
  });

  it('refuses an image in the trash, which nobody can restore any more', async () => {
    const gate = createTestGate('scan');
    await using service = await create([gate]);
    const id = await trashedIn(service);
    gate.answer = always(REFUSE);
    assert.partialDeepStrictEqual(await rescan(service), { refused: 1 });
    assert.equal((await imageIn(service, id)).status, 'rejected');
    assert.equal((await service.request(`/images/${id}/restore`, { method: 'POST' })).status, 404);
    assert.deepEqual(await service.storedFiles(), []);
    assert.partialDeepStrictEqual(await usageOf(service), { images: 0, bytes: 0, trashedBytes: 0 });
  });

  for (const was of ['ready', 'trashed'] as const) {
    it(`holds a ${was} image that the gate decides about later, and gives everything back once it passes`, async () => {
      const gate = createTestGate('scan');
      await using service = await create([gate]);
      const { id } = await service.upload({ tags: ['sea'], visibility: 'public' });
      await readEverything(service, id);
      const ways = was === 'ready' ? await waysInto(service, id) : [await presignedUrl(service, id)];
      if (was === 'trashed') await service.request(`/images/${id}/trash`, { method: 'POST' });
      const former = await imageIn(service, id);
      const files = await service.storedFiles();
      const usage = await usageOf(service);
      gate.answer = always(LATER);
      assert.partialDeepStrictEqual(await rescan(service), { status: 'done', held: 1 });
      const shown = await service.json(`/images/${id}/metadata`);
      assert.equal(shown.status, 'held');
      for (const name of ['s3_key', 's3_url', 'placeholder', 'renditions']) assert.equal(shown[name], null);
      for (const way of ways) assert.ok((await service.send(way)).status >= 400, `held: ${way}`);
      assert.deepEqual(idsOf(await service.json('/images?user_id=ada')), []);
      assert.deepEqual(idsOf(await service.json('/images?status=held')), [id]);
      assert.equal((await service.request(`/images/${id}/restore`, { method: 'POST' })).status, 404);
      assert.deepEqual(await service.storedFiles(), files);
      assert.partialDeepStrictEqual(await usageOf(service), { images: 1, bytes: PICTURE.length });

      gate.answer = always(PASS);
      await passHeld(service, id);
      const now = await imageIn(service, id);
      assert.deepEqual(withoutDecisions(now), {
        ...withoutDecisions(former),
        revision: former.revision + 2,
        updatedAt: now.updatedAt,
      });
      if (was === 'ready') for (const way of ways) assert.ok((await service.send(way)).status < 400, `again: ${way}`);
      assert.deepEqual(await usageOf(service), usage);
      assert.deepEqual(await service.storedFiles(), files);
    });
  }

  it('ends links of a held image that are revoked meanwhile, one and all', async () => {
    const gate = createTestGate('scan');
    await using service = await create([gate]);
    const { id } = await service.upload();
    const [first, second] = [await linkTo(service, id), await linkTo(service, id)];
    gate.answer = always(LATER);
    await rescan(service);
    const links = `/images/${id}/links`;
    assert.equal(((await service.json(links)) as unknown as { links: [] }).links.length, 2);
    const as = { headers: { 'x-user-id': 'ada', 'content-type': 'application/json' } };
    const revoked = await service.request(`${links}/${first.link_id}`, { method: 'DELETE', ...as });
    assert.equal(revoked.status, 200);
    gate.answer = always(PASS);
    await passHeld(service, id);
    assert.ok((await service.send(first.url)).status >= 400);
    assert.equal((await service.send(second.url)).status, 200);

    gate.answer = always(LATER);
    await rescan(service);
    await service.request(`/images/${id}/revoke-links`, { method: 'POST', ...as });
    gate.answer = always(PASS);
    await passHeld(service, id);
    assert.ok((await service.send(second.url)).status >= 400);
    const image = await imageIn(service, id);
    assert.deepEqual(image.status === 'ready' && image.links, []);
  });

  it('refuses an image whatever happens to it while the gate is asked, unless it is over', async () => {
    const gate = createTestGate('scan');
    await using service = await create([gate]);
    const as = { headers: { 'x-user-id': 'ada', 'content-type': 'application/json' } };
    const changes: Readonly<Record<string, (id: string) => Promise<Response>>> = {
      trashed: (id) => service.request(`/images/${id}/trash`, { method: 'POST' }),
      described: (id) =>
        service.request(`/images/${id}`, { method: 'PATCH', ...as, body: '{"tags":["sea"],"visibility":"public"}' }),
      linked: (id) => service.request(`/images/${id}/links`, postOf({ what: 'original' })),
      rendered: (id) => service.request(`/images/${id}/renditions/thumb`),
      deleted: (id) => service.request(`/images/${id}`, { method: 'DELETE' }),
    };
    const ids: Record<string, string> = {};
    for (const [name, change] of Object.entries(changes)) {
      const { id } = await service.upload();
      ids[name] = id;
      answerAbout(gate, id, async () => {
        const changed = await change(id);
        assert.ok(changed.status < 300, `${name}: ${await changed.text()}`);
        return REFUSE;
      });
    }
    assert.partialDeepStrictEqual(await rescan(service), { status: 'done', refused: 4, failed: 0 });
    for (const [name, id] of Object.entries(ids))
      assert.equal((await imageIn(service, id)).status, name === 'deleted' ? 'deleted' : 'rejected', name);
    assert.deepEqual(await service.storedFiles(), []);
    assert.partialDeepStrictEqual(await usageOf(service), { images: 0, bytes: 0, trashedBytes: 0 });
  });

  it('removes what a process that died behind a refusal has left', async () => {
    const gate = createTestGate('scan');
    await using service = await create([gate]);
    const { id } = await service.upload();
    await readEverything(service, id);
    gate.answer = always(REFUSE);
    const { services } = service;
    await request(service, new Date(service.clock.now().getTime()));
    const died = { ...services, objects: { ...services.objects, delete: () => Promise.reject(new Error('it died')) } };
    await sweepRescans(died, { holder: 'one', signal: new AbortController().signal });
    assert.equal((await imageIn(service, id)).status, 'rejected');
    assert.equal((await service.request(`/images/${id}/renditions/thumb`)).status, 409);
    assert.ok((await service.storedFiles()).length > 0);
    await service.sweep(2);
    assert.deepEqual(await service.storedFiles(), []);
  });

  it('discards a rendition that is made while the image is refused', async () => {
    const gate = createTestGate('scan');
    await using service = await create([gate]);
    const { id } = await service.upload();
    gate.answer = always(REFUSE);
    await request(service);
    const { putFirst } = service.services.objects;
    service.services.objects.putFirst = async (...call) => {
      service.services.objects.putFirst = putFirst;
      const stored = await putFirst(...call);
      service.clock.offsetMs += 1_000;
      await request(service);
      await sweepRescans(service.services, { holder: 'one', signal: new AbortController().signal });
      assert.equal((await imageIn(service, id)).status, 'rejected');
      await putFirst(...call).catch(() => undefined); // as if it had been stored a moment later
      return stored;
    };
    const answer = await service.request(`/images/${id}/renditions/thumb`);
    assert.equal(answer.status, 404);
    assert.deepEqual(await service.storedFiles(), []);
  });

  it('rejects a held image at its deadline, with everything that it had', async () => {
    const gate = createTestGate('scan');
    await using service = await create([gate]);
    const { id } = await service.upload();
    await readEverything(service, id);
    gate.answer = always(LATER);
    await rescan(service);
    await service.sweep(23 * 60);
    assert.equal((await imageIn(service, id)).status, 'held');
    await service.sweep(2 * 60);
    assert.equal((await imageIn(service, id)).status, 'rejected');
    assert.deepEqual(await service.storedFiles(), []);
    assert.partialDeepStrictEqual(await usageOf(service), { images: 0, bytes: 0 });
  });

  it('lets images as they are while the gate is away, whatever its rules for errors, and goes on by itself', async () => {
    const gate = createTestGate('scan', { onError: 'refuse', attempts: 1 });
    Object.assign(gate, { check: () => (gate.answer === failing ? failing() : Promise.resolve()) });
    await using service = await create([gate]);
    const ids = [(await service.upload()).id, (await service.upload()).id, (await service.upload()).id];
    gate.answer = failing;
    assert.partialDeepStrictEqual(await rescan(service), { status: 'postponed', passed: 0, failed: 0 });
    await service.sweep(60);
    assert.equal((await stateOf(service))?.['status'], 'postponed');
    for (const id of ids) assert.equal((await imageIn(service, id)).status, 'ready');
    gate.answer = always(PASS);
    await service.sweep(120);
    assert.partialDeepStrictEqual(await stateOf(service), { status: 'done', passed: 3, failed: 0 });
  });

  it('gives up an image that the gate fails about again and again, and leaves it as it is', async () => {
    const gate = createTestGate('scan', { attempts: 2 });
    await using service = await create([gate]);
    const bad = await service.upload();
    await service.upload();
    answerAbout(gate, bad.id, failing);
    await rescan(service);
    for (let hour = 0; hour < 12; hour += 1) await service.sweep(60);
    assert.partialDeepStrictEqual(await stateOf(service), { status: 'done', passed: 1, failed: 1 });
    assert.equal((await imageIn(service, bad.id)).status, 'ready');
  });

  it('asks about each image once, though it is stopped after every page and two processes work on it', async () => {
    const gate = createTestGate('scan');
    await using service = await create([gate]);
    await Promise.all(Array.from({ length: 45 }, () => service.uploadDirectly()));
    const { asked } = gate;
    await request(service);
    for (let round = 0; round < 12; round += 1) {
      const stopping = new AbortController();
      const stops = stopAfterPages(service.services, stopping);
      const signal = stopping.signal;
      await Promise.all(['one', 'other'].map((holder) => sweepRescans(stops, { holder, signal })));
    }
    assert.partialDeepStrictEqual(await stateOf(service), { status: 'done', passed: 45 });
    assert.equal(gate.asked - asked, 45);
  });

  it('leaves out what the gate has seen since; a request joins one for a later time, and replaces one for an earlier', async () => {
    const gate = createTestGate('scan');
    await using service = await create([gate]);
    await service.upload();
    service.clock.offsetMs += 60_000;
    const between = service.clock.now();
    service.clock.offsetMs += 60_000;
    await service.upload();
    const { asked } = gate;
    const first = await request(service, between);
    service.clock.offsetMs += 1;
    assert.deepEqual(await request(service, new Date(between.getTime() - 1)), first, 'joined');
    await service.sweep(1);
    assert.partialDeepStrictEqual(await stateOf(service), { status: 'done', passed: 1 });
    assert.equal(gate.asked - asked, 1);
    await request(service, between);
    const later = await request(service);
    assert.ok(Date.parse(String(later['before'])) > between.getTime(), 'replaced');
    await service.sweep(1);
    assert.partialDeepStrictEqual(await stateOf(service), { status: 'done', passed: 2 });
  });

  it('is refused for a gate that the process lacks, and for a time to come', async () => {
    await using service = await create([createTestGate('scan')]);
    const ask = (body: object) => service.request('/gates/rescan', postOf(body));
    const unknown = await ask({ gate: 'other' });
    assert.match(await unknown.text(), /expected one of scan; got \\"other\\"/);
    const future = await ask({ gate: 'scan', before: new Date(service.clock.now().getTime() + 60_000).toISOString() });
    assert.match(await future.text(), /expected a time that is not in the future/);
    assert.deepEqual([unknown.status, future.status], [400, 400]);
  });
}

const postOf = (body: object): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

async function request(service: GatedService, before?: Date): Promise<Shown> {
  const answer = await service.request('/gates/rescan', postOf({ gate: 'scan', ...(before && { before }) }));
  assert.equal(answer.status, 202, await answer.clone().text());
  return (await answer.json()) as Shown;
}

/** Asks for a re-scan of all, lets the worker do it, and answers how it stands. */
async function rescan(service: GatedService): Promise<Shown | undefined> {
  service.clock.offsetMs += 1_000;
  await request(service);
  await service.sweep(1);
  return stateOf(service);
}

const stateOf = async (service: GatedService): Promise<Shown | undefined> =>
  ((await service.json('/gates')) as unknown as { rescans: Shown[] }).rescans[0];

/** What a person's decision does: the gate, asked again, passes the held image. */
async function passHeld(service: GatedService, id: string): Promise<void> {
  const held = await imageIn(service, id);
  assert.ok(held.status === 'held');
  const askAt = new Date(service.clock.now().getTime() + 1);
  assert.ok(await service.services.images.replace(held, { ...held, screening: { ...held.screening, askAt } }));
  await service.sweep(1);
}

/** Answers so about one image; about others as it did. */
function answerAbout(gate: TestGate, id: string, answer: () => Promise<GateVerdict>): void {
  const { ask } = gate;
  gate.ask = (copy, signal) => (copy.image.id === id ? answer() : ask(copy, signal));
}

/** Ends the round behind its first page. */
const stopAfterPages = (services: Services, stopping: AbortController): Services => ({
  ...services,
  coordination: {
    ...services.coordination,
    async setBookmark(name, position) {
      await services.coordination.setBookmark(name, position);
      stopping.abort();
    },
  },
});

async function trashedIn(service: GatedService): Promise<string> {
  const { id } = await service.upload();
  assert.equal((await service.request(`/images/${id}/trash`, { method: 'POST' })).status, 200);
  return id;
}

/** Has renditions made, and kept in memory. */
async function readEverything(service: GatedService, id: string): Promise<void> {
  for (const way of ['original', 'renditions/thumb', 'renditions/thumb'])
    assert.equal((await service.request(`/images/${id}/${way}`)).status, 200);
}

async function presignedUrl(service: GatedService, id: string): Promise<string> {
  return String((await service.json(`/images/${id}/download`))['download_url']);
}

interface Link {
  readonly link_id: string;
  readonly url: string;
}

async function linkTo(service: GatedService, id: string): Promise<Link> {
  const made = await service.request(`/images/${id}/links`, postOf({ what: 'original', expires_in: 86_400 }));
  assert.equal(made.status, 201, await made.clone().text());
  return (await made.json()) as Link;
}

/** URLs of all ways to the bytes: by id, presigned, signed and linked. */
async function waysInto(service: GatedService, id: string): Promise<string[]> {
  const { origin } = new URL(await presignedUrl(service, id));
  const shown = await service.json(`/images/${id}/metadata`);
  const render = (await (await service.request(`/images/${id}/render-url`, postOf({ w: 32 }))).json()) as Link;
  const preset = await service.json(`/images/${id}/renditions/thumb/download`);
  assert.equal((await service.send(render.url)).status, 200);
  return [
    ...['', '/original', '/renditions/thumb'].map((way) => `${origin}/images/${id}${way}`),
    await presignedUrl(service, id),
    String(preset['download_url']),
    render.url,
    (await linkTo(service, id)).url,
    ...(typeof shown['s3_url'] === 'string' && shown['s3_url'].startsWith('http') ? [shown['s3_url']] : []),
  ];
}

const withoutDecisions = (image: Image): object => {
  const { decisions: _, ...others } = 'decisions' in image ? image : { ...image, decisions: [] };
  return others;
};

const decisionsOf = async (service: GatedService, id: string): Promise<Shown[]> =>
  ((await service.json(`/images/${id}/decisions`)) as unknown as { decisions: Shown[] }).decisions;

const idsOf = (list: Shown): string[] => (list['images'] as { image_id: string }[]).map(({ image_id: id }) => id);

async function imageIn({ services }: GatedService, id: string): Promise<Image> {
  return (await services.images.get(id as ImageId)) ?? assert.fail(`no record of ${id}`);
}
