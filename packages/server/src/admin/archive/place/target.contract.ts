import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { putText, readText, type Target } from './target.ts';

export interface TargetHarness extends AsyncDisposable {
  /** An empty target. */
  readonly target: Target;
}

async function* chunks(...given: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* given;
}

async function* failing(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
  throw new RangeError('the source has failed');
}

const get = async (target: Target, path: string): Promise<Buffer | undefined> => {
  const stream = await target.get(path);
  return stream && buffer(stream);
};

const paths = async (target: Target, prefix = ''): Promise<string[]> =>
  (await Array.fromAsync(target.list(prefix))).map(({ path }) => path).toSorted();

/** Every adapter of a target passes it. */
export function describeTarget(name: string, createHarness: () => Promise<TargetHarness>): void {
  describe(`a target: ${name}`, () => {
    it('gives back what was put, also when it is replaced, and knows its size', async () => {
      await using harness = await createHarness();
      const { target } = harness;
      assert.deepEqual(await get(target, 'objects/ab/one'), undefined);
      assert.equal(await target.sizeOf('objects/ab/one'), undefined);
      for (const bytes of [randomBytes(70_000), Buffer.alloc(0), randomBytes(3)]) {
        await target.put('objects/ab/one', chunks(bytes.subarray(0, 2), bytes.subarray(2)), {
          sizeBytes: bytes.length,
        });
        assert.deepEqual(await get(target, 'objects/ab/one'), bytes);
        assert.equal(await target.sizeOf('objects/ab/one'), bytes.length);
      }
    });

    it('stores many megabytes of an unknown size byte for byte', async () => {
      await using harness = await createHarness();
      const bytes = randomBytes(17 * 1_048_576 + 5);
      const parts = [bytes.subarray(0, 9_000_000), bytes.subarray(9_000_000)];
      await harness.target.put('records.jsonl', chunks(...parts));
      const got = await get(harness.target, 'records.jsonl');
      assert(got?.equals(bytes), 'expected the same bytes; got others');
    });

    it('stores nothing of a source that fails, and throws its error', async () => {
      await using harness = await createHarness();
      const { target } = harness;
      await putText(target, 'objects/kept', 'kept');
      for (const bytes of [randomBytes(10), randomBytes(9 * 1_048_576)]) {
        for (const path of ['objects/kept', 'objects/new'])
          await assert.rejects(target.put(path, failing(bytes)), RangeError);
      }
      assert.deepEqual(await paths(target), ['objects/kept']);
      assert.equal(await readText(target, 'objects/kept'), 'kept');
    });

    it('lists files below a prefix with their sizes, and deletes them', async () => {
      await using harness = await createHarness();
      const { target } = harness;
      const all = ['mark.json', 'objects/ab/a', 'objects/ab/b', 'objects/abc/a', 'objects/cd/a'];
      for (const path of all) await putText(target, path, path);
      assert.deepEqual(await paths(target), all);
      assert.deepEqual(await paths(target, 'objects/ab/'), ['objects/ab/a', 'objects/ab/b']);
      assert.deepEqual(await paths(target, 'backups/'), []);
      const [first] = await Array.fromAsync(target.list('objects/cd/'));
      assert.deepEqual(first, { path: 'objects/cd/a', sizeBytes: 12 });
      await target.delete(['objects/ab/a', 'objects/ab/b', 'objects/none/a', 'mark.json']);
      assert.deepEqual(await paths(target), ['objects/abc/a', 'objects/cd/a']);
      await putText(target, 'objects/ab/a', 'again');
      assert.equal(await readText(target, 'objects/ab/a'), 'again');
    });

    it('lets one of several create a file, and one replace it', async () => {
      await using harness = await createHarness();
      const { target } = harness;
      const texts = ['a', 'b', 'c', 'd', 'e'];
      const created = await Promise.all(texts.map((text) => target.create('lock.json', text)));
      assert.equal(created.filter(Boolean).length, 1);
      const first = texts[created.indexOf(true)] ?? '';
      assert.equal(await readText(target, 'lock.json'), first);
      assert.equal(await target.create('lock.json', 'f'), false);

      const replaced = await Promise.all(texts.map((text) => target.replace('lock.json', first, `${text}2`)));
      assert.equal(replaced.filter(Boolean).length, 1);
      assert.equal(await readText(target, 'lock.json'), `${texts[replaced.indexOf(true)]}2`);
      assert.equal(await target.replace('lock.json', first, 'g'), false);
      assert.equal(await target.replace('none.json', '', 'g'), false);
      assert.equal(await readText(target, 'none.json'), undefined);
    });

    it('takes no path outside', async () => {
      await using harness = await createHarness();
      for (const path of ['../a', '/a', 'a//b', 'a/../b', '.a', 'a/'])
        await assert.rejects(putText(harness.target, path, ''), TypeError);
    });
  });
}
