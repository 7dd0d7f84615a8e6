import { setTimeout as delay } from 'node:timers/promises';
import type { Delivery, DeliveryOutcome } from '../../domain/event/delivery.ts';
import type { EventPosition } from '../../domain/event/event-position.ts';
import type { Webhook } from '../../domain/event/webhook.ts';
import { workAtMost } from '../../flow/work-at-most.ts';
import { MAX_ADDED } from '../../records/webhooks/webhook-repository.ts';
import type { EventServices, Services } from '../../services.ts';
import { nextDeliveries, type Place } from './next-deliveries.ts';
import { LONGEST_RETRY_AFTER_MS, LONGEST_WAIT_MS, nextAttemptAt, TRIED_ONCE_MS } from './retry-schedule.ts';
import { type SentMessage, sendMessage } from './send-message.ts';
import { messageOf } from './signed-message.ts';
import { createWaitingLine, KEPT_BEHIND, type WaitingLine } from './waiting-line.ts';
import { createWebhookHealth, type WebhookHealth } from './webhook-health.ts';

/** The webhook reads no further events while so many deliveries are unfinished. */
const MAX_UNFINISHED = 1_000;
/** Read at once. More are unfinished only after a replay; the rest is read later. */
const READ_UNFINISHED = 2 * MAX_UNFINISHED;
/** To one webhook. */
const AT_ONCE = 8;

/** A worker that died is succeeded after this. */
const LEASE_MS = 60_000;
/** Left of a lease: enough for an attempt that begins now. */
const RENEW_MS = 40_000;
const BEGIN_MS = 20_000;

/** While deliveries are under way, it looks for a change of the webhook, for due ones and at its lease this often. */
const LOOK_MS = 2_000;

export type DelivererServices = Pick<Services, 'coordination' | 'blocked' | 'clock' | 'observe'>;

export interface Deliverer extends AsyncDisposable {
  /** Works under the webhook's lease until nothing is left to do now. Errors: those of the log and the repository. */
  work(options: { readonly latest: () => Webhook | undefined; readonly signal: AbortSignal }): Promise<Idle>;
}

/** `elsewhere`: another worker has the lease. */
export type Idle =
  | { readonly is: 'elsewhere' | 'ended' }
  | {
      readonly is: 'idle';
      /** When the next delivery is due; undefined: none waits. */
      readonly dueAt: Date | undefined;
      /** New events are there once the head is past it; null: too much is unfinished to read on. */
      readonly position: EventPosition | null;
    };

/** What the holder of the lease knows of its webhook. */
interface Held {
  until: Date;
  webhook: Webhook;
  place: Place;
  line: WaitingLine;
  health: WebhookHealth;
  /** The store may have other unfinished deliveries than the line. */
  isStale: boolean;
}

/** The receiver at this address wants nothing before. */
interface Busy {
  readonly url: string;
  readonly until: Date;
}

