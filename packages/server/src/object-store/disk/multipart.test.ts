import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import promises, {
  cp,
  link,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { afterEach, describe, it, mock } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { CANNOT_MOUNT, fillUp, mountMemory } from '../../../test/faults/file-systems.ts';
import { MAX_PARTS } from '../../domain/image/image.ts';
import { incomingKey } from '../../domain/image/object-key.ts';
import { describeMultipart } from '../multipart.contract.ts';
import { type MultipartUpload, partCount } from '../multipart.ts';
import { collect, getBytes, id, inChunks, incoming, putBytes } from '../sample-objects.fixture.ts';
import { createDiskSpace } from '../staging/disk-space.ts';
import { createDiskObjectStore, type DiskObjectStore, type DiskObjectStoreOptions } from './disk.ts';
import { createDiskHarness, temporaryFolder } from './disk-harness.fixture.ts';

const SIZES = { sizeBytes: 2_500, partBytes: 1_000, checksums: false };
const KEY = incoming();

const storeAt = (root: string, options: Partial<DiskObjectStoreOptions> = {}): DiskObjectStore =>
  createDiskObjectStore({ root, bucket: 'test', ...options });

const begin = async ({ multipart }: DiskObjectStore, sizes = SIZES): Promise<MultipartUpload> => ({
  ...sizes,
  key: KEY,
  uploadId: await multipart.begin(KEY, { ...sizes, contentType: 'image/png' }),
});

const receive = (
  { multipart }: DiskObjectStore,
  { key, uploadId }: MultipartUpload,
  [number, bytes]: readonly [number: number, bytes: Uint8Array],
) => multipart.receive({ key, uploadId, number }, inChunks(bytes, 400), () => true);

const partOf = (bytes: Buffer, number: number, { partBytes } = SIZES): Buffer =>
  bytes.subarray((number - 1) * partBytes, number * partBytes);

/** Sends the parts that are missing and completes the upload. */
async function finish(store: DiskObjectStore, upload: MultipartUpload, bytes: Buffer): Promise<void> {
  const received = await store.multipart.received(upload);
  for (let number = 1; number <= partCount(upload); number += 1)
    if (!received?.includes(number))
      assert.equal(await receive(store, upload, [number, partOf(bytes, number, upload)]), 'received');
  assert.equal(await store.multipart.complete(upload), 'completed');
}

const filesIn = async (root: string): Promise<string[]> =>
  (await readdir(join(root, 'parts'), { recursive: true, withFileTypes: true }).catch(() => []))
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);

const pathsOf = (root: string, { key, uploadId }: MultipartUpload) => {
  const data = join(root, 'parts', key, uploadId);
  return { data, arrived: `${data}.arrived`, object: join(root, key) };
};

describeMultipart('the disk', createDiskHarness);

