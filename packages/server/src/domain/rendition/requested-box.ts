import type { Radii } from './recipe.ts';
import type { Padding, Size, Transform } from './transform.ts';

/** The requested width and height in pixels of the result; null: unbounded. */
export const requestedBox = ({ width, height, dpr }: Pick<Transform, 'width' | 'height' | 'dpr'>) => ({
  width: width === null ? null : multiplied(width, dpr),
  height: height === null ? null : multiplied(height, dpr),
});

/** In pixels of the result. */
export const requestedPadding = ({ padding, dpr }: Pick<Transform, 'padding' | 'dpr'>): Padding => ({
  top: multiplied(padding.top, dpr),
  right: multiplied(padding.right, dpr),
  bottom: multiplied(padding.bottom, dpr),
  left: multiplied(padding.left, dpr),
});

/** In pixels of the result. */
export const requestedRadius = ({ radius, dpr }: Pick<Transform, 'radius' | 'dpr'>): Transform['radius'] =>
  typeof radius === 'number' ? multiplied(radius, dpr) : radius;

/** The radii of a result of this size: at most half of its sides. */
export function roundedBy(radius: Transform['radius'], { width, height }: Size): Radii | null {
  if (radius === null) return null;
  if (radius === 'circle') return { across: width / 2, down: height / 2 };
  const length = Math.min(radius, width / 2, height / 2);
  return { across: length, down: length };
}

/** Computed in hundredths, which are whole numbers (transform-parameters.ts), so that halves are exact and round up. */
const multiplied = (side: number, dpr: number): number => Math.round((side * Math.round(dpr * 100)) / 100);
