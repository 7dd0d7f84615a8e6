import { closeSync, constants, fchmodSync, fstatSync, openSync, realpathSync, type Stats } from 'node:fs';
import { homedir } from 'node:os';
import { sep } from 'node:path';

const PRIVATE = 0o700;
const OTHERS = 0o077;
/**
 * The mode of the folder for temporary files: every user may write, and remove only their own files (chmod(1),
 * "sticky").
 */
const SHARED = 0o1000;

/**
 * Makes the data folder private to its owner, if it exists and is ours; a folder that is made later is private anyway.
 * Returns a sentence for the operator if it remains open; otherwise undefined.
 */
export function closeDataFolder(path: string): string | undefined {
  const user = process.geteuid?.();
  const folder = user === undefined ? undefined : openFolder(path); // Windows has neither user ids nor modes
  if (folder === undefined) return undefined;
  try {
    const found = fstatSync(folder);
    if (found.uid !== user)
      return warning(path, found, `belongs to user ${found.uid}, and the service runs as ${user}; chown it to ${user}`);
    if ((found.mode & OTHERS) === 0) return undefined;
    if (found.mode & SHARED || holdsMore(path))
      return warning(path, found, 'holds more than the data of this service; set DATA_DIR to a separate folder');
    return tighten(path, folder);
  } finally {
    closeSync(folder);
  }
}

/** By descriptor, so that the checked folder is the changed one. A file system without modes keeps its own. */
function tighten(path: string, folder: number): string | undefined {
  let reason = 'its file system ignores modes';
  try {
    fchmodSync(folder, PRIVATE);
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error);
  }
  const found = fstatSync(folder);
  if ((found.mode & OTHERS) === 0) return undefined;
  return warning(path, found, `can't be closed to others (${reason}); set DATA_DIR to a folder that can be`);
}

/** Shared with other users: / or /home, for example, which only root could then enter. */
const holdsMore = (path: string): boolean => {
  const folder = realpathSync(path);
  const above = folder.endsWith(sep) ? folder : `${folder}${sep}`;
  return [homedir(), process.cwd(), import.meta.dirname].some((one) => one.startsWith(above));
};

/** Undefined if there is none; other faults are reported by the code that uses it. */
function openFolder(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | (constants.O_DIRECTORY ?? 0));
  } catch {
    return undefined;
  }
}

const warning = (path: string, { mode }: Stats, reason: string): string =>
  `DATA_DIR ${path} (mode ${(mode & 0o7777).toString(8).padStart(4, '0')}) ${reason}, then chmod -R go-rwx it: other users may read records, images and the secret`;
