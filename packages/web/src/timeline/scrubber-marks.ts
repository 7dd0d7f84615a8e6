import type { Formats } from '../ui/formats.ts';
import type { TimeScale } from './time-scale.ts';

export interface Mark {
  readonly label: string;
  /** From the top of the track, in pixels. */
  readonly top: number;
  readonly kind: 'year' | 'month';
}

export interface Track {
  /** Milliseconds: at the top, and at the bottom. */
  readonly newest: number;
  readonly oldest: number;
  readonly scale: TimeScale;
  /** Pixels. */
  readonly height: number;
  readonly formats: Pick<Formats, 'calendarMonth' | 'monthStart' | 'monthName'>;
}

/** Between two labels. */
const LABEL = 28;

/** From the top of the track, in pixels. */
export function trackTop({ newest, oldest, scale, height }: Omit<Track, 'formats'>, time: number): number {
  const all = scale.between(newest, oldest);
  return all > 0 ? (scale.between(newest, time) / all) * height : 0;
}

/** Where years and months end, as far as there is room for them; the first label says where the track begins. */
export function marksOf(track: Track): readonly Mark[] {
  const { newest, oldest, scale, height, formats } = track;
  if (newest <= oldest || height === 0) return [];
  const monthHeight = (height * 30 * 86_400_000) / (newest - oldest);
  const marks: Mark[] = [];
  let last = Number.POSITIVE_INFINITY;
  const first = formats.calendarMonth(newest);
  for (let { year, month } = first; ; month -= 1) {
    if (month < 0) [year, month] = [year - 1, 11];
    const end = formats.monthStart({ year, month: month + 1 });
    if (end <= oldest) return marks;
    const top = Math.max(0, trackTop(track, end));
    const isYear = month === 11 || marks.length === 0;
    if (!isYear && monthHeight < LABEL) continue;
    // Years go before months: those of many pictures may leave a year little room.
    while (isYear && marks.at(-1)?.kind === 'month' && top - (marks.at(-1)?.top ?? 0) < LABEL) marks.pop();
    // Years without pictures end where the next one with some ends: its number is there.
    if (isYear && scale.total !== undefined && marks.length > 1 && scale.between(last, end) === 0) marks.pop();
    if (top - (marks.at(-1)?.top ?? Number.NEGATIVE_INFINITY) < LABEL || top > height - LABEL / 2) continue;
    last = end;
    if (isYear) marks.push({ kind: 'year', label: String(year), top });
    else marks.push({ kind: 'month', label: formats.monthName(end - 1), top });
  }
}
