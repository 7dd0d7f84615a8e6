import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { repeatsOf } from '../../../test/repeats.ts';
import type { ObjectKey } from '../../domain/image/object-key.ts';
import { describeObjectStore } from '../object-store.contract.ts';
import type { ObjectStore } from '../object-store.ts';
import { describePresigner } from '../presigner.contract.ts';
import { exported } from '../sample-objects.fixture.ts';
import { createDiskSpace } from '../staging/disk-space.ts';
import { describeStaging } from '../staging.contract.ts';
import { createDiskObjectStore, type DiskObjectStore } from './disk.ts';
import { BUCKET, createDiskHarness, temporaryFolder } from './disk-harness.fixture.ts';

describeObjectStore('the disk', createDiskHarness);
describeStaging('the disk', createDiskHarness);
describePresigner('the endpoint', createDiskHarness);

const MAX_BYTES = 10_000_000;
const type = { contentType: 'image/png' };
/** Keys that the domain never builds. */
const key = (text: string): ObjectKey => text as ObjectKey;

async function* body(...chunks: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

async function putText(store: DiskObjectStore, at: ObjectKey, text: string): Promise<void> {
  await using file = await store.staging.stage(body(text), { maxBytes: MAX_BYTES });
  await store.put(at, file, type);
}

async function putTextFirst(store: DiskObjectStore, at: ObjectKey, text: string): Promise<void> {
  await using file = await store.staging.stage(body(text), { maxBytes: MAX_BYTES });
  assert(await store.putFirst(at, file, type));
}

async function getText(store: ObjectStore, at: ObjectKey): Promise<string | undefined> {
  const object = await store.get(at);
  return object && (await new Response(object.body).text());
}

const reopen = (root: string) => createDiskObjectStore({ root, bucket: BUCKET });

const filesBelow = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => !entry.isDirectory())
    .map(({ name }) => name);

describe('keys that would lead out of the folder', () => {
  for (const text of [
    '',
    '.',
    '..',
    '../x',
    'images/../../x',
    'images/./x',
    'images//x',
    '/etc/passwd',
    'images/x/',
    'images/\0',
    'images\\..\\x',
    'C:/x',
    'tmp/x',
    'images/é',
  ])
    it(`name no object: ${JSON.stringify(text)}`, async () => {
      await using harness = await createDiskHarness();
      const { store, root } = harness;
      await writeFile(join(dirname(root), 'x'), 'outside');
      await putText(store, key('images/ours'), 'ours');

      assert.equal(await store.get(key(text)), undefined);
      assert.equal(await store.head(key(text)), undefined);
      assert.equal(await store.checkOut(key(text), { maxBytes: MAX_BYTES }), undefined);
      assert.equal(await store.copy(key(text), () => key('images/copy'), type), undefined);
      await assert.rejects(putText(store, key(text), 'evil'), { code: 'internal' });
      await assert.rejects(
        store.copy(key('images/ours'), () => key(text), type),
        { code: 'internal' },
      );
      await store.delete([key(text)]);
      for await (const found of store.list(`${text}/`)) assert.fail(found.key);
      assert.equal(await readFile(join(dirname(root), 'x'), 'utf8'), 'outside');
      assert.deepEqual(await filesBelow(root), ['ours']);
    });

  it('stay inside if their separators are encoded, since nothing decodes them', async () => {
    await using harness = await createDiskHarness();
    await putText(harness.store, key('images/..%2F..%2Fx'), 'ours');
    assert.deepEqual(await readdir(join(harness.root, 'images')), ['..%2F..%2Fx']);
    assert.equal(await getText(harness.store, key('images/..%2F..%2Fx')), 'ours');
  });

  it('name no object if they are too long for the file system', async () => {
    await using harness = await createDiskHarness();
    for (const long of [`images/${'a'.repeat(256)}`, `images/${'a/'.repeat(3_000)}a`]) {
      assert.equal(await harness.store.head(key(long)), undefined);
      assert.equal(await harness.store.copy(key(long), () => key('images/b'), type), undefined);
      await harness.store.delete([key(long)]);
    }
  });
});

