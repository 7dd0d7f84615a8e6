import assert from 'node:assert/strict';
import { mkdir, mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { createDiskObjectStore } from './disk.ts';
import { ignoresCase } from './ignores-case.ts';

it('a disk ignores case if the folder for staged files has a second name', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-case-'));
  createDiskObjectStore({ root: folder.path, bucket: 'test' });
  assert.equal(ignoresCase(folder.path), false);
  await mkdir(join(folder.path, 'TMP')); // as such a disk shows it
  assert.equal(ignoresCase(folder.path), true);
});
