import { setTimeout as delay } from 'node:timers/promises';
import { AppError, isServiceFault } from '../../domain/errors.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import { hasLapsed, isLiveLease } from '../../flow/lease.ts';
import type { KeyUse } from '../../image-repository/image-repository.ts';
import type { Services } from '../../services.ts';

/** How long a key stands for its upload, an unfinished one is held, and others wait for it. */
const KEPT_SECONDS = 24 * 3_600;
const LEASE_SECONDS = 30;
const RENEW_EVERY_MS = (LEASE_SECONDS * 1000) / 3;
const WAIT_SECONDS = 10;
const LOOK_AGAIN_MS = 100;

type KeyServices = Pick<Services, 'images' | 'clock'>;

export interface KeyedRequest {
  readonly userId: string;
  readonly key: string;
  readonly fingerprint: string;
  /** The id a new upload gets; a replay keeps the first one's. */
  readonly imageId: ImageId;
}

const after = (now: Date, seconds: number): Date => new Date(now.getTime() + seconds * 1000);

/** A use whose work is one write, done together with it. */
export const finishedUse = (request: KeyedRequest, now: Date): KeyUse => ({
  ...request,
  leaseUntil: null,
  expiresAt: after(now, KEPT_SECONDS),
});

export function requireSameRequest(standing: KeyUse, request: KeyedRequest): void {
  if (standing.fingerprint === request.fingerprint) return;
  const detail = `expected the request first sent with ${request.key}; got another`;
  throw new AppError('idempotency-conflict', detail, { errors: [{ pointer: 'Idempotency-Key', detail }] });
}

/**
 * Runs `work` once for all requests with this key, and tells the others its image's id. Whoever comes while it runs waits;
 * past the lease of one that died the next takes over, under the same id unless that was given up. Errors: `idempotency-conflict`,
 * `idempotency-in-progress`, and what `work` throws: its caller's faults free a key that was not taken over.
 */
export async function onceForKey<Result>(
  services: KeyServices,
  request: KeyedRequest,
  work: (id: ImageId) => Promise<Result>,
): Promise<{ done: Result } | { doneBefore: ImageId }> {
  const waitsUntilMs = services.clock.elapsedMs() + WAIT_SECONDS * 1000;
  for (;;) {
    const now = services.clock.now();
    const held = { ...finishedUse(request, now), leaseUntil: after(now, LEASE_SECONDS) };
    const standing = await services.images.useKey(held, now);
    if (!standing) return { done: await runHolding(services, held, work, () => null) };

    requireSameRequest(standing, request);
    if (standing.leaseUntil === null) return { doneBefore: standing.imageId };
    if (!isLiveLease(standing.leaseUntil, now, LEASE_SECONDS)) {
      const before = await services.images.get(standing.imageId);
      const imageId = before?.status === 'expired' ? request.imageId : standing.imageId; // given up: nothing to resume
      const taken = { ...standing, imageId, leaseUntil: held.leaseUntil };
      if (await services.images.replaceKeyUse(standing, taken))
        return { done: await runHolding(services, taken, work, leftToNext(services)) }; // the first may have published
    }
    if (services.clock.elapsedMs() > waitsUntilMs) {
      const detail = `expected the first request with ${request.key} to have ended; got one that still runs`;
      throw new AppError('idempotency-in-progress', detail, { retryAfterSeconds: WAIT_SECONDS });
    }
    await delay(LOOK_AGAIN_MS);
  }
}

async function runHolding<Result>(
  services: KeyServices,
  held: KeyUse,
  work: (id: ImageId) => Promise<Result>,
  refused: (use: KeyUse) => KeyUse | null,
): Promise<Result> {
  let use = held;
  const change = async (to: KeyUse | null): Promise<void> => {
    if ((await services.images.replaceKeyUse(use, to)) && to) use = to;
  };
  const renew = async (): Promise<void> => {
    const now = services.clock.now();
    if (use.leaseUntil && !hasLapsed(use.leaseUntil, now)) {
      await change({ ...use, leaseUntil: after(now, LEASE_SECONDS) });
    }
  };
  // A renewal that fails is made good by the next; if none succeeds in time the lease ends, and another request takes over.
  let renewal = Promise.resolve();
  const timer = setInterval(() => {
    renewal = renewal.then(renew).catch(() => undefined);
  }, RENEW_EVERY_MS);
  timer.unref();
  const stopRenewing = async (): Promise<void> => {
    clearInterval(timer);
    await renewal;
  };

  try {
    const result = await work(use.imageId);
    await stopRenewing();
    await change({ ...use, leaseUntil: null });
    return result;
  } catch (error) {
    await stopRenewing();
    // After a fault of ours the next request takes over at once, under the same id. What goes wrong here must not hide why.
    const left = isServiceFault(error) ? leftToNext(services)(use) : refused(use);
    await change(left).catch(() => undefined);
    throw error;
  }
}

/** The next request with this key goes on with it at once. */
const leftToNext =
  ({ clock }: KeyServices) =>
  (use: KeyUse): KeyUse => ({ ...use, leaseUntil: clock.now() });
