import { isDeepStrictEqual } from 'node:util';
import type { Region, Size } from '../../domain/rendition/transform.ts';
import { openByteWindow } from '../inspect/structure/byte-window.ts';
import { readHeicPicture } from '../inspect/structure/heic/heic-picture.ts';
import type { HeicGrid, HeicPicture, HeicSource } from '../inspect/structure/heic/heic-source.ts';
import { transformedSize } from '../inspect/structure/heic/heic-transformations.ts';
import type { Limits } from '../limits.ts';
import { profileOf } from './coded-profile.ts';
import { type DecodedPart, type OpenHeic, openHeic, type PixelForm } from './libheif.ts';
import { allocateTiff } from './memory-tiff.ts';
import { asStored, type Shown } from './stored-turn.ts';
import { type ToneMapping, toneMappingOf } from './tone-mapping.ts';

/**
 * Decodes the primary picture of a HEIC whose structure is sound, tile by tile, into a TIFF in memory: 8 bits, with its
 * profile and its turn, which libvips applies like those of a file. Errors: `Error`, if it can't be decoded.
 */
export function decodeHeic(path: string, limits: Limits): Buffer {
  const picture = readPicture(path, limits);
  const { region, orientation } = shownOf(picture);
  const { icc } = picture;
  const toneMapping = picture.nclx && !icc ? toneMappingOf(picture.nclx, picture.bitDepth) : undefined;
  const form: PixelForm = {
    channels: picture.alpha ? 4 : 3,
    bits: toneMapping && picture.bitDepth > 8 ? 16 : 8,
  };
  const { file, pixels } = allocateTiff({
    width: region.width,
    height: region.height,
    channels: form.channels,
    orientation,
    icc: icc ?? (picture.nclx && profileOf(picture.nclx)),
  });
  const canvas: Canvas = { pixels, region, form, toneMapping };
  using heic = openHeic(path);
  for (const { part, left, top } of parts(heic, picture, form)) paste(canvas, part, { left, top });
  if (picture.alpha && picture.isPremultiplied) separateAlpha(pixels);
  return file;
}

/** The region and orientation that is shown. For a derived item libheif applies all turns and crops itself. */
function shownOf({ kind, transformations, size }: HeicPicture): Shown {
  if (kind !== 'other') return asStored(transformations, size);
  return { region: { left: 0, top: 0, ...transformedSize(size, transformations) }, orientation: 1 };
}

function readPicture(path: string, limits: Limits): HeicPicture {
  using file = openByteWindow(path);
  const picture = readHeicPicture(file, limits);
  if ('detail' in picture) throw new Error(`refused: ${picture.detail}`);
  return picture;
}

interface PlacedPart {
  readonly part: DecodedPart;
  readonly left: number;
  readonly top: number;
}

/** Whether libheif finds the alpha of each tile: otherwise it would take all of it for every tile. */
const hasTiledAlpha = (grid: HeicGrid, alpha: HeicSource): boolean =>
  alpha.grid !== undefined &&
  alpha.grid.columns === grid.columns &&
  alpha.grid.rows === grid.rows &&
  isDeepStrictEqual(alpha.grid.tileSize, grid.tileSize);

function* parts(heic: OpenHeic, picture: HeicPicture, form: PixelForm): Generator<PlacedPart> {
  const { kind, grid, alpha, size } = picture;
  if (!grid || (alpha && !hasTiledAlpha(grid, alpha))) {
    const part = heic.whole(form, kind === 'other');
    requireCovered(part, kind === 'other' ? shownOf(picture).region : size);
    yield { part, left: 0, top: 0 };
    return;
  }
  for (let row = 0; row < grid.rows; row++) {
    for (let column = 0; column < grid.columns; column++) {
      const part = heic.tile(form, column, row);
      const [left, top] = [column * grid.tileSize.width, row * grid.tileSize.height];
      requireCovered(part, {
        width: Math.min(grid.tileSize.width, size.width - left),
        height: Math.min(grid.tileSize.height, size.height - top),
      });
      yield { part, left, top };
    }
  }
}

/** Pixels that nobody wrote would show what was in memory before. */
function requireCovered(part: Size, { width, height }: Size): void {
  if (part.width >= width && part.height >= height) return;
  throw new Error(`libheif should give ${width} x ${height} pixels; it gave ${part.width} x ${part.height}`);
}

interface Canvas {
  readonly pixels: Buffer;
  readonly region: Region;
  readonly form: PixelForm;
  readonly toneMapping: ToneMapping | undefined;
}

/** Copies what lies inside the region. */
function paste(
  { pixels, region, form: { channels, bits }, toneMapping }: Canvas,
  part: DecodedPart,
  { left, top }: { readonly left: number; readonly top: number },
): void {
  const fromX = Math.max(region.left - left, 0);
  const toX = Math.min(region.left + region.width - left, part.width);
  const fromY = Math.max(region.top - top, 0);
  const toY = Math.min(region.top + region.height - top, part.height);
  const pixelBytes = (channels * bits) / 8;
  for (let y = fromY; y < toY && fromX < toX; y++) {
    const source = part.pixels.subarray(y * part.rowBytes + fromX * pixelBytes, y * part.rowBytes + toX * pixelBytes);
    const at = ((top + y - region.top) * region.width + left + fromX - region.left) * channels;
    if (!toneMapping) pixels.set(source, at);
    else {
      const samples = bits === 16 ? new Uint16Array(source.buffer, source.byteOffset, source.length / 2) : source;
      toneMapping(samples, pixels.subarray(at, at + samples.length), toX - fromX, channels);
    }
  }
}

/** Divides the colors by the alpha that was multiplied into them. */
function separateAlpha(pixels: Buffer): void {
  for (let at = 0; at < pixels.length; at += 4) {
    const alpha = pixels[at + 3] ?? 0;
    if (alpha === 0 || alpha === 255) continue;
    for (let channel = at; channel < at + 3; channel++) {
      pixels[channel] = Math.min(255, Math.round(((pixels[channel] ?? 0) * 255) / alpha));
    }
  }
}
