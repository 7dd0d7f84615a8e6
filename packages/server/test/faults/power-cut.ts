import { dirname } from 'node:path';
import type { SystemCall } from '../services/system-calls.ts';

/** The paths whose bytes, and whose names in their folders, have unsynced changes, with the line of the last change. */
interface Unsynced {
  readonly bytes: Map<string, number>;
  readonly names: Map<string, number>;
}

type Effect = (unsynced: Unsynced, call: SystemCall) => void;

const changeBytes: Effect = ({ bytes }, { file, done }) => void bytes.set(file, done);

const addFolder: Effect = ({ names }, { strings: [path = ''], done }) => void names.set(path, done);

/** An existing file counts as new. */
const addFile: Effect = ({ bytes, names }, { strings: [path = ''], flags, done }) => {
  if (!flags.includes('O_CREAT')) return;
  bytes.set(path, done);
  names.set(path, done);
};

/** A hard link shares the bytes, so they stay unsynced under the new name. */
const addName: Effect = ({ bytes, names }, { strings: [from = '', to = ''], done }) => {
  const changed = bytes.get(from);
  if (changed === undefined) bytes.delete(to);
  else bytes.set(to, changed);
  names.set(to, done);
};

/** A name that reappears after a power cut is a leftover, not a loss. */
const removeName: Effect = ({ bytes, names }, { strings: [path = ''] }) => {
  bytes.delete(path);
  names.delete(path);
};

const moveName: Effect = (unsynced, call) => {
  addName(unsynced, call);
  removeName(unsynced, call);
};

/** A file's sync covers its bytes, a folder's the names in it; each only the changes before its start. */
const sync: Effect = ({ bytes, names }, { file, began }) => {
  if ((bytes.get(file) ?? began) < began) bytes.delete(file);
  for (const [path, changed] of names) if (dirname(path) === file && changed < began) names.delete(path);
};

const EFFECTS: Readonly<Record<string, Effect>> = {
  write: changeBytes,
  writev: changeBytes,
  pwrite64: changeBytes,
  pwritev: changeBytes,
  ftruncate: changeBytes,
  open: addFile,
  openat: addFile,
  mkdir: addFolder,
  mkdirat: addFolder,
  link: addName,
  linkat: addName,
  rename: moveName,
  renameat: moveName,
  renameat2: moveName,
  unlink: removeName,
  unlinkat: removeName,
  rmdir: removeName,
  fsync: sync,
  fdatasync: sync,
};

/** The calls that affect durability. */
export const DECISIVE_CALLS = Object.keys(EFFECTS);

/**
 * The possible losses of a power cut at this line of the trace: `bytes of <path>`, `name of <path>`. Paths are as in
 * the calls.
 */
export function lostAt(calls: readonly SystemCall[], line: number): string[] {
  const unsynced: Unsynced = { bytes: new Map(), names: new Map() };
  for (const call of calls) {
    if (call.began >= line) break;
    const effect = EFFECTS[call.name];
    if (effect !== sync || call.done < line) effect?.(unsynced, call);
  }
  return [
    ...[...unsynced.bytes.keys()].map((path) => `bytes of ${path}`),
    ...[...unsynced.names.keys()].map((path) => `name of ${path}`),
  ];
}
