import type { GridMetrics } from './rows.ts';

/** Heights of rows by a density of src/density/density.ts, in parts of the usual height. */
const SCALES: Readonly<Record<string, number>> = { smaller: 0.65, larger: 1.65 };

/** By the width: two to three pictures in a row on a phone, four to seven on a desk, unless a density was chosen. */
export function metricsOf(element: HTMLElement): GridMetrics {
  const width = Math.max(1, Math.floor(element.clientWidth));
  const scale = SCALES[document.documentElement.dataset['density'] ?? ''] ?? 1;
  return { width, rowHeight: Math.round(rowHeightOf(width) * scale), gap: width < 600 ? 2 : 4, headingHeight: 48 };
}

function rowHeightOf(width: number): number {
  if (width < 600) return 120;
  if (width < 1_000) return 168;
  return Math.min(280, Math.round(200 + (width - 1_000) / 10)); // 240 at 1,400, 280 from 1,800 on
}
