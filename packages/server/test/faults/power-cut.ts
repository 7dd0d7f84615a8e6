import { dirname } from 'node:path';
import type { SystemCall } from '../services/system-calls.ts';

/** Paths whose bytes, and whose names in their folders, were changed, and the line where the last change was done. */
interface Unsynced {
  readonly bytes: Map<string, number>;
  readonly names: Map<string, number>;
}

type Effect = (unsynced: Unsynced, call: SystemCall) => void;

const changeBytes: Effect = ({ bytes }, { file, done }) => void bytes.set(file, done);

const addFolder: Effect = ({ names }, { strings: [path = ''], done }) => void names.set(path, done);

/** One that was there already counts as new. */
const addFile: Effect = ({ bytes, names }, { strings: [path = ''], flags, done }) => {
  if (!flags.includes('O_CREAT')) return;
  bytes.set(path, done);
  names.set(path, done);
};

/** The bytes are the same file's, so another name for them is as unsynced as the first. */
const addName: Effect = ({ bytes, names }, { strings: [from = '', to = ''], done }) => {
  const changed = bytes.get(from);
  if (changed === undefined) bytes.delete(to);
  else bytes.set(to, changed);
  names.set(to, done);
};

/** A name that comes back after a power cut is a leftover, and none is lost by it. */
const removeName: Effect = ({ bytes, names }, { strings: [path = ''] }) => {
  bytes.delete(path);
  names.delete(path);
};

const moveName: Effect = (unsynced, call) => {
  addName(unsynced, call);
  removeName(unsynced, call);
};

/** A file's sync covers its bytes, a folder's the names in it; and only what was done when it began. */
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

/** The calls that decide what a power cut takes. */
export const DECISIVE_CALLS = Object.keys(EFFECTS);

/** What a power cut at this line of the trace may take: `bytes of <path>`, `name of <path>`. Paths are as they were called. */
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
