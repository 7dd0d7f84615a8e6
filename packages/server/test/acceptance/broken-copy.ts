import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import type { Breakage } from './breakages/breakage.ts';
import { brokenSource } from './breakages/broken-source.ts';
import type { Place } from './breakages/places.ts';

/** A copy of the repository, with its own packages and everyone else's modules. */
export interface Copy extends AsyncDisposable {
  readonly folder: string;
}

export const ROOT = join(import.meta.dirname, '../../../..');
const NOT_COPIED = new Set(['node_modules', '.git', 'data', 'coverage']);
/** Sources of the gallery page, which tests and the server read as built. */
const BUILT = ['packages/web/', 'packages/client/'];
const DIST = 'packages/web/dist';

/** Removed with the process, however a signal ends it. */
const copies = new Set<string>();
process.on('exit', () => {
  for (const folder of copies) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

export async function copyTree(from: string): Promise<Copy> {
  const folder = await mkdtemp(join(tmpdir(), 'safelight-broken-'));
  copies.add(folder);
  for (const name of await readdir(from)) {
    if (NOT_COPIED.has(name)) continue;
    const isCopied = (path: string): boolean => !NOT_COPIED.has(basename(path));
    await cp(join(from, name), join(folder, name), { recursive: true, filter: isCopied });
  }
  await linkModules(folder);
  return {
    folder,
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
      copies.delete(folder);
    },
  };
}

/** `@safelight/client` must be the copy's client, so only the modules themselves are links. */
async function linkModules(folder: string): Promise<void> {
  const modules = join(ROOT, 'node_modules');
  await mkdir(join(folder, 'node_modules/@safelight'), { recursive: true });
  for (const name of await readdir(modules)) {
    if (name !== '@safelight' && name !== '.cache')
      await symlink(join(modules, name), join(folder, 'node_modules', name));
  }
  for (const name of await readdir(join(modules, '@safelight')))
    await symlink(join(folder, 'packages', name), join(folder, 'node_modules/@safelight', name));
  for (const owner of ['packages/cli', 'test/contract-tools']) {
    const [target, link] = [join(ROOT, owner, 'node_modules'), join(folder, owner, 'node_modules')];
    if ((await readdir(join(ROOT, owner))).includes('node_modules')) await symlink(target, link);
  }
}

interface Applied {
  readonly breakage: Breakage;
  /** The breakage's place in `whole`. */
  readonly place: Place;
  readonly whole: Copy;
}

/** Applies the breakage until it is disposed of. Throws if it no longer applies. */
export async function breakIn({ folder }: Copy, { breakage, place, whole }: Applied): Promise<AsyncDisposable> {
  const { file, source } = place;
  const path = join(folder, file);
  const broken = brokenSource(place, breakage);
  const isBuilt = BUILT.some((start) => file.startsWith(start));
  const restore = async (): Promise<void> => {
    await writeFile(path, source);
    if (!isBuilt) return;
    await rm(join(folder, DIST), { recursive: true, force: true });
    await cp(join(whole.folder, DIST), join(folder, DIST), { recursive: true });
  };
  await writeFile(path, broken);
  try {
    if (isBuilt) await promisify(execFile)(process.execPath, ['scripts/build-web.ts'], { cwd: folder });
  } catch (error) {
    await restore();
    throw error;
  }
  return { [Symbol.asyncDispose]: restore };
}
