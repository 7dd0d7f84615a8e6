import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { cutChangelog, notesOf } from './changelog.ts';
import { cloneOf, git, NO_REPOSITORY } from './clone.fixture.ts';
import { requireNotBelow, versionOf } from './version.ts';

const execute = promisify(execFile);

describe('the version of a release', () => {
  it('is the present one or above', () => {
    for (const [version, present] of [
      ['0.1.0', '0.1.0'],
      ['0.2.0', '0.1.0'],
      ['0.10.0', '0.9.1'],
      ['1.0.0-rc.1', '0.9.0'],
      ['1.0.0', '1.0.0-rc.1'],
      ['1.0.0-rc.2', '1.0.0-rc.1'],
      ['1.0.0-rc.10', '1.0.0-rc.9'],
      ['1.0.0-rc.1', '1.0.0-beta.2'],
      ['1.0.0-rc.1.1', '1.0.0-rc.1'],
    ] as const)
      requireNotBelow(version, present);
    for (const version of ['0.0.9', '0.1.0-rc.1', 'v0.2.0', '0.2', '0.2.0+1', '00.2.0', '../0.2.0', ''])
      assert.throws(() => requireNotBelow(version, '0.1.0'), /^Error: expected a version from 0\.1\.0 on, /, version);
    for (const version of ['1.0.0-rc.1', '1.0.0-beta', '1.0.0-rc..3', '1.0.0-03', '1.0.0-rc.3.'])
      assert.throws(() => requireNotBelow(version, '1.0.0-rc.2'), /^Error: expected a version from /, version);
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

describe('npm run release', { skip: NO_REPOSITORY }, () => {
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

  it('refuses other arguments, and a version below the present one', async () => {
    for (const args of [[], ['0.9.0', '1.0.0'], ['--files', '0.9.0'], ['--files', '--dry-run'], ['--publish']])
      await assert.rejects(release(...args), { code: 1 });
    await assert.rejects(release('0.0.1'), { code: 1, stderr: /^expected a version from / });
    assert.equal(await git(clone, 'status', '--porcelain'), '');
    const manifest = join(clone, 'package.json');
    const text = await readFile(manifest, 'utf8');
    await writeFile(manifest, text.replace(/"version": "[^"]+"/, '"version": "98.0.0"'));
    await assert.rejects(release('--files'), {
      code: 1,
      stderr: /^expected a section for 98\.0\.0 in CHANGELOG\.md: npm run/,
    });
    await git(clone, 'checkout', '--quiet', '--', '.');
  });

  it('makes a commit and a tag, with the version everywhere', async () => {
    const former = await versionOf(clone);
    const { stdout } = await release('99.0.0');
    assert.match(stdout, /git push --atomic origin HEAD:main v99\.0\.0$/m);
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
      ':!test/contract-tools',
    ];
    const found = await git(clone, 'grep', '--fixed-strings', '--name-only', former, '--', ...paths).catch(() => '');
    assert.equal(found, '', `expected no file with ${former}`);
    const lock = JSON.parse(await readFile(join(clone, 'package-lock.json'), 'utf8'));
    const locked = ['', 'packages/server', 'packages/web'].map((path) => lock.packages[path].version);
    assert.deepEqual([lock.version, ...locked], Array(4).fill('99.0.0'));
    await assert.rejects(release('99.0.0'), { code: 1, stderr: /^expected a version/ });
  });

  it('leaves nothing if git refuses the commit, or the tag', async () => {
    const before = await git(clone, 'rev-parse', 'HEAD');
    const changelog = join(clone, 'CHANGELOG.md');
    await writeFile(
      changelog,
      (await readFile(changelog, 'utf8')).replace('## Unreleased\n', '## Unreleased\n\n- More.\n'),
    );
    await git(clone, 'commit', '--all', '--quiet', '--message', 'more');
    const head = await git(clone, 'rev-parse', 'HEAD');
    assert.notEqual(head, before);
    const hook = join(clone, '.git/hooks/pre-commit');
    await writeFile(hook, '#!/bin/sh\nexit 1\n');
    await chmod(hook, 0o755);
    await assert.rejects(release('99.1.0'), { code: 1 });
    assert.deepEqual([await git(clone, 'rev-parse', 'HEAD'), await git(clone, 'status', '--porcelain')], [head, '']);
    await rm(hook);
    await git(clone, 'config', 'tag.gpgSign', 'true');
    await git(clone, 'config', 'gpg.program', 'false');
    await assert.rejects(release('99.1.0'), { code: 1 });
    assert.deepEqual([await git(clone, 'rev-parse', 'HEAD'), await git(clone, 'status', '--porcelain')], [head, '']);
    await git(clone, 'config', 'tag.gpgSign', 'false');
    await release('99.1.0-rc.1');
    await release('99.1.0').catch(({ stderr }) => assert.match(stderr, /^expected changes below/));
  });

  it('refuses a tree with changes', async () => {
    await git(clone, 'rm', '--quiet', 'LICENSE');
    await assert.rejects(release('99.0.1'), { code: 1, stderr: /^expected a tree without changes/ });
    await git(clone, 'reset', '--quiet', '--hard');
  });
});
