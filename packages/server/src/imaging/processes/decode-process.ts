import type { Socket } from 'node:net';
import { AppError } from '../../domain/errors.ts';
import type { ServiceEvent } from '../../observe/observer/observer.ts';
import { createJobFolder } from '../confinement/job-folder.ts';
import type { Confinement } from '../imaging.ts';
import { decodeFailure, systemFailure, unsoundAnswer } from './decode-failure.ts';
import { type OutputSizes, parseReply, type Reply, sentBytes, systemCodeOf } from './decode-reply.ts';
import { type Collected, createJobFiles, type JobFiles, type JobTerms, type SentOutputs } from './job-files.ts';
import { watchOverJob, watchOverRest } from './job-watch.ts';
import { readLines } from './lines.ts';
import { innermost, processUsage } from './process-usage.ts';
import { lowerEveryThread, spawnDecoder } from './spawn-decoder.ts';

export interface DecodeProcessOptions<Job = unknown, Result = unknown> {
  /** The module to run; it calls `serveJobs`. */
  readonly childFile: URL;
  /** The time from a job's start after which its process is killed. */
  readonly timeoutSeconds: number;
  /** The memory limit during a job; a process above it is killed. Enforced on Linux only, like the next three. */
  readonly maxMemoryBytes: number;
  /** The memory limit between jobs: a process above it is replaced, and so is one that is still busy. */
  readonly maxRestingBytes: number;
  /** The CPU seconds of a job, over all threads. */
  readonly maxCpuSeconds?: number;
  /** A process is replaced after this many jobs. */
  readonly maxJobs?: number;
  /** Called at most once for each process, before its job fails; not if it is replaced, or killed by `kill`. */
  readonly onDeath?: (reason: DeathReason) => void;
  /**
   * The folder for job files, and the process's confinement; unset: the process is unconfined, and gets jobs unchanged.
   */
  readonly confinement?: ConfinementOptions<Job, Result>;
}

/**
 * `time`, `memory`: it was killed for its use of them, or because it stayed busy after its job. `crash`: it ended by
 * itself, was killed from outside, as by the kernel when the machine's memory is full, or gave an answer that no sound
 * decoder gives. `start`: it never could work.
 */
export type DeathReason = Extract<ServiceEvent, { readonly event: 'decoder-died' }>['reason'];

export interface ConfinementOptions<Job, Result> {
  /** The acceptable levels, the best first. */
  readonly levels: readonly Confinement[];
  /** Where the job folder is made: on the file system of the input files, so that they are linked instead of copied. */
  readonly folder: string;
  readonly terms: JobTerms<Job, Result>;
  /** Files and folders that the decoder may read in addition to its own. */
  readonly readable?: readonly string[];
  /** Called with each process's level of confinement, and why it isn't a better one. */
  onStarted?(level: Confinement, reason: string): void;
}

/** A killable process that does one job at a time. An idle one does not keep the service alive. */
export interface DecodeProcess<Job, Result> {
  /** Resolves when it can work; rejects with `unavailable` if it ended before. */
  readonly ready: Promise<void>;
  /** Resolves when the process has ended, for any reason. */
  readonly exited: Promise<void>;
  /**
   * Errors: `decoder-failed` if its answer is unsound, or it took too long or too much memory, `unavailable` if the
   * file can't be read, `insufficient-storage` if there is no room for its output.
   */
  run(job: Job): Promise<Outcome<Result>>;
  /** CPU seconds since its start; undefined if it has ended, or on systems other than Linux. */
  cpuSeconds(): number | undefined;
  kill(): void;
  /** True once the process was killed or has died: it gets no more jobs. */
  isEnding(): boolean;
}

/**
 * `done`: the process may get its next job; the result settles when its large outputs are at their paths. `failed`: the
 * process answered that the job failed. `lost`: the process died, possibly because of the job if that had started.
 */
export type Outcome<Result> =
  | { readonly kind: 'done'; readonly result: Promise<Result> }
  | { readonly kind: 'failed'; readonly error: AppError }
  | { readonly kind: 'lost'; readonly hasStarted: boolean; readonly cause: unknown };

/** Bounds a hanging start; a sound one takes about 0.1 s. */
const START_TIMEOUT_SECONDS = 30;

