import { existsSync } from 'node:fs';

const STRACE = '/usr/bin/strace';

/** The reason to skip, or false; in CI a missing tracer fails. */
export const NO_STRACE =
  existsSync(STRACE) || process.env['CI']
    ? false
    : `what is synced, and when, is not tested without ${STRACE}: apt-get install strace`;

/** As slow as a disk's sync, so that code that doesn't wait for it is always detected. */
const SYNC_MICROSECONDS = 5_000;

/** A command prefix that traces these calls into `file`, with those of threads and children. */
export function tracing(file: string, names: readonly string[]): string[] {
  if (!existsSync(STRACE)) throw new Error(`expected ${STRACE}; there is none: apt-get install strace`);
  return [
    STRACE,
    '--daemonize', // beside the command, which stays the caller's child: it gets the signals
    '--follow-forks',
    '--seccomp-bpf', // only these calls are stopped
    `--inject=?fsync,?fdatasync:delay_enter=${SYNC_MICROSECONDS}`,
    '--decode-fds=path',
    '--string-limit=8192', // a whole page of SQLite
    `--output=${file}`,
    `--trace=${names.map((name) => `?${name}`)}`, // not every machine has them all
  ];
}

/** A successful system call. Its consequences are on later lines. */
export interface SystemCall {
  readonly name: string;
  /** The path of its descriptor; empty without one. */
  readonly file: string;
  /** Its paths and written bytes, as strace shows them. */
  readonly strings: readonly string[];
  readonly flags: string;
  /** The lines of the trace with its call and its return. */
  readonly began: number;
  readonly done: number;
}

/** The returned calls so far, in the order in which they were made. */
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

/** Undefined for signals, exits and failed calls. */
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
