import { closeSync, constants, fchmodSync, fstatSync, openSync, realpathSync, type Stats } from 'node:fs';
import { homedir } from 'node:os';
import { sep } from 'node:path';

const PRIVATE = 0o700;
const OTHERS = 0o077;
/** As the folder for temporary files has it: everybody may write, and remove what is one's own (chmod(1), "sticky"). */
const SHARED = 0o1000;

/**
 * Closes the data folder to everybody but its owner, if it is there and ours: a folder that is made later is private anyway.
 * Answers what stays open and what to do about it, for the operator; undefined when there is nothing to say.
 */
export function closeDataFolder(path: string): string | undefined {
  const user = process.geteuid?.();
  const folder = user === undefined ? undefined : openFolder(path); // Windows has neither users' ids nor modes
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

/** By its descriptor, so that what is closed is what was looked at. A file system without modes keeps what it has. */
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

/** Others live in it too: / or /home, say, which nobody but root could enter any more. */
const holdsMore = (path: string): boolean => {
  const folder = realpathSync(path);
  const above = folder.endsWith(sep) ? folder : `${folder}${sep}`;
  return [homedir(), process.cwd(), import.meta.dirname].some((one) => one.startsWith(above));
};

/** Undefined where there is none; what else is wrong with it is told by who needs it. */
function openFolder(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | (constants.O_DIRECTORY ?? 0));
  } catch {
    return undefined;
  }
}

const warning = (path: string, { mode }: Stats, reason: string): string =>
  `DATA_DIR ${path} (mode ${(mode & 0o7777).toString(8).padStart(4, '0')}) ${reason}, then chmod -R go-rwx it: other users may read records, images and the secret`;
