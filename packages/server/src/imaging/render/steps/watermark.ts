import type { Recipe, Watermark } from '../../../domain/rendition/recipe.ts';
import { fromPixels, type Picture, type Pixels, toPixels } from '../picture.ts';

/** In code, because sharp would draw it before it blurs or extends, and would add an alpha channel. */
export async function watermark(picture: Picture, { watermark }: Recipe, mark: Pixels | null): Promise<Picture> {
  if (watermark === null) return picture;
  if (mark === null) throw new Error('expected the pixels of the watermark; got none');
  const pixels = await toPixels(picture);
  const frameBytes = pixels.width * pixels.height * pixels.channels;
  for (let at = 0; at < pixels.data.length; at += frameBytes)
    draw({ ...pixels, data: pixels.data.subarray(at, at + frameBytes) }, watermark, mark);
  return fromPixels(pixels);
}

/** Porter-Duff "over", on pixels whose colors aren't multiplied by alpha. */
function draw({ data, width, channels }: Pixels, { area, opacity }: Watermark, mark: Pixels): void {
  for (let y = 0; y < area.height; y += 1) {
    const row = (y % mark.height) * mark.width;
    let to = ((area.top + y) * width + area.left) * channels;
    for (let x = 0; x < area.width; x += 1, to += channels) {
      const from = (row + (x % mark.width)) * mark.channels;
      const covers = (mark.channels === 4 ? (mark.data[from + 3] ?? 0) / 255 : 1) * opacity;
      if (covers === 0) continue;
      const below = (channels === 4 ? (data[to + 3] ?? 0) / 255 : 1) * (1 - covers);
      const share = covers / (covers + below);
      for (let channel = 0; channel < 3; channel += 1) {
        const before = data[to + channel] ?? 0;
        data[to + channel] = before + ((mark.data[from + channel] ?? 0) - before) * share + 0.5;
      }
      if (channels === 4) data[to + 3] = (covers + below) * 255 + 0.5;
    }
  }
}