/** Delivers the events of one webhook. It remembers what is unfinished for as long as it has the lease. */
export function createDeliverer(
  services: DelivererServices,
  events: EventServices,
  { id, holder }: { readonly id: string; readonly holder: string },
): Deliverer {
  const { coordination, blocked, clock, observe } = services;
  const { webhooks, reader } = events;
  const client = events.openOutbound();
  const name = `webhook-${id}` as const;
  let held: Held | undefined;
  let busy: Busy | undefined;

  const leftMs = ({ until }: Held): number => until.getTime() - clock.now().getTime();

  /** Takes the lease, or keeps it; undefined: another worker has it. */
  async function hold(): Promise<Held | undefined> {
    if (held && leftMs(held) > LEASE_MS) held = undefined; // the clock was put back: what it remembers has wrong times
    if (held && leftMs(held) > RENEW_MS) return held;
    const now = clock.now();
    const until = new Date(now.getTime() + LEASE_MS);
    if (!(await coordination.holdLease({ name, holder, until }, now))) {
      held = undefined;
      return undefined;
    }
    if (held && held.until > now) held.until = until;
    else held = await loaded(until);
    return held;
  }

  async function loaded(until: Date): Promise<Held | undefined> {
    const webhook = await webhooks.get(id);
    if (!webhook) return undefined;
    const unfinished = await webhooks.unfinished(id, READ_UNFINISHED);
    busy = stillBusy(busy, webhook, clock.now());
    return {
      until,
      webhook,
      place: { stored: webhook.position, read: webhook.position },
      line: createWaitingLine(unfinished.map((one) => soonEnough(one, clock.now()))),
      health: createWebhookHealth(services, events, webhook),
      isStale: unfinished.length === READ_UNFINISHED,
    };
  }

  async function advance(now: Held): Promise<boolean> {
    const { webhook, place, line } = now;
    const advanced = await nextDeliveries(services, events, { webhook, place, room: MAX_UNFINISHED - line.size });
    if (!advanced) {
      now.until = new Date(0); // the webhook is another worker's
      return false;
    }
    line.add(advanced.deliveries);
    now.place = advanced.place;
    return advanced.hasMore;
  }

  async function deliver(now: Held, delivery: Delivery, signal: AbortSignal): Promise<void> {
    const { line } = now;
    if (await isErased(delivery)) return line.giveBack(delivery, undefined);
    const { webhook } = now;
    const sent = await sendMessage(
      { secrets: events.secrets, clock },
      { webhook, message: messageOf(delivery.event, events), client, signal },
    );
    const outcome = outcomeOf(delivery, sent, { now: clock.now(), followsFailed: line.followsFailed(delivery) });
    const attempts = delivery.attempts + 1;
    const isRecorded = await webhooks.record(delivery, outcome);
    if (!isRecorded) now.isStale = true;
    const { status, dueAt } = outcome;
    line.giveBack(delivery, isRecorded ? { ...delivery, status, attempts, dueAt, last: sent.attempt } : undefined);
    const { attempt, error } = sent;
    const told = { webhookId: id, eventId: delivery.eventId, outcome: status, attempt: attempts } as const;
    observe({ event: 'webhook-attempted', ...told, status: attempt.httpStatus, elapsedMs: attempt.durationMs, error });
    if (sent.busyUntil) busy = { url: webhook.url, until: sent.busyUntil };
    adopt(now, await now.health.note(now.webhook, sent));
  }

  /** Deletions of users remove deliveries, which this worker may still remember. */
  const isErased = async ({ event, eventId }: Delivery): Promise<boolean> =>
    (await blocked.isBlocked(event.userId)) && (await webhooks.delivery(id, eventId)) === undefined;

  /**
   * An image that fails would keep everyone's events from being read for a day. Its later events tell a receiver as
   * much, and a replay sends what was left out. Returns whether there is room now.
   */
  async function madeRoom(now: Held): Promise<boolean> {
    const surplus = now.line.removeSurplus(MAX_ADDED);
    const attempt = { at: clock.now(), httpStatus: null, durationMs: 0, answer: LEFT_OUT };
    await workAtMost(AT_ONCE, surplus, async (one) => {
      if (!(await webhooks.record(one, { status: 'failed', dueAt: attempt.at, attempt }))) now.isStale = true;
    });
    return surplus.length > 0;
  }

  async function work({ latest, signal }: Parameters<Deliverer['work']>[0]): Promise<Idle> {
    const running = new Set<Promise<void>>();
    const failures: unknown[] = [];
    const begin = (now: Held): void => {
      const isReady = (!busy || clock.now() >= busy.until) && leftMs(now) > BEGIN_MS;
      while (isReady && running.size < AT_ONCE) {
        const delivery = now.line.take(clock.now());
        if (!delivery) return;
        const one = deliver(now, delivery, signal)
          .catch((error: unknown) => {
            if (!signal.aborted) failures.push(error);
          })
          .finally(() => running.delete(one));
        running.add(one);
      }
    };

    let mayBeMore = true;
    try {
      while (!signal.aborted && failures.length === 0) {
        const known = latest();
        if (!known || known.paused) return { is: 'ended' };
        const now = await hold();
        if (!now) return { is: 'elsewhere' };
        if (known.version > now.webhook.version || (now.isStale && now.line.size < MAX_UNFINISHED)) {
          await Promise.all(running); // what is under way has its place in the line
          held = await loaded(now.until);
          continue;
        }
        if (now.webhook.paused) return { is: 'ended' };
        if (now.line.size >= MAX_UNFINISHED && (await madeRoom(now))) continue;
        const isFull = now.line.size >= MAX_UNFINISHED;
        if (mayBeMore && !isFull) mayBeMore = await advance(now);
        begin(now);
        if (running.size === 0 && (isFull || !mayBeMore)) return await idle(now);
        if (running.size > 0 && (isFull || !mayBeMore)) mayBeMore = await woken(now, running, isFull || mayBeMore);
      }
    } finally {
      await Promise.all(running);
    }
    if (failures.length === 0) return { is: 'ended' };
    held = undefined;
    throw failures[0];
  }

  /** Waits for the end of an attempt, or for events. Returns whether there may be some. */
  async function woken(now: Held, running: ReadonlySet<Promise<void>>, isFull: boolean): Promise<boolean> {
    const done = new AbortController();
    const { signal } = done;
    const pause =
      isFull || !now.place.read
        ? delay(LOOK_MS, undefined, { signal }).catch(() => undefined)
        : reader.wait(now.place.read, { ms: LOOK_MS, signal });
    try {
      return (await Promise.race([...running, pause])) !== undefined || isFull;
    } finally {
      done.abort();
    }
  }

  async function idle(now: Held): Promise<Idle> {
    adopt(now, await now.health.settle(now.webhook));
    const { line, place } = now;
    const next = line.nextDueAt();
    const dueAt = next && busy && busy.until > next ? busy.until : next;
    return { is: 'idle', dueAt, position: line.size >= MAX_UNFINISHED ? null : place.read };
  }

  return {
    async work(options) {
      try {
        return await work(options);
      } catch (error) {
        held = undefined;
        throw error;
      }
    },

    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      if (!held) return;
      await coordination.holdLease({ name, holder, until: new Date(0) }, clock.now()).catch(() => undefined);
    },
  };
}

