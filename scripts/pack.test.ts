import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { packInto, type Tarballs } from '../packages/client/test/pack.ts';
import { skipWithout } from '../test/servers/installed.ts';
import { isInRun } from './test-tiers.ts';

const execute = promisify(execFile);
const ROOT = join(import.meta.dirname, '..');
const PACKAGES = ['client', 'cli', 'server'] as const;
/** Without a version: npm can't pack or publish them where they are. */
const LIBRARIES = ['client', 'cli'] as const;

interface Manifest {
  readonly name: string;
  readonly version?: string;
  readonly private?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const manifestIn = async (folder: string): Promise<Manifest> =>
  JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;

/** Paths and sizes of a tarball's files. */
async function filesOf(tarball: string): Promise<ReadonlyMap<string, number>> {
  const folder = await mkdtemp(join(tmpdir(), 'safelight-unpacked-'));
  try {
    await execute('tar', ['-xzf', tarball, '-C', folder]);
    const entries = await readdir(join(folder, 'package'), { recursive: true, withFileTypes: true });
    const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    const files = paths.map(async (path) => {
      const name = path.slice(join(folder, 'package/').length).replaceAll('\\', '/');
      return [name, (await readFile(path)).length] as const;
    });
    return new Map(await Promise.all(files));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The modules that are packed: all but tests. */
const modulesOf = (name: string): string[] =>
  globSync('**/*.ts', { cwd: join(ROOT, 'packages', name, 'src'), exclude: ['**/*.test.ts'] })
    .concat(globSync('**/*.tsx', { cwd: join(ROOT, 'packages', name, 'src') }))
    .map((path) => path.replaceAll('\\', '/').replace(/\.tsx?$/, ''));

describe('npm run pack', { skip: skipWithout('tar') }, () => {
  let folder: string;
  let packs: string;
  let tarballs: Tarballs;
  let version: string | undefined;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'safelight packed '));
    packs = join(folder, 'packs');
    tarballs = await packInto(packs);
    ({ version } = await manifestIn(ROOT));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('leaves three folders and their tarballs, and nothing else', async () => {
    const names = PACKAGES.flatMap((name) => [name, `safelight-${name}-${version}.tgz`]);
    assert.deepEqual((await readdir(packs)).toSorted(), names.toSorted());
    assert.deepEqual(await readdir(folder), ['packs']);
    assert.deepEqual(
      PACKAGES.map((name) => basename(tarballs[name])),
      PACKAGES.map((name) => `safelight-${name}-${version}.tgz`),
    );
  });

  for (const [name, kinds] of [
    ['client', ['.js', '.d.ts']],
    ['cli', ['.js']],
  ] as const)
    it(`packs README, LICENSE and every module of the ${name} as ${kinds.join(' and ')}, none of them empty`, async () => {
      const files = await filesOf(tarballs[name]);
      const modules = modulesOf(name);
      assert.ok(modules.length > 40, `${modules.length} modules`);
      const built = modules.flatMap((path) => kinds.map((kind) => `dist/${path}${kind}`));
      assert.deepEqual([...files.keys()].toSorted(), ['LICENSE', 'README.md', 'package.json', ...built].toSorted());
      assert.deepEqual(
        [...files].filter(([, size]) => size === 0),
        [],
      );
    });

  it('packs the server: the modules that its programs import, and what they read at run time', async () => {
    const files = await filesOf(tarballs.server);
    const has = (path: string) => assert.ok((files.get(path) ?? 0) > 0, path);
    const SERVER = 'dist/packages/server/src';
    for (const name of ['safelight-server', 'start', 'serve', 'work', 'admin']) has(`${SERVER}/bin/${name}.js`);
    for (const path of ['imaging/processes/decode-child.js', 'imaging/confinement/launcher.js'])
      has(`${SERVER}/${path}`);
    for (const path of globSync('**/*.sql', { cwd: join(ROOT, 'packages/server/src') })) has(`${SERVER}/${path}`);
    for (const path of globSync('packages/web/dist/**/*.*', { cwd: ROOT })) has(`dist/${path.replaceAll('\\', '/')}`);
    for (const path of ['dist/openapi.json', 'dist/docs/problems.md', 'LICENSE', 'README.md']) has(path);
    for (const path of ['redoc/bundles/redoc.standalone.js', 'redoc/LICENSE', 'swagger-ui-dist/swagger-ui-bundle.js'])
      has(`node_modules/${path}`);
    const unwanted = [...files.keys()].filter((path) =>
      /\.ts$|\.test\.|\.fixture\.|\.contract\.|\/lambda\//.test(path),
    );
    assert.deepEqual(unwanted, []);
  });

  it('starts the service, its worker and the commands of an operator with the flags of npm', async () => {
    const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
    const program = await readFile(join(packs, 'server/dist/packages/server/src/bin/safelight-server.js'), 'utf8');
    const [, flags = ''] = /^const FLAGS = \['(.*)'\];$/m.exec(program) ?? [];
    for (const script of [scripts.start, scripts.work, scripts.admin])
      assert.ok(script.startsWith(`node ${flags} scripts/`), script);
  });

  it('bundles packages of pages without their dependencies', async () => {
    const server = JSON.parse(await readFile(join(packs, 'server/package.json'), 'utf8'));
    assert.deepEqual(server.bundleDependencies, ['swagger-ui-dist', 'redoc']);
    for (const name of server.bundleDependencies) {
      const manifest = JSON.parse(await readFile(join(packs, 'server/node_modules', name, 'package.json'), 'utf8'));
      assert.deepEqual(Object.keys(manifest), ['name', 'version', 'license']);
    }
  });

  it('gives a manifest the version of the repository, and nothing of a workspace', async () => {
    const fields = [
      'name',
      'version',
      'description',
      'license',
      'type',
      'engines',
      'files',
      'publishConfig',
      'gitHead',
    ];
    const client = await manifestIn(join(packs, 'client'));
    const other = ['sideEffects', 'exports', 'peerDependencies', 'peerDependenciesMeta'];
    assert.deepEqual(Object.keys(client).toSorted(), [...fields, ...other].toSorted());
    const cli = await manifestIn(join(packs, 'cli'));
    assert.deepEqual(Object.keys(cli).toSorted(), [...fields, 'bin', 'dependencies'].toSorted());
    assert.deepEqual([client.version, cli.version, cli.dependencies?.['@safelight/client']], Array(3).fill(version));
    const server = await manifestIn(join(packs, 'server'));
    const own = ['bin', 'dependencies', 'optionalDependencies', 'bundleDependencies'];
    assert.deepEqual(Object.keys(server).toSorted(), [...fields, ...own].toSorted());
    assert.equal(server.version, version);
    for (const manifest of [client, cli, server])
      assert.doesNotMatch(JSON.stringify(manifest), /safelight-source|"\.\/src\//);
  });

  it('pins the dependencies of the programs: an installation gets the versions that were tested', async () => {
    for (const name of ['cli', 'server']) {
      const { dependencies, optionalDependencies } = JSON.parse(
        await readFile(join(packs, name, 'package.json'), 'utf8'),
      );
      const versions = Object.entries({ ...dependencies, ...optionalDependencies });
      assert.ok(versions.length > 5, name);
      for (const [dependency, spec] of versions) assert.match(String(spec), /^\d+\.\d+\.\d+/, dependency);
    }
  });

  const skip = !isInRun('long') && 'the long tier packs once more';
  it('says where the sources are if REPOSITORY_URL does: npm compares it with the provenance', { skip }, async () => {
    const released = join(folder, 'released');
    const env = { ...process.env, REPOSITORY_URL: 'https://forge.example/owner/safelight' };
    await execute(process.execPath, [join(ROOT, 'scripts/pack.ts'), released], { env });
    for (const name of PACKAGES) {
      const { repository } = JSON.parse(await readFile(join(released, name, 'package.json'), 'utf8'));
      const url = 'git+https://forge.example/owner/safelight.git';
      assert.deepEqual(repository, { type: 'git', url, directory: `packages/${name}` });
    }
  });

  it('writes READMEs without relative links, which lead nowhere on the page of a package', async () => {
    for (const name of PACKAGES) {
      const text = await readFile(join(packs, name, 'README.md'), 'utf8');
      assert.ok(text.startsWith(`# @safelight/${name}\n`), text.slice(0, 40));
      const targets = [...text.matchAll(/\]\(([^)]+)\)|(?:src|href)="([^"]+)"/g)].map(
        ([, link, url]) => link ?? url ?? '',
      );
      assert.deepEqual(
        targets.filter((target) => !/^(?:https:|#)/.test(target)),
        [],
      );
    }
  });

  it('makes the tarball that npm pack makes of the folder', async () => {
    for (const name of PACKAGES) {
      await execute('npm', ['pack', '--pack-destination', folder], { cwd: join(packs, name) });
      const file = basename(tarballs[name]);
      assert.deepEqual(await readFile(join(folder, file)), await readFile(tarballs[name]), file);
    }
  });

  it('refuses options, and a second folder', async () => {
    for (const args of [['--help'], [join(folder, 'one'), join(folder, 'two')]]) {
      const script = join(ROOT, 'scripts/pack.ts');
      await assert.rejects(execute(process.execPath, [script, ...args]), { code: 2, stderr: /^Usage: npm run pack / });
    }
  });

  it('refuses a folder that has files, and leaves them', async () => {
    const full = join(folder, 'full');
    await mkdir(full);
    await writeFile(join(full, 'mine.txt'), 'mine');
    await assert.rejects(packInto(full), { code: 1, stderr: `expected a new or an empty folder; got ${full}\n` });
    assert.deepEqual(await readdir(full), ['mine.txt']);
  });
});

describe('a workspace', () => {
  it('is private', async () => {
    for (const name of await readdir(join(ROOT, 'packages')))
      assert.equal((await manifestIn(join(ROOT, 'packages', name))).private, true, name);
  });

  it('has the version of the repository, or none', async () => {
    const { version } = await manifestIn(ROOT);
    assert.match(version ?? '', /^\d+\.\d+\.\d+/);
    for (const name of ['server', 'web'])
      assert.equal((await manifestIn(join(ROOT, 'packages', name))).version, version, name);
  });

  for (const name of LIBRARIES)
    it(`of the ${name} can't be packed or published, and says where to do it`, async () => {
      const cwd = join(ROOT, 'packages', name);
      const before = await readdir(cwd);
      await assert.rejects(execute('npm', ['pack'], { cwd }), {
        code: 1,
        stderr: /Invalid package, must have name and version/,
      });
      await assert.rejects(execute('npm', ['publish', '--dry-run'], { cwd }), { code: 1 });
      assert.deepEqual(await readdir(cwd), before);
      assert.match(await readFile(join(cwd, 'package.json'), 'utf8'), /^ {2}"\/\/": ".*`npm run pack`/m);
    });
});
