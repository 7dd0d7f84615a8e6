/**
 * `npm run build:web`: writes packages/web/dist, which is committed, and prints the size of each page's first load.
 * With --check it builds elsewhere and fails if the committed files differ. A folder as argument: builds there.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

const WEB = resolve(import.meta.dirname, '../packages/web');
const COMMITTED = join(WEB, 'dist');
const MANIFEST = '.vite/manifest.json';

const isCheck = process.argv.includes('--check');
const given = process.argv.slice(2).find((argument) => !argument.startsWith('-'));
const folder = isCheck ? await mkdtemp(join(tmpdir(), 'safelight-web-')) : resolve(given ?? COMMITTED);
await buildPage('gallery', true);
console.log(`The gallery's first load: ${await firstLoad('index.html')}`);
await buildPage('guests', false);
console.log(`The first load of the page for guests: ${await firstLoad('guests.html')}`);
await rm(join(folder, '.vite'), { recursive: true });
if (isCheck) {
  const [built, committed] = await Promise.all([filesOf(folder), filesOf(COMMITTED)]);
  const different = [...new Set([...built.keys(), ...committed.keys()])].filter(
    (name) => !built.get(name)?.equals(committed.get(name) ?? Buffer.from([])),
  );
  await rm(folder, { recursive: true });
  if (different.length > 0) {
    console.error(`packages/web/dist differs from its sources: run npm run build:web\n${different.join('\n')}`);
    process.exitCode = 1;
  }
}

async function buildPage(mode: 'gallery' | 'guests', emptyOutDir: boolean): Promise<void> {
  const configFile = join(WEB, 'vite.config.ts');
  await build({ configFile, mode, logLevel: 'warn', build: { outDir: folder, emptyOutDir } });
}

/** Script and style that the page loads before it shows anything; what it loads later isn't in it. */
async function firstLoad(page: string): Promise<string> {
  const manifest = JSON.parse(await readFile(join(folder, MANIFEST), 'utf8')) as Record<
    string,
    { readonly file: string; readonly css?: readonly string[]; readonly imports?: readonly string[] }
  >;
  const names = new Set<string>();
  const add = (key: string): void => {
    const part = manifest[key];
    if (!part || names.has(part.file)) return;
    names.add(part.file);
    for (const name of part.css ?? []) names.add(name);
    for (const other of part.imports ?? []) add(other);
  };
  add(page);
  const html = await readFile(join(folder, page), 'utf8');
  for (const [name] of html.matchAll(/assets\/[\w.-]+/g)) names.add(name);
  const sizes = await Promise.all(
    [...names].map(async (name) => gzipSync(await readFile(join(folder, name)), { level: 9 }).byteLength),
  );
  const kilobytes = sizes.reduce((sum, size) => sum + size, 0) / 1_000;
  return `${kilobytes.toFixed(1)} KB of script and style, compressed by gzip.`;
}

async function filesOf(folder: string): Promise<Map<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(paths.map(async (path) => [path.slice(folder.length), await readFile(path)] as const)),
  );
}
