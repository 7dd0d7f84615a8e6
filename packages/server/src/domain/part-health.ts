import { AppError, type ErrorCode } from './errors.ts';

/** A part of the service that may fail while the others work. */
export const PARTS = ['records', 'objects'] as const;
export type Part = (typeof PARTS)[number];

/**
 * `degraded`: calls failed lately, by the part's own fault. `failing`: so did every write, for long enough. `unknown`: there was no
 * write lately.
 */
export type Condition = 'unknown' | 'ok' | 'degraded' | 'failing';

/** How a part does, by what became of the calls of the last half minute. */
export interface PartHealth {
  wrote(): void;
  /** Counts only where the part is at fault: what is wrong with one request tells nothing of it. */
  failed(call: 'read' | 'write', error: unknown): void;
  condition(): Condition;
  /** Whether a write went well or failed lately; otherwise somebody has to try one. */
  isKnown(): boolean;
  /** What failed last. */
  lastError(): unknown;
}

export interface PartHealthOptions {
  /** Milliseconds since some moment. */
  readonly elapsedMs: () => number;
  /** Hears of the first failure in a while, and of the first after which the part is failing. */
  readonly onWorse: (condition: 'degraded' | 'failing', error: AppError) => void;
}

/** For how long an outcome tells how the part does. */
export const RECENT_MS = 30_000;
/** Throttling and a failover last for less; a fleet that leaves its load balancer for them serves nobody. */
export const FAILING_AFTER_MS = 15_000;
/** Two failures further apart say nothing of the time between them; somebody asks, and tries, more often. */
const LONGEST_GAP_MS = 2 * RECENT_MS;

export function createPartHealth({ elapsedMs, onWorse }: PartHealthOptions): PartHealth {
  let wroteAt = Number.NEGATIVE_INFINITY;
  let failedAt = Number.NEGATIVE_INFINITY;
  /** The first and the last failed write since one went well. */
  let streak: { readonly fromMs: number; readonly toMs: number } | undefined;
  let lastError: unknown;

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
      // Longer than recent: a new attempt may still wait for its answer, and until then nothing shows that the part works.
      if (streak && elapsedMs() - streak.toMs <= LONGEST_GAP_MS && isLong()) return 'failing';
      if (isRecent(failedAt)) return 'degraded';
      return isRecent(wroteAt) ? 'ok' : 'unknown';
    },

    isKnown: () => isRecent(wroteAt) || (streak !== undefined && isRecent(streak.toMs)),
    lastError: () => lastError,
  };
}

const isOwnFault = (error: unknown): error is AppError =>
  error instanceof AppError && FAULTS.includes(error.code) && !error.isOfNewerVersion;

const FAULTS: readonly ErrorCode[] = ['unavailable', 'insufficient-storage'];
