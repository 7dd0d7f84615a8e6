import { setTimeout as delay } from 'node:timers/promises';
import type { Pause, Webhook } from '../../domain/event/webhook.ts';
import type { EventServices } from '../../services.ts';
import { createDeliverer, type Deliverer, type DelivererServices, type Idle } from './webhook-deliverer.ts';

export interface DeliverOptions {
  /** The worker's id. */
  readonly holder: string;
  readonly signal: AbortSignal;
}

/** A change of a webhook, and a new one, counts within this time: one read of a small list. */
const LIST_MS = 5_000;
const PAUSE_MS = 5_000;

/**
 * While another worker delivers, this one looks so often whether it has died: a write for each webhook with new events.
 */
const STANDBY_MS = 10_000;
/** And so often, by a read, whether it has left something unfinished. */
const LOOK_AGAIN_MS = 60_000;

/** A receiver that restarts, or is updated, is back sooner. */
const FAILING_MS = 1_800_000;
const TOLD_AGAIN_MS = 3_600_000;

/** A position without events is renewed this often: the log forgets by time. */
const REFRESH_MS = 3_600_000;

/**
 * Delivers events to all webhooks until the signal aborts. Each has a loop of its own, so that none waits for another's
 * receiver. Idle, a process reads the list of webhooks each five seconds; with an active webhook it also looks at the
 * log's head, for all of them.
 */
export async function deliverWebhooks(
  services: DelivererServices,
  events: EventServices,
  { holder, signal, listMs = LIST_MS }: DeliverOptions & { readonly listMs?: number },
): Promise<void> {
  const known = new Map<string, Webhook>();
  const toldFailing = new Map<string, Date>();
  const loops = new Map<string, { readonly over: Promise<void>; wake: AbortController }>();

  const begin = (id: string): void => {
    const loop = { over: Promise.resolve(), wake: new AbortController() };
    const latest = (): Webhook | undefined => known.get(id);
    const woken = (): AbortSignal => {
      if (loop.wake.signal.aborted) loop.wake = new AbortController();
      return AbortSignal.any([signal, loop.wake.signal]);
    };
    const over = keepDelivering(services, events, { id, holder, signal, latest, woken })
      .catch((error: unknown) => services.observe({ event: 'delivering-failed', error }))
      .finally(() => loops.delete(id));
    loops.set(id, Object.assign(loop, { over }));
  };

  while (!signal.aborted) {
    await events.webhooks.list().then(
      (listed) => {
        tellHealth(services, listed, toldFailing);
        const before = new Map(known);
        known.clear();
        for (const webhook of listed) known.set(webhook.id, webhook);
        for (const [id, { wake }] of loops) if (before.get(id)?.version !== known.get(id)?.version) wake.abort();
        for (const { id, paused } of listed) if (!paused && !loops.has(id)) begin(id);
      },
      (error: unknown) => services.observe({ event: 'delivering-failed', error }),
    );
    await pause(listMs, signal);
  }
  await Promise.all(loops.values().map(({ over }) => over));
}

/**
 * Also while all is well, so that a restart loses nothing, and reports the end of a failure. `toldAt`: when each
 * webhook was last reported as failing.
 */
function tellHealth(
  { clock, observe }: DelivererServices,
  listed: readonly Webhook[],
  toldAt: Map<string, Date>,
): void {
  const now = clock.now();
  const count = (why: Pause['why']): number => listed.filter(({ paused }) => paused?.why === why).length;
  const paused = { gone: count('gone'), failing: count('failing'), restored: count('restored') };
  const failing = listed.flatMap(({ id, paused: own, failingSince: since }) => (since && !own ? [{ id, since }] : []));
  const failingMs = Math.max(0, ...failing.map(({ since }) => now.getTime() - since.getTime()));
  observe({ event: 'webhooks-measured', paused, failingMs });

  const isTold = (id: string): boolean => now.getTime() - (toldAt.get(id)?.getTime() ?? -Infinity) < TOLD_AGAIN_MS;
  for (const id of toldAt.keys()) if (!failing.some((one) => one.id === id)) toldAt.delete(id);
  for (const { id, since } of failing) {
    if (now.getTime() - since.getTime() < FAILING_MS || isTold(id)) continue;
    toldAt.set(id, now);
    observe({ event: 'webhook-failing', webhookId: id, since });
  }
}

