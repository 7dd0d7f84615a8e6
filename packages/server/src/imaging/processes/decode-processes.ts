import { type Payer, UNKNOWN_PAYER } from '../../domain/access/payer.ts';
import type { AppError } from '../../domain/errors.ts';
import { abortReason } from '../../flow/abort.ts';
import type { Observer } from '../../observe/observer/observer.ts';
import { NO_TRACING, type Tracing } from '../../observe/observer/tracing.ts';
import type { DecoderLoad, ToFetch } from '../imaging.ts';
import { closed, died, startFailure } from './decode-failure.ts';
import {
  type DeathReason,
  type DecodeProcess,
  type DecodeProcessOptions,
  startDecodeProcess,
} from './decode-process.ts';
import { createFetchRoom } from './fetch-room.ts';
import { ESTIMATED_SECONDS, measureCost } from './job-cost.ts';
import { createJobPace } from './job-pace.ts';
import { createJobPlaces, type Place } from './job-places.ts';
import { beginJobSpans, type JobSpans } from './job-spans.ts';
import { createWaitingJobs, type SharedJob, URGENCIES, type Urgency } from './waiting-jobs.ts';

export interface DecodeProcessesOptions<Job = unknown, Result = unknown>
  extends Omit<DecodeProcessOptions<Job, Result>, 'onDeath'> {
  readonly maxProcesses: number;
  /** The limit of waiting jobs per urgency while every process is busy. */
  readonly maxWaiting: Readonly<Record<Urgency, number>>;
  /** How long a client's job may wait after its file is available. */
  readonly maxWaitSeconds: number;
  /** The limit of bytes in fetched files, from the start of a fetch to the end of its job. Unset: no limit. */
  readonly maxFetchedBytes?: number;
  /** The idle time after which a process is ended, except the last one. */
  readonly idleSeconds: number;
  readonly observe?: Observer;
  readonly tracing?: Tracing;
}

/**
 * A pool of processes with one queue: none before the first job, then as many as needed, down to one when idle. The
 * queue's order is that of `createWaitingJobs`; background jobs leave one process to others, if there are two.
 */
export interface DecodeProcesses<Job, Result> extends AsyncDisposable {
  /**
   * Runs `job` on the next free process; its file is fetched once it has a place in the queue and there is room for the
   * bytes. The signal aborts when the job has lost its place, which is free once the fetch has ended. Errors:
   * `overloaded` if too many jobs of its urgency wait and no payer has more of them, if a later job took its place, or
   * if its client has waited too long; `decoder-failed` if the job killed its process, took too long or too much
   * memory; `unavailable` if no process could be started, or on disposal; the client's abort reason, if it left before
   * the job began; those of `job`. A started job is finished.
   */
  run(job: Job | ToFetch<Job>, options: RunOptions): Promise<Result>;
  load(): DecoderLoad;
}

export interface RunOptions {
  readonly urgency: Urgency;
  /** Whose share of the decoders the job uses. */
  readonly payer?: Payer | undefined;
  /** Aborts when the waiting client leaves; absent: the job waits without a limit. */
  readonly signal?: AbortSignal | undefined;
  /** The expected CPU time, until the real one is known. */
  readonly estimatedSeconds?: number;
}

interface Task<Job, Result> extends SharedJob {
  readonly job: Job;
  /** By `performance.now()`. */
  readonly askedAtMs: number;
  readonly spans: JobSpans;
  tries: number;
  usedSeconds: number;
  readonly resolve: (result: Promise<Result>) => void;
  readonly reject: (error: unknown) => void;
}

const MAX_TRIES = 2;

/**
 * A rendition is tried twice: its original is verified, so the first process was probably killed from outside. Unknown
 * bytes get one try each time; their record schedules the next.
 */
const mayTryAgain = ({ urgency, tries }: Pick<Task<never, never>, 'urgency' | 'tries'>, hasStarted: boolean): boolean =>
  tries < MAX_TRIES && !(urgency === 'inspection' && hasStarted);

