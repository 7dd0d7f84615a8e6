import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { describe, it } from 'node:test';
import { inChunks, MAX_BYTES, sha256, somePng } from './sample-objects.fixture.ts';
import type { Staging } from './staging.ts';

export interface StagingHarness extends AsyncDisposable {
  readonly staging: Staging;
}

/** The contract of every staging, independent of its store. */
export function describeStaging(name: string, create: () => Promise<StagingHarness>): void {
  describe(`${name} as staging`, () => {
    it('stages a body as a local file, with its size and hash', async () => {
      await using harness = await create();
      for (const bytes of [Buffer.alloc(0), randomBytes(1), randomBytes(300_000)]) {
        await using file = await harness.staging.stage(inChunks(bytes, 7_777), { maxBytes: MAX_BYTES });
        assert.deepEqual(await readFile(file.path), bytes);
        assert.deepEqual([file.sizeBytes, file.sha256], [bytes.length, sha256(bytes)]);
      }
    });

    it('stages up to the limit and not a byte more', async () => {
      await using harness = await create();
      await using file = await harness.staging.stage(inChunks(randomBytes(1_000)), { maxBytes: 1_000 });
      assert.equal(file.sizeBytes, 1_000);
      const expected = { code: 'upload-too-large', detail: 'expected at most 1000 bytes; got more' };
      await assert.rejects(harness.staging.stage(inChunks(randomBytes(1_001)), { maxBytes: 1_000 }), expected);
    });

    it('leaves nothing of a failed body, and passes its error on', async () => {
      await using harness = await create();
      await using other = await harness.staging.stage(inChunks(somePng()), { maxBytes: MAX_BYTES });
      const failure = Object.assign(new Error('reset'), { errno: -104, code: 'ECONNRESET' });
      async function* failing() {
        yield Buffer.from('half');
        throw failure;
      }
      await assert.rejects(harness.staging.stage(failing(), { maxBytes: MAX_BYTES }), (error) => error === failure);
      assert.deepEqual(await readdir(dirname(other.path)), [basename(other.path)]);
    });

    it('stops reading at the limit and leaves nothing', async () => {
      await using harness = await create();
      await using other = await harness.staging.stage(inChunks(somePng()), { maxBytes: MAX_BYTES });
      let chunks = 0;
      let isEnded = false;
      async function* endless() {
        try {
          for (;;) {
            chunks += 1;
            yield Buffer.alloc(100);
          }
        } finally {
          isEnded = true;
        }
      }
      await assert.rejects(harness.staging.stage(endless(), { maxBytes: 1_000 }), { code: 'upload-too-large' });
      assert.deepEqual([chunks, isEnded], [11, true]);
      assert.deepEqual(await readdir(dirname(other.path)), [basename(other.path)]);
    });

    it('stages files that are made at free paths, with their size and hash', async () => {
      await using harness = await create();
      const all = [Buffer.alloc(0), randomBytes(1), somePng(300_000), randomBytes(1_048_577)];
      const files = await harness.staging.stageFiles(all.length + 1, async (paths) => {
        assert.equal(new Set(paths).size, all.length + 1);
        for (const path of paths) await assert.rejects(readFile(path), { code: 'ENOENT' });
        for (const [at, bytes] of all.entries()) await writeFile(paths[at] ?? '', bytes);
        return [];
      });
      assert.equal(files.length, all.length + 1);
      assert.equal(files.at(-1), undefined, 'the file that was not made');
      for (const [at, bytes] of all.entries()) {
        const file = files[at];
        assert(file?.path);
        assert.equal(file.sizeBytes, bytes.length);
        const isFew = bytes.length <= 1_048_576;
        assert.deepEqual(file.bytes && Buffer.from(file.bytes), isFew ? Buffer.from(bytes) : null);
        assert.deepEqual(await readFile(file.path), bytes);
        await file[Symbol.asyncDispose]();
        await assert.rejects(readFile(file.path), { code: 'ENOENT' });
      }
    });

    it('stages files that are made in memory beside those at paths', async () => {
      await using harness = await create();
      const [inMemory, large] = [randomBytes(1_000), randomBytes(1_048_577)];
      const [first, second, third] = await harness.staging.stageFiles(3, async ([, path = '']) => {
        await writeFile(path, large);
        return [new Uint8Array(inMemory), null];
      });
      assert.deepEqual([first?.path, first?.sizeBytes], [null, 1_000]);
      assert.deepEqual(Buffer.from((await first?.read()) ?? []), inMemory);
      assert.deepEqual(Buffer.from((await second?.read()) ?? []), large);
      assert.equal(third, undefined);
      for (const file of [first, second]) await file?.[Symbol.asyncDispose]();
    });

    it('refuses a symbolic link in place of a file, since it leads elsewhere', async () => {
      await using harness = await create();
      const elsewhere = await harness.staging.stage(inChunks(somePng()), { maxBytes: MAX_BYTES });
      const [file] = await harness.staging.stageFiles(1, async ([path = '']) => {
        await symlink(elsewhere.path, path);
        return [];
      });
      assert.equal(file, undefined);
      await elsewhere[Symbol.asyncDispose]();
    });

    it('leaves nothing of files whose creation fails, and passes the error on', async () => {
      await using harness = await create();
      const failure = Object.assign(new Error('crashed'), { errno: -104, code: 'ECONNRESET' });
      let folder = '';
      const making = harness.staging.stageFiles(3, async ([first = '', second = '']) => {
        folder = dirname(first);
        for (const path of [first, second]) await writeFile(path, 'half');
        throw failure;
      });
      await assert.rejects(making, (error) => error === failure);
      assert.deepEqual(await readdir(folder), []);
    });

    it('leaves nothing of files if one can’t be read', async () => {
      await using harness = await create();
      let folder = '';
      const making = harness.staging.stageFiles(3, async ([first = '', second = '', third = '']) => {
        folder = dirname(first);
        for (const path of [first, third]) await writeFile(path, 'whole');
        await mkdir(second);
        return [];
      });
      await assert.rejects(making, { code: 'unavailable' });
      assert.deepEqual(await readdir(folder), []);
    });
  });
}