describe('a symbolic link planted in the store', () => {
  it('to a folder is not followed', async () => {
    await using harness = await createDiskHarness();
    const { store, root } = harness;
    const outside = join(dirname(root), 'outside');
    await mkdir(outside);
    await writeFile(join(outside, 'secret'), 'secret');
    await mkdir(join(root, 'images'));
    await symlink(outside, join(root, 'images', 'link'));

    const secret = key('images/link/secret');
    assert.equal(await store.get(secret), undefined);
    assert.equal(await store.checkOut(secret, { maxBytes: MAX_BYTES }), undefined);
    assert.equal(await store.copy(secret, () => key('images/copy'), type), undefined);
    await assert.rejects(putText(store, secret, 'evil'), { code: 'unavailable' });
    await assert.rejects(putText(store, key('images/link/new/deep'), 'evil'), { code: 'unavailable' });
    await store.delete([secret]);
    for (const prefix of ['images/', 'images/link/'])
      for await (const found of store.list(prefix)) assert.fail(found.key);
    assert.equal(await readFile(join(outside, 'secret'), 'utf8'), 'secret');
    assert.deepEqual(await readdir(outside), ['secret']);
    assert.deepEqual(await harness.staged(), []);
  });

  it('in place of a former folder is not followed either', async () => {
    await using harness = await createDiskHarness();
    const outside = join(dirname(harness.root), 'outside');
    await mkdir(outside);
    await putText(harness.store, key('images/ann/1'), 'ours');
    await rm(join(harness.root, 'images/ann'), { recursive: true });
    await symlink(outside, join(harness.root, 'images/ann'));
    await assert.rejects(putText(harness.store, key('images/ann/1'), 'evil'), { code: 'unavailable' });
    assert.deepEqual(await readdir(outside), []);
  });

  it('to a file is not read as an object, and a put replaces the link, not its target', async () => {
    await using harness = await createDiskHarness();
    const { store, root } = harness;
    const secret = join(dirname(root), 'secret');
    await writeFile(secret, 'secret');
    await mkdir(join(root, 'images'));
    await symlink(secret, join(root, 'images', 'link'));

    const link = key('images/link');
    assert.equal(await store.get(link), undefined);
    assert.equal(await store.checkOut(link, { maxBytes: MAX_BYTES }), undefined);
    assert.equal(await store.copy(link, () => key('images/copy'), type), undefined);
    await putText(store, link, 'ours');
    assert.equal(await getText(store, link), 'ours');
    assert.equal(await readFile(secret, 'utf8'), 'secret');
  });
});

describe('a file that is not regular', () => {
  it('is not read as an object, be it a folder or a pipe without a writer', async (t) => {
    await using harness = await createDiskHarness();
    await putText(harness.store, key('images/ann/1'), 'one');
    const others = [key('images/ann')];
    if (spawnSync('mkfifo', [join(harness.root, 'images', 'pipe')]).status === 0) others.push(key('images/pipe'));
    else t.diagnostic('no mkfifo here: pipes not tested');
    for (const other of others) {
      assert.equal(await harness.store.head(other), undefined);
      assert.equal(await harness.store.copy(other, () => key('images/copy'), type), undefined);
    }
    await harness.store.delete([key('images/ann')]);
    assert.equal(await getText(harness.store, key('images/ann/1')), 'one');
  });
});

