import type { Radii, Recipe } from '../../../domain/rendition/recipe.ts';
import type { Size } from '../../../domain/rendition/transform.ts';
import { ground } from '../colors.ts';
import { fromPixels, type Picture, type Pixels, settled, toPixels } from '../picture.ts';

/** In code: a decoder has no loader of SVG, by which sharp could draw a mask. */
export async function radius(picture: Picture, { radius: radii, background }: Recipe): Promise<Picture> {
  if (radii === null) return picture;
  const ready = picture.needsSettling ? await settled(picture) : picture;
  const pixels = await toPixels({ ...ready, image: ready.image.ensureAlpha() });
  for (let row = 0; row < pixels.height; row++) fade(pixels, row, insideOf(row, pixels, radii));
  const rounded = fromPixels(pixels);
  if (picture.format !== 'jpeg') return rounded;
  return { ...rounded, image: rounded.image.flatten({ background: ground(background, 'jpeg') }), hasAlpha: false };
}

/** Lines within each row of pixels whose ends are computed: finer than the 256 steps of alpha can show. */
const LINES = 16;

/** The share of each of a row's first pixels that is inside, up to where all are. The row's end mirrors its start. */
function insideOf(row: number, { width, height }: Size, { across, down }: Radii): readonly number[] {
  const starts = Array.from({ length: LINES }, (_, line) => {
    const y = row + (line + 0.5) / LINES;
    const fromCentre = Math.max(down - y, y - (height - down), 0) / down;
    return across * (1 - Math.sqrt(1 - fromCentre ** 2));
  });
  const shareAt = (x: number): number =>
    starts.reduce((sum, start) => sum + Math.max(0, Math.min(x + 1, width - start) - Math.max(x, start)), 0) / LINES;
  return Array.from({ length: Math.ceil(Math.max(...starts)) }, (_, x) => shareAt(x));
}

/** Multiplies alpha at both ends of this row of every frame. */
function fade({ data, width, height, frames }: Pixels, row: number, shares: readonly number[]): void {
  for (let frame = 0; frame < frames; frame++) {
    const start = (frame * height + row) * width;
    for (const [x, share] of shares.entries()) {
      for (const place of new Set([start + x, start + width - 1 - x]))
        data[place * 4 + 3] = Math.round((data[place * 4 + 3] ?? 0) * share);
    }
  }
}
