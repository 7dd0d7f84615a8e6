import assert from 'node:assert/strict';
import fs, { statSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { until } from '../processes/process-list.fixture.ts';
import { createJobFolder, MAX_OUTPUT_BYTES, SMALL_OUTPUT_BYTES, UnexpectedFile } from './job-folder.ts';

describe('the folder of a job', () => {
  let parent: string;
  let original: string;
  before(async () => {
    parent = await mkdtemp(join(tmpdir(), 'job-folder-'));
    original = join(parent, 'original');
    await writeFile(original, 'pixels');
  });
  after(() => rm(parent, { recursive: true }));

  it('is accessible to its owner only', async () => {
    const folder = createJobFolder(join(parent, 'new'));
    for (const path of [folder.inputs, folder.outputs]) assert.equal((await stat(path)).mode & 0o777, 0o700);
    await folder.remove();
    assert.deepEqual(await readdir(join(parent, 'new')), []);
  });

  it('contains the files of a job as hard links, until it is emptied', async () => {
    const folder = createJobFolder(parent);
    const other = join(parent, 'other');
    await writeFile(other, 'mark');
    const files = [original, other, original];
    await folder.bring(files, 0);
    for (const [index, file] of files.entries())
      assert.equal((await stat(folder.input(index))).ino, (await stat(file)).ino);
    assert.throws(() => folder.input(3), /expected an input 3; got 3 inputs/);
    await folder.empty();
    assert.deepEqual(await readdir(folder.inputs), []);
    assert.equal(await readFile(original, 'utf8'), 'pixels');
    await folder.remove();
  });

  it('copies outputs, because a decoder may still write to its own file', async () => {
    const folder = createJobFolder(parent);
    await folder.bring([original], 1);
    for (const size of [9, 3 * SMALL_OUTPUT_BYTES]) {
      await writeFile(folder.output(0), Buffer.alloc(size, 'rendition'));
      const bytes = await folder.read(0);
      await writeFile(folder.output(0), 'something else');
      assert.ok(bytes.equals(Buffer.alloc(size, 'rendition')));
    }
    await folder.remove();
  });

  it('has one output more than its largest job, empties them and uses them again', async () => {
    const folder = createJobFolder(parent);
    await folder.bring([original], 2);
    const held = await open(folder.output(0), 'w'); // by a decoder that means to fill the disk with files that have no name
    await held.write('pixels');
    await folder.empty();
    await until(async () => (await held.stat()).size === 0);
    const used = new Set<string>();
    for (const needed of [1, 2, 1, 2]) {
      await folder.bring([original], needed);
      for (let index = 0; index < needed; index++) {
        used.add(folder.output(index));
        await writeFile(folder.output(index), 'more pixels');
      }
      await folder.empty();
    }
    assert.ok(used.has(join(folder.outputs, '0')));
    assert.deepEqual(await readdir(folder.outputs), ['0', '1', '2']);
    await held.close();
    await folder.remove();
  });

  it('gives a job empty outputs, whatever a decoder has written to those of others', async () => {
    const folder = createJobFolder(parent);
    await folder.bring([original], 2);
    for (let round = 0; round < 20; round++) {
      const all = (await readdir(folder.outputs)).map((name) => join(folder.outputs, name));
      for (const path of all) await writeFile(path, Buffer.alloc(3 * SMALL_OUTPUT_BYTES, 'planted'));
      await folder.empty();
      await folder.bring([original], 1 + (round % 2));
      for (let index = 0; index <= round % 2; index++) assert.equal(statSync(folder.output(index)).size, 0);
    }
    await folder.remove();
  });

  it('has outputs for every job on a file system that counts blocks of an empty file', {
    timeout: 60_000,
  }, async (t) => {
    const { fstatSync } = fs;
    t.mock.method(fs, 'fstatSync', (file: number) => Object.assign(fstatSync(file), { blocks: 1 }));
    syncBuiltinESMExports();
    try {
      const folder = createJobFolder(parent);
      for (let job = 0; job < 3; job++) {
        await folder.bring([original], 1);
        await writeFile(folder.output(0), 'rendition');
        await folder.empty();
      }
      await folder.remove();
    } finally {
      t.mock.restoreAll();
      syncBuiltinESMExports();
    }
  });

  it('tries again to empty an output that it could not empty', async (t) => {
    const folder = createJobFolder(parent);
    await folder.bring([original], 1);
    const some = await open(original);
    const truncating = t.mock.method(Object.getPrototypeOf(some), 'truncate', async () => {
      throw Object.assign(new Error('a full disk'), { code: 'ENOSPC' });
    });
    await some.close();
    for (const name of await readdir(folder.outputs)) await writeFile(join(folder.outputs, name), 'rendition');
    await folder.empty();
    await assert.rejects(folder.bring([original], 1), { code: 'ENOSPC' });
    truncating.mock.restore();
    await folder.bring([original], 1);
    assert.equal(statSync(folder.output(0)).size, 0);
    await folder.remove();
  });

  const PLANTED: Record<string, (path: string) => Promise<unknown>> = {
    'a symbolic link': async (path) => {
      await rm(path);
      await symlink(original, path);
    },
    'a folder': async (path) => {
      await rm(path);
      await mkdir(path);
    },
    'an empty file': async () => {},
    'a file that is too large': (path) => truncate(path, MAX_OUTPUT_BYTES + 1),
  };
  for (const [what, plant] of Object.entries(PLANTED))
    it(`refuses ${what} as an output`, async () => {
      const folder = createJobFolder(parent);
      await folder.bring([original], 1);
      await plant(folder.output(0));
      await assert.rejects(folder.read(0), UnexpectedFile);
      await folder.remove();
    });

  it('empties a large output', async () => {
    const folder = createJobFolder(parent);
    await folder.bring([original], 1);
    await truncate(folder.output(0), 3 * SMALL_OUTPUT_BYTES);
    await folder.empty();
    await until(async () => (await stat(folder.output(0))).size === 0);
    await folder.remove();
  });

  it('can be used after a file that it could not link', async () => {
    const folder = createJobFolder(parent);
    await writeFile(join(parent, 'other'), 'of a job that was never sent');
    await assert.rejects(folder.bring([join(parent, 'other'), join(parent, 'absent')], 0), { code: 'ENOENT' });
    await folder.bring([original], 0);
    assert.deepEqual(await readFile(folder.input(0)), await readFile(original));
    assert.deepEqual(await readdir(folder.inputs), [basename(folder.input(0))]);
    await folder.empty();
    assert.deepEqual(await readdir(folder.inputs), []);
    await folder.remove();
  });

  it('cannot be emptied if a decoder left another file in it', async () => {
    const folder = createJobFolder(parent);
    await folder.bring([original], 1);
    await writeFile(join(folder.outputs, 'more'), '');
    await assert.rejects(folder.empty(), UnexpectedFile);
    await folder.remove();
  });
});
