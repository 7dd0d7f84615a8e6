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

/** Between two labels, and between two dots. */
const LABEL = 24;
const DOT = 8;

/** Where years and months end, as far as there is room for them; the first label says where the track begins. */
export function marksOf({ newest, oldest, height }: Track): readonly Mark[] {
  if (newest <= oldest) return [];
  const topOf = (time: number): number => ((newest - time) / (newest - oldest)) * height;
  const monthHeight = topOf(newest - 30 * 86_400_000);
  const marks: Mark[] = [];
  let [label, mark] = [-Infinity, -Infinity];
  const last = new Date(newest);
  for (let year = last.getFullYear(), month = last.getMonth(); ; month -= 1) {
    if (month < 0) [year, month] = [year - 1, 11];
    const end = new Date(year, month + 1, 1).getTime();
    if (end <= oldest) return marks;
    const top = Math.max(0, topOf(end));
    const isYear = month === 11 || marks.length === 0;
    const hasRoom = top - label >= LABEL && top <= height - LABEL / 2;
    if (isYear && hasRoom) marks.push({ kind: 'year', label: String(year), top });
    else if (monthHeight >= LABEL && hasRoom) marks.push({ kind: 'month', label: MONTH.format(end - 1), top });
    else if (top - mark >= DOT && top - label >= LABEL && top <= height) marks.push({ kind: 'month', label: '', top });
    else continue;
    mark = top;
    if (marks.at(-1)?.label) label = top;
  }
}

const MONTH = new Intl.DateTimeFormat('en', { month: 'short' });
