import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { renditionKey, workingCopyKey } from '../../domain/image/object-key.ts';
import { getBytes, id, image, somePng } from '../sample-objects.fixture.ts';
import { createDiskObjectStore } from './disk.ts';
import { BUCKET, createDiskHarness, type DiskHarness } from './disk-harness.fixture.ts';
import { createDiskReads } from './disk-reads.ts';

const KEY = renditionKey(id(1), 'free', 'a'.repeat(32));
const END = 16;

type Damage = (path: string) => Promise<void>;

const shortenTo =
  (sizeOf: (whole: number) => number): Damage =>
  async (path) =>
    truncate(path, sizeOf((await stat(path)).size));

/** The size is on disk, but not the data behind `from`, as on XFS and ext4. */
const zerosFrom =
  (fromOf: (whole: number) => number): Damage =>
  async (path) => {
    const { size } = await stat(path);
    await truncate(path, fromOf(size));
    await truncate(path, size);
  };

const flipBitAt =
  (placeOf: (whole: number) => number): Damage =>
  async (path) => {
    const bytes = await readFile(path);
    const place = placeOf(bytes.length);
    bytes[place] = (bytes[place] ?? 0) ^ 1;
    await writeFile(path, bytes);
  };

const DAMAGES: Readonly<Record<string, Damage>> = {
  'is empty': shortenTo(() => 0),
  'lost all but a byte': shortenTo(() => 1),
  'lost its last byte': shortenTo((whole) => whole - 1),
  'lost its end': shortenTo((whole) => whole - END),
  'lost its end and a byte': shortenTo((whole) => whole - END - 1),
  'lost a page': shortenTo((whole) => Math.max(0, whole - 4_096)),
  'consists of zeros': zerosFrom(() => 0),
  'has zeros from its middle on': zerosFrom((whole) => Math.floor(whole / 2)),
  'has zeros at its end': zerosFrom((whole) => whole - END),
  'has another byte at its start': flipBitAt(() => 0),
  'has another byte in its end': flipBitAt((whole) => whole - 5),
};

/** Stores a rendition as the pipeline does; false if there is one. */
async function store({ store: objects, staging }: Pick<DiskHarness, 'store' | 'staging'>, bytes: Uint8Array) {
  const isSent = bytes.length <= 1_048_576;
  const [file] = await staging.stageFiles(1, async ([path = '']) => {
    if (!isSent) await writeFile(path, bytes);
    return [isSent ? new Uint8Array(bytes) : null];
  });
  assert(file);
  await using made = file;
  return (await objects.putFirst(KEY, made, image)) !== undefined;
}

/** The store of the next process in the same folder. */
const restarted = ({ root }: DiskHarness) => createDiskObjectStore({ root, bucket: BUCKET });

describe('a rendition', () => {
  for (const sizeBytes of [100, 70_000, 300_000, 1_048_576, 1_048_577, 1_048_592, 1_048_593, 1_500_000]) {
    it(`of ${sizeBytes} bytes is read as it was stored, also in parts and by the next process`, async () => {
      await using harness = await createDiskHarness();
      const bytes = somePng(sizeBytes);
      assert.equal(await store(harness, bytes), true);
      const reads = createDiskReads(harness.root);
      for (const objects of [harness.store, restarted(harness), reads]) {
        const head = await objects.head(KEY);
        assert.equal(head?.sizeBytes, sizeBytes);
        assert.equal(head?.contentType, 'image/png');
        const whole = await objects.get(KEY);
        assert(whole);
        assert.deepEqual(Buffer.from(await new Response(whole.body).arrayBuffer()), bytes);
        assert.equal(whole.entityTag, head?.entityTag);
        const part = await objects.get(KEY, { range: { start: 10, end: sizeBytes - 1 } });
        assert(part);
        assert.deepEqual(Buffer.from(await new Response(part.body).arrayBuffer()), bytes.subarray(10));
      }
    });
  }

  for (const sizeBytes of [100, 70_000, 1_048_576])
    for (const [what, damage] of Object.entries(DAMAGES)) {
      it(`of ${sizeBytes} bytes that ${what} after a power cut counts as absent, and can be stored again`, async () => {
        await using harness = await createDiskHarness();
        assert.equal(await store(harness, somePng(sizeBytes)), true);
        const path = join(harness.root, KEY);
        await damage(path);
        const objects = restarted(harness);
        assert.equal(await createDiskReads(harness.root).get(KEY), undefined);
        assert.ok(existsSync(path), 'expected the reader beside the service to leave the file');
        assert.equal(await objects.head(KEY), undefined);
        assert.equal(existsSync(path), false);
        assert.equal(await objects.get(KEY), undefined);
        const again = somePng(sizeBytes);
        assert.equal(await store({ store: objects, staging: objects.staging }, again), true);
        assert.deepEqual(await getBytes(objects, KEY), again);
      });
    }

  it('that has a name of its own bytes, with an end that fits other bytes, counts as absent', async () => {
    await using harness = await createDiskHarness();
    await store(harness, somePng(5_000));
    const path = join(harness.root, KEY);
    const file = await readFile(path);
    await writeFile(path, Buffer.concat([randomBytes(5_000), file.subarray(-END)]));
    assert.equal(await restarted(harness).get(KEY), undefined);
  });

  it('of more than 1 MB of an earlier version, which has no end, is read as it is', async () => {
    await using harness = await createDiskHarness();
    await store(harness, somePng(5_000));
    const bytes = somePng(1_500_000);
    await writeFile(join(harness.root, KEY), bytes);
    assert.deepEqual(await getBytes(restarted(harness), KEY), bytes);
  });

  it('of up to 1 MB of an earlier version, which has no end, is made again', async () => {
    await using harness = await createDiskHarness();
    await store(harness, somePng(5_000));
    await writeFile(join(harness.root, KEY), somePng(5_000));
    const objects = restarted(harness);
    assert.equal(await objects.get(KEY), undefined);
    assert.equal(await store({ store: objects, staging: objects.staging }, somePng(5_000)), true);
  });
});

describe('a working copy', () => {
  it('is stored without an end: its record has its hash', async () => {
    await using harness = await createDiskHarness();
    const key = workingCopyKey(id(1), { sha256: 'b'.repeat(64) });
    const [file] = await harness.staging.stageFiles(1, async ([path = '']) => {
      await writeFile(path, somePng(3_000));
      return [];
    });
    assert(file);
    await using made = file;
    await harness.store.put(key, made, image);
    assert.equal((await stat(join(harness.root, key))).size, 3_000);
  });
});
