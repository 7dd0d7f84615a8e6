import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtempDisposable, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { readZip } from '../../test/servers/unzip.ts';
import { isInRun } from '../test-tiers.ts';
import { FUNCTION_NAMES } from './bundle-function.ts';
import { zipFolder } from './zip-folder.ts';
import type { ZipOfFunction } from './zips.ts';

const ROOT = join(import.meta.dirname, '../..');
const NEEDED = ['packages', 'scripts', 'docs', 'openapi.json', 'package.json', 'package-lock.json', 'tsconfig.json'];

const temporaryFolder = () => mkdtempDisposable(join(tmpdir(), 'safelight-zips-'));

/** Another copy of the repository. */
async function copyInto(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of NEEDED) await cp(join(ROOT, name), join(folder, name), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
}

/** A change rarely touches it, and it builds twice. */
const IN_LONG_TIER = !isInRun('long') && 'the long tier runs it';

interface Surroundings {
  readonly umask: string;
  readonly zone: string;
}

async function buildIn(folder: string, { umask, zone }: Surroundings): Promise<ZipOfFunction[]> {
  const command = `umask ${umask} && exec "${process.execPath}" scripts/build-functions.ts`;
  await promisify(execFile)('sh', ['-c', command], { cwd: folder, env: { ...process.env, TZ: zone } });
  return JSON.parse(await readFile(join(folder, 'dist/lambda/zips.json'), 'utf8')) as ZipOfFunction[];
}

describe('a zip of a folder', () => {
  it('has its files, with the same time and mode for all', async () => {
    await using place = await temporaryFolder();
    const folder = join(place.path, 'a');
    await mkdir(join(folder, 'b/c'), { recursive: true });
    await writeFile(join(folder, 'z.txt'), 'z', { mode: 0o600 });
    await writeFile(join(folder, 'b/c/ä.txt'), Buffer.alloc(100_000, 'x'));
    await writeFile(join(folder, 'b/empty'), '', { mode: 0o755 });
    const first = await zipFolder(folder, join(place.path, 'first.zip'));
    await chmod(join(folder, 'z.txt'), 0o755);
    await utimes(join(folder, 'z.txt'), new Date(), new Date(0));
    const second = await zipFolder(folder, join(place.path, 'second.zip'));
    assert.deepEqual(first, second);
    const [one, other] = [
      await readFile(join(place.path, 'first.zip')),
      await readFile(join(place.path, 'second.zip')),
    ];
    assert.ok(one.equals(other) && one.length === first.bytes && one.length < 2_000);
    const entries = await readZip(join(place.path, 'first.zip'));
    assert.deepEqual(
      entries.map(({ name, bytes }) => [name, bytes.length]),
      [
        ['b/c/ä.txt', 100_000],
        ['b/empty', 0],
        ['z.txt', 1],
      ],
    );
    for (const { mode, time } of entries) assert.deepEqual([mode, time], [0o100644, entries[0]?.time]);
  });

  it('is another one if a file differs', async () => {
    await using place = await temporaryFolder();
    const zipOf = async (text: string) => {
      const folder = join(place.path, text);
      await mkdir(folder);
      await writeFile(join(folder, 'file'), text);
      return (await zipFolder(folder, join(place.path, `${text}.zip`))).sha256;
    };
    assert.notEqual(await zipOf('a'), await zipOf('b'));
  });
});

describe('npm run build:functions', { skip: process.platform !== 'linux' && 'functions are built on Linux' }, () => {
  it('makes the same zips in another folder, by another user mask and in another zone', {
    skip: IN_LONG_TIER,
  }, async () => {
    await using place = await temporaryFolder();
    const folders = [join(place.path, 'one'), join(place.path, 'a longer name/with spaces')] as const;
    for (const folder of folders) await copyInto(folder);
    const zips = await buildIn(folders[0], { umask: '022', zone: 'UTC' });
    assert.deepEqual(await buildIn(folders[1], { umask: '077', zone: 'Asia/Tokyo' }), zips);
    assert.deepEqual(
      zips.map((zip) => zip.function),
      FUNCTION_NAMES,
    );
    for (const { function: name, architecture, file, bytes, sha256, key } of zips) {
      const [one, other] = await Promise.all(folders.map((folder) => readFile(join(folder, 'dist/lambda', file))));
      assert.ok(one && other && one.equals(other) && one.length === bytes);
      assert.equal(key, `safelight/${name}-${architecture}-${sha256.slice(0, 16)}.zip`);
      const entries = await readZip(join(folders[0], 'dist/lambda', file));
      const folder = join(folders[0], 'dist/lambda', name);
      const built = await readdir(folder, { recursive: true, withFileTypes: true });
      assert.equal(entries.length, built.filter((entry) => entry.isFile()).length);
      for (const entry of entries) assert.ok(entry.bytes.equals(await readFile(join(folder, entry.name))), entry.name);
      assert.ok(entries.some((entry) => entry.name === 'index.mjs'));
      assert.ok(!entries.some((entry) => entry.name.endsWith('.map')));
      const unzipped = entries.reduce((sum, entry) => sum + entry.bytes.length, 0);
      assert.ok(unzipped < 250 * 1_048_576, 'the limit of Lambda');
      for (const entry of entries) assert.ok(!entry.bytes.includes(place.path), `${entry.name} names the folder`);
    }
  });

  it('refuses an architecture that Lambda does not have', async () => {
    const refused = promisify(execFile)(process.execPath, [
      join(ROOT, 'scripts/build-functions.ts'),
      '--arch',
      'riscv64',
    ]);
    await assert.rejects(refused, /expected --arch arm64 or x86_64; got riscv64/);
  });
});
