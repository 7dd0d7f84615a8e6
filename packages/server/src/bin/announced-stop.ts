import type { IncomingMessage, RequestListener } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { isHealthPath, READINESS_PATH } from '../http/app.ts';

/** Announces to load balancers that this process stops, before it accepts no more connections. */
export interface AnnouncedStop {
  /** `handle`, whose requests show who has been told. */
  readonly handle: RequestListener;
  /** Resolves when the load balancer sends its requests elsewhere, or doesn't for too long; at once if no one asks `/readyz`. */
  announce(): Promise<void>;
}

export interface AnnouncedStopOptions {
  /** Makes `/readyz` a 503. */
  readonly onLeaving: () => void;
  readonly longestMs?: number;
  readonly quietMs?: number;
}

/** Load balancers and kubelets ask `/readyz` every 1 to 30 s. */
const ASKED_LATELY_MS = 30_000;
/** A load balancer that asks less often must be told by what restarts the process. */
const LONGEST_MS = 10_000;
/** Two checkers, each of which asks every second, are told within this time of each other. */
const QUIET_MS = 1_500;
const LOOK_MS = 50;

export function announcedStop(handle: RequestListener, options: AnnouncedStopOptions): AnnouncedStop {
  const { onLeaving, longestMs = LONGEST_MS, quietMs = QUIET_MS } = options;
  let isLeaving = false;
  let askedAt = Number.NEGATIVE_INFINITY;
  let toldAt = Number.POSITIVE_INFINITY;
  let requestedAt = Number.NEGATIVE_INFINITY;

  const isAskedLately = (): boolean => performance.now() - askedAt < ASKED_LATELY_MS;
  const isQuiet = (): boolean => performance.now() - Math.max(toldAt, requestedAt) >= quietMs;

  return {
    handle(incoming, outgoing) {
      const path = pathOf(incoming);
      if (path === READINESS_PATH) {
        askedAt = performance.now();
        if (isLeaving) outgoing.once('finish', () => (toldAt = Math.min(toldAt, performance.now())));
      } else if (!isHealthPath(path)) {
        requestedAt = performance.now();
      }
      handle(incoming, outgoing);
    },
    async announce() {
      if (!isAskedLately()) return;
      isLeaving = true;
      onLeaving();
      const startMs = performance.now();
      while (!isQuiet() && performance.now() - startMs < longestMs) await delay(LOOK_MS);
    },
  };
}

const pathOf = ({ url = '' }: IncomingMessage): string => url.split('?', 1)[0] ?? '';
