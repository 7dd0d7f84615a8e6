import { readFileSync } from 'node:fs';

/** An idle one takes 13 KB, one that never ends its header 64 KB more: 300 MB in all. */
const MOST = 4_000;
/** What is open anyway: the database, the log, pipes to decoders, sockets to stores. */
const OWN_FILES = 128;
/** Of a connection whose request is under way: its socket, the file it reads or writes, and that file's folder or the store's socket. */
const FILES_EACH = 3;
/** Fewer serve nobody, however little the system allows. */
const FEWEST = 16;

/** How many connections leave enough file descriptors for what each may have to open. */
export const connectionLimit = (openFiles = maxOpenFiles()): number =>
  Math.max(FEWEST, Math.min(MOST, Math.floor((openFiles - OWN_FILES) / FILES_EACH)));

/** What macOS lets a process open by itself; Windows has no such limit. */
const ELSEWHERE = 10_240;

/** RLIMIT_NOFILE, whose soft limit Node has raised to the hard one by now. */
function maxOpenFiles(): number {
  if (process.platform !== 'linux') return ELSEWHERE;
  const [, limit] = /^Max open files +(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
  return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit ?? ELSEWHERE);
}
