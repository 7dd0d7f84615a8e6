import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '../..');
const WHO = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org'];

export const git = async (cwd: string, ...args: readonly string[]): Promise<string> =>
  (await promisify(execFile)('git', args, { cwd })).stdout.trim();

/** The reason to skip tests of releases, or false: sources without their history can't be released. */
export const NO_REPOSITORY = existsSync(join(ROOT, '.git')) ? false : 'needs a clone of the repository';

/** The date of the clone's last commit, in its own time zone. */
export const COMMITTED_AT = '2026-01-02T23:30:00-05:00';

/** A clone of this repository, whose last commit has what isn't committed yet, and a change that is unreleased. */
export async function cloneOf(folder: string, name: string): Promise<string> {
  const clone = join(folder, name);
  await git(ROOT, 'clone', '--quiet', ROOT, clone);
  const changed = await git(ROOT, 'ls-files', '--modified', '--others', '--exclude-standard', '--deduplicate');
  for (const path of changed.split('\n').filter(Boolean)) await cp(join(ROOT, path), join(clone, path));
  const changelog = join(clone, 'CHANGELOG.md');
  const text = await readFile(changelog, 'utf8');
  await writeFile(
    changelog,
    text.replace('## Unreleased\n', () => '## Unreleased\n\n- A change for a test.\n'),
  );
  await git(clone, 'add', '--all');
  await promisify(execFile)('git', [...WHO, 'commit', '--quiet', '--message', 'as it is'], {
    cwd: clone,
    env: { ...process.env, GIT_AUTHOR_DATE: COMMITTED_AT, GIT_COMMITTER_DATE: COMMITTED_AT },
  });
  return clone;
}
