import type { Mode } from '../make-right.ts';
import type { Backfilled } from './backfill.ts';

const EVERY = 10_000;

/** Prints the progress every ten thousand images. */
export function createProgress(print: (line: string) => void): (sum: Backfilled) => void {
  let next = EVERY;
  return ({ images, incomplete }) => {
    if (images < next) return;
    next = (Math.floor(images / EVERY) + 1) * EVERY;
    print(`  so far ${images} images, ${incomplete} of them incomplete`);
  };
}

export function backfillReport({ images, incomplete, facets }: Backfilled, mode: Mode): string {
  if (incomplete === 0) return `Images: ${images}, all complete; nothing to write.`;
  const sums = { apply: `facets written: ${facets}.`, 'dry-run': `facets to write: ${facets}; nothing was written.` };
  return `Images: ${images}, incomplete: ${incomplete}; ${sums[mode]}`;
}
