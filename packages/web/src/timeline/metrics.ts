import type { GridMetrics } from './rows.ts';

/** By the width: two to three pictures in a row on a phone, four to six on a desk. */
export function metricsOf(element: HTMLElement): GridMetrics {
  const width = Math.max(1, Math.floor(element.clientWidth));
  const [rowHeight, gap] = width < 600 ? [120, 2] : width < 1000 ? [168, 4] : [200, 4];
  return { width, rowHeight, gap, headingHeight: 48 };
}