/** 32 presets, each refused in 500 characters of 4 bytes, take 67 KB. */
const MAX_REPLY_BYTES = 262_144;
/** The last output before its death, for the log. */
const MAX_LAST_WORDS = 2_000;

interface Running<Job, Result> {
  readonly job: Job;
  /** Before, no sound process has anything to say. */
  isSent: boolean;
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
  const files = folder && createJobFiles(folder, confinement.terms);
  const child = spawnDecoder(options.childFile, folder && { ...confinement, folder });
  child.on('error', (error) => {
    if (child.pid === undefined) gone(error); // never started, so there is no 'exit'; a failed kill is followed by one
  });
  const { stdin: jobsTo, stdout: replies, stderr: complaints } = child;
  // Pipes are sockets, which keep the service alive unless unreferenced.
  const handles = [child, jobsTo as Socket, replies as Socket, complaints as Socket];
  let usage = processUsage(child.pid ?? 0);
  /** Whether `onDeath` was called, or is not to be. */
  let isTold = false;
  const tellDeath = (reason: DeathReason) => {
    if (!isTold) options.onDeath?.(reason);
    isTold = true;
  };
  const kill = () => {
    isEnding = true;
    for (const handle of handles) handle.ref(); // so that a caller that waits for the exit gets it
    child.kill('SIGKILL');
  };
  /** Ends a process that has done nothing wrong. */
  const retire = () => {
    isTold = true;
    kill();
  };
  const starting = setTimeout(kill, START_TIMEOUT_SECONDS * 1000);
  let watch: Disposable | undefined;
  let watchAtRest: Disposable | undefined;
  /** Pending while the last job's files are being taken out of the folder, and written to their destination. */
  let tidied: Promise<void> = Promise.resolve();

  let lastWords = '';
  complaints.setEncoding('utf8').on('data', (words: string) => {
    lastWords = (lastWords + words).slice(-MAX_LAST_WORDS);
  });

  /** The current job, to be settled once. */
  const finish = (): Running<Job, Result> | undefined => {
    watch?.[Symbol.dispose]();
    const finished = running;
    running = undefined;
    return finished;
  };

  const giveUp = (reason: DeathReason, detail: string) => {
    tellDeath(reason);
    finish()?.reject(new AppError('decoder-failed', detail));
    kill();
  };

  const endRest = (reason: 'time' | 'memory') => {
    if (reason === 'memory') return retire();
    tellDeath(reason);
    kill();
  };

  const rest = () => {
    if (jobs >= maxJobs || (usage.residentBytes() ?? 0) > options.maxRestingBytes) return retire();
    watchAtRest = watchOverRest(usage, { maxMemoryBytes: options.maxRestingBytes, onExcess: endRest });
    for (const handle of handles) handle.unref();
  };

  const start = ({ confinement: level, reason }: Reply & { readonly kind: 'ready' }) => {
    isReady = true;
    clearTimeout(starting);
    const pid = innermost(child.pid ?? 0);
    lowerEveryThread(pid);
    if (pid !== child.pid) {
      usage[Symbol.dispose]();
      usage = processUsage(pid);
    }
    confinement?.onStarted?.(level, reason);
    rest();
    ready.resolve();
  };

  const done = async ({ job, resolve, reject }: Running<Job, Result>, value: unknown, sent: SentOutputs) => {
    finish(); // further output is unexpected
    try {
      const collected = await files?.collect(value, job, sent);
      if (!isEnding) rest();
      resolve({ kind: 'done', result: collected ? delivery(collected) : Promise.resolve(value as Result) }); // a test fixture's own output
      await collected?.delivered.catch(() => undefined); // the job has the error
    } catch (error) {
      const isSound = systemCodeOf(error) !== null; // such as a full disk
      if (!isSound) tellDeath('crash');
      retire(); // the content of its folder is unknown
      reject(isSound ? systemFailure(error) : unsoundAnswer(error));
    }
  };

  const failed = async ({ resolve }: Running<Job, Result>, reply: Reply & { readonly kind: 'failed' }) => {
    finish();
    try {
      await files?.empty();
      if (!isEnding) rest();
    } catch {
      retire();
    }
    resolve({ kind: 'failed', error: decodeFailure(reply) });
  };

