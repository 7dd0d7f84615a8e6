import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { temporaryFolder } from '../../test/faults/file-systems.ts';
import { BUILD, COMMIT, commitOf, VERSION } from './version.ts';

const execute = promisify(execFile);
const WHO = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', '-c', 'commit.gpgsign=false'];

describe('the commit of a clone', () => {
  it('is read from a branch, a packed branch, a worktree and a detached HEAD', async () => {
    await using folder = await temporaryFolder();
    const clone = join(folder.path, 'clone');
    const git = async (...args: string[]) =>
      (await execute('git', ['-C', clone, ...WHO, ...args], { env: { PATH: process.env['PATH'] } })).stdout.trim();
    await mkdir(clone);
    await git('init', '--quiet', '--initial-branch', 'area/topic');
    assert.equal(commitOf(join(clone, '.git')), undefined, 'before the first commit');
    await git('commit', '--quiet', '--allow-empty', '--message', 'first');
    const first = await git('rev-parse', 'HEAD');
    assert.equal(commitOf(join(clone, '.git')), first);
    await git('pack-refs', '--all');
    assert.equal(commitOf(join(clone, '.git')), first);
    await git('worktree', 'add', '--quiet', '-b', 'other', join(folder.path, 'tree'));
    await git('commit', '--quiet', '--allow-empty', '--message', 'second');
    const second = await git('rev-parse', 'HEAD');
    assert.deepEqual([commitOf(join(clone, '.git')), commitOf(join(folder.path, 'tree/.git'))], [second, first]);
    await git('checkout', '--quiet', '--detach', first);
    assert.equal(commitOf(join(clone, '.git')), first);
  });

  it('is unknown without a clone, and in a damaged one', async () => {
    await using folder = await temporaryFolder();
    const git = join(folder.path, '.git');
    assert.equal(commitOf(git), undefined);
    await writeFile(git, 'gitdir: nowhere');
    assert.equal(commitOf(git), undefined);
    await rm(git);
    await mkdir(git);
    for (const head of ['', 'ref: ../../secret', 'ref: refs/heads/none', 'a'.repeat(39), `${'a'.repeat(40)}z`]) {
      await writeFile(join(git, 'HEAD'), head);
      assert.equal(commitOf(git), undefined, head);
    }
  });

  it('is the build metadata of the version', () => {
    assert.equal(COMMIT, commitOf(join(import.meta.dirname, '../../../../.git')));
    assert.equal(BUILD, COMMIT === undefined ? VERSION : `${VERSION}+${COMMIT.slice(0, 12)}`);
    assert.match(BUILD, /^\d+\.\d+\.\d+(?:\+[0-9a-f]{12})?$/);
  });
});
