import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { ObjectKey } from '../../domain/image/object-key.ts';
import { meansAbsent } from '../staging/file-fault.ts';

/** The folder of staged files, which have no key yet. */
export const STAGING = 'tmp';

/** The folder of uploads in parts. */
export const PARTS = 'parts';

/** No key begins with these names. */
const RESERVED: readonly (string | undefined)[] = [STAGING, PARTS];

/** The characters of encoded parts: no separator of any system, no NUL, nothing that a file system would fold. */
const PART = /^[A-Za-z0-9\-_.~%]+$/;

/**
 * `text` as a key that stays below the root; undefined for empty, `.` and `..` parts and for characters that no key
 * has.
 */
export function storableKey(text: string): ObjectKey | undefined {
  const parts = text.split('/');
  if (RESERVED.includes(parts[0])) return undefined;
  return parts.every((part) => PART.test(part) && part !== '.' && part !== '..') ? (text as ObjectKey) : undefined;
}

/** The path of a key's file; undefined for a key that would leave the root. `root` is a real path. */
export const pathOf = (root: string, key: ObjectKey): string | undefined =>
  storableKey(key) && join(root, ...key.split('/'));

/**
 * Whether a file exists at `path` and no part of `path` is a symbolic link, which could lead out of the root.
 * Synchronous, so that no other request of this process changes a folder before the next call begins.
 */
export function isContained(path: string): boolean {
  try {
    return realpathSync.native(path) === path;
  } catch (error) {
    if (meansAbsent(error)) return false;
    throw error;
  }
}