describe('staging', () => {
  it('removes the leftovers of a crash at the start', async () => {
    await using harness = await createDiskHarness();
    await harness.store.staging.stage(body('left behind'), { maxBytes: MAX_BYTES });
    await putText(harness.store, key('images/a'), 'kept');
    assert.equal((await harness.staged()).length, 1);
    const store = reopen(harness.root);
    assert.deepEqual(await harness.staged(), []);
    assert.equal(await getText(store, key('images/a')), 'kept');
  });

  it('leaves no file after puts and copies, even if both names are the same file already', async () => {
    await using harness = await createDiskHarness();
    const { store } = harness;
    {
      await using file = await store.staging.stage(body('a'), { maxBytes: MAX_BYTES });
      for (let times = 0; times < 2; times += 1) await store.put(key('images/a'), file, type);
      for (let times = 0; times < 2; times += 1) await store.copy(key('images/a'), () => key('images/b'), type);
    }
    assert.deepEqual(await harness.staged(), []);
    assert.equal((await stat(join(harness.root, 'images/a'))).nlink, 2);
  });

  it('accepts a file from another file system', async (t) => {
    const parent = '/dev/shm';
    if (!existsSync(parent) || statSync(parent).dev === statSync(tmpdir()).dev)
      return t.skip('needs /dev/shm as a file system apart from the temporary folder');
    await using elsewhere = await createDiskHarness({ parent });
    await using harness = await createDiskHarness();
    await using file = await elsewhere.store.staging.stage(body('from ', 'afar'), { maxBytes: MAX_BYTES });
    await harness.store.put(key('images/a'), file, type);
    assert.equal(await getText(harness.store, key('images/a')), 'from afar');
    assert.deepEqual(await harness.staged(), []);
  });
});

/** Empty folders are removed after the delete has resolved. */
async function untilFolderHas(folder: string, entries: readonly string[]): Promise<void> {
  while ((await readdir(folder)).join() !== entries.join()) await delay(10);
}

describe('folders', () => {
  it('are removed with their last object', async () => {
    await using harness = await createDiskHarness();
    const { store, root } = harness;
    for (const text of ['images/ann/1/a', 'images/ann/2/a', 'images/bob/3/a']) await putText(store, key(text), text);
    await store.delete([key('images/ann/1/a')]);
    await untilFolderHas(join(root, 'images/ann'), ['2']);
    await store.delete([key('images/ann/2/a')]);
    await untilFolderHas(join(root, 'images'), ['bob']);
    await store.delete([key('images/bob/3/a')]);
    await untilFolderHas(root, ['tmp']);
    await putText(store, key('images/ann/1/a'), 'again');
    assert.equal(await getText(store, key('images/ann/1/a')), 'again');
  });

  it('that are pruned during a put are created again, so that no put is lost to a concurrent delete', async () => {
    await using harness = await createDiskHarness();
    const { store } = harness;
    await using file = await store.staging.stage(body('kept'), { maxBytes: MAX_BYTES });
    const rounds = Array.from({ length: 8 }, async (_, worker) => {
      for (let round = 0; round < repeatsOf('folderRaces').count; round += 1) {
        const ours = key(`images/ann/${round}/${worker}`);
        await store.put(ours, file, type);
        assert.equal(await getText(store, ours), 'kept');
        await store.delete([ours]);
      }
    });
    await Promise.all(rounds);
    await untilFolderHas(harness.root, ['tmp']);
  });

  it('that are pruned during a list do not fail it', async () => {
    await using harness = await createDiskHarness();
    const { store } = harness;
    await putText(store, key('images/bob/1'), 'kept');
    await using file = await store.staging.stage(body('ann’s'), { maxBytes: MAX_BYTES });
    let isDone = false;
    const churn = async (worker: number) => {
      for (let round = 0; round < repeatsOf('listRaces').count; round += 1) {
        await store.put(key(`images/ann/${worker}/1`), file, type);
        await store.delete([key(`images/ann/${worker}/1`)]);
      }
      isDone = true;
    };
    const lists = async () => {
      while (!isDone) {
        const found: string[] = [];
        for await (const at of store.list('images/')) found.push(at.key);
        assert(found.includes('images/bob/1'));
      }
    };
    await Promise.all([churn(1), churn(2), lists(), lists()]);
  });

  it('that another program removed are created again', async () => {
    await using harness = await createDiskHarness();
    await putText(harness.store, key('images/ann/1'), 'one');
    await rm(join(harness.root, 'images'), { recursive: true });
    await putText(harness.store, key('images/ann/2'), 'two');
    assert.equal(await getText(harness.store, key('images/ann/2')), 'two');
  });

  it('are private to the service', async () => {
    await using harness = await createDiskHarness();
    assert.equal((await stat(harness.root)).mode & 0o077, 0);
  });
});

