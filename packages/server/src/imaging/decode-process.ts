import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { getPriority, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { AppError } from '../domain/errors.ts';
import { createJobFolder, type JobFolder } from './confinement/job-folder.ts';
import { LAUNCHER, planOf } from './confinement/plan.ts';
import { holdToCore } from './cores.ts';
import { parseReply, type Reply, systemCodeOf } from './decode-reply.ts';
import type { Confinement } from './imaging.ts';
import { watchOverJob } from './job-watch.ts';
import { readLines } from './lines.ts';
import { innermost, processUsage } from './process-usage.ts';

export interface DecodeProcessOptions<Job = unknown, Result = unknown> {
  /** The module to run; it calls `serveJobs`. */
  readonly childFile: URL;
  /** From a job's start until its process is killed, whatever the job consists of. */
  readonly timeoutSeconds: number;
  /** What a process may occupy during a job; past it, it is killed. Held on Linux only, as the next three. */
  readonly maxMemoryBytes: number;
  /** And after one: a process that keeps more makes room for a new one. */
  readonly maxRestingBytes: number;
  /** What a job may take of the processors, in seconds, all its threads together. */
  readonly maxCpuSeconds?: number;
  /** The only one it may run on; else any. */
  readonly core?: number | undefined;
  /** After so many it makes room for a new one, whatever became of it. */
  readonly maxJobs?: number;
  /** Where the files of its jobs are brought, and what it may do besides; unset: it runs as we do, and gets jobs as they are. */
  readonly confinement?: ConfinementOptions<Job, Result>;
}

export interface ConfinementOptions<Job, Result> {
  /** The levels that are good enough, the best first. */
  readonly levels: readonly Confinement[];
  /** Where its job folder is made: on the file system of the files, which are then linked and not copied. */
  readonly folder: string;
  readonly terms: JobTerms<Job, Result>;
  /** Files and folders that the decoder may read besides its own. */
  readonly readable?: readonly string[];
  /** Hears what each process turned out to be confined by, and why by nothing better. */
  onStarted?(level: Confinement, reason: string): void;
}

/** What a process has to know of its jobs, besides to hand them over. */
export interface JobTerms<Job, Result> {
  maxMemoryBytes(job: Job): number;
  /** The file that it reads. */
  inputOf(job: Job): string;
  /** The files that it writes. */
  outputsOf(job: Job): readonly string[];
  /** The job with its files in another place. */
  placed(job: Job, input: string, outputAt: (index: number) => string): Job;
  /** Throws at whatever isn't a sound answer to the job. */
  parse(value: unknown, job: Job): Result;
  /** Whether the answer says that this output was written. */
  isMade(result: Result, index: number): boolean;
}

/** One killable process that does one job at a time. At rest it does not keep this process alive. */
export interface DecodeProcess<Job, Result> {
  /** Settles once it can work; rejects with `unavailable` when it ended before. */
  readonly ready: Promise<void>;
  /** Resolves when it is gone, however that came. */
  readonly exited: Promise<void>;
  /**
   * Errors: `decoder-failed` when the job failed, took too long or too much memory, `unavailable`
   * when the file can't be read, `insufficient-storage` when there is no room for what it writes.
   */
  run(job: Job): Promise<Outcome<Result>>;
  kill(): void;
  /** True from its kill or death on: no job for it any more. */
  isEnding(): boolean;
}

/** `lost`: the process died, perhaps of the job if that had started. */
export type Outcome<Result> =
  | { readonly kind: 'done'; readonly result: Result }
  | { readonly kind: 'lost'; readonly hasStarted: boolean; readonly cause: unknown };

/** Bounds a start that hangs; a sound one takes about 0.1 s. */
const START_TIMEOUT_SECONDS = 30;

/**
 * All of a decoder's environment: the service's own holds secrets. The three for glibc's malloc keep a decoder at 145 MB, where it
 * grew to 500 over thousands of pictures; to give back every 1 MB cost a tenth of the time. One thread for libuv's work, since a
 * decoder does one job at a time: in turn, four found their caches cold each time.
 */
const ENVIRONMENT = {
  VIPS_BLOCK_UNTRUSTED: '1',
  MALLOC_ARENA_MAX: '1',
  MALLOC_TRIM_THRESHOLD_: '33554432',
  MALLOC_MMAP_THRESHOLD_: '4194304',
  UV_THREADPOOL_SIZE: '1',
  // The system's has nothing for a decoder, which may not read it.
  OPENSSL_CONF: '/dev/null',
};

/**
 * In MB: V8 lets the space of its youngest objects grow to a hundred under steady work, and keeps it. A decoder's pixels aren't
 * there: it holds 40 MB instead of 160, for 0.2 ms more an image.
 */
const EXEC_ARGV = ['--max-semi-space-size=1'];

/**
 * How far a decoder's priority is below ours (setpriority(2)). While transforms keep two cores busy the p99 of a small request is
 * 8.5 times its idle one, at 5 it was 11.8; 19 gave no more, and leaves a decoder hardly anything beside other work: its time is bounded.
 */
const NICENESS = 10;
const LEAST_PRIORITY = 19;

/** A header with the delays of 5,000 frames takes 30 KB. */
const MAX_REPLY_BYTES = 262_144;
/** What it wrote last before it died, for the log. */
const MAX_LAST_WORDS = 2_000;

interface Running<Job, Result> {
  readonly job: Job;
  hasStarted: boolean;
  readonly resolve: (outcome: Outcome<Result>) => void;
  readonly reject: (error: AppError) => void;
}

export function startDecodeProcess<Job, Result>(
  options: DecodeProcessOptions<Job, Result>,
): DecodeProcess<Job, Result> {
  const { confinement, maxJobs = Number.POSITIVE_INFINITY, maxCpuSeconds = Number.POSITIVE_INFINITY } = options;
  const ready = Promise.withResolvers<void>();
  const exited = Promise.withResolvers<void>();
  let running: Running<Job, Result> | undefined;
  let isReady = false;
  let isEnding = false;
  let jobs = 0;

  const folder = confinement && createJobFolder(confinement.folder);
  const command = [...EXEC_ARGV, fileURLToPath(options.childFile)];
  const environment = folder ? { ...ENVIRONMENT, TMPDIR: folder.outputs } : ENVIRONMENT;
  const plan = folder && planOf({ ...confinement, folder, command, environment });
  const child = spawn(process.execPath, plan ? [LAUNCHER, JSON.stringify(plan), ...command] : command, {
    env: environment,
    stdio: 'pipe',
  });
  child.on('error', (error) => {
    if (child.pid === undefined) gone(error); // never started, so there is no 'exit'; a failed kill is followed by one
  });
  const { stdin: jobsTo, stdout: replies, stderr: complaints } = requireStreams(child);
  // Sockets in truth, which keep us alive unless they are told not to.
  const handles = [child, jobsTo as Socket, replies as Socket, complaints as Socket];
  if (child.pid !== undefined) stepBack(child.pid);
  let usage = processUsage(child.pid ?? 0);
  const kill = () => {
    isEnding = true;
    for (const handle of handles) handle.ref(); // so that who waits for its exit lives to see it
    child.kill('SIGKILL');
  };
  const starting = setTimeout(kill, START_TIMEOUT_SECONDS * 1000);
  let watch: Disposable | undefined;

  let lastWords = '';
  complaints.setEncoding('utf8').on('data', (words: string) => {
    lastWords = (lastWords + words).slice(-MAX_LAST_WORDS);
  });

  /** Hands over the job's fate, once. */
  const finish = (): Running<Job, Result> | undefined => {
    watch?.[Symbol.dispose]();
    const finished = running;
    running = undefined;
    return finished;
  };

  const giveUp = (detail: string, cause?: unknown) => {
    finish()?.reject(new AppError('decoder-failed', detail, { cause }));
    kill();
  };

  const rest = () => {
    if (jobs >= maxJobs || (usage.residentBytes() ?? 0) > options.maxRestingBytes) return kill();
    for (const handle of handles) handle.unref();
  };

  const start = ({ confinement: level, reason }: Reply & { readonly kind: 'ready' }) => {
    isReady = true;
    clearTimeout(starting);
    const pid = innermost(child.pid ?? 0);
    if (pid !== child.pid) {
      usage[Symbol.dispose]();
      usage = processUsage(pid);
    }
    if (options.core !== undefined) holdToCore(pid, options.core);
    confinement?.onStarted?.(level, reason);
    rest();
    ready.resolve();
  };

  /** The answer, with the files where they were asked for. Throws what `failed` explains. */
  const collect = (value: unknown, job: Job): Result => {
    if (!confinement || !folder) return value as Result; // our own fixture's words
    const { terms } = confinement;
    const result = terms.parse(value, job);
    for (const [index, path] of terms.outputsOf(job).entries())
      if (terms.isMade(result, index)) folder.fetch(index, path);
    folder.empty();
    return result;
  };

  const done = ({ job }: Running<Job, Result>, value: unknown) => {
    try {
      const result = collect(value, job);
      rest();
      finish()?.resolve({ kind: 'done', result });
    } catch (error) {
      const systemCode = systemCodeOf(error);
      if (systemCode === null) return giveUp('expected a sound answer of the decoder; got another', error);
      kill(); // what its folder holds is not known
      finish()?.reject(failure({ systemCode, message: String(error) }));
    }
  };

  const failed = (reply: Reply & { readonly kind: 'failed' }) => {
    try {
      folder?.empty();
      rest();
    } catch {
      kill();
    }
    finish()?.reject(failure(reply));
  };

  /** Who says what was not asked for may have been taken over by what it decodes. */
  const hear = (line: string) => {
    if (isEnding) return;
    const reply = parseReply(line);
    if (reply?.kind === 'ready' && !isReady) return start(reply);
    if (reply?.kind === 'started' && running?.hasStarted === false) {
      running.hasStarted = true;
      return;
    }
    if (reply?.kind === 'done' && running?.hasStarted) return done(running, reply.result);
    if (reply?.kind === 'failed' && running?.hasStarted) return failed(reply);
    giveUp('expected the decoder to answer one job; it said something else');
  };
  readLines(replies, {
    maxBytes: MAX_REPLY_BYTES,
    onLine: hear,
    onTooLong: () => giveUp(`expected an answer of at most ${MAX_REPLY_BYTES} bytes; got more`),
  });

  function gone(cause: unknown): void {
    isEnding = true;
    clearTimeout(starting);
    usage[Symbol.dispose]();
    const lost = finish();
    lost?.resolve({ kind: 'lost', hasStarted: lost.hasStarted, cause });
    ready.reject(new AppError('unavailable', 'expected a decode process to start; it did not', { cause }));
    const removed = folder?.remove() ?? Promise.resolve();
    removed.catch(() => {}).then(exited.resolve); // at the next start it is gone
  }
  // Its last words may come after its exit, but never after the end of the channel: only both together are the end.
  const parted = new Promise((resolve) => replies.once('close', resolve));
  replies.on('close', kill);
  for (const stream of [jobsTo, replies, complaints]) stream.on('error', () => {}); // its end follows
  child.on('exit', async (code, signal) => {
    await parted;
    gone(`exit code ${code}, signal ${signal}${lastWords && `: ${lastWords.trim()}`}`);
  });
  ready.promise.catch(() => {}); // who waits for it hears of it

  const send = (job: Job) => {
    if (!isEnding) jobsTo.write(`${JSON.stringify(job)}\n`);
  };

  /** A file that can't be brought says nothing about the decoder. */
  const bringAndSend = async (job: Job, { terms }: ConfinementOptions<Job, Result>, own: JobFolder) => {
    try {
      send(terms.placed(job, await own.bring(terms.inputOf(job)), own.output));
    } catch (error) {
      if (isEnding) return;
      rest();
      finish()?.reject(failure({ systemCode: systemCodeOf(error) ?? 'EIO', message: String(error) }));
    }
  };

  return {
    ready: ready.promise,
    exited: exited.promise,
    kill,
    isEnding: () => isEnding,
    run: (job) => {
      if (isEnding) return Promise.resolve({ kind: 'lost', hasStarted: false, cause: 'ended before the job came' });
      const { promise, resolve, reject } = Promise.withResolvers<Outcome<Result>>();
      running = { job, hasStarted: false, resolve, reject };
      jobs += 1;
      watch = watchOverJob(usage, {
        timeoutSeconds: options.timeoutSeconds,
        maxMemoryBytes: Math.min(
          options.maxMemoryBytes,
          confinement?.terms.maxMemoryBytes(job) ?? options.maxMemoryBytes,
        ),
        maxCpuSeconds,
        onExcess: giveUp,
      });
      for (const handle of handles) handle.ref();
      if (confinement && folder) void bringAndSend(job, confinement, folder);
      else send(job);
      return promise;
    },
  };
}

/** There are none where descriptors ran out, whatever the types say. Errors: `unavailable`. */
function requireStreams(child: ChildProcessWithoutNullStreams): ChildProcessWithoutNullStreams {
  if (child.pid !== undefined || child.stdio?.every(Boolean)) return child;
  throw new AppError('unavailable', 'expected a decode process to start; it did not');
}

/** At once: on Linux it is of one thread, and those that this one starts inherit it. */
function stepBack(id: number): void {
  try {
    setPriority(id, Math.min(getPriority() + NICENESS, LEAST_PRIORITY));
  } catch {} // already gone, or a system that knows no priorities: then all are equal
}

function failure({
  systemCode,
  message,
}: Pick<Reply & { readonly kind: 'failed' }, 'systemCode' | 'message'>): AppError {
  switch (systemCode) {
    case null:
      return new AppError('decoder-failed', 'expected the decoder to finish; it failed', { cause: message });
    case 'ENOSPC':
    case 'EDQUOT':
      return new AppError('insufficient-storage', 'expected room on the disk; it is full', { cause: message });
    default:
      return new AppError('unavailable', "expected to reach an image's file; the system refused", { cause: message });
  }
}
