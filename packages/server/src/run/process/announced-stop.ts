import type { IncomingMessage, RequestListener } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { isHealthPath, READINESS_PATH } from '../../http/app.ts';

/** Announces to load balancers that this process stops, before it accepts no more connections. */
export interface AnnouncedStop {
  /** `handle`, whose requests show which load balancers know of the stop. */
  readonly handle: RequestListener;
  /**
   * Resolves when each load balancer that asks `/readyz` knows of the stop and none sends requests any more, or if one
   * does for too long; at once if no one asks.
   */
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
/**
 * The program that restarts the process must inform a load balancer that asks less often. Grace periods (deploy/)
 * include it.
 */
const LONGEST_MS = 10_000;
/** A load balancer may have chosen this process just before it learned of the stop. */
const QUIET_MS = 1_500;
const LOOK_MS = 50;
/** Load balancers and kubelets are fewer. Of more addresses, which strangers may have, those count that asked last. */
const MAX_CHECKERS = 100;

export function announcedStop(handle: RequestListener, options: AnnouncedStopOptions): AnnouncedStop {
  const { onLeaving, longestMs = LONGEST_MS, quietMs = QUIET_MS } = options;
  /** When each address asked last, in this order. */
  const checkers = new Map<string, number>();
  const untold = new Set<string>();
  let isLeaving = false;
  let lastMs = Number.NEGATIVE_INFINITY;

  const ask = (address: string): void => {
    checkers.delete(address);
    checkers.set(address, performance.now());
    if (checkers.size <= MAX_CHECKERS) return;
    const [oldest = ''] = checkers.keys();
    checkers.delete(oldest);
  };
  const isOver = (): boolean => untold.size === 0 && performance.now() - lastMs >= quietMs;

  return {
    handle(incoming, outgoing) {
      const path = pathOf(incoming);
      const address = incoming.socket.remoteAddress ?? '';
      if (!isHealthPath(path)) {
        lastMs = performance.now();
      } else if (path === READINESS_PATH && !isForwarded(incoming)) {
        if (!isLeaving) ask(address);
        else
          outgoing.once('finish', () => {
            if (untold.delete(address)) lastMs = performance.now();
          });
      }
      handle(incoming, outgoing);
    },
    async announce() {
      const startMs = performance.now();
      for (const [address, askedMs] of checkers) if (startMs - askedMs < ASKED_LATELY_MS) untold.add(address);
      if (untold.size === 0) return;
      isLeaving = true;
      onLeaving();
      while (!isOver() && performance.now() - startMs < longestMs) await delay(LOOK_MS);
    },
  };
}

/** A client's request for `/readyz` through a load balancer tells the load balancer nothing. */
const isForwarded = ({ headers }: IncomingMessage): boolean =>
  headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined;

const pathOf = ({ url = '' }: IncomingMessage): string => url.split('?', 1)[0] ?? '';
