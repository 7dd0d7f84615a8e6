import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { build, type Loader, type Plugin } from 'esbuild';
import { commitOf } from '../../packages/server/src/observe/version.ts';
import { withBuiltModules } from '../packages/module-urls.ts';
import { PAGE_FILES, PAGE_PACKAGES } from '../packages/page-packages.ts';
import { ARCHITECTURES, folderWithSharp, ownArchitecture, sharpPackages } from './sharp-packages.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Its native code depends on the architecture. */
const SHARP = ['sharp/package.json', 'sharp/LICENSE', 'sharp/dist', 'detect-libc', 'semver', '@img/colour'].map(
  (path) => `node_modules/${path}`,
);

/** Its code finds the WebAssembly beside itself. */
const LIBHEIF = ['package.json', 'libheif-wasm/LICENSE', 'libheif-wasm/libheif.js', 'libheif-wasm/libheif.wasm'].map(
  (path) => `node_modules/libheif-js/${path}`,
);

const DECODERS = [...SHARP, ...LIBHEIF];

const PAGES = [
  ...PAGE_FILES,
  ...Object.entries(PAGE_PACKAGES).flatMap(([name, files]) => files.map((file) => `node_modules/${name}/${file}`)),
];

/** Files that each function reads besides its code. */
const ASSETS = { http: [...DECODERS, ...PAGES], worker: DECODERS } as const;

export type FunctionName = keyof typeof ASSETS;
export const FUNCTION_NAMES = Object.keys(ASSETS) as FunctionName[];

const DECODER = 'packages/server/src/imaging/processes/decode-child';

/** Files that code names by URL keep their path in the function's folder; modules among them are built. */
const filesByUrl: Plugin = {
  name: 'files-by-url',
  setup({ onLoad }) {
    onLoad({ filter: /packages\/server\/src\/.*\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const loader: Loader = 'ts';
      if (!source.includes('import.meta.url')) return { contents: source, loader };
      const place = `new URL(${JSON.stringify(relative(ROOT, path))}, import.meta.url)`;
      const contents = withBuiltModules(source, '.mjs');
      return { contents: contents.replaceAll('import.meta.url', place), loader };
    });
  },
};

/** A function has no `.git`. */
const manifestWithCommit: Plugin = {
  name: 'manifest-with-commit',
  setup({ onLoad }) {
    onLoad({ filter: /packages\/server\/package\.json$/ }, async ({ path }) => {
      const { version } = JSON.parse(await readFile(path, 'utf8'));
      return { contents: JSON.stringify({ version, gitHead: commitOf(join(ROOT, '.git')) }), loader: 'json' };
    });
  },
};

/** Functions refuse a configuration without DynamoDB, so the code of other stores isn't deployed. */
const noOtherStores: Plugin = {
  name: 'no-other-stores',
  setup({ onLoad }) {
    onLoad({ filter: /packages\/server\/src\/run\/compose\/(?:sqlite|postgres)-records\.ts$/ }, () => ({
      contents: `
        const refuse = () => { throw new Error('expected DYNAMO_TABLE: the code of other stores is not in a function') };
        export { refuse as openSqliteRecords, refuse as openPostgresRecords };`,
    }));
  },
};

/**
 * The client of Redis requires OpenTelemetry's if asked to, which we never do; the SDK imports bowser in browsers.
 */
const NEVER_IMPORTED = ['@opentelemetry/api', 'bowser'];

/** CommonJS in the bundle requires Node's own modules. */
const REQUIRE = `import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);`;

/**
 * Writes the deployable function to `folder`, and its source maps to `folder`.maps. Returns the size of the code. By
 * default for this machine's architecture. Errors: those of `folderWithSharp`.
 */
export async function bundleFunction(
  name: FunctionName,
  folder: string,
  architecture = ownArchitecture(),
): Promise<number> {
  if (architecture === undefined)
    throw new Error(`expected a machine of ${Object.keys(ARCHITECTURES).join(' or ')}, or --arch with one of them`);
  const native = await folderWithSharp(architecture);
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: { index: `packages/server/src/run/lambda/${name}.ts`, [DECODER]: `${DECODER}.ts` },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    chunkNames: '[name]-[hash]', // beside the entry, so that import.meta.url names the same folder
    bundle: true,
    splitting: true, // dynamic imports stay in separate files
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    minifySyntax: true,
    minifyWhitespace: true, // names stay: stack traces are read in logs, and init takes no longer
    sourcemap: 'external',
    external: ['sharp', ...NEVER_IMPORTED],
    preserveSymlinks: true, // paths are part of the code, which must be the same wherever packages are linked from
    alias: { undici: join(import.meta.dirname, 'undici-pool.js') },
    banner: { js: REQUIRE },
    plugins: [noOtherStores, filesByUrl, manifestWithCommit],
    write: false,
    logLevel: 'warning',
  });
  let codeBytes = 0;
  for (const { path, contents } of outputFiles) {
    const isMap = path.endsWith('.map');
    const to = isMap ? join(`${folder}.maps`, relative(folder, path)) : path;
    await mkdir(dirname(to), { recursive: true });
    await writeFile(to, contents);
    if (!isMap) codeBytes += contents.length;
  }
  const copy = (from: string, path: string) => cp(join(from, path), join(folder, path), { recursive: true });
  for (const asset of ASSETS[name]) await copy(ROOT, asset);
  for (const name of sharpPackages(architecture)) await copy(native, `node_modules/${name}`);
  return codeBytes;
}
