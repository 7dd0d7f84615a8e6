/**
 * `npm run release -- VERSION`: cuts the CHANGELOG, sets the version, and makes the commit and the tag of a release,
 * for a person to push. --dry-run: the same in a copy of this commit, and then the files to publish, in
 * dist/release/VERSION. --files: the files of the version that this commit is, as the workflow of a tag publishes them.
 * docs/releasing.md has the steps of a release.
 */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { cutChangelog, notesOf } from './release/changelog.ts';
import { requireNotBelow, textsWithVersion, versionOf } from './release/version.ts';

const execute = promisify(execFile);
const ROOT = resolve(import.meta.dirname, '..');
const USAGE = 'Usage: npm run release -- VERSION [--dry-run]   or   npm run release -- --files';

const git = async (
  root: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> => (await execute('git', args, { cwd: root, env: { ...process.env, ...env } })).stdout.trim();

/** Writes version and CHANGELOG, all or nothing. */
async function prepare(root: string, { version, date }: { version: string; date: string }): Promise<void> {
  const present = await versionOf(root);
  requireNotBelow(version, present);
  const changelog = await readFile(join(root, 'CHANGELOG.md'), 'utf8');
  const texts = await textsWithVersion(root, { from: present, to: version });
  texts.set('CHANGELOG.md', cutChangelog(changelog, { version, date: date.slice(0, 10) }));
  for (const [path, text] of texts) await writeFile(join(root, path), text);
}

async function release(version: string): Promise<void> {
  if ((await git(ROOT, ['status', '--porcelain'])) !== '')
    throw new Error('expected a tree without changes, which the release would take in; git status has some');
  const tag = `v${version}`;
  if ((await git(ROOT, ['tag', '--list', tag])) !== '')
    throw new Error(`expected a version without a tag; there is ${tag}`);
  const head = await git(ROOT, ['rev-parse', 'HEAD']);
  try {
    await prepare(ROOT, { version, date: new Date().toISOString() });
    await git(ROOT, ['commit', '--all', '--quiet', '--message', `release: ${version}`]);
    await git(ROOT, ['tag', '--annotate', tag, '--message', `Safelight ${version}`]);
  } catch (error) {
    await git(ROOT, ['reset', '--quiet', '--hard', head]); // there was nothing else in the tree
    throw error;
  }
  console.log(`Made the commit and the tag ${tag}. This publishes it:
git push --atomic origin HEAD:main ${tag}`);
}

/** Nothing of the copy's folder, of this moment or of this machine gets into the files. */
async function rehearse(version: string): Promise<void> {
  const copy = await mkdtemp(join(tmpdir(), 'safelight-rehearsal-'));
  try {
    if ((await git(ROOT, ['status', '--porcelain'])) !== '')
      console.log('The tree has changes: the dry run takes the last commit, without them.');
    await git(ROOT, ['clone', '--quiet', '--no-hardlinks', ROOT, copy]);
    const [name = '', email = '', date = ''] = (await git(copy, ['log', '-1', '--format=%an%n%ae%n%cI'])).split('\n');
    await prepare(copy, { version, date });
    const who = { GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email, GIT_AUTHOR_DATE: date };
    const same = { ...who, GIT_COMMITTER_NAME: name, GIT_COMMITTER_EMAIL: email, GIT_COMMITTER_DATE: date };
    await git(copy, ['commit', '--all', '--quiet', '--no-gpg-sign', '--message', `release: ${version}`], same);
    await execute('npm', ['ci', '--no-audit', '--no-fund', '--prefer-offline'], {
      cwd: copy,
      maxBuffer: 64 * 1_048_576,
    });
    await execute(process.execPath, ['scripts/release.ts', '--files'], { cwd: copy, maxBuffer: 64 * 1_048_576 });
    const folder = join(ROOT, 'dist/release', version);
    await rm(folder, { recursive: true, force: true });
    await cp(join(copy, 'dist/release', version), folder, { recursive: true });
    console.log(`Dry run: nothing is committed, tagged or published. A release of ${version} would publish:`);
    await list(folder);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

async function writeFiles(): Promise<void> {
  const version = await versionOf(ROOT);
  const notes = notesOf(await readFile(join(ROOT, 'CHANGELOG.md'), 'utf8'), version);
  if (!notes)
    throw new Error(`expected a section for ${version} in CHANGELOG.md: npm run release -- ${version} cuts it`);
  const { writeReleaseFiles } = await import('./release/release-files.ts'); // it needs packages; the commit needs none
  await list(await writeReleaseFiles(ROOT, { version, notes }));
}

async function list(folder: string): Promise<void> {
  for (const name of (await readdir(folder)).toSorted()) {
    const { size } = await stat(join(folder, name));
    console.log(`${relative(process.cwd(), join(folder, name))}: ${Math.ceil(size / 1_024)} KB`);
  }
}

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { 'dry-run': { type: 'boolean', default: false }, files: { type: 'boolean', default: false } },
  });
  const [version, ...more] = positionals;
  if (more.length > 0 || values.files === (version !== undefined) || (values.files && values['dry-run']))
    throw new Error(USAGE);
  if (version === undefined) await writeFiles();
  else if (values['dry-run']) await rehearse(version);
  else await release(version);
} catch (error) {
  const { stderr } = Object(error);
  console.error(error instanceof Error ? error.message : String(error));
  if (stderr) console.error(stderr);
  process.exitCode = 1;
}