const LEFT_OUT = `expected at most ${KEPT_BEHIND} deliveries to wait behind a failing one of their image; got more: this one was not sent`;

function outcomeOf(
  delivery: Delivery,
  { attempt, outcome, retryAt: askedAt, busyUntil }: SentMessage,
  { now, followsFailed }: { readonly now: Date; readonly followsFailed: boolean },
): DeliveryOutcome {
  if (outcome === 'delivered') return { status: 'delivered', dueAt: now, attempt };
  const isRefused = outcome === 'failed' && busyUntil === null;
  const isOld = now.getTime() - delivery.createdAt.getTime() > TRIED_ONCE_MS;
  const dueAt = nextAttemptAt(delivery.attempts + 1, { now, askedAt, random: Math.random() });
  if (dueAt === null || (followsFailed && isRefused && isOld)) return { status: 'failed', dueAt: now, attempt };
  return { status: 'waiting', dueAt, attempt };
}

/** A later time was written by a wrong clock: the delivery would hold its image until then. */
const soonEnough = (delivery: Delivery, now: Date): Delivery =>
  delivery.dueAt.getTime() - now.getTime() > LONGEST_WAIT_MS ? { ...delivery, dueAt: now } : delivery;

/**
 * The receiver's Retry-After if it is for the webhook's current URL. A wrong clock may have written a time too far
 * ahead: a limit keeps it from holding all deliveries.
 */
function stillBusy(busy: Busy | undefined, { url }: Webhook, now: Date): Busy | undefined {
  if (busy?.url !== url) return undefined;
  const longest = now.getTime() + LONGEST_RETRY_AFTER_MS;
  return busy.until.getTime() > longest ? { url, until: new Date(longest) } : busy;
}

/** The record as the worker itself has written it: a change by others is loaded with what is unfinished. */
function adopt(now: Held, written: Webhook): void {
  if (written.version === now.webhook.version + 1) now.webhook = written;
}
