import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { build, type Loader, type Plugin } from 'esbuild';

const ROOT = join(import.meta.dirname, '..');

/** A package of which only some files are needed, by their paths. */
const SWAGGER_UI = ['package.json', 'LICENSE', 'swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'];
const REDOC = ['package.json', 'LICENSE', 'bundles/redoc.standalone.js'];

/** Native code for the build machine: a function for another platform is built there. */
const PLATFORM = `linux-${process.arch}`;
const SHARP = [
  ...['sharp/package.json', 'sharp/LICENSE', 'sharp/dist', 'detect-libc', 'semver'],
  ...['colour', `sharp-${PLATFORM}`, `sharp-libvips-${PLATFORM}`].map((name) => `@img/${name}`),
].map((path) => `node_modules/${path}`);

const DOCS = [
  ...['openapi.json', 'docs/problems.md'],
  ...SWAGGER_UI.map((file) => `node_modules/swagger-ui-dist/${file}`),
  ...REDOC.map((file) => `node_modules/redoc/${file}`),
];

/** As `npm run build:web` writes it. */
const GALLERY = ['packages/web/dist'];

/** Files that each function reads besides its code. */
const ASSETS = { http: [...SHARP, ...DOCS, ...GALLERY], worker: SHARP } as const;

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
      const contents = source.replaceAll(/'([^']+)\.ts', import\.meta\.url/g, "'$1.mjs', import.meta.url");
      return { contents: contents.replaceAll('import.meta.url', place), loader };
    });
  },
};

/** CommonJS in the bundle requires Node's own modules. */
const REQUIRE = `import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);`;

/** Writes the deployable function to `folder`, and its source maps to `folder`.maps. Returns the size of the code. */
export async function bundleFunction(name: FunctionName, folder: string): Promise<number> {
  if (!existsSync(join(ROOT, `node_modules/@img/sharp-${PLATFORM}`))) {
    throw new Error(
      `sharp is not installed for ${PLATFORM}, where functions run: npm install --os=linux --cpu=${process.arch}`,
    );
  }
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: { index: `packages/server/src/lambda/${name}.ts`, [DECODER]: `${DECODER}.ts` },
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
    external: ['sharp'],
    banner: { js: REQUIRE },
    plugins: [filesByUrl],
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
  for (const asset of ASSETS[name]) await cp(join(ROOT, asset), join(folder, asset), { recursive: true });
  return codeBytes;
}