describe('the hash of a checked-out object', () => {
  const sha256 = async (store: ObjectStore, at: ObjectKey) =>
    (await store.checkOut(at, { maxBytes: MAX_BYTES }))?.sha256;

  it('is right after a restart, with an empty cache', async () => {
    await using harness = await createDiskHarness();
    await using file = await harness.store.staging.stage(body(randomBytes(600_000)), { maxBytes: MAX_BYTES });
    await harness.store.put(key('images/a'), file, type);
    assert.equal(await sha256(reopen(harness.root), key('images/a')), file.sha256);
  });

  it('is not that of another file with the same size and time', async () => {
    await using harness = await createDiskHarness();
    const time = new Date();
    const hashes = new Set<string | undefined>();
    for (const text of ['aaaa', 'bbbb']) {
      await putText(harness.store, key(`images/${text}`), text);
      await utimes(join(harness.root, 'images', text), time, time);
      hashes.add(await sha256(harness.store, key(`images/${text}`)));
    }
    assert.equal(hashes.size, 2);
  });

  it('is the one computed while receiving, under any key, while the file is unchanged', async () => {
    await using harness = await createDiskHarness();
    const { store, root } = harness;
    await using file = await store.staging.stage(body('aaaa'), { maxBytes: MAX_BYTES });
    await store.put(key('incoming/a'), file, type);
    await store.copy(key('incoming/a'), () => key('images/a'), type);
    await putText(store, key('incoming/a'), 'bbbb');
    assert.equal(await sha256(store, key('images/a')), file.sha256);
    assert.notEqual(await sha256(store, key('incoming/a')), file.sha256);

    const path = join(root, 'images/a');
    await writeFile(path, 'cccc'); // not through the store
    await utimes(path, new Date(), new Date(Date.now() + 5_000));
    assert.notEqual(await sha256(store, key('images/a')), file.sha256);
  });
});

describe('reading', () => {
  it('holds no file open without a reader', async (t) => {
    if (process.platform !== 'linux') return t.skip('needs /proc to see open files');
    await using harness = await createDiskHarness();
    await putText(harness.store, key('images/a'), 'text');
    await harness.store.head(key('images/a'));
    await harness.store.head(key('images'));
    await using file = await reopen(harness.root).checkOut(key('images/a'), { maxBytes: MAX_BYTES });
    assert.equal(file?.sizeBytes, 4);
    assert.equal(harness.countOpenFiles(), 0);
  });

  it('closes the file when the reader ends, having read all, a part or nothing', {
    timeout: 60_000,
  }, async (t) => {
    if (process.platform !== 'linux') return t.skip('needs /proc to see open files');
    await using harness = await createDiskHarness();
    await using file = await harness.store.staging.stage(body(randomBytes(1_000_000)), { maxBytes: MAX_BYTES });
    await harness.store.put(key('images/a'), file, type);
    const unread = await harness.store.get(key('images/a'));
    assert(unread?.body instanceof ReadableStream && harness.countOpenFiles() === 1);
    await unread.body.cancel();
    const object = await harness.store.get(key('images/a'));
    assert(object?.body instanceof ReadableStream);
    const reader = object.body.getReader();
    assert((await reader.read()).value);
    await reader.cancel();
    assert(await getText(harness.store, key('images/a')));
    while (harness.countOpenFiles() > 0) await new Promise(setImmediate);
  });
});

