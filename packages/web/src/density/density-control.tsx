import { type RefObject, useEffect } from 'react';
import { useShortcuts } from '../ui/shortcuts.tsx';
import { chooseDensity, densityAfter } from './density.ts';
import { listenForPinches } from './pinch.ts';

export interface DensityControlProps {
  readonly grid: RefObject<HTMLElement | null>;
}

/** Two fingers on the grid, and keys, change the size of its pictures. */
export function DensityControl({ grid }: DensityControlProps) {
  useShortcuts([
    { key: '+', about: 'Show pictures larger', run: () => chooseNext(1) },
    { key: '-', about: 'Show pictures smaller', run: () => chooseNext(-1) },
  ]);
  useEffect(() => (grid.current ? listenForPinches(grid.current) : undefined), [grid]);
  return null;
}

function chooseNext(by: 1 | -1): void {
  const density = densityAfter(by);
  if (density) chooseDensity(density);
}