  /** Unexpected output may mean that the decoder is compromised. */
  const hear = (line: string) => {
    if (isEnding) return;
    const reply = parseReply(line);
    if (reply?.kind === 'ready' && !isReady) return start(reply);
    if (reply?.kind === 'started' && running?.isSent && !running.hasStarted) {
      running.hasStarted = true;
      return;
    }
    if (reply?.kind === 'done' && running?.hasStarted) {
      const [mine, { result, sizes }] = [running, reply];
      if (sizes.length > (confinement?.terms.outputsOf(mine.job).length ?? 0))
        return giveUp('crash', 'expected at most the bytes of each output; the decoder announced more');
      lines.take(sentBytes(sizes), (bytes) => {
        if (isEnding) return;
        if (running === mine) tidied = done(mine, result, parted(bytes, sizes));
        else giveUp('crash', 'expected the bytes of outputs while their job runs; they came later');
      });
    } else if (reply?.kind === 'failed' && running?.hasStarted) tidied = failed(running, reply);
    else giveUp('crash', 'expected the decoder to answer one job; it said something else');
  };
  const lines = readLines(replies, {
    maxBytes: MAX_REPLY_BYTES,
    onLine: hear,
    onTooLong: () => giveUp('crash', `expected an answer of at most ${MAX_REPLY_BYTES} bytes; got more`),
  });

  function gone(cause: unknown): void {
    isEnding = true;
    clearTimeout(starting);
    watchAtRest?.[Symbol.dispose]();
    usage[Symbol.dispose]();
    tellDeath(isReady ? 'crash' : 'start');
    const lost = finish();
    lost?.resolve({ kind: 'lost', hasStarted: lost.hasStarted, cause });
    ready.reject(new AppError('unavailable', 'expected a decode process to start; it did not', { cause }));
    const removed = tidied.then(() => files?.remove());
    removed.catch(() => {}).then(exited.resolve); // removed at the next start
  }
  // The last output may arrive after the exit, but never after the channel's end: only both together are the end.
  const closed = new Promise((resolve) => replies.once('close', resolve));
  replies.on('close', kill);
  for (const stream of [jobsTo, replies, complaints]) stream.on('error', () => {}); // its end follows
  child.on('exit', async (code, signal) => {
    await closed;
    gone(`exit code ${code}, signal ${signal}${lastWords && `: ${lastWords.trim()}`}`);
  });
  ready.promise.catch(() => {}); // callers that wait for it get the error

  const send = (mine: Running<Job, Result>, job: Job) => {
    if (isEnding) return;
    mine.isSent = true;
    jobsTo.write(`${JSON.stringify(job)}\n`);
  };

  /** A file that can't be linked or copied is not the decoder's fault. */
  const bringAndSend = async (mine: Running<Job, Result>, { bring }: JobFiles<Job, Result>) => {
    try {
      send(mine, await bring(mine.job));
    } catch (error) {
      if (isEnding) return;
      rest();
      finish()?.reject(systemFailure(error));
    }
  };

  return {
    ready: ready.promise,
    exited: exited.promise,
    cpuSeconds: () => usage.cpuSeconds(),
    kill: retire,
    isEnding: () => isEnding,
    run: (job) => {
      if (isEnding) return Promise.resolve({ kind: 'lost', hasStarted: false, cause: 'ended before it got the job' });
      const { promise, resolve, reject } = Promise.withResolvers<Outcome<Result>>();
      const mine: Running<Job, Result> = { job, isSent: false, hasStarted: false, resolve, reject };
      running = mine;
      jobs += 1;
      watchAtRest?.[Symbol.dispose]();
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
      if (files) void bringAndSend(mine, files);
      else send(mine, job);
      return promise;
    },
  };
}

/** Copies, which keep no other bytes of the pipe alive. */
const parted = (bytes: Buffer, sizes: OutputSizes): SentOutputs => {
  let at = 0;
  return sizes.map((size) => {
    if (size === null) return null;
    const output = new Uint8Array(bytes.subarray(at, at + size));
    at += size;
    return Buffer.from(output.buffer);
  });
};

async function delivery<Result>({ delivered }: Collected<Result>): Promise<Result> {
  try {
    return await delivered;
  } catch (error) {
    throw systemFailure(error);
  }
}
