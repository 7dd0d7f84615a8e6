import { Grid2x2, Grid3x3, type LucideIcon, Square } from 'lucide-react';
import { useState } from 'react';
import type { Tool } from '../ui/tool.ts';
import { chooseDensity, chosenDensity, type Density } from './density.ts';

const STEPS: Readonly<Record<Density, { readonly icon: LucideIcon; readonly next: Density }>> = {
  smaller: { icon: Grid3x3, next: 'usual' },
  usual: { icon: Grid2x2, next: 'larger' },
  larger: { icon: Square, next: 'smaller' },
};

/** From smaller pictures to usual ones, to larger ones, and back. */
export function useDensityTool(): Tool {
  const [density, setDensity] = useState(chosenDensity);
  const { icon, next } = STEPS[density];
  return {
    icon,
    label: `Picture size: ${density}`,
    run() {
      chooseDensity(next);
      setDensity(next);
    },
  };
}
