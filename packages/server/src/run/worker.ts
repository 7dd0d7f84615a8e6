import { setTimeout as delay } from 'node:timers/promises';
import { isFinalForJob } from '../domain/errors.ts';
import { keepRenewing } from '../flow/lease.ts';
import { type Delivery, LEASE_SECONDS } from '../jobs/job-queue.ts';
import { fillFacts } from '../operations/upkeep/fill-facts.ts';
import { fillFilters } from '../operations/upkeep/fill-filters.ts';
import { endMeasuring, measureOutbox, measureService, tellDueAges } from '../operations/upkeep/measure.ts';
import { createEventMoving, moveEvents } from '../operations/upkeep/move-events.ts';
import { sweepRescans } from '../operations/upkeep/rescan.ts';
import { endSweeping, SWEEPS, type SweepOptions, sweep, sweepHeld } from '../operations/upkeep/sweep.ts';
import { sweepOrphans } from '../operations/upkeep/sweep-orphans.ts';
import { carryOutDeletions } from '../operations/users/carry-out-deletions.ts';
import { carryOutExports } from '../operations/users/carry-out-exports.ts';
import { deliverOnce, deliverWebhooks } from '../operations/webhooks/deliver-webhooks.ts';
import { REQUEST_LANES } from '../records/coordination/requests.ts';
import type { Services } from '../services.ts';
import { perform } from './jobs.ts';
import { carryOutRequests } from './requests.ts';

/** Works in the background until disposed; disposing waits for running work. */
export interface Worker extends AsyncDisposable {}

export interface WorkerOptions {
  readonly services: Services;
  /** Between the starts of two rounds of a sweep; a longer round is followed by the next at once. */
  readonly sweepSeconds?: number;
  /** The pause after a failure of the queue or the repository. */
  readonly pauseSeconds?: number;
  /** Metrics of this process are read or sent: it measures the whole service for them. */
  readonly hasMetrics?: boolean;
}

/** SQS's limit of one call. */
const MAX_RECEIVED = 10;
const RECEIVE_WAIT_SECONDS = 20;
const SWEEP_SECONDS = 60;
/** An image whose request waited in vain for a place at a gate is asked about this soon. Each look costs a read. */
const SCREENING_SECONDS = 5;
/** The interval of checks whether the walk may continue. */
const WALK_SECONDS = 600;
const PAUSE_SECONDS = 5;
/** An operator waits for the answer to a request. */
const REQUEST_SECONDS = 1;

/** Does jobs as they arrive, and sweeps: the first time at once, for leftovers of a crash. */
export function startWorker({
  services,
  sweepSeconds = SWEEP_SECONDS,
  pauseSeconds = PAUSE_SECONDS,
  hasMetrics = false,
}: WorkerOptions): Worker {
  const { signal, stop, repeat, pause } = createLoops(services, pauseSeconds);
  const holder = services.newId();

  const slots = services.settings.workerSlots;
  const running = new Set<Promise<void>>();
  /** They wait for others' servers: places of their own bound them. */
  const fetching = new Set<Promise<void>>();
  const begin = (delivery: Delivery): void => {
    const group = delivery.job.kind === 'fetch' ? fetching : running;
    const job = attempt(services, delivery, signal).finally(() => group.delete(job));
    group.add(job);
  };
  const receiving = repeat('receiving-failed', async () => {
    if (running.size >= slots) await Promise.race(running);
    const limit = Math.min(slots - running.size, MAX_RECEIVED);
    for (const delivery of await services.jobs.receive({ limit, waitSeconds: RECEIVE_WAIT_SECONDS, signal })) {
      begin(delivery);
    }
  });
  const jobs = receiving.then(() => Promise.all([...running, ...fetching]));
  const options = { holder, signal };
  const sweeps = SWEEPS.map((part) => {
    const isScreening = part === sweepHeld && services.gates.length > 0;
    const everySeconds = isScreening ? Math.min(SCREENING_SECONDS, sweepSeconds) : sweepSeconds;
    return repeat('sweep-failed', async () => {
      const startMs = services.clock.elapsedMs();
      await part(services, options);
      await pause(Math.max(everySeconds - (services.clock.elapsedMs() - startMs) / 1000, 0));
    });
  });
  const rescans = repeat('sweep-failed', async () => {
    await sweepRescans(services, options);
    await pause(sweepSeconds);
  });
  const filling = repeat('sweep-failed', async () => {
    await fillFilters(services, options);
    await pause(sweepSeconds);
  });
  const reading = repeat('sweep-failed', async () => {
    await fillFacts(services, options);
    await pause(sweepSeconds);
  });
  const moving = createEventMoving(services, options);
  const movers = moving.shards.map((shard) =>
    repeat('sweep-failed', async () => {
      await pause(await moving.look(shard));
    }),
  );
  const measuring = hasMetrics
    ? repeat('measuring-failed', async () => {
        await measureService(services, options);
        await pause(sweepSeconds);
      })
    : undefined;
  const { operator } = services;
  const asked = operator
    ? [
        ...REQUEST_LANES.map((lane) =>
          repeat('command-failed', async () => {
            await carryOutRequests(services, lane, signal);
            await pause(REQUEST_SECONDS);
          }),
        ),
        repeat('command-failed', async () => {
          await carryOutDeletions({ ...services, ...operator }, signal);
          await pause(sweepSeconds);
        }),
        repeat('command-failed', async () => {
          await carryOutExports({ ...services, ...operator }, signal);
          await pause(services.settings.keepsObjects ? REQUEST_SECONDS : sweepSeconds); // a list of a bucket costs money
        }),
      ]
    : [];
  const webhooks = services.events ? deliverWebhooks(services, services.events, options) : undefined;
  const walk = repeat('walk-failed', async () => {
    await pause(WALK_SECONDS);
    await sweepOrphans(services, options);
  });

  return {
    async [Symbol.asyncDispose]() {
      stop();
      await Promise.all([jobs, ...sweeps, rescans, filling, reading, ...movers, measuring, ...asked, webhooks, walk]);
      await endSweeping(services, holder);
      await moving.end();
      if (measuring) await endMeasuring(services, options);
    },
  };
}