describe('a small object', () => {
  it('is read from disk once', async () => {
    await using harness = await createDiskHarness();
    const { store, root } = harness;
    await putText(store, key('images/a'), 'text');
    assert.equal(await getText(store, key('images/a')), 'text');
    await writeFile(join(root, 'images/a'), 'other'); // not through the store
    assert.equal(await getText(store, key('images/a')), 'text');
    const part = await store.get(key('images/a'), { range: { start: 1, end: 9 } });
    assert.equal(await new Response(part?.body).text(), 'ext');
    assert.equal(part?.sizeBytes, 4);
    assert.equal(harness.countOpenFiles(), 0);
  });

  it('has the bytes of the last put, conditional put or copy, and is absent after a delete', async () => {
    await using harness = await createDiskHarness();
    const { store } = harness;
    const [a, b] = [key('images/a'), key('images/b')];
    await putText(store, b, 'copied');
    const changes: [string | undefined, () => Promise<unknown>][] = [
      ['first', () => putText(store, a, 'first')],
      ['second', () => putText(store, a, 'second')],
      ['copied', () => store.copy(b, () => a, type)],
      [undefined, () => store.delete([a])],
      ['again', () => putTextFirst(store, a, 'again')],
    ];
    for (const [text, change] of changes) {
      await change();
      for (const _ of ['from the disk', 'from memory']) assert.equal(await getText(store, a), text);
    }
  });

  it('that is deleted while it is read is not cached', async () => {
    await using harness = await createDiskHarness();
    const { store } = harness;
    for (let round = 0; round < repeatsOf('cacheRaces').count; round += 1) {
      await putText(store, key('images/a'), 'text');
      const reads = Array.from({ length: 4 }, () => getText(store, key('images/a')));
      await store.delete([key('images/a')]);
      await Promise.all(reads);
      assert.equal(await getText(store, key('images/a')), undefined);
    }
  });
});

describe('a full disk', () => {
  it('refuses a body that will not fit before it takes room from others', async () => {
    await using folder = await temporaryFolder();
    const space = { minFreeBytes: 1, elapsedMs: () => performance.now(), onChange: () => undefined };
    const diskSpace = createDiskSpace({ ...space, folders: [folder.path] });
    const store = createDiskObjectStore({ root: join(folder.path, 'objects'), bucket: BUCKET, diskSpace });
    let isRead = false;
    async function* large() {
      isRead = true;
      yield randomBytes(100);
    }
    const options = { ...type, expectedBytes: Number.MAX_SAFE_INTEGER };
    await assert.rejects(store.putStream(exported(), large(), options), { code: 'insufficient-storage' });
    assert.equal(isRead, false);
    assert.equal(await store.putStream(exported(), large(), { ...type, expectedBytes: 1 }), 100);
  });

  it('is reported as insufficient-storage, and leaves no partial file', async (t) => {
    await using folder = await temporaryFolder();
    const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder.path]);
    if (mount.status !== 0) return t.skip('needs the right to mount a small tmpfs');
    try {
      await using harness = await createDiskHarness({ parent: folder.path });
      const large = body(...Array.from({ length: 10 }, () => randomBytes(64_000)));
      await assert.rejects(harness.store.staging.stage(large, { maxBytes: MAX_BYTES }), {
        code: 'insufficient-storage',
      });
      assert.deepEqual(await harness.staged(), []);
      await putText(harness.store, key('images/a'), 'small');

      const url = { publicOrigin: harness.publicOrigin, expiresInSeconds: 60, ...type };
      const incoming = key('incoming/ann/01932f00-0000-7000-8000-000000000001');
      const request = await harness.presigner.presignPut(incoming, url);
      const response = await fetch(request.url, { ...request, body: randomBytes(500_000) });
      assert.equal(response.status, 507);
      assert.match(await response.text(), /<Code>InsufficientStorage</);
      assert.equal(harness.failures.length, 1);
    } finally {
      assert.equal(spawnSync('umount', [folder.path]).status, 0);
    }
  });
});
