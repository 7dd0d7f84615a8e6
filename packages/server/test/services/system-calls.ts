import { existsSync } from 'node:fs';

const STRACE = '/usr/bin/strace';

/** The reason to skip, or false; in CI a tracer that is missing is a failure. */
export const NO_STRACE =
  existsSync(STRACE) || process.env['CI']
    ? false
    : `what is synced, and when, is not tested without ${STRACE}: apt-get install strace`;

/** As slow as a disk's: whoever doesn't wait for its sync is overtaken by it not even by luck. */
const SYNC_MICROSECONDS = 5_000;

/** What to put before a command so that `file` tells its calls of these names, and those of its threads and children. */
export function tracing(file: string, names: readonly string[]): string[] {
  if (!existsSync(STRACE)) throw new Error(`expected ${STRACE}; there is none: apt-get install strace`);
  return [
    STRACE,
    '--daemonize', // beside the command, which stays the caller's child: it gets the signals
    '--follow-forks',
    '--seccomp-bpf', // only these calls are stopped at
    `--inject=?fsync,?fdatasync:delay_enter=${SYNC_MICROSECONDS}`,
    '--decode-fds=path',
    '--string-limit=8192', // a page of SQLite's whole
    `--output=${file}`,
    `--trace=${names.map((name) => `?${name}`)}`, // not every machine has them all
  ];
}

/** A system call that succeeded. What a thread does next, and what that causes elsewhere, stands on later lines. */
export interface SystemCall {
  readonly name: string;
  /** The path behind its descriptor; empty when it has none. */
  readonly file: string;
  /** What it names or writes, as strace shows it. */
  readonly strings: readonly string[];
  readonly flags: string;
  /** The lines of the trace where it was called and where it returned. */
  readonly began: number;
  readonly done: number;
}

/** The calls that have returned so far, in the order in which they were made. */
export function readSystemCalls(trace: string): SystemCall[] {
  const calls: SystemCall[] = [];
  const unfinished = new Map<string, { readonly text: string; readonly began: number }>();
  for (const [line, content] of trace.split('\n').entries()) {
    const [, thread, text] = /^(\d+) +(.+)$/.exec(content) ?? [];
    if (!thread || !text) continue;
    if (text.endsWith(UNFINISHED)) {
      unfinished.set(thread, { text: text.slice(0, -UNFINISHED.length), began: line });
      continue;
    }
    const rest = /^<\.\.\. \w+ resumed>(.*)$/.exec(text)?.[1];
    const start = rest === undefined ? { text: '', began: line } : unfinished.get(thread);
    const call = start && parse(start.text + (rest ?? text));
    if (call) calls.push({ ...call, began: start.began, done: line });
  }
  return calls.sort((a, b) => a.began - b.began);
}

const UNFINISHED = ' <unfinished ...>';

/** Undefined for signals, exits and calls that failed. */
function parse(text: string): Omit<SystemCall, 'began' | 'done'> | undefined {
  const [, name, parameters] = /^(\w+)\((.*)\) += \d/.exec(text) ?? [];
  if (name === undefined || parameters === undefined) return undefined;
  return {
    name,
    file: /^\d+<([^>]*)>/.exec(parameters)?.[1] ?? '',
    strings: [...parameters.matchAll(STRING)].map(([, string]) => string ?? ''),
    flags: parameters.replaceAll(STRING, ''),
  };
}

const STRING = /"((?:[^"\\]|\\.)*)"/g;
