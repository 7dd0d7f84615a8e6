const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** The pause after each failed attempt but the last: seven attempts within 24 hours. */
const PAUSES_MS = [5 * SECOND_MS, MINUTE_MS, 10 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS, 16.5 * HOUR_MS] as const;

/** Nothing waits for longer between two attempts. */
export const LONGEST_WAIT_MS = 24 * HOUR_MS;

/**
 * One that is so old is tried once if it follows one of its image that failed for good: a refused image's events would
 * fail one day after the other. Seven attempts take 21 to 24 hours, so this holds for all that were made beside the
 * failed one.
 */
export const TRIED_ONCE_MS = 20 * HOUR_MS;

export const MAX_ATTEMPTS = PAUSES_MS.length + 1;

/** A pause is shorter by up to this part, so that deliveries that failed together don't come back together. */
const JITTER = 0.1;

/** A receiver's Retry-After counts up to this: a wrong one would hold a delivery for ever. */
export const LONGEST_RETRY_AFTER_MS = HOUR_MS;

/**
 * When a delivery is tried again after so many failed attempts; null: no more. `askedAt`: the receiver's Retry-After.
 */
export function nextAttemptAt(
  attempts: number,
  { now, askedAt, random }: { readonly now: Date; readonly askedAt: Date | null; readonly random: number },
): Date | null {
  const pauseMs = PAUSES_MS[attempts - 1];
  if (pauseMs === undefined) return null;
  const own = now.getTime() + pauseMs * (1 - JITTER * random);
  return new Date(Math.max(own, askedAt?.getTime() ?? 0));
}

const SECONDS = /^\d{1,9}$/;

/** The time that a Retry-After asks for (RFC 9110 10.2.3), at most an hour from now; null: it asks for none. */
export function retryAfter(header: string | undefined, now: Date): Date | null {
  if (header === undefined) return null;
  const at = SECONDS.test(header) ? now.getTime() + Number(header) * SECOND_MS : Date.parse(header);
  if (Number.isNaN(at) || at <= now.getTime()) return null;
  return new Date(Math.min(at, now.getTime() + LONGEST_RETRY_AFTER_MS));
}
