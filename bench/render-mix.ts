import type { Render } from './render-client.ts';

/** Cycles of 7, 5 and 8: all combinations occur. */
const FORMATS = ['jpeg', 'webp', 'png', 'avif', 'webp', 'jpeg', 'webp'];
const SHAPES = [
  { fit: 'inside' },
  { fit: 'cover' },
  { fit: 'pad', background: '2a6f97' },
  { fit: 'cover', position: 'attention' },
  { fit: 'cover', position: 'entropy' },
];
const CHANGES = [{}, {}, { rotate: 90 }, { flip: 'h' }, { blur: 2 }, { sharpen: 1 }, { crop: '20,10,200,150' }, {}];
/** 64 to 574 pixels. */
const SIDES = 256;
const side = (step: number): number => 64 + 2 * (step % SIDES);

/**
 * The transform of this number, for an image of at least 220 x 160 pixels; 65,536 consecutive ones are all different.
 */
export const mixedRender = (image_id: string, index: number): Render => ({
  image_id,
  w: side(index),
  h: side(97 * index + Math.floor(index / SIDES)),
  format: FORMATS[index % FORMATS.length] ?? '',
  ...SHAPES[index % SHAPES.length],
  ...CHANGES[index % CHANGES.length],
});