describe('an upload in parts on the disk', () => {
  it('goes on after a restart, though its file has holes', async () => {
    await using folder = await temporaryFolder();
    const bytes = randomBytes(2_500);
    const first = storeAt(folder.path);
    const upload = await begin(first);
    assert.equal(await receive(first, upload, [3, partOf(bytes, 3)]), 'received');
    const second = storeAt(folder.path);
    assert.deepEqual(await second.multipart.received(upload), [3]);
    assert.deepEqual(
      (await collect(second.multipart.list('incoming/'))).map(({ begunAt, ...rest }) => [
        rest,
        Math.abs(Date.now() - begunAt.getTime()) < 60_000,
      ]),
      [[{ key: KEY, uploadId: upload.uploadId }, true]],
    );
    await finish(second, upload, bytes);
    assert.deepEqual(await getBytes(second, KEY), bytes);
    assert.deepEqual(await filesIn(folder.path), []);
  });

  it('forgets the bytes of a former object in memory', async () => {
    await using folder = await temporaryFolder();
    const store = storeAt(folder.path);
    await putBytes({ store, staging: store.staging }, KEY, randomBytes(100));
    await getBytes(store, KEY);
    const bytes = randomBytes(2_500);
    await finish(store, await begin(store), bytes);
    assert.deepEqual(await getBytes(store, KEY), bytes);
  });

  it('is no object, for the lists of the store or its reads', async () => {
    await using folder = await temporaryFolder();
    const store = storeAt(folder.path);
    const { uploadId } = await begin(store);
    for (const prefix of ['incoming/', 'images/', 'renditions/', 'parts/', 'parts/incoming/'])
      assert.deepEqual(await collect(store.list(prefix)), []);
    assert.equal(await store.head(`parts/${KEY}/${uploadId}` as typeof KEY), undefined);
    assert.equal(await store.head(`parts/${KEY}/${uploadId}.arrived` as typeof KEY), undefined);
  });

  it('has as many parts as S3 takes', async () => {
    await using folder = await temporaryFolder();
    const store = storeAt(folder.path);
    const sizes = { sizeBytes: 10 * MAX_PARTS - 3, partBytes: 10, checksums: false };
    const upload = await begin(store, sizes);
    const bytes = randomBytes(sizes.sizeBytes);
    for (const number of [MAX_PARTS, 1]) {
      assert.equal(await receive(store, upload, [number, partOf(bytes, number, sizes)]), 'received');
    }
    assert.deepEqual(await store.multipart.received(upload), [1, MAX_PARTS]);
    const { data, arrived } = pathsOf(folder.path, upload); // the others, without their 30,000 syncs
    await writeFile(data, bytes);
    await writeFile(arrived, (await readFile(arrived, 'latin1')).replaceAll(/(?<=\n[01]*)0/g, '1'));
    assert.equal((await store.multipart.received(upload))?.length, MAX_PARTS);
    assert.equal(await store.multipart.complete(upload), 'completed');
    assert.deepEqual(await getBytes(store, KEY), bytes);
  });

  it('of another user whose name differs in case stays when one is erased', async () => {
    await using folder = await temporaryFolder();
    const store = storeAt(folder.path);
    const options = { ...SIZES, contentType: 'image/png' };
    const [ann, other] = [incomingKey('ann', id(1)), incomingKey('Ann', id(2))];
    await store.multipart.begin(ann, options);
    const uploadId = await store.multipart.begin(other, options);
    await store.erase('incoming/ann/');
    assert.deepEqual(
      (await collect(store.multipart.list('incoming/'))).map((one) => [one.key, one.uploadId]),
      [[other, uploadId]],
    );
    assert.deepEqual(await readdir(join(folder.path, 'parts/incoming')), ['Ann']);
  });

  it('with a name that leads out of its folder doesn’t exist', async () => {
    await using folder = await temporaryFolder();
    const store = storeAt(folder.path);
    const upload = await begin(store);
    for (const uploadId of ['', '.', '..', `../${id(1)}/${upload.uploadId}`, `${upload.uploadId}.arrived`]) {
      assert.equal(await receive(store, { ...upload, uploadId }, [1, randomBytes(1_000)]), 'absent');
      assert.equal(await store.multipart.complete({ ...upload, uploadId }), 'absent');
      await store.multipart.abort({ ...upload, uploadId });
    }
    assert.equal((await filesIn(folder.path)).length, 2);
  });

  it('is not received through a symbolic link', async () => {
    await using folder = await temporaryFolder();
    const store = storeAt(folder.path);
    const upload = await begin(store);
    const { data } = pathsOf(folder.path, upload);
    const outside = join(folder.path, 'outside');
    await writeFile(outside, 'x');
    await rm(data);
    await symlink(outside, data);
    assert.equal(await receive(store, upload, [1, randomBytes(1_000)]), 'absent');
    assert.equal(await readFile(outside, 'utf8'), 'x');
  });
});

describe('the folder of uploads in parts', () => {
  it('is not left through a symbolic link', async () => {
    await using folder = await temporaryFolder();
    const [root, outside] = [join(folder.path, 'store'), join(folder.path, 'outside')];
    const store = storeAt(root);
    const upload = await begin(store);
    await rename(join(root, 'parts'), outside);
    await symlink(outside, join(root, 'parts'));
    assert.equal(await store.multipart.received(upload), undefined);
    assert.equal(await receive(store, upload, [1, randomBytes(1_000)]), 'absent');
    assert.equal(await store.multipart.complete(upload), 'absent');
    await store.multipart.abort(upload);
    assert.deepEqual(await collect(store.multipart.list('incoming/')), []);
    await assert.rejects(begin(storeAt(root)), { code: 'unavailable' });
    assert.equal((await readdir(join(outside, KEY))).length, 2);
  });
});

