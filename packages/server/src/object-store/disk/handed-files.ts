import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { HandedFiles } from '../handed-files.ts';

/** The files of one command, below the folder of all. */
export const handedFolder = (root: string, folder: number | string): string => join(root, String(folder), 'files');

const NAME = /^[0-9a-f-]{36}$/;

export const createHandedFiles = (root: string): HandedFiles => ({
  open(folder, name) {
    if (!Number.isSafeInteger(folder) || !NAME.test(name)) return undefined;
    const path = join(handedFolder(root, folder), name);
    return existsSync(path) ? createReadStream(path) : undefined;
  },
});
