import { fork, type Serializable } from 'node:child_process';
import { getPriority, setPriority } from 'node:os';
import { AppError } from '../domain/errors.ts';
import { holdToCore } from './cores.ts';
import { residentMemory } from './resident-memory.ts';

export interface DecodeProcessOptions {
  /** The module to run; it calls `serveJobs`. */
  readonly childFile: URL;
  /** From a job's start until its process is killed, whatever the job consists of. */
  readonly timeoutSeconds: number;
  /** What a process may occupy during a job; past it, it is killed. Held on Linux only, as the next. */
  readonly maxMemoryBytes: number;
  /** And after one: a process that keeps more makes room for a new one. */
  readonly maxRestingBytes: number;
  /** The only one it may run on; else any. */
  readonly core?: number | undefined;
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

/** What the child says: ready once, then for each job started and done or failed. */
export type Reply<Result> =
  | { readonly kind: 'ready' }
  | { readonly kind: 'started' }
  | { readonly kind: 'done'; readonly result: Result }
  | ({ readonly kind: 'failed' } & Failure);

interface Failure {
  /** `ENOENT` and its like, where a system call failed. */
  readonly systemCode: string | null;
  readonly message: string;
}

/** Bounds a start that hangs; a sound one takes about 0.1 s. */
const START_TIMEOUT_SECONDS = 30;

/** What was due so much earlier was slept through, as a suspended machine and a frozen function do: it proves nothing. */
const SLEPT_MS = 1_000;

/** Often enough for a decode that takes a second; one look takes 25 µs. */
const LOOK_AT_MEMORY_MS = 250;

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

interface Running<Result> {
  hasStarted: boolean;
  readonly resolve: (outcome: Outcome<Result>) => void;
  readonly reject: (error: AppError) => void;
}

export function startDecodeProcess<Job extends Serializable, Result>(
  options: DecodeProcessOptions,
): DecodeProcess<Job, Result> {
  const ready = Promise.withResolvers<void>();
  const exited = Promise.withResolvers<void>();
  let running: Running<Result> | undefined;
  let isEnding = false;

  const child = fork(options.childFile, {
    env: ENVIRONMENT,
    execArgv: EXEC_ARGV,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  if (child.pid !== undefined) stepBack(child.pid);
  if (child.pid !== undefined && options.core !== undefined) holdToCore(child.pid, options.core);
  const memory = residentMemory(child.pid ?? 0);
  const kill = () => {
    isEnding = true;
    child.ref(); // so that who waits for its exit lives to see it
    child.kill('SIGKILL');
  };
  let clock = setTimeout(kill, START_TIMEOUT_SECONDS * 1000);
  let watch: NodeJS.Timeout | undefined;

  /** Hands over the job's fate, once. */
  const finish = (): Running<Result> | undefined => {
    clearTimeout(clock);
    clearInterval(watch);
    const finished = running;
    running = undefined;
    return finished;
  };

  const rest = () => {
    if ((memory.bytes() ?? 0) > options.maxRestingBytes) return kill();
    child.unref();
    child.channel?.unref();
  };

  child.on('message', (message) => {
    const reply = message as Reply<Result>; // our own module's words
    switch (reply.kind) {
      case 'ready':
        clearTimeout(clock);
        rest();
        return ready.resolve();
      case 'started':
        if (running) running.hasStarted = true;
        return;
      case 'done':
        rest();
        return finish()?.resolve(reply);
      case 'failed':
        rest();
        return finish()?.reject(failure(reply));
    }
  });

  const gone = (cause: unknown) => {
    isEnding = true;
    memory[Symbol.dispose]();
    const lost = finish();
    lost?.resolve({ kind: 'lost', hasStarted: lost.hasStarted, cause });
    ready.reject(new AppError('unavailable', 'expected a decode process to start; it did not', { cause }));
    exited.resolve();
  };
  // Its last words may come after its exit, but never after the end of the channel: only both together are the end.
  const parted = new Promise((resolve) => child.once('disconnect', resolve));
  child.on('disconnect', kill);
  child.on('exit', async (code, signal) => {
    await parted;
    gone(`exit code ${code}, signal ${signal}`);
  });
  child.on('error', (error) => {
    if (child.pid === undefined) gone(error); // never started, so there is no 'exit'; a failed send is followed by one
  });
  ready.promise.catch(() => {}); // who waits for it hears of it

  return {
    ready: ready.promise,
    exited: exited.promise,
    kill,
    isEnding: () => isEnding,
    run: (job) => {
      if (isEnding) return Promise.resolve({ kind: 'lost', hasStarted: false, cause: 'ended before the job came' });
      const { promise, resolve, reject } = Promise.withResolvers<Outcome<Result>>();
      running = { hasStarted: false, resolve, reject };
      const giveUp = (detail: string) => {
        finish()?.reject(new AppError('decoder-failed', detail));
        kill();
      };
      const { timeoutSeconds, maxMemoryBytes } = options;
      const startClock = () => {
        const dueAt = performance.now() + timeoutSeconds * 1000;
        clock = setTimeout(() => {
          if (performance.now() - dueAt > SLEPT_MS) startClock();
          else giveUp(`expected the decoder to finish within ${timeoutSeconds} s; it did not`);
        }, timeoutSeconds * 1000);
      };
      startClock();
      watch = setInterval(() => {
        const bytes = memory.bytes() ?? 0;
        if (bytes > maxMemoryBytes)
          giveUp(
            `expected the decoder to take at most ${megabytes(maxMemoryBytes)} MB of memory; it took ${megabytes(bytes)}`,
          );
      }, LOOK_AT_MEMORY_MS);
      child.ref();
      child.channel?.ref();
      child.send(job);
      return promise;
    },
  };
}

/** At once: on Linux it is of one thread, and those that this one starts inherit it. */
function stepBack(id: number): void {
  try {
    setPriority(id, Math.min(getPriority() + NICENESS, LEAST_PRIORITY));
  } catch {} // already gone, or a system that knows no priorities: then all are equal
}

const megabytes = (bytes: number): number => Math.ceil(bytes / 1_048_576);

function failure({ systemCode, message }: Failure): AppError {
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
