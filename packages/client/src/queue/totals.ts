import type { UploadItem, UploadTotals } from './uploader.ts';

/** Progress within this time counts as one. */
const STEP_MS = 250;
const SPEED_MS = 5_000;
/** Bytes leave in bursts: a browser takes more of them than the network carries, and then none for seconds. */
const MEAN_MS = 30_000;
/** A shorter time says nothing of the speed. */
const LEAST_MS = 2_000;

export interface Speeds {
  /** In bytes a second, over the last seconds. */
  readonly current: number;
  /** Over a longer time; undefined: it isn't known yet. */
  readonly mean: number | undefined;
}

/** How fast bytes move. Times in milliseconds. */
export function createSpeedometer() {
  let samples: { readonly at: number; bytes: number }[] = [];
  const speed = (
    now: number,
    { withinMs, leastMs = 1 }: { withinMs: number; leastMs?: number },
  ): number | undefined => {
    const [first, ...rest] = samples.filter(({ at }) => at > now - withinMs);
    if (!first || rest.length === 0 || now - first.at < leastMs) return undefined;
    return (rest.reduce((sum, { bytes }) => sum + bytes, 0) * 1000) / (now - first.at);
  };
  return {
    moved(bytes: number, at: number): void {
      const last = samples.at(-1);
      if (last && at - last.at < STEP_MS) last.bytes += bytes;
      else samples = [...samples.filter((sample) => sample.at > at - MEAN_MS), { at, bytes }];
    },
    speeds: (now: number): Speeds => ({
      current: speed(now, { withinMs: SPEED_MS }) ?? 0,
      mean: speed(now, { withinMs: MEAN_MS, leastMs: LEAST_MS }),
    }),
    stop(): void {
      samples = [];
    },
  };
}

export function totalsOf(items: readonly UploadItem[], { current, mean }: Speeds): UploadTotals {
  let [bytes, sentBytes, left] = [0, 0, 0];
  for (const { state, size, progress } of items) {
    if (state === 'canceled') continue;
    bytes += size;
    sentBytes += progress * size;
    if (state === 'waiting' || state === 'uploading') left += (1 - progress) * size;
  }
  return {
    bytes,
    sentBytes: Math.round(sentBytes),
    bytesPerSecond: Math.round(current),
    secondsLeft: left > 0 && mean ? Math.ceil(left / mean) : undefined,
  };
}
