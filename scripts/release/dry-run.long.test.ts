import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { COMMITTED_AT, cloneOf, git, NO_REPOSITORY } from './clone.fixture.ts';

const execute = promisify(execFile);

describe('a dry run of a release', { skip: NO_REPOSITORY }, () => {
  it('leaves a fresh clone as it was, and the same files twice', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'safelight-dry-run-'));
    try {
      const first = await cloneOf(folder, 'first');
      await git(first, 'clone', '--quiet', first, join(folder, 'second, in another place'));
      const runs: (readonly (readonly [string, string])[])[] = [];
      for (const clone of [first, join(folder, 'second, in another place')]) {
        const head = await git(clone, 'rev-parse', 'HEAD');
        const npm = { cwd: clone, maxBuffer: 64 * 1_048_576 };
        await execute('npm', ['ci', '--prefer-offline'], npm);
        const { stdout } = await execute('npm', ['run', 'release', '--', '99.0.0', '--dry-run'], npm);
        assert.match(stdout, /^Dry run: nothing is committed, tagged or published\./m);
        assert.deepEqual(
          [await git(clone, 'rev-parse', 'HEAD'), await git(clone, 'status', '--porcelain'), await git(clone, 'tag')],
          [head, '', ''],
        );
        const files = join(clone, 'dist/release/99.0.0');
        await execute('sha256sum', ['--check', 'SHA256SUMS'], { cwd: files });
        const names = (await readdir(files)).toSorted();
        runs.push(
          await Promise.all(names.map(async (name) => [name, await readFile(join(files, name), 'base64')] as const)),
        );
      }
      const [one = [], other = []] = runs;
      const functions = ['http', 'worker'].flatMap((name) =>
        ['arm64', 'x86_64'].map((arch) => `safelight-99.0.0-${name}-${arch}.zip`),
      );
      const packages = ['cli', 'client', 'server'].map((name) => `safelight-${name}-99.0.0.tgz`);
      const others = ['SHA256SUMS', 'notes.md', 'safelight-99.0.0.cdx.json', 'safelight-aws-99.0.0.zip'];
      assert.deepEqual(
        one.map(([name]) => name),
        [...functions, ...packages, ...others].toSorted(),
      );
      for (const [index, [name, bytes]] of one.entries())
        assert.ok(other[index]?.[1] === bytes, `expected the same ${name}`);
      const parts = JSON.parse(
        Buffer.from(one.find(([name]) => name.endsWith('.cdx.json'))?.[1] ?? '', 'base64').toString(),
      );
      assert.match(
        parts.serialNumber,
        /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      );
      assert.equal(parts.metadata.timestamp, new Date(COMMITTED_AT).toISOString());
      assert.ok(parts.components.some(({ name }: { name: string }) => name === 'sharp'));
      assert.doesNotMatch(JSON.stringify(parts), new RegExp(`${tmpdir()}|first|second|@safelight/repository`));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
