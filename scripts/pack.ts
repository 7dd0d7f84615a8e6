/**
 * `npm run pack`: writes the packages to publish, each as a folder and as the tarball that `npm pack` makes of it, to
 * dist/packages. `npm run pack -- FOLDER` writes them to FOLDER, which must be new or empty.
 */
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { commitOf } from '../packages/server/src/observe/version.ts';
import { addServerFiles, BUNDLED } from './packages/server-package.ts';

const execute = promisify(execFile);
const ROOT = resolve(import.meta.dirname, '..');
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
const MAX_ATTEMPTS = 10;
const PACKAGES = ['client', 'cli', 'server'] as const;

/** Fields of a workspace's manifest that mean nothing, or harm, in a published one. */
const WORKSPACE_ONLY: readonly string[] = [
  '//',
  'private',
  'version',
  'scripts',
  'devDependencies',
  'safelight-source',
];

interface Packed {
  readonly filename: string;
  readonly entryCount: number;
  /** Bytes of the tarball. */
  readonly size: number;
}

const [given, ...more] = process.argv.slice(2);
if (given?.startsWith('-') || more.length > 0) {
  console.error('Usage: npm run pack [-- FOLDER]   FOLDER is new or empty; without it, dist/packages is replaced');
  process.exit(2);
}
const target = resolve(ROOT, given ?? 'dist/packages');
if (given !== undefined && (await entriesOf(target)).length > 0) {
  console.error(`expected a new or an empty folder; got ${target}`);
  process.exit(1);
}

// Written beside the target, then renamed: another run, or a reader, never sees half of a package.
await mkdir(dirname(target), { recursive: true });
const temporary = await mkdtemp(join(dirname(target), '.packages-')); // for its owner only, unlike the folder in it
const building = join(temporary, 'packages');
try {
  const packed: Packed[] = [];
  for (const name of PACKAGES) packed.push(await pack(name, join(building, name)));
  await replaceTarget();
  report(packed);
} finally {
  await rm(temporary, { recursive: true, force: true });
}

async function pack(name: (typeof PACKAGES)[number], folder: string): Promise<Packed> {
  const workspace = join(ROOT, 'packages', name);
  // `npm run check` judges the types of programs; the command line's are those of the client's sources.
  const options = name === 'client' ? [] : ['--noCheck'];
  const build = ['-p', join(workspace, 'tsconfig.build.json'), '--outDir', join(folder, 'dist'), ...options];
  await execute(process.execPath, [TSC, ...build]).catch(failWithOutput);
  if (name === 'server') await addServerFiles(folder, builtFrom());
  const manifest = {
    ...(await manifestOf(workspace)),
    ...(name === 'server' && BUNDLED),
    ...repositoryOf(name),
    ...builtFrom(),
  };
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  await copyFile(join(workspace, 'README.md'), join(folder, 'README.md'));
  await copyFile(join(ROOT, 'LICENSE'), join(folder, 'LICENSE'));
  // Windows starts npm, a script there, by a shell only; no argument here has a space.
  const npm = { cwd: folder, shell: process.platform === 'win32', maxBuffer: 16 * 1_048_576 };
  const { stdout } = await execute('npm', ['pack', '--json', '--pack-destination', '..'], npm).catch(failWithOutput);
  const [packed] = JSON.parse(stdout) as readonly [Packed];
  return packed;
}

/** The workspace's manifest with the version of the repository, which workspaces don't repeat. */
async function manifestOf(workspace: string): Promise<object> {
  const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { readonly version: string };
  const source = await readFile(join(workspace, 'package.json'), 'utf8');
  const { name, ...rest } = JSON.parse(source, (key, value: unknown) => {
    if (WORKSPACE_ONLY.includes(key)) return undefined;
    return key === '@safelight/client' ? version : value; // a dependency
  }) as Readonly<Record<string, unknown>>;
  return { name, version, ...rest };
}

/**
 * npm compares it with the provenance of a package. The workflow of a release knows the repository; the sources don't.
 */
function repositoryOf(name: (typeof PACKAGES)[number]): object {
  const { REPOSITORY_URL } = process.env;
  if (!REPOSITORY_URL) return {};
  return { repository: { type: 'git', url: `git+${REPOSITORY_URL}.git`, directory: `packages/${name}` } };
}

/** npm's own name of the commit. A program tells it with its version. */
function builtFrom(): { readonly gitHead?: string } {
  const gitHead = commitOf(join(ROOT, '.git'));
  return gitHead === undefined ? {} : { gitHead };
}

/** Runs that end at once replace each other's packages; the last one stays. */
async function replaceTarget(): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const isEmpty = (await entriesOf(target)).length === 0;
    if (given === undefined || isEmpty) await rm(target, { recursive: true, force: true });
    try {
      return await rename(building, target);
    } catch (error) {
      if (given !== undefined || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

function report(packed: readonly Packed[]): void {
  const place = given === undefined ? relative(process.cwd(), target) || '.' : target;
  for (const { filename, entryCount, size } of packed)
    console.log(`${join(place, filename)}: ${entryCount} files, ${Math.ceil(size / 1_024)} KB`);
}

async function entriesOf(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** A compiler writes its errors to stdout. */
function failWithOutput(error: { readonly stdout?: string; readonly stderr?: string }): never {
  console.error([error.stdout, error.stderr].join('').trim());
  throw error;
}
