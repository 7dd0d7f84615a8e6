import type { Serializable } from 'node:child_process';
import { AppError } from '../domain/errors.ts';
import { type DecodeProcess, type DecodeProcessOptions, startDecodeProcess } from './decode-process.ts';
import { createJobPace } from './job-pace.ts';
import { createWaitingJobs, type Urgency } from './waiting-jobs.ts';

export interface DecodeProcessesOptions extends Omit<DecodeProcessOptions, 'core'> {
  readonly maxProcesses: number;
  /** Each process is held to one of them for itself; where there are too few, the others to none. */
  readonly cores?: readonly number[];
  /** Jobs of each urgency that may wait while every process is busy. */
  readonly maxWaiting: Readonly<Record<Urgency, number>>;
  /** Rest after which a process is ended, unless it is the last. */
  readonly idleSeconds: number;
}

/**
 * Processes that share a queue: none before the first job, then as many as there is work for, down to one at rest. The order
 * of the queue is that of `createWaitingJobs`; jobs in the background leave one process to others, where there are two.
 */
export interface DecodeProcesses<Job, Result> extends AsyncDisposable {
  /**
   * Does `job` as soon as a process is free; what must be fetched for it is, once it has a place among those that wait.
   * Errors: `overloaded` when too many of its urgency wait, `decoder-failed` when the job killed its process, took too long or
   * too much memory, `unavailable` when no process could be started, or all are being ended; the signal's reason where it
   * aborted before the job began; those of `job`. What has begun is finished.
   */
  run(job: Job | (() => Promise<Job>), options: RunOptions): Promise<Result>;
}

export interface RunOptions {
  readonly urgency: Urgency;
  readonly signal?: AbortSignal | undefined;
}

interface Task<Job, Result> {
  readonly job: Job;
  readonly urgency: Urgency;
  tries: number;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

const MAX_TRIES = 2;

/**
 * A rendition is tried twice: its original was sound, so the first process may have died because somebody killed it. Bytes that
 * nobody knows get one try each time; those that were looked at when the process died are tried again by their record.
 */
const mayTryAgain = ({ urgency, tries }: Pick<Task<never, never>, 'urgency' | 'tries'>, hasStarted: boolean): boolean =>
  tries < MAX_TRIES && !(urgency === 'inspection' && hasStarted);

export function createDecodeProcesses<Job extends Serializable, Result>(
  options: DecodeProcessesOptions,
): DecodeProcesses<Job, Result> {
  type Child = DecodeProcess<Job, Result>;
  const maxInBackground = Math.max(options.maxProcesses - 1, 1);
  const waiting = createWaitingJobs<Task<Job, Result>>();
  const pace = createJobPace(options.maxProcesses);
  const children = new Map<Child, number | undefined>();
  const freeCores = [...(options.cores ?? [])];
  const starting = new Set<Child>();
  const resting = new Map<Child, NodeJS.Timeout>();
  const unfinished: Record<Urgency, number> = { inspection: 0, request: 0, background: 0 };
  let inBackground = 0;
  let isClosed = false;

  const placesFor = (urgency: Urgency): number => (urgency === 'background' ? maxInBackground : options.maxProcesses);
  const takeNext = () => waiting.take((urgency) => urgency !== 'background' || inBackground < maxInBackground);
  const canBegin = (): number =>
    waiting.count('inspection') +
    waiting.count('request') +
    Math.min(waiting.count('background'), maxInBackground - inBackground);

  const advance = () => {
    for (const child of resting.keys()) {
      const next = takeNext();
      if (!next) return;
      clearTimeout(resting.get(child));
      resting.delete(child);
      void work(child, next);
    }
    while (starting.size < canBegin() && children.size < options.maxProcesses) start();
  };

  const start = () => {
    try {
      const core = freeCores.at(-1);
      const child = startDecodeProcess<Job, Result>({ ...options, core });
      freeCores.pop();
      children.set(child, core);
      starting.add(child);
      child.ready
        .finally(() => starting.delete(child))
        .then(
          () => rest(child),
          (error) => takeNext()?.reject(error), // a job for each failed start: no endless attempts
        );
      child.exited.then(() => forget(child));
    } catch (cause) {
      takeNext()?.reject(new AppError('unavailable', 'expected a decode process to start; it did not', { cause }));
    }
  };

  const work = async (child: Child, task: Task<Job, Result>) => {
    if (task.urgency === 'background') inBackground += 1;
    task.tries += 1;
    const begunAt = performance.now();
    try {
      const outcome = await child.run(task.job);
      if (outcome.kind === 'done') task.resolve(outcome.result);
      else if (isClosed) task.reject(closed());
      else if (mayTryAgain(task, outcome.hasStarted)) waiting.putBack(task);
      else task.reject(died(outcome));
    } catch (error) {
      task.reject(isClosed ? closed(error) : error);
    }
    pace.took(task.urgency, performance.now() - begunAt);
    if (task.urgency === 'background') inBackground -= 1;
    rest(child);
  };

  const rest = (child: Child) => {
    if (!child.isEnding()) resting.set(child, setTimeout(retire, options.idleSeconds * 1000, child).unref());
    advance();
  };

  const retire = (child: Child) => {
    if (children.size === 1) return;
    child.kill();
    forget(child);
  };

  const forget = (child: Child) => {
    clearTimeout(resting.get(child));
    resting.delete(child);
    const core = children.get(child);
    if (children.delete(child) && core !== undefined) freeCores.push(core);
    advance();
  };

  const enqueue = async (job: Job, { urgency, signal }: RunOptions): Promise<Result> => {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const task: Task<Job, Result> = { job, urgency, tries: 0, resolve, reject };
    const leave = () => {
      if (task.tries === 0 && waiting.remove(task)) reject(signal?.reason);
    };
    signal?.addEventListener('abort', leave);
    try {
      waiting.add(task);
      advance();
      return await promise;
    } finally {
      signal?.removeEventListener('abort', leave);
    }
  };

  const overloaded = (urgency: Urgency): AppError =>
    new AppError('overloaded', `expected a free place to decode; came after ${unfinished[urgency]} others`, {
      retryAfterSeconds: pace.secondsFor(urgency, unfinished),
    });

  return {
    run: async (job, { urgency, signal }) => {
      if (isClosed) throw closed();
      signal?.throwIfAborted();
      if (unfinished[urgency] >= placesFor(urgency) + options.maxWaiting[urgency]) throw overloaded(urgency);
      unfinished[urgency] += 1;
      try {
        if (typeof job !== 'function') return await enqueue(job, { urgency, signal });
        const fetched = await job();
        if (isClosed) throw closed();
        signal?.throwIfAborted();
        return await enqueue(fetched, { urgency, signal });
      } finally {
        unfinished[urgency] -= 1;
      }
    },

    [Symbol.asyncDispose]: async () => {
      isClosed = true;
      for (const task of waiting.clear()) task.reject(closed());
      for (const child of children.keys()) child.kill();
      await Promise.all([...children.keys()].map((child) => child.exited));
    },
  };
}

const died = ({ hasStarted, cause }: { hasStarted: boolean; cause: unknown }): AppError =>
  hasStarted
    ? new AppError('decoder-failed', 'expected the decoder to finish; it died', { cause })
    : new AppError('unavailable', 'expected a live decode process; two died', { cause });

const closed = (cause?: unknown): AppError =>
  new AppError('unavailable', 'expected a running service; it is stopping', { cause });
