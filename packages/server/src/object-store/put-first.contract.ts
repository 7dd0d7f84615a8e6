import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { repeatsOf } from '../../test/repeats.ts';
import type { Lacking, ObjectStoreHarness } from './object-store.contract.ts';
import { getBytes, image, inChunks, MAX_BYTES, original, putBytes, somePng } from './sample-objects.fixture.ts';

/** The first object is kept: if several processes make the same rendition, all serve the bytes of one. */
export function describePutFirst(name: string, create: () => Promise<ObjectStoreHarness>, { lacks }: Lacking): void {
  const entityTagOf = async ({ store, staging }: ObjectStoreHarness, last: number, bytes: Uint8Array) => {
    await using file = await staging.stage(inChunks(bytes, 60_000), { maxBytes: MAX_BYTES });
    return await store.putFirst(original(last), file, image);
  };
  const putFirst = async (harness: ObjectStoreHarness, last: number, bytes: Uint8Array) =>
    (await entityTagOf(harness, last, bytes)) !== undefined;

  describe(`putFirst of ${name}`, () => {
    it('stores the first object, and no later one', async () => {
      await using harness = await create();
      const { store } = harness;
      for (const [last, sizeBytes] of [2_000, 600_000].entries()) {
        const first = somePng(sizeBytes);
        assert.equal(await putFirst(harness, last, first), true);
        const before = await store.head(original(last));
        assert.equal(before?.contentType, image.contentType);
        for (const other of [somePng(sizeBytes), somePng(9_000), first])
          assert.equal(await putFirst(harness, last, other), false);
        assert.deepEqual(await getBytes(store, original(last)), first);
        assert.deepEqual(await store.head(original(last)), before);
      }
    });

    it('returns the entity tag of the stored bytes', async () => {
      await using harness = await create();
      const { store } = harness;
      const entityTag = await entityTagOf(harness, 1, somePng());
      assert.match(entityTag ?? '', /^"[\w-]+"$/);
      assert.equal((await store.head(original(1)))?.entityTag, entityTag);
    });

    it('does not replace an object that was put or copied', async () => {
      await using harness = await create();
      const { store } = harness;
      const bytes = somePng();
      await putBytes(harness, original(1), bytes);
      await store.copy(original(1), () => original(2), image);
      for (const last of [1, 2]) {
        assert.equal(await putFirst(harness, last, somePng()), false);
        assert.deepEqual(await getBytes(store, original(last)), bytes);
      }
    });

    it('succeeds again after a delete', async () => {
      await using harness = await create();
      const { store } = harness;
      const again = somePng();
      assert.equal(await putFirst(harness, 1, somePng()), true);
      await store.delete([original(1)]);
      assert.equal(await putFirst(harness, 1, again), true);
      assert.deepEqual(await getBytes(store, original(1)), again);
    });

    const skip = lacks.includes('conditional-writes') && 'this store checks before it writes, so that both may succeed';
    it('accepts one of two concurrent puts, and keeps its bytes', { skip }, async () => {
      await using harness = await create();
      const { store } = harness;
      for (let round = 0; round < repeatsOf('firstPutRaces').count; round += 1) {
        const both = [somePng(), somePng()];
        const came = await Promise.all(both.map((bytes) => putFirst(harness, round, bytes)));
        assert.deepEqual(came.toSorted(), [false, true], `round ${round}`);
        assert.deepEqual(await getBytes(store, original(round)), both[came.indexOf(true)], `round ${round}`);
      }
    });
  });
}
