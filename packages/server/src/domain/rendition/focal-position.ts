import type { FocalPoint } from '../image/focal-point.ts';
import type { Flip, Region, Rotation, Size, Transform } from './transform.ts';

export const CENTRE: FocalPoint = { x: 0.5, y: 0.5 };

/**
 * The focal point after crop, rotate and flip, as fractions of what they leave: outside 0 to 1 if the crop lost it.
 * Without a focal point it is the centre.
 */
export function focalPosition(
  source: Size & { readonly focalPoint: FocalPoint | null },
  crop: Region | null,
  { rotate, flip }: Pick<Transform, 'rotate' | 'flip'>,
): FocalPoint {
  if (source.focalPoint === null) return CENTRE;
  const cropped = crop === null ? source.focalPoint : within(source.focalPoint, crop, source);
  return FLIPPED[flip](ROTATED[rotate](cropped));
}

const within = ({ x, y }: FocalPoint, crop: Region, source: Size): FocalPoint => ({
  x: (x * source.width - crop.left) / crop.width,
  y: (y * source.height - crop.top) / crop.height,
});

/** Clockwise. */
const ROTATED: Readonly<Record<Rotation, (point: FocalPoint) => FocalPoint>> = {
  0: (point) => point,
  90: ({ x, y }) => ({ x: 1 - y, y: x }),
  180: ({ x, y }) => ({ x: 1 - x, y: 1 - y }),
  270: ({ x, y }) => ({ x: y, y: 1 - x }),
};

const FLIPPED: Readonly<Record<Flip, (point: FocalPoint) => FocalPoint>> = {
  none: (point) => point,
  horizontal: ({ x, y }) => ({ x: 1 - x, y }),
  vertical: ({ x, y }) => ({ x, y: 1 - y }),
  both: ({ x, y }) => ({ x: 1 - x, y: 1 - y }),
};
