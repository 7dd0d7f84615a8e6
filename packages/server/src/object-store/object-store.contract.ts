import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import type { ObjectKey } from '../domain/image/object-key.ts';
import type { ListedPage, ObjectStore } from './object-store.ts';
import { describePutFirst } from './put-first.contract.ts';
import {
  collect,
  exported,
  getBytes,
  image,
  inChunks,
  incoming,
  MAX_BYTES,
  original,
  putBytes,
  sha256,
  somePng,
} from './sample-objects.fixture.ts';
import type { Staging } from './staging.ts';

const MIB = 1_048_576;
const zip = { contentType: 'application/zip' };

/** The harness of an adapter's test: a fresh, empty store, and the staging for its files. */
export interface ObjectStoreHarness extends AsyncDisposable {
  readonly store: ObjectStore;
  readonly staging: Staging;
}

export interface Lacking {
  /** The features that this store lacks; their tests are skipped. */
  readonly lacks: readonly string[];
}

export function describeObjectStore(
  name: string,
  create: () => Promise<ObjectStoreHarness>,
  { lacks }: Lacking = { lacks: [] },
): void {
  describePutFirst(name, create, { lacks });

  describe(`${name} as an object store`, () => {
    it('has no object before one is put', async () => {
      await using harness = await create();
      const { store } = harness;
      assert.equal(await store.get(original()), undefined);
      assert.equal(await store.head(original()), undefined);
      assert.equal(await store.checkOut(original(), { maxBytes: MAX_BYTES }), undefined);
      assert.equal(await store.copy(original(1), () => original(2), image), undefined);
      assert.equal(await store.head(original(2)), undefined);
      assert.deepEqual(await collect(store.list('images/')), []);
    });

    it('returns exactly the bytes that were put, with their size and type', async () => {
      await using harness = await create();
      for (const [last, bytes] of [somePng(), somePng(400_000)].entries()) {
        await putBytes(harness, original(last), bytes);
        assert.deepEqual(await getBytes(harness.store, original(last)), bytes);
        const { entityTag: _, ...head } = (await harness.store.head(original(last))) ?? {};
        assert.deepEqual(head, { sizeBytes: bytes.length, ...image });
      }
    });

    it('keeps an object after its staged file is disposed of, and can put that file several times', async () => {
      await using harness = await create();
      const bytes = somePng();
      const file = await harness.staging.stage(inChunks(bytes), { maxBytes: MAX_BYTES });
      for (const key of [original(1), original(1), original(2)]) await harness.store.put(key, file, image);
      await file[Symbol.asyncDispose]();
      await assert.rejects(readFile(file.path), { code: 'ENOENT' });
      assert.deepEqual(await getBytes(harness.store, original(1)), bytes);
      assert.deepEqual(await getBytes(harness.store, original(2)), bytes);
    });

    it('stores a body of any length, in one part or several, and nothing of one that breaks', async () => {
      await using harness = await create();
      const { store } = harness;
      const lengths = [0, 1, 16 * MIB, 16 * MIB + 1, 33 * MIB];
      for (const [at, length] of lengths.entries()) {
        const bytes = randomBytes(length);
        const stored = await store.putStream(exported(at), inChunks(bytes, 3_000_001), { ...zip, expectedBytes: 1 });
        assert.equal(stored, length);
        assert.equal(
          sha256((await getBytes(store, exported(at))) ?? bytes.subarray(0, -1)),
          sha256(bytes),
          `${length} bytes`,
        );
      }
      const broken = new Error('the body broke');
      async function* breaking() {
        yield* inChunks(randomBytes(40 * MIB), MIB); // two parts, and a half
        throw broken;
      }
      for (const at of [0, 7]) {
        const options = { ...zip, expectedBytes: 1 };
        await assert.rejects(store.putStream(exported(at), breaking(), options), (error) => error === broken);
      }
      assert.equal((await store.head(exported(0)))?.sizeBytes, 0, 'the object that was there');
      assert.equal(await store.head(exported(7)), undefined);
    });

    it('stores files that were made on this machine, and keeps them after their disposal', async () => {
      await using harness = await create();
      const { store, staging } = harness;
      const all = [Buffer.alloc(0), randomBytes(1), somePng(300_000), randomBytes(1_048_577)];
      const atPaths = await staging.stageFiles(all.length, async (paths) => {
        for (const [at, bytes] of all.entries()) await writeFile(paths[at] ?? '', bytes);
        return [];
      });
      const inMemory = await staging.stageFiles(all.length, async () => all.map((bytes) => new Uint8Array(bytes)));
      for (const [at, file] of [...atPaths, ...inMemory].entries()) {
        assert(file);
        for (const _again of [1, 2]) await store.put(original(at), file, image);
        await file[Symbol.asyncDispose]();
        assert.deepEqual(await getBytes(store, original(at)), all[at % all.length]);
      }
    });

    it('returns a range of an object, clipped to its end, and the size of the whole', async () => {
      await using harness = await create();
      const bytes = somePng(200_000);
      await putBytes(harness, original(), bytes);
      for (const [start, end] of [
        [0, 0],
        [0, 199_999],
        [70_000, 140_000],
        [199_999, 199_999],
        [199_000, 500_000],
      ] as const) {
        const object = await harness.store.get(original(), { range: { start, end } });
        assert.equal(object?.sizeBytes, bytes.length);
        assert.deepEqual(
          Buffer.from(await new Response(object.body).arrayBuffer()),
          bytes.subarray(start, end + 1),
          `${start}-${end}`,
        );
      }
      assert.equal(await harness.store.get(original(2), { range: { start: 0, end: 0 } }), undefined);
    });

    it('reads an object only with the requested entity tag', async () => {
      await using harness = await create();
      const { store } = harness;
      const [before, after] = [somePng(300_000), somePng(300_000)];
      const range = { start: 5, end: 9 };
      const maxBytes = MAX_BYTES;
      const tagOfPut = await putBytes(harness, original(), before);
      const { entityTag: ifMatch = '' } = (await store.head(original())) ?? {};
      for (const asked of [ifMatch, tagOfPut, null]) {
        const object = await store.get(original(), { range, ifMatch: asked });
        assert.deepEqual(Buffer.from(await new Response(object?.body).arrayBuffer()), before.subarray(5, 10));
        await using file = await store.checkOut(original(), { maxBytes, ifMatch: asked });
        assert.equal(file?.sha256, sha256(before));
        assert.equal(file.entityTag, tagOfPut);
      }
      await putBytes(harness, original(), after);
      assert.equal(await store.get(original(), { range, ifMatch }), undefined);
      assert.equal(await store.get(original(), { ifMatch }), undefined);
      assert.equal(await store.checkOut(original(), { maxBytes, ifMatch }), undefined);
      await using file = await store.checkOut(original(), { maxBytes, ifMatch: null });
      assert.equal(file?.sha256, sha256(after));
    });

    it('replaces an object atomically; a reader that has begun continues with the former bytes', async () => {
      await using harness = await create();
      const [before, after] = [somePng(200_000), somePng(50_000)];
      await putBytes(harness, incoming(), before);
      const opened = await harness.store.get(incoming());
      assert(opened);
      await putBytes(harness, incoming(), after);
      assert.deepEqual(await getBytes(harness.store, incoming()), after);
      assert.deepEqual(Buffer.from(await new Response(opened.body).arrayBuffer()), before);
    });

    it('copies a snapshot, which later puts to the source do not change', async () => {
      await using harness = await create();
      const [before, after] = [somePng(), somePng()];
      await putBytes(harness, incoming(), before);
      for (const _time of [1, 2]) {
        assert.equal(await harness.store.copy(incoming(), () => original(), image), original());
      }
      await putBytes(harness, incoming(), after);
      assert.deepEqual(await getBytes(harness.store, original()), before);
      await harness.store.delete([incoming()]);
      assert.deepEqual(await getBytes(harness.store, original()), before);
      assert.equal((await harness.store.head(original()))?.contentType, 'image/png');
    });

    it('checks out an object as a local file, repeatedly', async () => {
      await using harness = await create();
      const bytes = somePng();
      await putBytes(harness, original(), bytes);
      for (let times = 0; times < 2; times += 1) {
        await using file = await harness.store.checkOut(original(), { maxBytes: bytes.length });
        assert(file);
        assert.deepEqual(await readFile(file.path), bytes);
        assert.deepEqual([file.sizeBytes, file.sha256], [bytes.length, sha256(bytes)]);
      }
      assert.deepEqual(await getBytes(harness.store, original()), bytes);
    });

    it('refuses to check out an object larger than requested', async () => {
      await using harness = await create();
      await putBytes(harness, original(), somePng(1_001));
      await assert.rejects(harness.store.checkOut(original(), { maxBytes: 1_000 }), { code: 'upload-too-large' });
    });

    it('deletes many objects at once, and deleting twice is no error', async () => {
      await using harness = await create();
      const keys = [original(1), original(2), incoming(3)];
      for (const key of [...keys, original(4)]) await putBytes(harness, key, somePng());
      await harness.store.delete([...keys, original(1), original(9)]);
      await harness.store.delete(keys);
      for (const key of keys) assert.equal(await harness.store.head(key), undefined);
      assert((await harness.store.head(original(4))) !== undefined);
      await harness.store.delete([]);
    });

    it('erases what is below a prefix, and nothing else', async () => {
      await using harness = await create();
      const { store } = harness;
      for (const key of [original(1), original(2), incoming()]) await putBytes(harness, key, somePng());
      const { length } = await collect(store.list('images/'));
      assert.deepEqual(await store.erase('images/'), { objects: length, versions: 0, kept: 0 });
      assert.deepEqual(await collect(store.list('images/')), []);
      assert.ok(await store.head(incoming()));
      assert.deepEqual(await store.erase('images/'), { objects: 0, versions: 0, kept: 0 });
      await putBytes(harness, original(1), somePng());
      assert.ok(await store.head(original(1)));
    });

    it('lists the keys that begin with a prefix', async () => {
      await using harness = await create();
      for (const key of [incoming(1), incoming(2), original(1, 'a1'), original(1, 'a2'), original(2)])
        await putBytes(harness, key, somePng());
      const keys = async (prefix: string) => (await collect(harness.store.list(prefix))).map(({ key }) => key).sort();
      assert.deepEqual(await keys('incoming/'), [incoming(1), incoming(2)]);
      assert.deepEqual(await keys(original(1).replace(/a1.*/, '')), [original(1, 'a1'), original(1, 'a2')]);
      assert.deepEqual(await keys('renditions/'), []);
      await harness.store.delete([incoming(1), incoming(2)]);
      assert.deepEqual(await keys('incoming/'), []);
    });

    it('lists page by page, each key once, even if objects are removed between two pages', async () => {
      await using harness = await create();
      const { store } = harness;
      const keys = [original(1, 'a1'), original(1, 'a2'), original(2), original(3), original(4)];
      for (const key of [...keys, incoming(1)]) await putBytes(harness, key, somePng());
      const walk = async (limit: number, between: (page: readonly ObjectKey[]) => Promise<void>) => {
        const found: ObjectKey[] = [];
        for (let after: string | null = 'images/'; after !== null; ) {
          const page: ListedPage = await store.listPage('images/', { after, limit });
          assert(page.objects.length <= limit);
          const pageKeys = page.objects.map(({ key }) => key);
          found.push(...pageKeys);
          await between(pageKeys);
          after = page.next;
        }
        return found;
      };
      const nothing = async () => undefined;
      for (const limit of [1, 2, 5, 1_000]) assert.deepEqual((await walk(limit, nothing)).toSorted(), keys.toSorted());
      assert.deepEqual((await walk(2, (page) => store.delete(page))).toSorted(), keys.toSorted());
      assert.deepEqual(await store.listPage('images/', { after: 'images/', limit: 2 }), { objects: [], next: null });
    });

    it('lists when each object was stored, and its size', async () => {
      await using harness = await create();
      const { store } = harness;
      const isNear = (time: Date) => Math.abs(time.getTime() - Date.now()) < 60_000;
      await putBytes(harness, original(1), somePng());
      await store.copy(original(1), () => original(2), image);
      const found = await collect(store.list('images/'));
      assert.equal(found.length, 2);
      for (const one of found) {
        const { storedAt, sizeBytes } = await one.details();
        assert(isNear(storedAt), `${one.key} ${storedAt.toISOString()}`);
        assert.equal(sizeBytes, somePng().length);
      }
    });
  });
}