/** For a process beside workers, which tells what waits even if none of them publishes it. */
export function startMeasuring(services: Services): Worker {
  const { stop, repeat, pause } = createLoops(services, PAUSE_SECONDS);
  const measuring = repeat('measuring-failed', async () => {
    await measureOutbox(services);
    await pause(SWEEP_SECONDS);
  });
  return {
    async [Symbol.asyncDispose]() {
      stop();
      await measuring;
    },
  };
}

function createLoops({ observe }: Pick<Services, 'observe'>, pauseSeconds: number) {
  const stopping = new AbortController();
  const { signal } = stopping;
  const pause = (seconds: number) => delay(seconds * 1000, undefined, { signal, ref: false }).catch(() => undefined);
  return {
    signal,
    stop: () => stopping.abort(),
    pause,

    /** Repeats rounds until stopped; a failed one emits `failed` and is followed by a pause. */
    async repeat(failed: RoundFailed, round: () => Promise<void>): Promise<void> {
      while (!signal.aborted) {
        await round().catch(async (error: unknown) => {
          if (signal.aborted) return;
          observe({ event: failed, error });
          await pause(pauseSeconds);
        });
      }
    },
  };
}

type RoundFailed = 'receiving-failed' | 'sweep-failed' | 'walk-failed' | 'measuring-failed' | 'command-failed';

/** One round of a sweeper without a long-lived process; the signal ends it early. Errors: those of the repository. */
export async function sweepOnce(
  services: Services,
  { hasMetrics = false, ...options }: SweepOptions & Pick<WorkerOptions, 'hasMetrics'>,
): Promise<void> {
  try {
    if (hasMetrics) await measureOutbox(services);
    // Before the deliveries, which it brings something to do. What can't be published stops nothing else.
    const [moved] = await Promise.allSettled([moveEvents(services, options)]);
    const delivering = services.events ? deliverOnce(services, services.events, options) : undefined;
    const sweeping = async (): Promise<void> => {
      await sweep(services, options);
      await sweepOrphans(services, options);
      await sweepRescans(services, options);
    };
    // At once: a sweep of minutes would leave no time for events. One that fails doesn't end the round of the other,
    // whose process may freeze.
    const walks = [fillFilters(services, options), fillFacts(services, options)];
    const ended = await Promise.allSettled([sweeping(), ...walks, delivering]);
    for (const one of [moved, ...ended]) if (one.status === 'rejected') throw one.reason;
  } finally {
    // Also after a sweep that failed or ran out of time: the work that is late then shows.
    tellDueAges(services);
    await endSweeping(services, options.holder);
  }
}

/** Does a job that the caller received; returns `again` if it must be redelivered. */
export async function workOn(services: Services, delivery: Delivery): Promise<'done' | 'again'> {
  let outcome: 'done' | 'again' = 'done';
  const retry = async (reason: string): Promise<void> => {
    outcome = 'again';
    await delivery.retry(reason);
  };
  await delivery.extend().catch(() => undefined); // held for the function's maximum duration, it would be redelivered late after a crash
  await attempt(services, { ...delivery, retry });
  return outcome;
}

/** One attempt at a job, whose lease is extended meanwhile. `signal`: the process stops. */
async function attempt(services: Services, delivery: Delivery, signal?: AbortSignal): Promise<void> {
  const { clock, observe, tracing } = services;
  const { job } = delivery;
  const startMs = clock.elapsedMs();
  const tried = () => ({ job, attempt: delivery.attempt, elapsedMs: clock.elapsedMs() - startMs });
  const lapses = (error: unknown): void => observe({ event: 'job-lapsed', job, error });
  try {
    await using _ = keepRenewing(LEASE_SECONDS, () => delivery.extend());
    const span = { parent: job.trace, name: `job ${job.kind}`, kind: 'consumer', attributes: {} } as const;
    await tracing.continued(span, () => perform(services, job, signal));
  } catch (error) {
    if (!isFinalForJob(error)) {
      observe({ event: 'job-failed', ...tried(), error });
      await delivery.retry(error instanceof Error ? error.message : String(error)).catch(lapses);
      return;
    }
  }
  observe({ event: 'job-done', ...tried() });
  await delivery.finish().catch(lapses);
}
