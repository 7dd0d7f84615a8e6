import type { RateLimit } from '../../domain/access/rate-limits.ts';
import { counterName } from './counter-name.ts';
import type { CountedLimits, Taken, Taking } from './rate-limiter.ts';

/** A taking that counts, with the counter that it concerns and the limit of its share. */
export interface CountedTaking extends Pick<Taking, 'share' | 'requests' | 'held'> {
  readonly counter: string;
  readonly limit: RateLimit;
}

/** A counter before the step; `leftMs` of a window that hasn't begun: null. */
export interface Window {
  readonly used: number;
  readonly leftMs: number | null;
}

/** Takes from the counters with `step`, and tells what each share has then. */
export async function takeFrom(
  limits: CountedLimits,
  takings: readonly Taking[],
  step: (counted: readonly CountedTaking[]) => Promise<readonly Window[]>,
): Promise<readonly (Taken | undefined)[]> {
  const counted = takings.map((taking) => countedBy(limits, taking));
  const windows = (await step(counted.filter((one) => one !== undefined))).values();
  const states = counted.map((taking) => taking && { taking, window: windows.next().value ?? UNUSED });
  const areTaken = states.every((state) => state === undefined || fits(state.taking, state.window));
  return states.map((state) => state && takenOf(state.taking, state.window, areTaken));
}

function countedBy(limits: CountedLimits, { policy, share, requests, held }: Taking): CountedTaking | undefined {
  const limit = limits[policy];
  if (limit === undefined) return undefined;
  const { windowSeconds } = limit;
  const ofShare = { requests: limit.requests * share.times, windowSeconds };
  return { share, requests, held, counter: counterName(policy, share), limit: ofShare };
}

const UNUSED: Window = { used: 0, leftMs: null };

/** Whether the share has as many requests left. */
export const fits = ({ requests, limit }: CountedTaking, { used }: Window): boolean =>
  used + requests <= limit.requests;

function takenOf(taking: CountedTaking, window: Window, areTaken: boolean): Taken {
  const { limit, requests, held } = taking;
  const isAdmitted = fits(taking, window);
  const used = areTaken ? window.used + requests : Math.max(0, window.used - held);
  return {
    isAdmitted,
    limit,
    remaining: isAdmitted ? limit.requests - used : 0,
    resetSeconds: window.leftMs === null ? limit.windowSeconds : Math.max(1, Math.ceil(window.leftMs / 1_000)),
  };
}
