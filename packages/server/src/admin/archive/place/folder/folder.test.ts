import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtempDisposable, readdir, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { CANNOT_MOUNT, fillUp, mountMemory } from '../../../../../test/faults/file-systems.ts';
import { describeTarget } from '../target.contract.ts';
import { putText, readText } from '../target.ts';
import { openFolderTarget } from './folder.ts';

async function createHarness() {
  const folder = await mkdtempDisposable(join(tmpdir(), 'safelight-target-'));
  const path = join(folder.path, 'target');
  await mkdir(path);
  const target = await openFolderTarget({ name: path, path });
  return { target, path, [Symbol.asyncDispose]: () => folder.remove() };
}

describeTarget('a folder', createHarness);

async function* repeated(bytes: Uint8Array, times: number): AsyncGenerator<Uint8Array> {
  for (let count = 0; count < times; count += 1) yield bytes;
}

describe('a target in a folder', () => {
  it('is readable for its owner only', async () => {
    await using harness = await createHarness();
    await putText(harness.target, 'backups/one/records.jsonl', 'private');
    await harness.target.create('lock.json', 'one');
    await harness.target.replace('lock.json', 'one', 'two');
    const modeOf = async (path: string) => ((await stat(join(harness.path, path))).mode & 0o777).toString(8);
    for (const folder of ['tmp', 'backups', 'backups/one']) assert.equal(await modeOf(folder), '700', folder);
    for (const file of ['backups/one/records.jsonl', 'lock.json']) assert.equal(await modeOf(file), '600', file);
  });

  it('has a small file whole or not at all, at any moment', async () => {
    await using harness = await createHarness();
    const { target } = harness;
    const path = join(harness.path, 'lock.json');
    const seen = new Set<string>();
    for (let round = 0; round < 100; round += 1) {
      let isMade = false;
      const making = target.create('lock.json', 'whole').finally(() => {
        isMade = true;
      });
      while (!isMade) {
        if (existsSync(path)) seen.add(readFileSync(path, 'utf8'));
        await nextTurn();
      }
      assert.equal(await making, true);
      await target.delete(['lock.json']);
    }
    assert.deepEqual(
      [...seen].filter((text) => text !== 'whole'),
      [],
    );
  });

  it('removes what a process left that was killed a day ago, nothing newer, and nothing of others', async () => {
    await using harness = await createHarness();
    const at = (name: string) => join(harness.path, 'tmp', name);
    const [old, recent, letter] = [randomUUID(), randomUUID(), 'letter.odt'];
    await mkdir(join(harness.path, 'tmp'));
    for (const name of [old, recent, letter]) await writeFile(at(name), name);
    for (const name of [old, letter]) await utimes(at(name), new Date(), new Date(Date.now() - 2 * 86_400_000));
    await putText(harness.target, 'mark.json', '');
    assert.deepEqual((await readdir(join(harness.path, 'tmp'))).toSorted(), [recent, letter].toSorted());
    const listed = (await Array.fromAsync(harness.target.list(''))).map(({ path }) => path);
    assert.deepEqual(listed.toSorted(), ['mark.json', 'tmp/letter.odt']);
  });

  it('that is gone, or that another folder replaced, is said, and never made again', async () => {
    await using harness = await createHarness();
    const { target, path } = harness;
    await putText(target, 'objects/ab/a', 'a');
    await rename(path, `${path}-moved`);
    const isGone = {
      code: 'unavailable',
      detail: /^The target .* is gone: expected the folder of the start; got none$/,
    };
    await assert.rejects(putText(target, 'objects/ab/b', 'b'), isGone);
    await assert.rejects(readText(target, 'objects/ab/a'), isGone);
    await assert.rejects(Array.fromAsync(target.list('')), isGone);
    await assert.rejects(stat(path), { code: 'ENOENT' });
    await mkdir(path); // as an unmounted disk leaves one
    await assert.rejects(putText(target, 'objects/ab/b', 'b'), { detail: /got another one$/ });
    await assert.rejects(Array.fromAsync(target.list('objects/')), { detail: /got another one$/ });
    assert.deepEqual(await readdir(path), []);
  });

  it('that is full is said, before and in the middle of a file, and keeps no part of it', {
    skip: CANNOT_MOUNT,
  }, async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-target-'));
    const path = join(folder.path, 'disk');
    await using _ = await mountMemory(path, 24);
    const target = await openFolderTarget({ name: '/backups', path });
    await putText(target, 'objects/ab/a', 'a');
    const megabyte = randomBytes(1_048_576);
    const isFull = { code: 'insufficient-storage', detail: /^The target \/backups is full: expected / };
    await assert.rejects(target.put('objects/ab/b', repeated(megabyte, 9), { sizeBytes: 9 * 1_048_576 }), isFull);
    await assert.rejects(target.put('objects/ab/b', repeated(megabyte, 40)), isFull);
    assert.deepEqual(await readdir(join(path, 'tmp')), []);
    assert.deepEqual(await readdir(join(path, 'objects', 'ab')), ['a']);
    await target.put('objects/ab/b', repeated(megabyte, 1), { sizeBytes: 1_048_576 });
  });

  it('that is full still has room for a lock, and keeps the former one if others have filled it to its last byte', {
    skip: CANNOT_MOUNT,
  }, async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-target-'));
    const path = join(folder.path, 'disk');
    await using _ = await mountMemory(path, 16);
    const target = await openFolderTarget({ name: '/backups', path });
    await assert.rejects(putText(target, 'objects/ab/a', 'a'), { code: 'insufficient-storage' });
    assert.equal(await target.create('lock.json', 'one'), true);
    assert.equal(await target.replace('lock.json', 'one', 'two'), true);
    fillUp(join(path, 'of-others'));
    await assert.rejects(target.replace('lock.json', 'two', 'three'), { code: 'insufficient-storage' });
    assert.equal(await readText(target, 'lock.json'), 'two');
  });
});