describe('the bytes of a part', () => {
  it('that are too many or too few leave their neighbours alone', async () => {
    await using folder = await temporaryFolder();
    const store = storeAt(folder.path);
    const upload = await begin(store);
    const bytes = randomBytes(2_500);
    for (const number of [1, 3]) await receive(store, upload, [number, partOf(bytes, number)]);
    for (const length of [0, 999, 1_001, 1_200, 5_000])
      assert.equal(await receive(store, upload, [2, randomBytes(length)]), 'incomplete');
    assert.deepEqual(await store.multipart.received(upload), [1, 3]);
    await finish(store, upload, bytes);
    assert.deepEqual(await getBytes(store, KEY), bytes);
  });

  it('stay if no byte of others comes', async () => {
    await using folder = await temporaryFolder();
    const store = storeAt(folder.path);
    const upload = await begin(store);
    await receive(store, upload, [1, randomBytes(1_000)]);
    assert.equal(await receive(store, upload, [1, Buffer.alloc(0)]), 'incomplete');
    assert.deepEqual(await store.multipart.received(upload), [1]);
  });

  it('are those of the latest of many senders', async () => {
    await using folder = await temporaryFolder();
    const store = storeAt(folder.path);
    const upload = await begin(store);
    const bytes = randomBytes(2_500);
    const stalled = async function* () {
      yield randomBytes(300);
      await new Promise(() => undefined);
    };
    const sending = [];
    for (let sender = 0; sender < 4; sender += 1) {
      sending.push(store.multipart.receive({ ...upload, number: 1 }, stalled(), () => true));
      await delay(sender * 3);
    }
    assert.equal(await receive(store, upload, [1, partOf(bytes, 1)]), 'received');
    assert.deepEqual(await Promise.all(sending), Array(4).fill('superseded'));
    await finish(store, upload, bytes);
    assert.deepEqual(await getBytes(store, KEY), bytes);
  });
});

describe('a completion', () => {
  const { readFile: read } = promises;
  afterEach(() => {
    mock.restoreAll();
    syncBuiltinESMExports();
  });

  it('that a writer overtakes completes nothing', async () => {
    await using folder = await temporaryFolder();
    const store = storeAt(folder.path);
    const upload = await begin(store);
    const bytes = randomBytes(2_500);
    for (const number of [1, 2, 3]) await receive(store, upload, [number, partOf(bytes, number)]);
    const { arrived } = pathsOf(folder.path, upload);
    const body = async function* () {
      yield randomBytes(300);
      await new Promise(() => undefined);
    };
    let overtaking: Promise<string> | undefined;
    mock.method(promises, 'readFile', async (...parameters: Parameters<typeof read>) => {
      const seen = await read(...parameters);
      if (overtaking) return seen;
      overtaking = store.multipart.receive({ ...upload, number: 2 }, body(), () => true);
      while ((await read(arrived, 'latin1')) === seen) await delay(1);
      return seen; // all parts are there
    });
    syncBuiltinESMExports();
    assert.equal(await store.multipart.complete(upload), 'incomplete');
    assert.equal(await overtaking, 'superseded');
    assert.deepEqual(await store.multipart.received(upload), [1, 3]);
    assert.equal(await store.head(KEY), undefined);
  });
});

