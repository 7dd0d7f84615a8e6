import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ObjectKey } from '../../domain/image/object-key.ts';
import type { StoredObject } from '../../object-store/object-store.ts';
import { collectRead, collectStaged } from './collected-chunks.ts';

const KEY = 'images/ada/1' as ObjectKey;
const CHUNKS = ['sea', 'side'].map((text) => new TextEncoder().encode(text));

/** A collector that counts its checks. */
const createCollector = () => ({
  looks: 0,
  look() {
    this.looks += 1;
  },
});

/** A store with one object whose body records whether it was cancelled. */
function storeOf(body: StoredObject['body'] | undefined) {
  const head = { sizeBytes: 7, contentType: 'image/png', entityTag: '"1"' };
  return { name: 'a store', get: async () => body && { ...head, body } };
}

function cancellable() {
  const chunks = [...CHUNKS];
  const state: { cancelledBy?: unknown; pulls: number } = { pulls: 0 };
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        state.pulls += 1;
        const chunk = chunks.shift();
        if (chunk) controller.enqueue(chunk);
        else controller.close();
      },
      cancel(reason) {
        state.cancelledBy = reason ?? 'nothing';
      },
    },
    { highWaterMark: 0 },
  );
  return { body, state };
}

const bodyOf = async (store: ReturnType<typeof storeOf>): Promise<ReadableStream<Uint8Array>> => {
  const object = await store.get();
  assert.ok(object && !(object.body instanceof Uint8Array));
  return object.body;
};

describe('a body that is read', () => {
  it('is checked chunk by chunk, and is not read before it is consumed', async () => {
    const collector = createCollector();
    const { body, state } = cancellable();
    const read = await bodyOf(collectRead(storeOf(body), collector));
    assert.deepEqual([state.pulls, collector.looks], [0, 0]);
    const seen: number[] = [];
    let text = '';
    for await (const chunk of read) {
      seen.push(collector.looks);
      text += new TextDecoder().decode(chunk);
    }
    assert.deepEqual([text, seen], ['seaside', [1, 2]]);
  });

  for (const chunks of [0, 1]) {
    it(`is released if the answer is cancelled after ${chunks} chunks`, async () => {
      const { body, state } = cancellable();
      const reader = (await bodyOf(collectRead(storeOf(body), createCollector()))).getReader();
      for (let chunk = 0; chunk < chunks; chunk++) await reader.read();
      await reader.cancel();
      assert.ok(state.cancelledBy);
    });
  }

  it('fails with its own error', async () => {
    const cut = new Error('cut');
    const body = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(cut) });
    const read = await bodyOf(collectRead(storeOf(body), createCollector()));
    await assert.rejects(
      () => Array.fromAsync(read),
      (error) => error === cut,
    );
  });

  it('is unchanged if it is in memory or absent', async () => {
    const bytes = new Uint8Array(3);
    const [known, absent] = [storeOf(bytes), storeOf(undefined)].map((store) => collectRead(store, createCollector()));
    assert.equal((await known?.get())?.body, bytes);
    assert.equal(await absent?.get(), undefined);
    assert.equal(known?.name, 'a store');
  });
});

describe('a body that is staged', () => {
  it('is checked chunk by chunk', async () => {
    const collector = createCollector();
    const seen: number[] = [];
    const staging = collectStaged(
      {
        async stage(body: AsyncIterable<Uint8Array>) {
          for await (const _ of body) seen.push(collector.looks);
          return { path: KEY, sizeBytes: 7, sha256: '', [Symbol.asyncDispose]: async () => {} };
        },
      },
      collector,
    );
    await staging.stage(cancellable().body);
    assert.deepEqual(seen, [1, 2]);
  });
});