export function createDecodeProcesses<Job extends object, Result>(
  options: DecodeProcessesOptions<Job, Result>,
): DecodeProcesses<Job, Result> {
  type Child = DecodeProcess<Job, Result>;
  const maxInBackground = Math.max(options.maxProcesses - 1, 1);
  const waiting = createWaitingJobs<Task<Job, Result>>();
  const pace = createJobPace(options.maxProcesses);
  const { maxWaiting, maxProcesses, maxWaitSeconds } = options;
  const places = createJobPlaces({
    maxPlaces: {
      inspection: maxProcesses + maxWaiting.inspection,
      request: maxProcesses + maxWaiting.request,
      background: maxInBackground + maxWaiting.background,
    },
    pace,
  });
  const room = createFetchRoom({ maxBytes: options.maxFetchedBytes ?? Number.POSITIVE_INFINITY });
  const children = new Set<Child>();
  const starting = new Set<Child>();
  const resting = new Map<Child, NodeJS.Timeout>();
  const running: Record<Urgency, number> = { inspection: 0, request: 0, background: 0 };
  let isClosed = false;

  const takeNext = () => waiting.take((urgency) => urgency !== 'background' || running.background < maxInBackground);
  const canBegin = (): number =>
    waiting.count('inspection') +
    waiting.count('request') +
    Math.min(waiting.count('background'), maxInBackground - running.background);

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

  const tellDeath = (reason: DeathReason) => options.observe?.({ event: 'decoder-died', reason });

  const start = () => {
    try {
      const child = startDecodeProcess<Job, Result>({ ...options, onDeath: tellDeath });
      children.add(child);
      starting.add(child);
      child.ready
        .finally(() => starting.delete(child))
        .then(
          () => rest(child),
          refuseNext, // fails one job for each failed start, so that attempts end
        );
      child.exited.then(() => forget(child));
    } catch (cause) {
      tellDeath('start');
      refuseNext(startFailure(cause));
    }
  };

  const refuseNext = (error: unknown): void => {
    const task = takeNext();
    if (!task) return;
    waiting.finish(task, 0);
    task.reject(error);
  };

  const work = async (child: Child, task: Task<Job, Result>) => {
    const { urgency } = task;
    running[urgency] += 1;
    task.tries += 1;
    task.spans.begun();
    const begunAt = performance.now();
    const cost = measureCost(child);
    let isAgain = false;
    if (task.tries === 1)
      options.observe?.({ event: 'place-wait', place: 'decoder', urgency, waitedMs: begunAt - task.askedAtMs });
    let isAnswered = false;
    try {
      const outcome = await child.run(task.job);
      isAnswered = outcome.kind !== 'lost';
      if (outcome.kind === 'done') task.resolve(outcome.result);
      else if (isClosed) task.reject(closed());
      else if (outcome.kind === 'failed') task.reject(outcome.error);
      else if (mayTryAgain(task, outcome.hasStarted)) isAgain = true;
      else task.reject(died(outcome));
    } catch (error) {
      task.reject(isClosed ? closed(error) : error);
    }
    const elapsedMs = performance.now() - begunAt;
    const { chargedSeconds, cpuSeconds } = cost();
    pace.took(urgency, elapsedMs);
    task.usedSeconds += chargedSeconds;
    if (isAgain) waiting.putBack(task);
    else waiting.finish(task, task.usedSeconds);
    running[urgency] -= 1;
    if (isAnswered) options.observe?.({ event: 'decoder-done', urgency, elapsedMs, cpuSeconds });
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

  const tooLong = (urgency: Urgency): AppError =>
    places.overloaded(urgency, `expected a free decoder within ${maxWaitSeconds} s; got none`);

  return {
    run: async (job, { urgency, payer = UNKNOWN_PAYER, signal, estimatedSeconds = ESTIMATED_SECONDS }) => {
      if (isClosed) throw closed();
      if (signal?.aborted) throw abortReason(signal);
      const askedAtMs = performance.now();
      const { promise, resolve, reject } = Promise.withResolvers<Result>();
      promise.catch(() => undefined); // it may be given up during its fetch
      const left = Promise.withResolvers<void>();
      const givenUp = new AbortController();
      let task: Task<Job, Result> | undefined;
      const place: Place = {
        payer,
        urgency,
        hasBegun: () => task !== undefined && task.tries > 0,
        isFetching: () => task === undefined && !givenUp.signal.aborted,
        giveUp: (error) => {
          if (task) waiting.remove(task);
          givenUp.abort(error);
          reject(error);
        },
        isGivenUp: () => givenUp.signal.aborted,
        left: left.promise,
      };
      const before = places.take(place);
      const spans = beginJobSpans(options.tracing ?? NO_TRACING, urgency);

      const giveUp = (error: unknown) => place.hasBegun() || place.giveUp(error);
      const leave = () => signal && giveUp(abortReason(signal));
      signal?.addEventListener('abort', leave);
      let limit: NodeJS.Timeout | undefined;
      using fetches = new DisposableStack();
      try {
        if (before) await before;
        if (isToFetch(job)) {
          fetches.use(await room.enter({ payer, urgency, sizeBytes: job.sizeBytes }, givenUp.signal));
        }
        const fetched = isToFetch(job) ? await fetchUnless(givenUp.signal, job) : job;
        givenUp.signal.throwIfAborted();
        const estimate = estimatedSeconds;
        task = { payer, job: fetched, urgency, estimate, askedAtMs, spans, tries: 0, usedSeconds: 0, resolve, reject };
        waiting.add(task);
        advance();
        if (signal) limit = setTimeout(() => giveUp(tooLong(urgency)), maxWaitSeconds * 1000);
        return await promise;
      } finally {
        clearTimeout(limit);
        signal?.removeEventListener('abort', leave);
        places.leave(place);
        spans.ended();
        left.resolve();
      }
    },

    load: () => {
      const waits: Record<Urgency, number> = { inspection: 0, request: 0, background: 0 };
      for (const urgency of URGENCIES) waits[urgency] = waiting.count(urgency) + places.countFetching(urgency);
      return { processes: children.size, waiting: waits, running: { ...running } };
    },

    [Symbol.asyncDispose]: async () => {
      isClosed = true;
      places.giveUp(closed());
      for (const task of waiting.clear()) task.reject(closed());
      for (const child of children) child.kill();
      await Promise.all([...children].map((child) => child.exited));
    },
  };
}

const isToFetch = <Job extends object>(job: Job | ToFetch<Job>): job is ToFetch<Job> => 'fetch' in job;

/** Errors: why it was given up, whatever the error of its fetch; otherwise its own. */
async function fetchUnless<Job>(givenUp: AbortSignal, { fetch }: ToFetch<Job>): Promise<Job> {
  givenUp.throwIfAborted();
  try {
    return await fetch(givenUp);
  } catch (error) {
    givenUp.throwIfAborted();
    throw error;
  }
}
