import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ObjectKey } from '../domain/object-key.ts';
import { meansAbsent } from './file-fault.ts';

/** The folder of files that have no key yet; no key begins with it. */
export const STAGING = 'tmp';

/** The characters of encoded parts. No separator of any system, no NUL, nothing that a file system would fold. */
const PART = /^[A-Za-z0-9\-_.~%]+$/;

/** `text` as a key that stays below the root; undefined for empty, `.` and `..` parts and characters no key has. */
export function storableKey(text: string): ObjectKey | undefined {
  const parts = text.split('/');
  if (parts[0] === STAGING) return undefined;
  return parts.every((part) => PART.test(part) && part !== '.' && part !== '..') ? (text as ObjectKey) : undefined;
}

/** Where a key's bytes lie; undefined for a key that would lead elsewhere. `root` is a real path. */
export const pathOf = (root: string, key: ObjectKey): string | undefined =>
  storableKey(key) && join(root, ...key.split('/'));

/**
 * Whether the file's folder is there and is where it says: no part of its path is a symbolic link. At once: names are in the
 * system's memory, and to have another thread look costs ten times as much.
 */
export function isContained(path: string): boolean {
  try {
    return realpathSync.native(dirname(path)) === dirname(path);
  } catch (error) {
    if (meansAbsent(error)) return false;
    throw error;
  }
}