describe('a crash', () => {
  const { open } = promises;
  afterEach(() => {
    mock.restoreAll();
    syncBuiltinESMExports();
  });

  /** Calls `before` before each write and sync of a file below the root, and each change of a name. */
  function watch(root: string, before: (call: string, path: string) => Promise<void>): void {
    mock.method(promises, 'open', async (...parameters: Parameters<typeof open>) => {
      const handle = await open(...parameters);
      const path = String(parameters[0]);
      if (!path.startsWith(root)) return handle;
      for (const method of ['write', 'datasync', 'sync'] as const) {
        const original = handle[method].bind(handle) as (...given: unknown[]) => Promise<never>;
        handle[method] = async (...given: unknown[]) => {
          await before(method, path);
          return original(...given);
        };
      }
      return handle;
    });
    for (const name of ['rename', 'rm', 'writeFile'] as const) {
      const original = promises[name] as (...given: unknown[]) => Promise<never>;
      mock.method(promises, name, async (...given: unknown[]) => {
        if (String(given[0]).startsWith(join(root, 'parts'))) await before(name, String(given[0]));
        return original(...given);
      });
    }
    syncBuiltinESMExports();
  }

  it('never leaves a part marked with other bytes than one whole body, nor loses a received one', async () => {
    await using folder = await temporaryFolder();
    const root = join(folder.path, 'store');
    const store = storeAt(root);
    const upload = await begin(store);
    const { data, arrived } = pathsOf(root, upload);
    const bodies = [1, 2, 3].map((number) => [1, 2].map(() => randomBytes(number === 3 ? 500 : 1_000)));
    const synced = new Map<string, Buffer>([
      [data, Buffer.alloc(0)],
      [arrived, await readFile(arrived)],
    ]);
    const acknowledged = new Map<number, Buffer>();
    let writing = 0;
    let images = 0;

    /** The disk may have all bytes that were written to a file, or only those of its last sync. */
    async function check(): Promise<void> {
      const [nowData, nowArrived] = [await readFile(data), await readFile(arrived)];
      for (const dataThere of [nowData, synced.get(data) ?? nowData])
        for (const arrivedThere of [nowArrived, synced.get(arrived) ?? nowArrived]) {
          const crashed = join(folder.path, `crashed-${images}`);
          images += 1;
          await mkdir(dirname(pathsOf(crashed, upload).data), { recursive: true });
          await writeFile(pathsOf(crashed, upload).data, dataThere);
          await writeFile(pathsOf(crashed, upload).arrived, arrivedThere);
          const received = await storeAt(crashed).multipart.received(upload);
          assert(received);
          for (const number of received) {
            const there = dataThere.subarray((number - 1) * 1_000, (number - 1) * 1_000 + (number === 3 ? 500 : 1_000));
            assert.ok(
              bodies[number - 1]?.some((body) => body.equals(there)),
              `part ${number} is whole`,
            );
          }
          for (const [number, body] of acknowledged) {
            if (number === writing) continue;
            assert.ok(received.includes(number), `part ${number} is there`);
            assert.deepEqual(dataThere.subarray((number - 1) * 1_000, (number - 1) * 1_000 + body.length), body);
          }
          await rm(crashed, { recursive: true });
        }
    }

    let last: [call: string, path: string] | undefined;
    const settle = async (): Promise<void> => {
      if (last?.[0] === 'datasync') synced.set(last[1], await readFile(last[1]));
      last = undefined;
      await check();
    };
    watch(root, async (call, path) => {
      if (path !== data && path !== arrived) return; // a crashed store's
      await settle();
      last = [call, path];
    });
    for (const [number, version] of [
      [1, 0],
      [3, 0],
      [1, 1],
      [2, 0],
      [3, 1],
    ] as const) {
      const body = bodies[number - 1]?.[version] ?? Buffer.alloc(0);
      writing = number;
      assert.equal(await receive(store, upload, [number, body]), 'received');
      acknowledged.set(number, body);
      writing = 0;
      await settle();
    }
    assert.ok(images > 100, `${images} states`);
  });

  it('loses nothing that was answered: each step is synced before the next', async () => {
    await using folder = await temporaryFolder();
    const store = storeAt(folder.path);
    const calls: string[] = [];
    watch(folder.path, async (call, path) => void calls.push(`${call} ${relative(folder.path, path)}`));
    const upload = await begin(store);
    const [data, arrived] = [`parts/${KEY}/${upload.uploadId}`, `parts/${KEY}/${upload.uploadId}.arrived`];
    const foldersOf = (path: string) =>
      path.split('/').flatMap((_, index, names) => (index === 0 ? [] : `sync ${names.slice(0, index).join('/')}`));
    const took = () => calls.splice(0);
    const begun = took();
    assert.deepEqual(begun.slice(0, 2), [`writeFile ${data}`, `writeFile ${arrived}`]);
    assert.deepEqual(begun.slice(2).toSorted(), ['sync ', ...foldersOf(data)].toSorted());

    const bytes = randomBytes(2_500);
    const writes = [...Array(3).fill(`write ${data}`), `datasync ${data}`];
    const marks = [`write ${arrived}`, `datasync ${arrived}`];
    await receive(store, upload, [1, partOf(bytes, 1)]);
    assert.deepEqual(took(), [...writes, ...marks]);
    await receive(store, upload, [1, partOf(bytes, 1)]);
    assert.deepEqual(took(), [...marks, ...writes, ...marks]);

    for (const number of [2, 3]) await receive(store, upload, [number, partOf(bytes, number)]);
    took();
    assert.equal(await store.multipart.complete(upload), 'completed');
    const completed = took();
    assert.equal(completed[0], `rename ${data}`);
    assert.deepEqual(completed.splice(-2), [`rm ${data}`, `rm ${arrived}`]);
    const synced = [...foldersOf(KEY), `sync ${dirname(data)}`, 'sync '];
    assert.deepEqual([...new Set(completed.slice(1))].toSorted(), synced.toSorted());
  });

  it('at any step of a completion leaves an upload that can go on, or the object', async () => {
    await using folder = await temporaryFolder();
    const root = join(folder.path, 'store');
    const store = storeAt(root);
    const upload = await begin(store);
    const bytes = randomBytes(2_500);
    for (const number of [1, 2, 3]) await receive(store, upload, [number, partOf(bytes, number)]);
    const crashed: string[] = [];
    const keep = async (call: string) => {
      if (call === 'sync') return;
      const copy = join(folder.path, `${crashed.length}-before-${call}`);
      await cp(root, copy, { recursive: true });
      crashed.push(copy);
    };
    watch(root, keep);
    assert.equal(await store.multipart.complete(upload), 'completed');
    await keep('end');
    mock.restoreAll();
    syncBuiltinESMExports();
    const outcomes = [];
    for (const copy of crashed) {
      const restarted = storeAt(copy);
      const isThere = (await restarted.head(KEY)) !== undefined;
      const listed = await collect(restarted.multipart.list('incoming/'));
      outcomes.push([await restarted.multipart.complete(upload), isThere, listed.length]);
      assert.deepEqual(await getBytes(restarted, KEY), bytes);
      assert.deepEqual(await filesIn(copy), []);
    }
    assert.deepEqual(outcomes, [
      ['completed', false, 1], // before rename
      ['absent', true, 1], // before rm, of a name that is gone
      ['absent', true, 1], // before rm
      ['absent', true, 0],
    ]);
  });

  it('at any step of a beginning or an end leaves nothing that can’t be removed', async () => {
    await using folder = await temporaryFolder();
    const root = join(folder.path, 'store');
    const store = storeAt(root);
    const crashed: string[] = [];
    const keep = async (call: string) => {
      if (call === 'sync') return;
      const copy = join(folder.path, `${crashed.length}-before-${call}`);
      await cp(root, copy, { recursive: true });
      crashed.push(copy);
    };
    watch(root, keep);
    await store.multipart.abort(await begin(store));
    mock.restoreAll();
    syncBuiltinESMExports();
    const counts = [];
    for (const copy of crashed) {
      const { multipart } = storeAt(copy);
      const listed = await collect(multipart.list('incoming/'));
      counts.push(listed.length);
      for (const one of listed) await multipart.abort(one);
      assert.deepEqual(await filesIn(copy), []);
    }
    assert.deepEqual(counts, [0, 1, 1, 1]);
  });

  it('that leaves both names of a completed file leaves no way to write to the object', async () => {
    await using folder = await temporaryFolder();
    const store = storeAt(folder.path);
    const upload = await begin(store);
    const bytes = randomBytes(2_500);
    for (const number of [1, 2, 3]) await receive(store, upload, [number, partOf(bytes, number)]);
    const { data, object } = pathsOf(folder.path, upload);
    await mkdir(dirname(object), { recursive: true });
    await link(data, object);
    const restarted = storeAt(folder.path);
    assert.equal(await receive(restarted, upload, [2, randomBytes(1_000)]), 'absent');
    assert.equal(await restarted.multipart.complete(upload), 'absent');
    assert.deepEqual(await getBytes(restarted, KEY), bytes);
    assert.deepEqual(await filesIn(folder.path), []);
    assert.equal((await lstat(object)).nlink, 1);
  });

  it('that shortens the file counts no part that it cuts', async () => {
    await using folder = await temporaryFolder();
    const store = storeAt(folder.path);
    const upload = await begin(store);
    for (const number of [1, 2, 3]) await receive(store, upload, [number, partOf(randomBytes(2_500), number)]);
    await truncate(pathsOf(folder.path, upload).data, 1_999);
    assert.deepEqual(await store.multipart.received(upload), [1]);
    assert.equal(await store.multipart.complete(upload), 'incomplete');
  });

  it('in the middle of the file of marks leaves no upload', async () => {
    await using folder = await temporaryFolder();
    const store = storeAt(folder.path);
    const upload = await begin(store);
    const { arrived } = pathsOf(folder.path, upload);
    const whole = await readFile(arrived);
    for (let length = 0; length < whole.length; length += 1) {
      await writeFile(arrived, whole.subarray(0, length));
      assert.equal(await store.multipart.received(upload), undefined, `${length} bytes`);
    }
    for (const other of [`${whole}0`, `${whole}\n`, '\0'.repeat(whole.length), `x${whole}`]) {
      await writeFile(arrived, other);
      assert.equal(await store.multipart.received(upload), undefined, other);
    }
  });
});

