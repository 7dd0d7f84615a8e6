import type { Padding, Transform } from './transform.ts';

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

/** Computed in hundredths, which are whole numbers (transform-parameters.ts), so that halves are exact and round up. */
const multiplied = (side: number, dpr: number): number => Math.round((side * Math.round(dpr * 100)) / 100);
