/** Bytes that crashed a decoder lately, by their sha256. A refused direct upload leaves nothing else. */
export interface RecentCrashes {
  note(sha256: string): void;
  /** Seconds until these bytes may be tried again; 0: now. */
  secondsLeft(sha256: string): number;
}

const KEPT_SECONDS = 600;

/** 100 KB of memory. The oldest entry is evicted first: an attacker can change bytes more cheaply than fill this. */
const MAX_KEPT = 1_000;

export function createRecentCrashes(clock: { elapsedMs(): number }): RecentCrashes {
  const refusedUntilMs = new Map<string, number>();

  return {
    note(sha256) {
      refusedUntilMs.delete(sha256);
      for (const oldest of refusedUntilMs.keys()) {
        if (refusedUntilMs.size < MAX_KEPT) break;
        refusedUntilMs.delete(oldest);
      }
      refusedUntilMs.set(sha256, clock.elapsedMs() + KEPT_SECONDS * 1000);
    },

    secondsLeft(sha256) {
      const leftMs = (refusedUntilMs.get(sha256) ?? 0) - clock.elapsedMs();
      if (leftMs > 0) return Math.ceil(leftMs / 1000);
      refusedUntilMs.delete(sha256);
      return 0;
    },
  };
}
