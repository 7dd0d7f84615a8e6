import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** As AWS names them. */
export const ARCHITECTURES = { arm64: 'arm64', x86_64: 'x64' } as const;
export type Architecture = keyof typeof ARCHITECTURES;

const ROOT = join(import.meta.dirname, '../..');

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version: string; readonly integrity: string } | undefined>>;
}

const lockIn = (path: string): Lock => JSON.parse(readFileSync(path, 'utf8')) as Lock;

/** The architecture of this machine; undefined for one that Lambda doesn't have. */
export const ownArchitecture = (): Architecture | undefined =>
  (Object.keys(ARCHITECTURES) as Architecture[]).find((one) => ARCHITECTURES[one] === process.arch);

export const sharpPackages = (architecture: Architecture): readonly string[] => {
  const platform = `linux-${ARCHITECTURES[architecture]}`;
  return [`@img/sharp-${platform}`, `@img/sharp-libvips-${platform}`];
};

/**
 * The folder whose `node_modules` has sharp's native code for an architecture: the repository, or a cache, into which
 * npm fetches the packages of package-lock.json. Errors: if npm fails, or brings other bytes than package-lock.json
 * names.
 */
export async function folderWithSharp(architecture: Architecture): Promise<string> {
  const packages = sharpPackages(architecture);
  const isIn = (folder: string) => packages.every((name) => existsSync(join(folder, 'node_modules', name)));
  if (isIn(ROOT)) return ROOT;
  const { packages: locked } = lockIn(join(ROOT, 'package-lock.json'));
  const wanted = packages.map((name) => ({ name, ...locked[`node_modules/${name}`] }));
  const version = wanted.map((one) => one.version).join('-');
  const folder = join(ROOT, 'node_modules/.cache/functions', `${architecture}-${version}`);
  if (isIn(folder)) return folder;
  const making = `${folder}.${process.pid}`;
  await mkdir(making, { recursive: true });
  await writeFile(join(making, 'package.json'), '{"private":true}');
  const platform = ['--os=linux', `--cpu=${ARCHITECTURES[architecture]}`, '--libc=glibc'];
  const names = wanted.map((one) => `${one.name}@${one.version}`);
  const args = [
    'install',
    '--no-save',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--force',
    ...platform,
    ...names,
  ];
  await promisify(execFile)('npm', args, { cwd: making }).catch((cause: unknown) => {
    const [from] = names;
    throw new Error(`expected ${from} for ${architecture}; npm could not fetch it: build on that machine`, { cause });
  });
  const { packages: got } = lockIn(join(making, 'node_modules/.package-lock.json'));
  for (const { name, integrity } of wanted) {
    if (got[`node_modules/${name}`]?.integrity !== integrity)
      throw new Error(`expected ${name} as package-lock.json names it; got other bytes`);
  }
  await rm(folder, { recursive: true, force: true });
  await rename(making, folder);
  return folder;
}
