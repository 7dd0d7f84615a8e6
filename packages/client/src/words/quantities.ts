/** One decimal below ten, none above, and none that is zero. */
const short = (value: number): string => String(Number(value.toFixed(value < 10 ? 1 : 0)));

const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'] as const;

const powerOf = (bytes: number): number =>
  Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log2(bytes || 1) / 10)));

/** `63 MB`, by powers of 1,024 as the service's limits are. */
export function size(bytes: number): string {
  const power = powerOf(bytes);
  return `${short(bytes / 1024 ** power)} ${UNITS[power]}`;
}

/** `4.9 of 5 GB`: the unit of the second, and a decimal, since the two are often close. */
export function part(bytes: number, ofBytes: number): string {
  const power = powerOf(ofBytes);
  return `${(bytes / 1024 ** power).toFixed(power && 1)} of ${size(ofBytes)}`;
}

/** Megapixels, to one decimal: what is too much is rounded up and its limit down, so that the two always differ. */
export const megapixels = (pixels: number, round: 'ceil' | 'floor'): number => Math[round](pixels / 100_000) / 10;

/** `40 s`, `15 min`, `2 h`. */
export function shortDuration(seconds: number): string {
  if (seconds < 100) return `${Math.ceil(seconds)} s`;
  return seconds < 6_000 ? `${Math.ceil(seconds / 60)} min` : `${Math.ceil(seconds / 3_600)} h`;
}

/** `12 seconds`, `3 minutes`. */
export function duration(seconds: number): string {
  const [count, unit] = seconds < 100 ? [Math.ceil(seconds), 'second'] : [Math.ceil(seconds / 60), 'minute'];
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
