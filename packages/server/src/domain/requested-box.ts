import type { Transform } from './transform.ts';

/** Width and height as asked, in pixels of the result; null: unbounded. */
export const requestedBox = ({ width, height, dpr }: Pick<Transform, 'width' | 'height' | 'dpr'>) => ({
  width: width === null ? null : multiplied(width, dpr),
  height: height === null ? null : multiplied(height, dpr),
});

/** In hundredths, which are whole numbers (transform-parameters.ts), so that a half is a half and is rounded up. */
const multiplied = (side: number, dpr: number): number => Math.round((side * Math.round(dpr * 100)) / 100);
