import type { Measurement } from './measurement.ts';

const COLUMNS = ['bench', 'subject', 'floor', 'result (rounds)', 'goal'] as const;

/** The measurements as a Markdown table. A missed goal is bold. */
export function table(measurements: readonly Measurement[]): string {
  const rows = measurements.map(({ what, subject, floor, result, goal, isMet }) => [
    what,
    subject,
    floor,
    result,
    isMet === false ? `**${goal}**` : goal,
  ]);
  return [COLUMNS, COLUMNS.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const BEGIN = '<!-- Measured: written by `npm run bench`. -->';
const END = '<!-- End of what was measured. -->';

/** The page with `measured` between its markers. */
export function withMeasured(page: string, measured: string): string {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from === -1 || to < from) throw new Error(`expected ${BEGIN} before ${END} in the page; got neither or other`);
  return `${page.slice(0, from + BEGIN.length)}\n${measured}\n${page.slice(to)}`;
}
