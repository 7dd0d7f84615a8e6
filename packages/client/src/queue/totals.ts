import type { UploadItem, UploadTotals } from './uploader.ts';

const WINDOW_MS = 5_000;

/** How fast bytes move: the mean of the last seconds. Times in milliseconds. */
export function createSpeedometer() {
  let samples: { readonly at: number; readonly bytes: number }[] = [];
  return {
    moved(bytes: number, at: number): void {
      samples = samples.filter((sample) => sample.at > at - WINDOW_MS);
      samples.push({ at, bytes });
    },
    bytesPerSecond(now: number): number {
      const [first, ...rest] = samples.filter(({ at }) => at > now - WINDOW_MS);
      if (!first || rest.length === 0) return 0;
      return (rest.reduce((sum, { bytes }) => sum + bytes, 0) * 1000) / Math.max(now - first.at, 1);
    },
    stop(): void {
      samples = [];
    },
  };
}

export function totalsOf(items: readonly UploadItem[], bytesPerSecond: number): UploadTotals {
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
    bytesPerSecond: Math.round(bytesPerSecond),
    secondsLeft: left > 0 && bytesPerSecond > 0 ? Math.ceil(left / bytesPerSecond) : undefined,
  };
}