/**
 * Delivers what can be delivered now, to all webhooks at once, for a worker that doesn't stay. Errors: those of the
 * repository.
 */
export async function deliverOnce(
  services: DelivererServices,
  events: EventServices,
  { holder, signal, listMs = LIST_MS }: DeliverOptions & { readonly listMs?: number },
): Promise<void> {
  let known = await events.webhooks.list();
  const over = new AbortController();
  const listing = (async () => {
    for (;;) {
      await pause(listMs, over.signal);
      if (over.signal.aborted) return;
      await events.webhooks.list().then(
        (listed) => {
          known = listed;
        },
        (error: unknown) => services.observe({ event: 'delivering-failed', error }),
      );
    }
  })();
  const active = known.filter(({ paused }) => paused === null);
  const delivering = active.map(async ({ id }) => {
    await using deliverer = createDeliverer(services, events, { id, holder });
    await worked(services, deliverer, { latest: () => known.find((webhook) => webhook.id === id), signal });
  });
  try {
    await Promise.all(delivering);
  } finally {
    over.abort();
    await listing;
  }
}

interface LoopOptions extends DeliverOptions {
  readonly id: string;
  readonly latest: () => Webhook | undefined;
  /** Aborts with `signal`, and at the next change of the webhook. */
  readonly woken: () => AbortSignal;
}

async function keepDelivering(
  services: DelivererServices,
  events: EventServices,
  { id, holder, signal, latest, woken }: LoopOptions,
): Promise<void> {
  await using deliverer = createDeliverer(services, events, { id, holder });
  while (!signal.aborted) {
    const changed = woken();
    const idle = await worked(services, deliverer, { latest, signal });
    if (idle?.is === 'ended') return;
    if (idle === undefined) await pause(PAUSE_MS, signal);
    else if (idle.is === 'idle') await whenDue(services, events, idle, changed);
    else await whenAlone(services, events, latest, changed);
  }
}

/** undefined: it failed. */
async function worked(
  { observe }: DelivererServices,
  deliverer: Deliverer,
  options: Parameters<Deliverer['work']>[0],
): Promise<Idle | undefined> {
  try {
    return await deliverer.work(options);
  } catch (error) {
    if (!options.signal.aborted) observe({ event: 'delivering-failed', error });
    return undefined;
  }
}

/** Until a delivery is due, or there are events. */
async function whenDue(
  { clock }: DelivererServices,
  { reader }: EventServices,
  { dueAt, position }: Extract<Idle, { readonly is: 'idle' }>,
  signal: AbortSignal,
): Promise<void> {
  const dueMs = dueAt ? dueAt.getTime() - clock.now().getTime() : REFRESH_MS;
  const ms = Math.min(Math.max(dueMs, 0), REFRESH_MS);
  if (position) await reader.wait(position, { ms, signal });
  else await pause(ms, signal);
}

/** Until the other worker may have left something. */
async function whenAlone(
  { observe }: DelivererServices,
  { reader, webhooks }: EventServices,
  latest: () => Webhook | undefined,
  signal: AbortSignal,
): Promise<void> {
  await pause(STANDBY_MS, signal);
  while (!signal.aborted) {
    const webhook = latest();
    if (!webhook) return;
    if (!webhook.position) return pause(LOOK_AGAIN_MS, signal);
    if (await reader.wait(webhook.position, { ms: LOOK_AGAIN_MS, signal })) return;
    const [left] = await webhooks.unfinished(webhook.id, 1).catch((error: unknown) => {
      observe({ event: 'delivering-failed', error });
      return [];
    });
    if (left) return;
  }
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  delay(ms, undefined, { signal, ref: false }).catch(() => undefined);
