import { monthName } from '../ui/formats.ts';

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
  /** Pixels. */
  readonly height: number;
}

/** Between two labels. */
const LABEL = 28;

/** Where years and months end, as far as there is room for them; the first label says where the track begins. */
export function marksOf({ newest, oldest, height }: Track): readonly Mark[] {
  if (newest <= oldest || height === 0) return [];
  const topOf = (time: number): number => ((newest - time) / (newest - oldest)) * height;
  const monthHeight = topOf(newest - 30 * 86_400_000);
  const marks: Mark[] = [];
  let last = -Infinity;
  const first = new Date(newest);
  for (let year = first.getFullYear(), month = first.getMonth(); ; month -= 1) {
    if (month < 0) [year, month] = [year - 1, 11];
    const end = new Date(year, month + 1, 1).getTime();
    if (end <= oldest) return marks;
    const top = Math.max(0, topOf(end));
    if (top - last < LABEL || top > height - LABEL / 2) continue;
    if (month === 11 || marks.length === 0) marks.push({ kind: 'year', label: String(year), top });
    else if (monthHeight >= LABEL) marks.push({ kind: 'month', label: monthName(end - 1), top });
    else continue;
    last = top;
  }
}
