import { setTimeout as delay } from 'node:timers/promises';
import { maySee, viewOf } from '../../domain/access/access.ts';
import type { ActorId } from '../../domain/access/actor-id.ts';
import type { Payer } from '../../domain/access/payer.ts';
import type { Access } from '../../domain/access/policy.ts';
import { AppError, isServiceFault } from '../../domain/errors.ts';
import type { Image, UploadDescription } from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import { hasLapsed, isLiveLease, keepRenewing } from '../../flow/lease.ts';
import { type Seat, takeSeat } from '../../flow/places.ts';
import type { KeyUse } from '../../records/images/image-repository.ts';
import type { Services } from '../../services.ts';

/** How long a key is bound to its upload, the lease of unfinished work, and how long other requests wait for it. */
const KEPT_SECONDS = 24 * 3_600;
const LEASE_SECONDS = 30;
const WAIT_SECONDS = 10;
const LOOK_AGAIN_MS = 100;

type KeyServices = Pick<Services, 'images' | 'clock' | 'keyWaits'>;

export interface KeyedRequest {
  readonly userId: string;
  /** As the client sent it. */
  readonly key: string;
  /** From `keyspaceOf`: upload tokens of one minter for one user share their keys. undefined: the user's own keys. */
  readonly keyspace: ActorId | undefined;
  readonly fingerprint: string;
  /** The id for a new upload; a replay gets the first one's. */
  readonly imageId: ImageId;
}

/** A request whose work takes time. */
export interface KeyedWork extends KeyedRequest {
  /** Waits at its expense while another request does the work. */
  readonly payer: Payer;
}

const after = (now: Date, seconds: number): Date => new Date(now.getTime() + seconds * 1000);

/** The key as it is stored. */
export const keyWithin = (keyspace: ActorId | undefined, key: string): string =>
  keyspace === undefined ? key : `\n${keyspace}\n${key}`; // a header can't contain a line break

/** Work that is a single write, done in the same transaction as the key. */
export const finishedUse = ({ userId, key, keyspace, fingerprint, imageId }: KeyedRequest, now: Date): KeyUse => ({
  userId,
  key: keyWithin(keyspace, key),
  fingerprint,
  imageId,
  leaseUntil: null,
  expiresAt: after(now, KEPT_SECONDS),
});

/** The visibility in a fingerprint; `private`, the default, is left out. */
export const fingerprintedVisibility = ({ visibility }: Pick<UploadDescription, 'visibility'>) =>
  visibility === 'private' ? {} : { visibility };

/** The external id in a fingerprint; none, as in requests of earlier versions, is left out. */
export const fingerprintedExternalId = ({ externalId }: Pick<UploadDescription, 'externalId'>) =>
  externalId === null ? {} : { externalId };

export function requireSameRequest(standing: KeyUse, request: KeyedRequest): void {
  if (standing.fingerprint === request.fingerprint) return;
  const detail = `expected the request first sent with ${request.key}; got another`;
  throw new AppError('idempotency-conflict', detail, { errors: [{ pointer: 'Idempotency-Key', detail }] });
}

/**
 * For a repeated upload by a view token: its image may have left the bounds of the token, or another page of the minter
 * may have sent the key. Errors: `idempotency-conflict`.
 */
export function requireSeen(access: Access, image: Image): void {
  if (viewOf(access) === undefined || image.status === 'deleted') return;
  if (maySee({ ...access, operation: 'describeImage' }, image)) return;
  const detail = 'expected the key of an upload that the view token sees; got one of another image: send a new key';
  throw new AppError('idempotency-conflict', detail, { errors: [{ pointer: 'Idempotency-Key', detail }] });
}

/**
 * Runs `work` once for all requests with this key, and returns its image's id to the others. Concurrent requests wait,
 * up to as many as `keyWaits` has places; past the lease of a request that died, the next one takes over, under the
 * same id unless its upload was given up. Errors: `idempotency-conflict`, `idempotency-in-progress`, and those of
 * `work`: a fault of the caller frees the key, unless it was taken over.
 */
export async function onceForKey<Result>(
  services: KeyServices,
  request: KeyedWork,
  work: (id: ImageId) => Promise<Result>,
): Promise<{ done: Result } | { doneBefore: ImageId }> {
  const waitsUntilMs = services.clock.elapsedMs() + WAIT_SECONDS * 1000;
  using seats = new DisposableStack();
  let seat: Seat | undefined;
  for (;;) {
    const now = services.clock.now();
    const held = { ...finishedUse(request, now), leaseUntil: after(now, LEASE_SECONDS) };
    const standing = await services.images.useKey(held, now);
    if (!standing) return { done: await runHolding(services, held, work, () => null) };

    requireSameRequest(standing, request);
    if (standing.leaseUntil === null) return { doneBefore: standing.imageId };
    if (!isLiveLease(standing.leaseUntil, now, LEASE_SECONDS)) {
      const before = await services.images.get(standing.imageId);
      const imageId = before?.status === 'expired' ? request.imageId : standing.imageId; // given up: there is nothing to resume
      const taken = { ...standing, imageId, leaseUntil: held.leaseUntil };
      if (await services.images.replaceKeyUse(standing, taken))
        return { done: await runHolding(services, taken, work, leftToNext(services)) }; // the first request may have published
    }
    seat ??= seats.use(takeSeat(services.keyWaits, request.payer));
    if (seat.taken.aborted || services.clock.elapsedMs() > waitsUntilMs) {
      const detail = `expected the first request with ${request.key} to have ended; got one that still runs`;
      throw new AppError('idempotency-in-progress', detail, { retryAfterSeconds: WAIT_SECONDS });
    }
    await delay(LOOK_AGAIN_MS, undefined, { signal: seat.taken }).catch(() => undefined);
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
  const workRenewing = async (): Promise<Result> => {
    await using _ = keepRenewing(LEASE_SECONDS, async () => {
      const now = services.clock.now();
      if (!use.leaseUntil || hasLapsed(use.leaseUntil, now)) return;
      await change({ ...use, leaseUntil: after(now, LEASE_SECONDS) });
    });
    return await work(use.imageId);
  };

  try {
    const result = await workRenewing();
    await change({ ...use, leaseUntil: null });
    return result;
  } catch (error) {
    // After a fault of the service the next request takes over at once, under the same id. An error here must not hide
    // the first one.
    const left = isServiceFault(error) ? leftToNext(services)(use) : refused(use);
    await change(left).catch(() => undefined);
    throw error;
  }
}

/** The next request with this key takes over at once. */
const leftToNext =
  ({ clock }: KeyServices) =>
  (use: KeyUse): KeyUse => ({ ...use, leaseUntil: clock.now() });
