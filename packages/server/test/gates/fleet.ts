import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Image } from '../../src/domain/image/image.ts';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import { incomingKey } from '../../src/domain/image/object-key.ts';
import { finalizeUpload } from '../../src/operations/uploads/finalize-upload.ts';
import { sweepOnce } from '../../src/run/worker.ts';
import type { Services } from '../../src/services.ts';
import { createGatedService, type GatedService, PICTURE } from './gated-service.ts';
import { always, createTestGate, failing, PASS, type TestGate } from './test-gate.ts';

const DAY_MINUTES = 24 * 60;

/** Stores that processes may share, but for their objects. */
export type CreateStores = () => Promise<AsyncDisposable & { readonly environment: Record<string, string> }>;

export function describeFleet(createStores: CreateStores): void {
  async function fleet(gates: readonly TestGate[]) {
    await using stack = new AsyncDisposableStack();
    const shared = stack.use(await createStores());
    const gated = stack.use(await createGatedService(gates, { environment: shared.environment }));
    const held = stack.move();
    return { gated, bare: without(gated), [Symbol.asyncDispose]: () => held.disposeAsync() };
  }

  it('publish nothing that lists a gate which only others have; these publish it', async () => {
    const gate = createTestGate('scan');
    await using processes = await fleet([gate]);
    const { gated, bare } = processes;
    const id = await grantIn(gated);
    await arrive(gated, id);
    assert.equal((await bare.finalize(id)).status, 'held');
    assert.equal(gate.asked, 0);
    await sweep(gated, bare, 2);
    assert.equal((await imageIn(gated, id)).status, 'held', 'the process without the gate leaves it');
    await gated.sweep(2);
    assert.equal((await imageIn(gated, id)).status, 'ready');
    assert.equal(gate.asked, 1);
  });

  it('ask a gate that was switched on while an upload was pending', async () => {
    const gate = createTestGate('scan');
    gate.answer = failing;
    await using processes = await fleet([gate]);
    const { gated } = processes;
    const id = await grantIn(gated);
    const listed = await imageIn(gated, id);
    assert.ok(listed.status === 'pending');
    await gated.services.images.replace(listed, {
      ...listed,
      gates: [],
      expiresAt: new Date(listed.expiresAt.getTime() + 1),
    });
    await arrive(gated, id);
    assert.equal((await gated.services.finalize(id)).status, 'held');
    gate.answer = always(PASS);
    await gated.sweep(2);
    assert.equal((await imageIn(gated, id)).status, 'ready');
  });

  it('refuse at the deadline what waits for a gate that none has', async () => {
    const gate = createTestGate('scan', { atDeadline: 'pass' });
    gate.answer = failing;
    await using processes = await fleet([gate]);
    const { gated, bare } = processes;
    const id = await grantIn(gated);
    await arrive(gated, id);
    assert.equal((await gated.services.finalize(id)).status, 'held');
    for (let hour = 0; hour < 3; hour += 1) await sweep(gated, bare, 60);
    assert.equal((await imageIn(gated, id)).status, 'held');
    await sweep(gated, bare, DAY_MINUTES);
    const over = await imageIn(gated, id);
    assert.ok(over.status === 'rejected');
    assert.equal(over.rejection.code, 'refused-by-gate');
    assert.deepEqual(await gated.storedFiles(), []);
  });

  it('let one of two decide that ask at the same time', async () => {
    const gate = createTestGate('scan');
    gate.answer = failing;
    await using processes = await fleet([gate]);
    const { gated } = processes;
    const id = (await gated.upload()).id as ImageId;
    gate.answer = always(PASS);
    await Promise.all([gated.sweep(2), gated.sweep(0), gated.sweep(0)]);
    const image = await imageIn(gated, id);
    assert.ok(image.status === 'ready');
    assert.equal(image.decisions.length, 1);
    assert.equal((await gated.services.usage.usageOf('ada')).usage.images, 1);
  });
}

/** Another process on the same stores, without gates. */
function without({ services }: GatedService): Services {
  const bare = { ...services, gates: [] };
  return { ...bare, finalize: (id, client) => finalizeUpload(bare, id, client) };
}

async function grantIn(service: GatedService): Promise<ImageId> {
  const granted = await service.request('/uploads', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"user_id":"ada","content_type":"image/jpeg"}',
  });
  return ((await granted.json()) as { image_id: ImageId }).image_id;
}

/** Stores the bytes like a PUT to a bucket: nobody is told. */
async function arrive({ services }: GatedService, id: ImageId): Promise<void> {
  await using file = await services.staging.stage(bytesOf(PICTURE), { maxBytes: PICTURE.length });
  await services.objects.put(incomingKey('ada', id), file, { contentType: 'image/jpeg' });
}

async function* bytesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes;
}

async function imageIn({ services }: GatedService, id: ImageId): Promise<Image> {
  return (await services.images.get(id)) ?? assert.fail(`no record of ${id}`);
}

/** A round of the other process, so many minutes later. */
async function sweep(service: GatedService, other: Services, minutes: number): Promise<void> {
  service.clock.offsetMs += minutes * 60_000;
  await sweepOnce(other, { holder: 'other', signal: new AbortController().signal });
}
