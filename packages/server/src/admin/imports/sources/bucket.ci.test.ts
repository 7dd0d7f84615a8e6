import assert from 'node:assert/strict';
import { buffer } from 'node:stream/consumers';
import { after, describe, it } from 'node:test';
import { DeleteObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { createBucket } from '../../../../../../test/servers/bucket.ts';
import { NO_CEPH } from '../../../../../../test/servers/ceph.ts';
import { startFront } from '../../../../../../test/servers/front.ts';
import { s3ForTests } from '../../../../../../test/servers/s3-for-tests.ts';
import { type ImportSource, isFault, type SourceEntry } from '../import-source.ts';
import { openBucketFiles, openBucketSource } from './bucket.ts';
import { parseUserPattern } from './user-pattern.ts';

const ada = () => 'ada';
const { signal } = new AbortController();

describe('a bucket as a source', { skip: NO_CEPH }, async () => {
  const server = s3ForTests();
  after(async () => (await server)[Symbol.asyncDispose]());

  async function createHarness() {
    const { s3 } = await server;
    const bucket = await createBucket(s3);
    const options = {
      bucket: bucket.name,
      prefix: '',
      region: s3.region,
      endpoint: s3.url,
      credentials: s3,
      caBundle: null,
    };
    const put = (Key: string, Body = `bytes of ${Key}`) =>
      bucket.client.send(new PutObjectCommand({ Bucket: bucket.name, Key, Body }));
    return {
      bucket,
      options,
      put,
      async putAll(keys: readonly string[]) {
        const left = keys.values(); // shared by the workers
        const work = async () => {
          for (const key of left) await put(key);
        };
        await Promise.all(Array.from({ length: 16 }, work));
      },
      [Symbol.asyncDispose]: () => bucket[Symbol.asyncDispose](),
    };
  }

  const pathsOf = async (source: ImportSource) => (await Array.fromAsync(source.entries())).map(({ path }) => path);

  const textOf = async (source: ImportSource, entry: SourceEntry) => {
    const bytes = await source.open(entry, signal);
    return bytes && (await buffer(bytes)).toString();
  };

  it('has an entry for each object, with its time, size and name', async () => {
    await using harness = await createHarness();
    await harness.put('2024/05/köln.jpg');
    await using source = await openBucketSource({ ...harness.options, userOf: ada });
    const { LastModified, ContentLength } = await harness.bucket.client.send(
      new HeadObjectCommand({ Bucket: harness.bucket.name, Key: '2024/05/köln.jpg' }),
    );
    const [entry, ...others] = await Array.fromAsync(source.entries());
    assert.deepEqual(others, []);
    assert.ok(entry !== undefined && !isFault(entry));
    assert.deepEqual(entry, {
      path: '2024/05/köln.jpg',
      userId: 'ada',
      at: LastModified,
      sizeBytes: ContentLength,
      contentType: null,
      description: { filename: 'köln.jpg' },
      takenAt: null,
      focalPoint: null,
      formerId: null,
      id: null,
    });
    assert.equal(await textOf(source, entry), 'bytes of 2024/05/köln.jpg');
  });

  it('reads keys of any characters', async () => {
    await using harness = await createHarness();
    const keys = [
      'a b',
      'a+b',
      'a%20b',
      'a&<>"b',
      "a'b",
      'a//b',
      '/a',
      'a\u0001b',
      'a\nb',
      '日本/語',
      '🦊',
      'a\\b',
      ' a ',
    ];
    for (const key of keys) await harness.put(key);
    await using source = await openBucketSource({ ...harness.options, userOf: ada });
    const entries = await Array.fromAsync(source.entries());
    assert.deepEqual(entries.map(({ path }) => path).toSorted(), keys.toSorted());
    for (const entry of entries) {
      assert.ok(!isFault(entry));
      assert.equal(await textOf(source, entry), `bytes of ${entry.path}`, JSON.stringify(entry.path));
    }
    // The XML by which many are deleted at once has no control characters.
    const [Bucket, Key] = [harness.bucket.name, 'a\u0001b'];
    await harness.bucket.client.send(new DeleteObjectCommand({ Bucket, Key }));
  });

  it('leaves out the empty objects that consoles make as folders, and what is outside the prefix', async () => {
    await using harness = await createHarness();
    for (const key of ['of/', 'of/a/', 'office.jpg']) await harness.put(key, '');
    for (const key of ['of/a/1.jpg', 'of/b/', 'other.jpg']) await harness.put(key);
    await using source = await openBucketSource({ ...harness.options, prefix: 'of/', userOf: ada });
    assert.deepEqual(await pathsOf(source), ['of/a/1.jpg', 'of/b/']);
    await using whole = await openBucketSource({ ...harness.options, userOf: ada });
    assert.equal(source.name, whole.name); // ids depend on it, and not on the prefix
    assert.equal(source.name, `s3:${new URL(harness.options.endpoint).host}/${harness.bucket.name}`);
  });

  it('finds the users in the keys, and reports an object without one', async () => {
    await using harness = await createHarness();
    for (const key of ['u/ada/1.jpg', 'u/bob/x/2.jpg', 'logo.png']) await harness.put(key);
    const userOf = parseUserPattern('u/{user}/{rest}');
    assert.ok(userOf);
    await using source = await openBucketSource({ ...harness.options, userOf });
    const [fault, ...entries] = await Array.fromAsync(source.entries());
    assert.deepEqual(fault, {
      path: 'logo.png',
      fault: 'expected a key with a user, by the pattern; got another one',
    });
    const users = entries.map((entry) => (isFault(entry) ? entry.fault : entry.userId));
    assert.deepEqual(users, ['ada', 'bob']);
  });

  it('lists more objects than a page has', async () => {
    await using harness = await createHarness();
    const keys = Array.from({ length: 2_300 }, (_, index) => `${String(index).padStart(5, '0')}.jpg`);
    await harness.putAll(keys);
    await using source = await openBucketSource({ ...harness.options, userOf: ada });
    assert.deepEqual(await pathsOf(source), keys);
  });

  it('an object that has gone since it was listed has no bytes', async () => {
    await using harness = await createHarness();
    await harness.put('a.jpg');
    await using source = await openBucketSource({ ...harness.options, userOf: ada });
    const [entry] = await Array.fromAsync(source.entries());
    assert.ok(entry !== undefined && !isFault(entry));
    assert.equal(await source.open({ ...entry, path: 'b.jpg' }, signal), undefined);
  });

  it('an object that is archived has no bytes until somebody restores it', async () => {
    await using harness = await createHarness();
    await harness.put('a.jpg');
    await using front = await startFront(({ url = '' }, outgoing) => {
      if (!url.includes('a.jpg')) return harness.options.endpoint;
      outgoing.writeHead(403, { 'Content-Type': 'application/xml' }); // Amazon's; Ceph archives nothing
      outgoing.end('<Error><Code>InvalidObjectState</Code><StorageClass>GLACIER</StorageClass></Error>');
      return undefined;
    });
    await using source = await openBucketSource({ ...harness.options, endpoint: front.url, userOf: ada });
    for await (const entry of source.entries())
      assert.equal(isFault(entry) || (await source.open(entry, signal)), undefined);
  });

  it('reading ends with the reason of its signal, before and amid the bytes', async () => {
    await using harness = await createHarness();
    await harness.put('large.jpg', 'x'.repeat(8_000_000));
    await using source = await openBucketSource({ ...harness.options, userOf: ada });
    const [entry] = await Array.fromAsync(source.entries());
    assert.ok(entry !== undefined && !isFault(entry));
    const [before, amid] = [new AbortController(), new AbortController()];
    const reason = new RangeError('stopped');
    before.abort(reason);
    await assert.rejects(source.open(entry, before.signal), reason);
    const bytes = await source.open(entry, amid.signal);
    assert.ok(bytes);
    const read = async () => {
      for await (const _ of bytes) amid.abort(reason);
    };
    await assert.rejects(read(), reason);
  });

  it('is files for a table: found by their keys, below the prefix', async () => {
    await using harness = await createHarness();
    await harness.put('of/a.jpg');
    await harness.put('b.jpg');
    await using files = await openBucketFiles({ ...harness.options, prefix: 'of/' });
    const found = await files.stat('of/a.jpg');
    assert.ok(found && !('fault' in found));
    assert.deepEqual([found.path, found.sizeBytes], ['of/a.jpg', 'bytes of of/a.jpg'.length]);
    assert.deepEqual(await Array.fromAsync(files.list()), [found]); // also to the millisecond
    assert.equal(await files.stat('of/none.jpg'), undefined);
    assert.deepEqual(await files.stat('b.jpg'), {
      path: 'b.jpg',
      fault: 'expected a key that begins with of/; got another one',
    });
    assert.equal(await files.open('of/none.jpg', signal), undefined);
  });

  it('a store that goes away in the middle ends the list and the bytes, with a sentence for the operator', async () => {
    await using harness = await createHarness();
    await harness.putAll(Array.from({ length: 1_001 }, (_, index) => `${index}.jpg`));
    let lists = 0;
    let isAway = false;
    await using front = await startFront(({ url = '', socket }) => {
      if (url.includes('list-type=2')) lists += 1;
      if (!isAway && lists < 3) return harness.options.endpoint; // the first list is the one at the start
      socket.destroy();
      return undefined;
    });
    await using source = await openBucketSource({ ...harness.options, endpoint: front.url, userOf: ada });
    const seen: SourceEntry[] = [];
    const walk = async () => {
      for await (const entry of source.entries()) if (!isFault(entry)) seen.push(entry);
    };
    const away = { code: 'unavailable', detail: /^The bucket \S+ can't be read: .*check IMPORT_S3_ENDPOINT/ };
    await assert.rejects(walk(), away);
    assert.equal(seen.length, 1_000);
    isAway = true;
    const [entry] = seen;
    assert.ok(entry);
    await assert.rejects(source.open(entry, signal), away);
  });

  it('says what is wrong with bucket, key and address before anything is listed', async () => {
    await using harness = await createHarness();
    const { options } = harness;
    for (const [change, detail] of [
      [{ bucket: `${options.bucket}-none` }, /^The bucket \S+-none can't be read: there is no bucket \S+-none at http/],
      [{ credentials: { ...options.credentials, secretAccessKey: 'x' } }, /set IMPORT_AWS_ACCESS_KEY_ID/],
      [{ endpoint: 'http://127.0.0.1:9' }, /can't be reached .*check IMPORT_S3_ENDPOINT/],
    ] as const)
      await assert.rejects(openBucketSource({ ...options, ...change, userOf: ada }), { code: 'unavailable', detail });
  });
});
