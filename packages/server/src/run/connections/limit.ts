import { readFileSync } from 'node:fs';

/** An idle connection takes 13 KB, one with an endless header 64 KB more: 300 MB in all. */
const MOST = 4_000;
/** Descriptors that are always open: the database, the log, pipes to decoders, sockets to stores. */
const OWN_FILES = 128;
/**
 * Descriptors of a connection with a running request: its socket, the file it reads or writes, and that file's folder
 * or the store's socket.
 */
const FILES_EACH = 3;
/** A minimum even if the system allows fewer descriptors: below it the service is useless. */
const FEWEST = 16;

/** How many connections leave enough file descriptors for their requests. */
export const connectionLimit = (openFiles = maxOpenFiles()): number =>
  Math.max(FEWEST, Math.min(MOST, Math.floor((openFiles - OWN_FILES) / FILES_EACH)));

/** The default limit of macOS; Windows has none. */
const ELSEWHERE = 10_240;

/** RLIMIT_NOFILE, whose soft limit Node has already raised to the hard one. */
function maxOpenFiles(): number {
  if (process.platform !== 'linux') return ELSEWHERE;
  const [, limit] = /^Max open files +(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
  return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit ?? ELSEWHERE);
}