describe('on a full disk', { skip: CANNOT_MOUNT }, () => {
  const MEGABYTE = 1_048_576;
  const LARGE = { sizeBytes: 5 * MEGABYTE, partBytes: MEGABYTE, checksums: false };

  it('a part is refused, and can be sent again', async () => {
    await using folder = await temporaryFolder();
    const disk = join(folder.path, 'disk');
    await using _mounted = await mountMemory(disk, 8);
    const store = storeAt(join(disk, 'store'));
    const upload = await begin(store, LARGE);
    const bytes = randomBytes(LARGE.sizeBytes);
    const send = (number: number) => receive(store, upload, [number, partOf(bytes, number, LARGE)]);
    assert.equal(await send(2), 'received');
    fillUp(join(disk, 'ballast'));
    await assert.rejects(send(1), { code: 'insufficient-storage' });
    assert.deepEqual(await store.multipart.received(upload), [2]);
    assert.equal(await send(2), 'received', 'its space is its own');
    await rm(join(disk, 'ballast'));
    await finish(store, upload, bytes);
    assert.deepEqual(await getBytes(store, KEY), bytes);
  });

  it('the reserve stays free, and holes aren’t counted', async () => {
    await using folder = await temporaryFolder();
    const disk = join(folder.path, 'disk');
    await using _mounted = await mountMemory(disk, 8);
    let nowMs = 0;
    const diskSpace = createDiskSpace({
      folders: [disk],
      minFreeBytes: 2 * MEGABYTE,
      elapsedMs: () => nowMs,
      onChange: () => undefined,
    });
    const store = storeAt(join(disk, 'store'), { diskSpace });
    const upload = await begin(store, LARGE);
    const bytes = randomBytes(LARGE.sizeBytes);
    const send = (number: number) => receive(store, upload, [number, partOf(bytes, number, LARGE)]);
    await writeFile(join(disk, 'ballast'), Buffer.alloc(2 * MEGABYTE));
    nowMs += 10_000;
    assert.equal(await send(5), 'received');
    for (const number of [1, 2]) {
      nowMs += 10_000;
      assert.equal(await send(number), 'received');
    }
    await assert.rejects(send(3), { code: 'insufficient-storage', isExpected: true });
    assert.deepEqual(await store.multipart.received(upload), [1, 2, 5]);
    await writeFile(join(disk, 'ballast'), Buffer.alloc(MEGABYTE));
    nowMs += 10_000;
    const { promise: silence, resolve: speak } = Promise.withResolvers<void>();
    const { promise: listening, resolve: listen } = Promise.withResolvers<void>();
    const silent = async function* () {
      listen();
      await silence;
      yield partOf(bytes, 3, LARGE);
    };
    const announced = store.multipart.receive({ ...upload, number: 3 }, silent(), () => true);
    await listening;
    await assert.rejects(send(4), { code: 'insufficient-storage' }, 'its space is announced for part 3');
    speak();
    assert.equal(await announced, 'received');
    await rm(join(disk, 'ballast'));
    nowMs += 10_000;
    await finish(store, upload, bytes);
    assert.deepEqual(await getBytes(store, KEY), bytes);
  });
});
