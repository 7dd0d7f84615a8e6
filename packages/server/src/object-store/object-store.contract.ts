import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describe, it } from 'node:test';
import type { ObjectKey } from '../domain/object-key.ts';
import { describeEntityTags } from './entity-tag.contract.ts';
import type { ListedPage, ObjectStore, PresignedRequest } from './object-store.ts';
import { describePresignedGets } from './presigned-get.contract.ts';
import { describePresignedUploads } from './presigned-upload.contract.ts';
import { describePutFirst } from './put-first.contract.ts';
import {
  collect,
  getBytes,
  id,
  image,
  inChunks,
  incoming,
  MAX_BYTES,
  original,
  putBytes,
  send,
  sha256,
  somePng,
} from './sample-objects.fixture.ts';

/** What an adapter's test hands over: a fresh, empty store, whose presigned URLs are answered over HTTP. */
export interface ObjectStoreHarness extends AsyncDisposable {
  readonly store: ObjectStore;
  readonly publicOrigin: string;
  /** What the store signs with is this much ahead; what judges the signatures goes by the real time. */
  readonly signingClock: { offsetSeconds: number };
}

export interface Lacking {
  /** What this store can't do: what is asserted of it is then skipped. */
  readonly lacks: readonly string[];
}

export function describeObjectStore(
  name: string,
  create: () => Promise<ObjectStoreHarness>,
  { lacks }: Lacking = { lacks: [] },
): void {
  describePresignedUploads(name, create, { lacks });
  describePresignedGets(name, create);
  describePutFirst(name, create, { lacks });
  describeEntityTags(name, create);

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

    it('stages a body as a file of this machine and says what came', async () => {
      await using harness = await create();
      for (const bytes of [Buffer.alloc(0), randomBytes(1), randomBytes(300_000)]) {
        await using file = await harness.store.stage(inChunks(bytes, 7_777), { maxBytes: MAX_BYTES });
        assert.deepEqual(await readFile(file.path), bytes);
        assert.deepEqual([file.sizeBytes, file.sha256], [bytes.length, sha256(bytes)]);
      }
    });

    it('stages up to the limit and not a byte more', async () => {
      await using harness = await create();
      await using file = await harness.store.stage(inChunks(randomBytes(1_000)), { maxBytes: 1_000 });
      assert.equal(file.sizeBytes, 1_000);
      const expected = { code: 'upload-too-large', detail: 'expected at most 1000 bytes; got more' };
      await assert.rejects(harness.store.stage(inChunks(randomBytes(1_001)), { maxBytes: 1_000 }), expected);
    });

    it('stages files that are made at paths where nothing is, and says what they are', async () => {
      await using harness = await create();
      const all = [Buffer.alloc(0), randomBytes(1), somePng(300_000), randomBytes(1_048_577)];
      const files = await harness.store.stageFiles(all.length + 1, async (paths) => {
        assert.equal(new Set(paths).size, all.length + 1);
        for (const path of paths) await assert.rejects(readFile(path), { code: 'ENOENT' });
        for (const [at, bytes] of all.entries()) await writeFile(paths[at] ?? '', bytes);
      });
      assert.equal(files.length, all.length + 1);
      assert.equal(files.at(-1), undefined, 'the file that was not made');
      for (const [at, bytes] of all.entries()) {
        const file = files[at];
        assert(file);
        assert.equal(file.sizeBytes, bytes.length);
        const isFew = bytes.length <= 1_048_576;
        assert.deepEqual(file.bytes && Buffer.from(file.bytes), isFew ? Buffer.from(bytes) : null);
        await harness.store.put(original(at), file, image);
        await file[Symbol.asyncDispose]();
        await assert.rejects(readFile(file.path), { code: 'ENOENT' });
        assert.deepEqual(await getBytes(harness.store, original(at)), bytes);
      }
    });

    it('stages no link that was made in the place of a file: it leads elsewhere', async () => {
      await using harness = await create();
      const elsewhere = await harness.store.stage(inChunks(somePng()), { maxBytes: MAX_BYTES });
      const [file] = await harness.store.stageFiles(1, ([path = '']) => symlink(elsewhere.path, path));
      assert.equal(file, undefined);
      await elsewhere[Symbol.asyncDispose]();
    });

    it('leaves nothing of files whose making fails, and hands on the failure', async () => {
      await using harness = await create();
      const failure = Object.assign(new Error('crashed'), { errno: -104, code: 'ECONNRESET' });
      let folder = '';
      const making = harness.store.stageFiles(3, async ([first = '', second = '']) => {
        folder = dirname(first);
        for (const path of [first, second]) await writeFile(path, 'half');
        throw failure;
      });
      await assert.rejects(making, (error) => error === failure);
      assert.deepEqual(await readdir(folder), []);
    });

    it('leaves nothing of files of which one can’t be read', async () => {
      await using harness = await create();
      let folder = '';
      const making = harness.store.stageFiles(3, async ([first = '', second = '', third = '']) => {
        folder = dirname(first);
        for (const path of [first, third]) await writeFile(path, 'whole');
        await mkdir(second);
      });
      await assert.rejects(making, { code: 'unavailable' });
      assert.deepEqual(await readdir(folder), []);
    });

    it('answers just the bytes that were put, with their size and type', async () => {
      await using harness = await create();
      for (const [last, bytes] of [somePng(), somePng(400_000)].entries()) {
        await putBytes(harness.store, original(last), bytes);
        assert.deepEqual(await getBytes(harness.store, original(last)), bytes);
        const { entityTag: _, ...head } = (await harness.store.head(original(last))) ?? {};
        assert.deepEqual(head, { sizeBytes: bytes.length, ...image });
      }
    });

    it('keeps what was put after the staged file is given up, which may be put again', async () => {
      await using harness = await create();
      const bytes = somePng();
      const file = await harness.store.stage(inChunks(bytes), { maxBytes: MAX_BYTES });
      for (const key of [original(1), original(1), original(2)]) await harness.store.put(key, file, image);
      await file[Symbol.asyncDispose]();
      await assert.rejects(readFile(file.path), { code: 'ENOENT' });
      assert.deepEqual(await getBytes(harness.store, original(1)), bytes);
      assert.deepEqual(await getBytes(harness.store, original(2)), bytes);
    });

    it('answers a range of an object, clipped to its end, and the size of the whole', async () => {
      await using harness = await create();
      const bytes = somePng(200_000);
      await putBytes(harness.store, original(), bytes);
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

    it('reads an object only under the entity tag that is asked for', async () => {
      await using harness = await create();
      const { store } = harness;
      const [before, after] = [somePng(300_000), somePng(300_000)];
      const range = { start: 5, end: 9 };
      const maxBytes = MAX_BYTES;
      const tagOfPut = await putBytes(store, original(), before);
      const { entityTag: ifMatch = '' } = (await store.head(original())) ?? {};
      for (const asked of [ifMatch, tagOfPut, null]) {
        const object = await store.get(original(), { range, ifMatch: asked });
        assert.deepEqual(Buffer.from(await new Response(object?.body).arrayBuffer()), before.subarray(5, 10));
        await using file = await store.checkOut(original(), { maxBytes, ifMatch: asked });
        assert.equal(file?.sha256, sha256(before));
        assert.equal(file.entityTag, tagOfPut);
      }
      await putBytes(store, original(), after);
      assert.equal(await store.get(original(), { range, ifMatch }), undefined);
      assert.equal(await store.get(original(), { ifMatch }), undefined);
      assert.equal(await store.checkOut(original(), { maxBytes, ifMatch }), undefined);
      await using file = await store.checkOut(original(), { maxBytes, ifMatch: null });
      assert.equal(file?.sha256, sha256(after));
    });

    it('replaces an object whole; a reader that has begun goes on with what it opened', async () => {
      await using harness = await create();
      const [before, after] = [somePng(200_000), somePng(50_000)];
      await putBytes(harness.store, incoming(), before);
      const opened = await harness.store.get(incoming());
      assert(opened);
      await putBytes(harness.store, incoming(), after);
      assert.deepEqual(await getBytes(harness.store, incoming()), after);
      assert.deepEqual(Buffer.from(await new Response(opened.body).arrayBuffer()), before);
    });

    it('copies a snapshot: what is put to its origin later doesn’t show', async () => {
      await using harness = await create();
      const [before, after] = [somePng(), somePng()];
      await putBytes(harness.store, incoming(), before);
      for (const _time of [1, 2]) {
        assert.equal(await harness.store.copy(incoming(), () => original(), image), original());
      }
      await putBytes(harness.store, incoming(), after);
      assert.deepEqual(await getBytes(harness.store, original()), before);
      await harness.store.delete([incoming()]);
      assert.deepEqual(await getBytes(harness.store, original()), before);
      assert.equal((await harness.store.head(original()))?.contentType, 'image/png');
    });

    it('checks out an object as a file of this machine, again and again', async () => {
      await using harness = await create();
      const bytes = somePng();
      await putBytes(harness.store, original(), bytes);
      for (let times = 0; times < 2; times += 1) {
        await using file = await harness.store.checkOut(original(), { maxBytes: bytes.length });
        assert(file);
        assert.deepEqual(await readFile(file.path), bytes);
        assert.deepEqual([file.sizeBytes, file.sha256], [bytes.length, sha256(bytes)]);
      }
      assert.deepEqual(await getBytes(harness.store, original()), bytes);
    });

    it('checks out nothing larger than asked', async () => {
      await using harness = await create();
      await putBytes(harness.store, original(), somePng(1_001));
      await assert.rejects(harness.store.checkOut(original(), { maxBytes: 1_000 }), { code: 'upload-too-large' });
    });

    it('forgets what is deleted, many at once, and deleting twice is no error', async () => {
      await using harness = await create();
      const keys = [original(1), original(2), incoming(3)];
      for (const key of [...keys, original(4)]) await putBytes(harness.store, key, somePng());
      await harness.store.delete([...keys, original(1), original(9)]);
      await harness.store.delete(keys);
      for (const key of keys) assert.equal(await harness.store.head(key), undefined);
      assert((await harness.store.head(original(4))) !== undefined);
      await harness.store.delete([]);
    });

    it('lists the keys that begin with a prefix', async () => {
      await using harness = await create();
      for (const key of [incoming(1), incoming(2), original(1, 'a1'), original(1, 'a2'), original(2)])
        await putBytes(harness.store, key, somePng());
      const keys = async (prefix: string) => (await collect(harness.store.list(prefix))).map(({ key }) => key).sort();
      assert.deepEqual(await keys('incoming/'), [incoming(1), incoming(2)]);
      assert.deepEqual(await keys(original(1).replace(/a1.*/, '')), [original(1, 'a1'), original(1, 'a2')]);
      assert.deepEqual(await keys('renditions/'), []);
      await harness.store.delete([incoming(1), incoming(2)]);
      assert.deepEqual(await keys('incoming/'), []);
    });

    it('lists page by page, each key once, whatever is removed between two pages', async () => {
      await using harness = await create();
      const { store } = harness;
      const keys = [original(1, 'a1'), original(1, 'a2'), original(2), original(3), original(4)];
      for (const key of [...keys, incoming(1)]) await putBytes(store, key, somePng());
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

    it('lists when each was stored', async () => {
      await using harness = await create();
      const { store } = harness;
      const isNear = (time: Date) => Math.abs(time.getTime() - Date.now()) < 60_000;
      await putBytes(store, original(1), somePng());
      await store.copy(original(1), () => original(2), image);
      const found = await collect(store.list('images/'));
      assert.equal(found.length, 2);
      for (const one of found) {
        const storedAt = await one.storedAt();
        assert(isNear(storedAt), `${one.key} ${storedAt.toISOString()}`);
      }
    });

    it('takes a presigned PUT with exactly the headers given', async () => {
      await using harness = await create();
      const { store, publicOrigin } = harness;
      const bytes = somePng();
      const request = await store.presignPut(incoming(), { publicOrigin, ...image, expiresInSeconds: 300 });
      assert.deepEqual([request.method, request.headers], ['PUT', { 'Content-Type': 'image/png' }]);
      const response = await send(request, bytes);
      assert.equal(response.status, 200, await response.text());
      assert(response.headers.get('etag'));
      assert.deepEqual(await getBytes(store, incoming()), bytes);
    });

    it('says when a presigned URL really ends', async () => {
      await using harness = await create();
      const { store, publicOrigin } = harness;
      const before = Math.floor(Date.now() / 1000) * 1000;
      const options = { publicOrigin, ...image, expiresInSeconds: 300 };
      for (const { expiresAt } of [
        await store.presignPut(incoming(), options),
        await store.presignGet(original(), { ...options, disposition: 'inline' }),
      ]) {
        assert.equal(expiresAt.getMilliseconds(), 0);
        assert(expiresAt.getTime() >= before + 300_000 && expiresAt.getTime() <= Date.now() + 300_000);
      }
    });

    const refused: readonly (readonly [string, (request: PresignedRequest) => PresignedRequest])[] = [
      ['under another method', (request) => ({ ...request, method: 'GET', headers: {} })],
      ['with another type', (request) => ({ ...request, headers: { 'Content-Type': 'image/jpeg' } })],
      ['without its type', (request) => ({ ...request, headers: {} })],
      ['for another key', (request) => ({ ...request, url: request.url.replace(id(1), id(2)) })],
      ['with another expiry', (request) => ({ ...request, url: request.url.replace('Expires=300', 'Expires=301') })],
      [
        'with a tampered signature',
        (request) => ({
          ...request,
          url: request.url.replace(/(Signature=)(.)/, (_, name, digit) => name + (digit === '0' ? '1' : '0')),
        }),
      ],
      [
        'with an Amazon header that isn’t signed',
        (request) => ({ ...request, headers: { ...request.headers, 'x-amz-acl': 'public-read' } }),
      ],
    ];
    const unlessAble = (how: string) =>
      how.includes('isn’t signed') &&
      lacks.includes('header-signing') &&
      'this store takes headers that were not signed';
    for (const [how, change] of refused)
      it(`refuses a presigned PUT ${how}, and stores nothing`, { skip: unlessAble(how) }, async () => {
        await using harness = await create();
        const { store, publicOrigin } = harness;
        const request = await store.presignPut(incoming(), { publicOrigin, ...image, expiresInSeconds: 300 });
        const changed = change(request);
        assert.notDeepEqual(changed, request);
        const response = await send(changed, changed.method === 'GET' ? undefined : somePng());
        assert.equal(response.status, 403, await response.clone().text());
        assert.match(await response.text(), /<Code>(SignatureDoesNotMatch|AccessDenied)<\/Code>/);
        assert.deepEqual(await collect(store.list('incoming/')), []);
      });

    it('refuses presigned URLs that have expired', async () => {
      await using harness = await create();
      const { store, publicOrigin, signingClock } = harness;
      await putBytes(store, original(), somePng());
      signingClock.offsetSeconds = -10;
      const options = { publicOrigin, ...image, disposition: 'inline' };
      for (const [expiresInSeconds, expected] of [
        [5, 403],
        [300, 200],
      ] as const) {
        const put = await send(await store.presignPut(incoming(), { ...options, expiresInSeconds }), somePng());
        assert.equal(put.status, expected, await put.text());
        const get = await send(await store.presignGet(original(), { ...options, expiresInSeconds }));
        assert.equal(get.status, expected, await get.text());
        assert.equal((await store.head(incoming())) !== undefined, expected === 200);
      }
    });
  });
}
