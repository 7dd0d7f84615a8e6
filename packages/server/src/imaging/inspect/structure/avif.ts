import type { Rejection } from '../../../domain/image/image.ts';
import { type Limits, refuseExtent } from '../../limits.ts';
import { readUnits } from './av1-obu.ts';
import type { ByteWindow } from './byte-window.ts';
import { AVIF_FILE, findMeta, readAll, refuseExtents } from './heif-file.ts';
import { itemData } from './heif-item.ts';
import { type Meta, readMeta, UnsoundMeta } from './heif-meta.ts';
import { count, otherType, tooCostly, unsound } from './rejection.ts';

/** A grid of 16.8 MP has 64 tiles of 512 x 512, as many of alpha, and a few more items. */
const BOUNDS = { maxItems: 1_000, maxProperties: 2_000, maxExtents: 32, maxAssociations: 4 * 1_048_576 } as const;
/** The layers of one picture (AV1 6.2.3), which has no other frames. */
const MAX_FRAMES = 4;
/** Each tile of a frame may be a layer. */
const MAX_UNITS = 4_096;

/**
 * Walks the boxes of a file and the frames of its pictures. A decoder decodes every frame of an item to show the last
 * one, and every tile of a grid, so both count. The decoder itself detects truncated frame data.
 */
export function refuseAvif(file: ByteWindow, limits: Limits): Rejection | undefined {
  const found = findMeta(file, limits, AVIF_FILE);
  if ('detail' in found) return found;
  const bytes = readAll(file, found);
  try {
    const meta = readMeta(bytes, BOUNDS);
    return refuseExtents(file, meta, AVIF_FILE) ?? refusePictures(file, meta, limits);
  } catch (error) {
    if (error instanceof UnsoundMeta) return unsound(`expected ${error.message.replace('; got', ' in an AVIF; got')}`);
    throw error;
  }
}

/** All items that are decoded to show the primary picture. */
function refusePictures(file: ByteWindow, meta: Meta, limits: Limits): Rejection | undefined {
  const type = meta.items.get(meta.primary)?.type;
  const pictures = picturesOf(meta);
  if (pictures.some((id) => meta.items.get(id)?.type === 'hvc1')) return otherType('image/avif', 'image/heic');
  if (type !== 'av01' && type !== 'grid') {
    return unsound('expected an AV1 picture or a grid of them as the primary item of an AVIF; got another item');
  }
  if (pictures.length === 0) return unsound('expected tiles in the grid of an AVIF; got none');
  let pixels = 0;
  for (const id of pictures) {
    const picture = readPicture(file, meta, id);
    if ('detail' in picture) return picture;
    const tooLarge = refuseExtent('image/avif', { ...picture, frames: 1, channels: 3 }, limits);
    if (tooLarge) return tooLarge;
    pixels += picture.width * picture.height * picture.frames;
    if (pixels > limits.maxCodedPixels) {
      const most = count(limits.maxCodedPixels);
      return tooCostly(`expected at most ${most} pixels in all tiles, alpha and layers of an AVIF; got more`);
    }
  }
  return undefined;
}

/** Counts an item as often as it is decoded. */
function picturesOf({ primary, items, tiles, auxiliaries }: Meta): readonly number[] {
  const withAlpha = [primary, ...(auxiliaries.get(primary) ?? [])];
  return withAlpha.flatMap((id) => {
    if (items.get(id)?.type !== 'grid') return [id];
    return (tiles.get(id) ?? []).flatMap((tile) => [tile, ...(auxiliaries.get(tile) ?? [])]);
  });
}

function readPicture(file: ByteWindow, meta: Meta, id: number) {
  if (meta.items.get(id)?.type !== 'av01') {
    return unsound('expected AV1 pictures as the tiles and the alpha of an AVIF; got another item');
  }
  const { bytesAt, sizeBytes } = itemData(file, meta, id);
  const picture = readUnits(bytesAt, sizeBytes, MAX_UNITS);
  if (!picture || picture.frames === 0) {
    return unsound('expected AV1 data from the first to the last byte of a picture in an AVIF; got other bytes');
  }
  if (picture.frames > MAX_FRAMES) {
    return tooCostly(`expected at most ${MAX_FRAMES} frames in a picture of an AVIF; got ${count(picture.frames)}`);
  }
  const said = meta.sizes.get(id);
  if (said && said.width === picture.width && said.height === picture.height) return picture;
  const size = said ? `${count(said.width)} x ${count(said.height)}` : 'a size';
  return unsound(
    `expected a picture of ${size} in an AVIF, as it says before; got one of ${count(picture.width)} x ${count(picture.height)}`,
  );
}
