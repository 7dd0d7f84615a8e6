import { cp, glob, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { withBuiltModules } from './module-urls.ts';
import { PAGE_FILES, PAGE_PACKAGES } from './page-packages.ts';

const ROOT = join(import.meta.dirname, '../..');
const SERVER = 'packages/server';

/**
 * What the server needs at run time besides its compiled modules, which are in `folder`/dist at the repository's paths:
 * schemas, the gallery, the contract, and the few files of two packages that its pages consist of.
 */
export async function addServerFiles(folder: string, builtFrom: { readonly gitHead?: string }): Promise<void> {
  const dist = join(folder, 'dist');
  for await (const path of glob(`${SERVER}/src/**/*.sql`, { cwd: ROOT })) await copy(path, dist);
  for (const path of PAGE_FILES) await copy(path, dist);
  for await (const path of glob('**/*.js', { cwd: join(dist, SERVER) })) {
    const file = join(dist, SERVER, path);
    const source = await readFile(file, 'utf8');
    const built = withBuiltModules(source, '.js');
    if (built !== source) await writeFile(file, built);
  }
  const { name, version, type } = await manifestOf(join(ROOT, SERVER));
  await writeManifest(join(dist, SERVER), { name, version, type, ...builtFrom }); // the program reads its version there
  for (const [name, files] of Object.entries(PAGE_PACKAGES)) await bundle(name, { files, folder });
}

/** The manifest's fields about the packages that the tarball contains. */
export const BUNDLED = { bundleDependencies: Object.keys(PAGE_PACKAGES) };

/** Without its dependencies: what they do at installation, and in a build of their own, nobody needs here. */
async function bundle(name: string, { files, folder }: { files: readonly string[]; folder: string }): Promise<void> {
  const from = join(ROOT, 'node_modules', name);
  const into = join(folder, 'node_modules', name);
  for (const file of files) {
    await mkdir(dirname(join(into, file)), { recursive: true });
    await cp(join(from, file), join(into, file));
  }
  const { version, license } = await manifestOf(from);
  await writeManifest(into, { name, version, license });
}

async function copy(path: string, into: string): Promise<void> {
  await mkdir(dirname(join(into, path)), { recursive: true });
  await cp(join(ROOT, path), join(into, path), { recursive: true });
}

const manifestOf = async (folder: string): Promise<Readonly<Record<string, unknown>>> =>
  JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));

const writeManifest = (folder: string, manifest: object): Promise<void> =>
  writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
