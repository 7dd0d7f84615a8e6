import { AppError, type ErrorCode } from '../../domain/errors.ts';

/** A part of the service that may fail independently. */
export const PARTS = ['records', 'objects'] as const;
export type Part = (typeof PARTS)[number];

/**
 * `degraded`: calls failed lately by the part's own fault. `failing`: every write failed for long enough. `unknown`: no
 * write lately.
 */
export type Condition = 'unknown' | 'ok' | 'degraded' | 'failing';

/** The health of a part, from the results of calls in the last 30 s. */
export interface PartHealth {
  wrote(): void;
  /**
   * Counts only failures that are the part's fault. An invalid request, a record of a newer version, or the reserve of
   * the disk says nothing about the part.
   */
  failed(call: 'read' | 'write', error: unknown): void;
  condition(): Condition;
  /** Whether a call met damaged bytes of the store: it is degraded then until `foundSound`. */
  isDamaged(): boolean;
  /** A check of the whole store that began so long ago has found no damage. */
  foundSound(agoMs: number): void;
  /** Whether a write succeeded or failed lately. If not, a probe is needed. */
  isKnown(): boolean;
  /** The last failure. */
  lastError(): unknown;
}

export interface PartHealthOptions {
  /** A monotonic clock, in milliseconds. */
  readonly elapsedMs: () => number;
  /** Called on the first failure in a while, and when the part starts failing. */
  readonly onWorse: (condition: 'degraded' | 'failing', error: AppError) => void;
}

/** How long an outcome counts. */
export const RECENT_MS = 30_000;
/** Throttling and failovers take less time. A fleet that leaves its load balancer during them serves nobody. */
export const FAILING_AFTER_MS = 15_000;
/** Two failures further apart say nothing about the time between them; probes are more frequent. */
const LONGEST_GAP_MS = 2 * RECENT_MS;

export function createPartHealth({ elapsedMs, onWorse }: PartHealthOptions): PartHealth {
  let wroteAt = Number.NEGATIVE_INFINITY;
  let failedAt = Number.NEGATIVE_INFINITY;
  /** The first and the last failed write since a successful one. */
  let streak: { readonly fromMs: number; readonly toMs: number } | undefined;
  let lastError: unknown;
  let damagedAt: number | undefined;

  const isRecent = (atMs: number): boolean => elapsedMs() - atMs < RECENT_MS;
  const isLong = (): boolean => streak !== undefined && streak.toMs - streak.fromMs >= FAILING_AFTER_MS;

  return {
    wrote() {
      wroteAt = elapsedMs();
      streak = undefined;
    },

    failed(call, error) {
      if (!isOwnFault(error)) return;
      const now = elapsedMs();
      if (error.isDamage) {
        // The rest of the store works, so it isn't failing, however often this is read.
        if (damagedAt === undefined) onWorse('degraded', error);
        damagedAt = now;
        return;
      }
      const wasWell = !isRecent(failedAt);
      const wasLong = isLong();
      failedAt = now;
      lastError = error;
      if (call === 'write') {
        const fromMs = streak && now - streak.toMs <= LONGEST_GAP_MS ? streak.fromMs : now;
        streak = { fromMs, toMs: now };
      }
      if (isLong() && !wasLong) onWorse('failing', error);
      else if (wasWell) onWorse('degraded', error);
    },

    condition() {
      // Longer than recent: a caller that probes the part may wait for the answer, and meanwhile nothing proves that
      // the part works.
      if (streak && elapsedMs() - streak.toMs <= LONGEST_GAP_MS && isLong()) return 'failing';
      if (damagedAt !== undefined || isRecent(failedAt)) return 'degraded';
      return isRecent(wroteAt) ? 'ok' : 'unknown';
    },

    isDamaged: () => damagedAt !== undefined,

    foundSound(agoMs) {
      if (damagedAt !== undefined && elapsedMs() - agoMs > damagedAt) damagedAt = undefined;
    },

    isKnown: () => isRecent(wroteAt) || (streak !== undefined && isRecent(streak.toMs)),
    lastError: () => lastError,
  };
}

const isOwnFault = (error: unknown): error is AppError =>
  error instanceof AppError && FAULTS.includes(error.code) && !error.isOfNewerVersion && !error.isExpected;

const FAULTS: readonly ErrorCode[] = ['unavailable', 'insufficient-storage'];
