import type { Dirent } from 'node:fs';
import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, relative, resolve, sep } from 'node:path';
import picomatch from 'picomatch';
import { type Failure, failure, failureOf } from '../failure.ts';
import { createPatterns, type Patterns } from './patterns.ts';

/** One thing that was found, in the order of names. */
export type Found =
  | { readonly kind: 'file'; readonly path: string; readonly isNamed: boolean }
  | { readonly kind: 'stdin' }
  | { readonly kind: 'skipped'; readonly path: string; readonly reason: string }
  | { readonly kind: 'failed'; readonly path: string; readonly failure: Failure };

/**
 * Files that were named, and those in folders that were named. A folder is read when it is reached: memory is bounded
 * by the largest folder.
 */
export async function* walk(paths: readonly string[], patterns: Patterns): AsyncGenerator<Found, void, void> {
  for (const path of paths) {
    if (path === '-') {
      yield { kind: 'stdin' };
      continue;
    }
    const found = await stat(path).catch((error: unknown) => ({ error }));
    if ('error' in found) yield* walkPattern(path, found.error, patterns);
    else if (found.isDirectory()) yield* walkFolder(path, path, patterns);
    else if (found.isFile()) yield { kind: 'file', path, isNamed: true };
    else
      yield {
        kind: 'failed',
        path,
        failure: failure('not-a-file', 'Not a file but a pipe, a socket or a device. Use - for stdin.'),
      };
  }
}

/** A glob that the shell has left, as cmd.exe does. */
async function* walkPattern(path: string, error: unknown, patterns: Patterns): AsyncGenerator<Found, void, void> {
  const { base, glob, isGlob } = picomatch.scan(path.replaceAll(sep, '/'));
  if (!isGlob) {
    const isLink = await lstat(path).then(
      (one) => one.isSymbolicLink(),
      () => false,
    );
    yield { kind: 'failed', path, failure: isLink ? brokenLink() : failureOf(error) };
    return;
  }
  const within = createPatterns([glob], []);
  const isDeep = glob.includes('/') || glob.includes('**');
  const both: Patterns = {
    includesFile: (file) => (isDeep || !file.includes('/')) && within.includesFile(file) && patterns.includesFile(file),
    excludesFolder: (folder) => !isDeep || patterns.excludesFolder(folder),
  };
  let isEmpty = true;
  for await (const found of walkFolder(base || '.', base || '.', both)) {
    isEmpty = false;
    yield found;
  }
  if (isEmpty) yield { kind: 'failed', path, failure: failure('not-found', 'No file matches. Check the pattern.') };
}

async function* walkFolder(root: string, folder: string, patterns: Patterns): AsyncGenerator<Found, void, void> {
  let entries: Dirent[];
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    yield { kind: 'failed', path: folder, failure: failureOf(error) };
    return;
  }
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    const name = relative(root, path).replaceAll(sep, '/');
    if (entry.isDirectory()) {
      if (!patterns.excludesFolder(name)) yield* walkFolder(root, path, patterns);
    } else if (patterns.includesFile(name)) {
      yield await foundIn(root, path, entry);
    }
  }
}

async function foundIn(root: string, path: string, entry: Dirent): Promise<Found> {
  if (entry.isSymbolicLink()) return linkIn(root, path);
  if (entry.isFile()) return { kind: 'file', path, isNamed: false };
  return { kind: 'skipped', path, reason: 'not a file but a pipe, a socket or a device' };
}

/** Links in folders aren't followed: inside, their target is found by itself; outside, it wasn't asked for. */
async function linkIn(root: string, path: string): Promise<Found> {
  try {
    const [target, top] = await Promise.all([realpath(path), realpath(root)]);
    const isInside = target === top || target.startsWith(join(top, sep));
    return {
      kind: 'skipped',
      path,
      reason: isInside ? 'a link to another file here' : 'a link to outside this folder; name its target to send it',
    };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { kind: 'failed', path, failure: code === 'ENOENT' ? brokenLink() : failureOf(error) };
  }
}

const brokenLink = (): Failure => failure('broken-link', 'A link to a file that does not exist. Remove or correct it.');

/** How many files there are, and their bytes: for a progress bar, beside the walk that sends them. */
export async function measure(
  paths: readonly string[],
  patterns: Patterns,
  signal: AbortSignal,
): Promise<{ files: number; bytes: number }> {
  const sum = { files: 0, bytes: 0 };
  for await (const found of walk(paths, patterns)) {
    if (signal.aborted) break;
    sum.files += 1;
    if (found.kind === 'file')
      sum.bytes += await stat(found.path).then(
        ({ size }) => size,
        () => 0,
      );
  }
  return sum;
}

export const nameOf = (path: string): string => basename(resolve(path));
