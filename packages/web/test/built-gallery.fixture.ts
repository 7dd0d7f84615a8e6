import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { glob, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '../../..');
/** All that the build reads, and all that it has written. */
const FILES = [
  'package-lock.json',
  'scripts/build-web.ts',
  'packages/client/{package.json,src/**/*.ts}',
  'packages/web/*.*',
  'packages/web/{src,public,dist}/**/*.*',
];
/**
 * Digests of files that were found to agree. A build takes a second or two of CPU time, so there is one for each state
 * of them.
 */
const FOUND_FRESH = join(ROOT, 'node_modules/.cache/fresh-gallery');

/** Errors: the committed packages/web/dist isn't what its sources give: tests of pages would test other sources. */
export async function requireFreshGallery(): Promise<void> {
  const found = join(FOUND_FRESH, await digestOfFiles());
  if (await stat(found).catch(() => undefined)) return;
  const check = promisify(execFile)(process.execPath, [join(ROOT, 'scripts/build-web.ts'), '--check']);
  await check.catch(({ stderr }: { readonly stderr: string }) => {
    throw new Error(stderr);
  });
  await mkdir(FOUND_FRESH, { recursive: true });
  await writeFile(found, '');
}

async function digestOfFiles(): Promise<string> {
  const names = await Array.fromAsync(glob(FILES, { cwd: ROOT, exclude: ['**/*.test.ts'] }));
  const hash = createHash('sha256');
  for (const name of names.toSorted()) {
    const content = createHash('sha256').update(await readFile(join(ROOT, name)));
    hash.update(`${name} ${content.digest('hex')}\n`);
  }
  return hash.digest('hex');
}
