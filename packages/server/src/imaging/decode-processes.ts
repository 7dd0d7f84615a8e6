import type { Serializable } from 'node:child_process';
import { AppError } from '../domain/errors.ts';
import { type DecodeProcess, type DecodeProcessOptions, startDecodeProcess } from './decode-process.ts';

export interface DecodeProcessesOptions extends DecodeProcessOptions {
  readonly maxProcesses: number;
  /** Jobs that may wait while every process is busy. */
  readonly maxWaiting: number;
  /** Rest after which a process is ended, unless it is the last. */
  readonly idleSeconds: number;
}

/** Processes that share a queue: none before the first job, then as many as there is work for, down to one at rest. */
export interface DecodeProcesses<Job, Result> extends AsyncDisposable {
  /**
   * Does `job` as soon as a process is free. Errors: `overloaded` when too many wait, `decoder-failed` when the job killed
   * its process, took too long or too much memory, `unavailable` when no process could be started, or all are being ended.
   */
  run(job: Job): Promise<Result>;
}

interface Waiting<Job, Result> {
  readonly job: Job;
  /** Its first process died: of the job, or because somebody killed it. Only a second death is the job's own. */
  readonly isSecondTry?: true;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** About what a few jobs take; the queue moves faster than that. */
const RETRY_AFTER_SECONDS = 2;

export function createDecodeProcesses<Job extends Serializable, Result>(
  options: DecodeProcessesOptions,
): DecodeProcesses<Job, Result> {
  type Child = DecodeProcess<Job, Result>;
  const waiting: Waiting<Job, Result>[] = [];
  const children = new Set<Child>();
  const starting = new Set<Child>();
  const resting = new Map<Child, NodeJS.Timeout>();
  let unfinished = 0;
  let isClosed = false;

  const advance = () => {
    for (const child of resting.keys()) {
      const next = waiting.shift();
      if (!next) return;
      clearTimeout(resting.get(child));
      resting.delete(child);
      void work(child, next);
    }
    while (starting.size < waiting.length && children.size < options.maxProcesses) start();
  };

  const start = () => {
    try {
      const child = startDecodeProcess<Job, Result>(options);
      children.add(child);
      starting.add(child);
      child.ready
        .finally(() => starting.delete(child))
        .then(
          () => rest(child),
          (error) => waiting.shift()?.reject(error), // a job for each failed start: no endless attempts
        );
      child.exited.then(() => forget(child));
    } catch (cause) {
      waiting.shift()?.reject(new AppError('unavailable', 'expected a decode process to start; it did not', { cause }));
    }
  };

  const work = async (child: Child, task: Waiting<Job, Result>) => {
    try {
      const outcome = await child.run(task.job);
      if (outcome.kind === 'done') task.resolve(outcome.result);
      else if (isClosed) task.reject(closed());
      else if (task.isSecondTry) task.reject(died(outcome));
      else waiting.unshift({ ...task, isSecondTry: true });
    } catch (error) {
      task.reject(isClosed ? closed(error) : error);
    }
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
    children.delete(child);
    advance();
  };

  return {
    run: async (job) => {
      if (isClosed) throw closed();
      if (unfinished >= options.maxProcesses + options.maxWaiting) throw overloaded(unfinished);
      unfinished += 1;
      try {
        const { promise, resolve, reject } = Promise.withResolvers<Result>();
        waiting.push({ job, resolve, reject });
        advance();
        return await promise;
      } finally {
        unfinished -= 1;
      }
    },

    [Symbol.asyncDispose]: async () => {
      isClosed = true;
      for (const task of waiting.splice(0)) task.reject(closed());
      for (const child of children) child.kill();
      await Promise.all([...children].map((child) => child.exited));
    },
  };
}

const overloaded = (unfinished: number): AppError =>
  new AppError('overloaded', `expected a free place to decode; came after ${unfinished} others`, {
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });

const died = ({ hasStarted, cause }: { hasStarted: boolean; cause: unknown }): AppError =>
  hasStarted
    ? new AppError('decoder-failed', 'expected the decoder to finish; it died', { cause })
    : new AppError('unavailable', 'expected a live decode process; two died', { cause });

const closed = (cause?: unknown): AppError =>
  new AppError('unavailable', 'expected a running service; it is stopping', { cause });
