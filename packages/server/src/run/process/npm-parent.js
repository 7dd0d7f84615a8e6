// Plain JavaScript, because scripts/node.js runs it on old Node versions too.
import { readFileSync, readlinkSync, realpathSync } from 'node:fs';

/** npm's end is noticed within this time. A check is one system call, on Linux two short reads as well. */
const CHECK_MS = 250;

/**
 * Calls `gone` once npm, which started this process, has ended in any way, SIGKILL included. Never calls it if npm
 * didn't start this process, or on Windows, which keeps the id of a parent that has ended.
 */
export function whenNpmIsGone(gone) {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const grandparent = isShell(parent) ? parentOf(parent) : undefined;
  const check = setInterval(() => {
    if (process.ppid === parent && (grandparent === undefined || parentOf(parent) === grandparent)) return;
    clearInterval(check);
    gone();
  }, CHECK_MS);
  check.unref();
}

/**
 * npm runs scripts by a shell. Debian's dash stays between npm and the script; bash, also macOS's sh, lets the script
 * replace it, and then the parent is npm, which runs on `npm_node_execpath`. Then the parent of npm doesn't count: a
 * terminal may close.
 */
function isShell(id) {
  try {
    return readlinkSync(`/proc/${id}/exe`) !== realpathSync(process.env.npm_node_execpath ?? '');
  } catch {
    return false; // no Linux, or a parent that has ended
  }
}

/** The parent's id, the second field after the name (proc_pid_stat(5)), which may contain anything. Linux only. */
function parentOf(id) {
  try {
    const stat = readFileSync(`/proc/${id}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined; // it has ended
  }
}
