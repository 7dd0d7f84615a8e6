import { execFile } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '../..');
const WHO = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org'];

export const git = async (cwd: string, ...args: readonly string[]): Promise<string> =>
  (await promisify(execFile)('git', args, { cwd })).stdout.trim();

/** A clone of this repository, whose last commit has what isn't committed yet. */
export async function cloneOf(folder: string, name: string): Promise<string> {
  const clone = join(folder, name);
  await git(ROOT, 'clone', '--quiet', ROOT, clone);
  const changed = await git(ROOT, 'ls-files', '--modified', '--others', '--exclude-standard', '--deduplicate');
  for (const path of changed.split('\n').filter(Boolean)) await cp(join(ROOT, path), join(clone, path));
  await git(clone, 'add', '--all');
  await git(clone, ...WHO, 'commit', '--quiet', '--allow-empty', '--message', 'as it is');
  return clone;
}
