import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { HeldImage, Image } from '../../src/domain/image/image.ts';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import { dropGateOfPage } from '../../src/operations/gates/drop-gate.ts';
import { sweepOnce } from '../../src/run/worker.ts';
import type { Services } from '../../src/services.ts';
import { type GatedService, putPicture } from './gated-service.ts';
import type { CreateGated } from './on-each-store.ts';
import { always, createTestGate, failing, LATER, type TestGate } from './test-gate.ts';

const DAY_MINUTES = 24 * 60;

export function describeDrop(create: CreateGated): void {
  it('releases images that wait for it: those whose last gate it was are ready after the next sweep', async () => {
    const gate = createTestGate('scan');
    gate.answer = failing;
    await using service = await create([gate]);
    const ids = [(await service.upload()).id, (await service.upload()).id];
    const bare = without(service, gate);
    assert.deepEqual(await drop(bare), 2);
    for (const id of ids) {
      assert.equal((await heldIn(service, id)).screening.gates.length, 0);
      assert.equal((await service.json(`/images/${id}/decisions`))['waits_for'], null);
    }
    await sweep(service, bare);
    for (const id of ids) {
      assert.equal((await service.json(`/images/${id}/metadata`)).status, 'ready');
      const { decisions } = await service.json(`/images/${id}/decisions`);
      assert.partialDeepStrictEqual(decisions, [{ gate: 'scan', by: 'drop', verdict: 'pass' }]);
    }
    assert.equal(await drop(bare), 0, 'a second time');
  });

  it('lets a pending upload become ready in a process without the gate', async () => {
    const gate = createTestGate('scan');
    await using service = await create([gate]);
    const granted = await service.request('/uploads', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"user_id":"ada","content_type":"image/jpeg"}',
    });
    const { image_id: id, upload_url: url } = (await granted.json()) as { image_id: ImageId; upload_url: string };
    const bare = without(service, gate);
    assert.equal(await drop(bare), 1);
    const image = await imageIn(service, id);
    assert.deepEqual(image.status === 'pending' && image.gates, []);
    const { asked } = gate;
    assert.equal((await putPicture(service, url)).status, 200);
    assert.equal((await imageIn(service, id)).status, 'ready');
    assert.equal(gate.asked, asked + 1, 'the process that has the gate asks it still');
  });

  it('leaves an image to its other gates: the wait for the next one begins, and no deadline is taken over', async () => {
    const [first, second] = [createTestGate('first'), createTestGate('second')];
    first.answer = failing;
    await using service = await create([first, second]);
    const { id } = await service.upload();
    service.clock.offsetMs += (DAY_MINUTES - 1) * 60_000; // a minute before the deadline of the first
    const bare = without(service, first);
    second.answer = always(LATER);
    assert.equal(await drop(bare, 'first'), 1);
    await sweep(service, bare, 5);
    const { screening } = await heldIn(service, id);
    assert.deepEqual([screening.gates, second.asked], [['second'], 1]);
    const hours = (screening.deadline.getTime() - service.clock.now().getTime()) / 3_600_000;
    assert.ok(hours > 23, `the deadline is ${hours} hours away`);
    assert.equal(await drop(bare, 'first'), 0);
    await sweep(service, bare);
    assert.equal(second.asked, 1, 'a gate that decides later is not asked again');
  });

  it('keeps how an image waits for another gate, and what that one answered', async () => {
    const [first, second] = [createTestGate('first'), createTestGate('second')];
    first.answer = always(LATER);
    await using service = await create([first, second]);
    const { id } = await service.upload();
    const before = (await heldIn(service, id)).screening;
    assert.equal(await drop(without(service, second), 'second'), 1);
    assert.deepEqual((await heldIn(service, id)).screening, { ...before, gates: ['first'] });
    await sweep(service, without(service, second));
    assert.equal(first.asked, 1);
  });

  it('is refused for a gate of the process, with what to do, and changes nothing', async () => {
    const gate = createTestGate('scan');
    gate.answer = failing;
    await using service = await create([gate]);
    const { id } = await service.upload();
    const before = await heldIn(service, id);
    const refused = await service.request('/gates/scan/drop', { method: 'POST' });
    assert.equal(refused.status, 400);
    assert.match(await refused.text(), /no longer configured; got scan: remove its variables from every process/);
    assert.deepEqual(await heldIn(service, id), before);
  });

  it('loses to no PATCH of the same image, and no PATCH to it', async () => {
    const gate = createTestGate('scan');
    gate.answer = failing;
    await using service = await create([gate]);
    const { id } = await service.upload();
    const patch = (tag: string) =>
      service.request(`/images/${id}`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/json', 'x-user-id': 'ada' },
        body: JSON.stringify({ tags: [tag] }),
      });
    const answers = await Promise.all([patch('a'), drop(without(service, gate)), patch('b')]);
    assert.deepEqual([(answers[0] as Response).status, answers[1], (answers[2] as Response).status], [200, 1, 200]);
    const image = await heldIn(service, id);
    assert.deepEqual([image.screening.gates, image.tags.length], [[], 1]);
  });

  it('goes through many images a page at a time, and answers where to go on', async () => {
    const gate = createTestGate('scan');
    gate.answer = failing;
    await using service = await create([gate]);
    await Promise.all(Array.from({ length: 60 }, () => service.uploadDirectly()));
    const bare = without(service, gate);
    const pages: number[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await dropGateOfPage(bare, { gate: 'scan', cursor, actor: null });
      pages.push(page.released);
      cursor = page.nextCursor;
    }
    assert.equal(
      pages.reduce((sum, one) => sum + one, 0),
      60,
    );
    assert.ok(Math.max(...pages) <= 50, `${pages}`);
  });

  it('refuses a cursor that no answer had', async () => {
    await using service = await create([]);
    for (const cursor of ['', 'x', Buffer.from('ready ').toString('base64url'), 'x'.repeat(10_000).slice(0, 900)]) {
      const refused = await service.request('/gates/scan/drop', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ cursor }),
      });
      assert.equal(((await refused.json()) as { code: string }).code, 'invalid-cursor', cursor);
    }
  });
}

/** Another process on the same stores, without this gate. */
const without = ({ services }: GatedService, gate: TestGate): Services => ({
  ...services,
  gates: services.gates.filter(({ name }) => name !== gate.name),
});

/** Drops it as the command does, page by page; how many images were released. */
async function drop(services: Services, gate = 'scan'): Promise<number> {
  let released = 0;
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await dropGateOfPage(services, { gate, cursor, actor: null });
    released += page.released;
    cursor = page.nextCursor;
  }
  return released;
}

async function sweep({ clock }: GatedService, services: Services, minutes = 2): Promise<void> {
  clock.offsetMs += minutes * 60_000;
  await sweepOnce(services, { holder: 'other', signal: new AbortController().signal });
}

async function imageIn({ services }: GatedService, id: string): Promise<Image> {
  return (await services.images.get(id as ImageId)) ?? assert.fail(`no record of ${id}`);
}

async function heldIn(service: GatedService, id: string): Promise<HeldImage> {
  const image = await imageIn(service, id);
  return image.status === 'held' ? image : assert.fail(`${id} is ${image.status}`);
}
