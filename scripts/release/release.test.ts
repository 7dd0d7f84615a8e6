import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { cutChangelog, notesOf } from './changelog.ts';
import { cloneOf, git } from './clone.fixture.ts';
import { requireAbove, versionOf } from './version.ts';

const execute = promisify(execFile);

describe('the version of a release', () => {
  it('is above the present one', () => {
    for (const [version, present] of [
      ['0.2.0', '0.1.0'],
      ['0.10.0', '0.9.1'],
      ['1.0.0-rc.1', '0.9.0'],
      ['1.0.0', '1.0.0-rc.1'],
      ['1.0.0-rc.2', '1.0.0-rc.1'],
    ] as const)
      requireAbove(version, present);
    for (const version of ['0.1.0', '0.0.9', '0.1.0-rc.1', 'v0.2.0', '0.2', '0.2.0+1', '00.2.0', '../0.2.0', ''])
      assert.throws(() => requireAbove(version, '0.1.0'), /^Error: expected a version above 0\.1\.0, /, version);
  });
});

describe('the CHANGELOG', () => {
  const text = '# Changelog\n\n## Unreleased\n\n### Added\n- $& is new\n\n## 0.1.0 - 2026-01-02\n\n- first\n';
  it('is cut, with nothing unreleased left', () => {
    const cut = cutChangelog(text, { version: '0.2.0', date: '2026-11-25' });
    assert.match(cut, /^## Unreleased\n\n## 0\.2\.0 - 2026-11-25\n\n### Added\n/m);
    assert.deepEqual([notesOf(cut, '0.2.0'), notesOf(cut, '0.1.0')], ['### Added\n- $& is new', '- first']);
    assert.throws(() => cutChangelog(cut, { version: '0.3.0', date: '2026-11-26' }), /expected changes below/);
    assert.throws(
      () => cutChangelog(text, { version: '0.1.0', date: '2026-11-26' }),
      /a version that CHANGELOG\.md lacks/,
    );
    assert.equal(notesOf(cut, '0.2'), undefined);
  });
});

describe('npm run release', () => {
  let folder: string;
  let clone: string;
  const release = (...args: string[]) =>
    execute(process.execPath, ['scripts/release.ts', ...args], {
      cwd: clone,
      env: {
        ...process.env,
        GIT_AUTHOR_NAME: 'Ada',
        GIT_AUTHOR_EMAIL: 'a@example.org',
        GIT_COMMITTER_NAME: 'Ada',
        GIT_COMMITTER_EMAIL: 'a@example.org',
      },
    });
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'safelight-release-test-'));
    clone = await cloneOf(folder, 'clone');
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('refuses other arguments, and a version that is not above', async () => {
    for (const args of [[], ['0.9.0', '1.0.0'], ['--files', '0.9.0'], ['--files', '--dry-run'], ['--publish']])
      await assert.rejects(release(...args), { code: 1 });
    await assert.rejects(release('0.0.1'), { code: 1, stderr: /^expected a version above / });
    await assert.rejects(release('--files'), {
      code: 1,
      stderr: /^expected a section for \S+ in CHANGELOG\.md: npm run/,
    });
    assert.equal(await git(clone, 'status', '--porcelain'), '');
  });

  it('makes a commit and a tag, with the version everywhere', async () => {
    const former = await versionOf(clone);
    const { stdout } = await release('99.0.0');
    assert.match(stdout, /git push --follow-tags/);
    assert.equal(await git(clone, 'describe', '--tags'), 'v99.0.0');
    assert.equal(await git(clone, 'log', '-1', '--format=%s'), 'release: 99.0.0');
    assert.equal(await git(clone, 'status', '--porcelain'), '');
    const paths = [
      '*.md',
      'openapi.json',
      '*package.json',
      'examples',
      ':!CHANGELOG.md',
      ':!docs/decisions',
      ':!deploy/aws',
      ':!contract-tools',
    ];
    const found = await git(clone, 'grep', '--fixed-strings', '--name-only', former, '--', ...paths).catch(() => '');
    assert.equal(found, '', `expected no file with ${former}`);
    const lock = JSON.parse(await readFile(join(clone, 'package-lock.json'), 'utf8'));
    const locked = ['', 'packages/server', 'packages/web'].map((path) => lock.packages[path].version);
    assert.deepEqual([lock.version, ...locked], Array(4).fill('99.0.0'));
    await assert.rejects(release('99.0.0'), { code: 1, stderr: /^expected a version/ });
  });

  it('refuses a tree with changes', async () => {
    await git(clone, 'rm', '--quiet', 'LICENSE');
    await assert.rejects(release('99.0.1'), { code: 1, stderr: /^expected a tree without changes/ });
    await git(clone, 'reset', '--quiet', '--hard');
  });
});
