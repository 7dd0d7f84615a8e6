import type { Rejection } from '../../../domain/image/image.ts';
import { type Limits, refuseExtent } from '../../limits.ts';
import { readUnits } from './av1-obu.ts';
import type { ByteWindow } from './byte-window.ts';
import { type Box, boxAt, isBoxType } from './heif-boxes.ts';
import { itemData, lengthOf } from './heif-item.ts';
import { type Meta, readMeta, UnsoundMeta } from './heif-meta.ts';
import { animated, count, cutOff, otherType, refuseTrailer, tooCostly, unsound } from './rejection.ts';

/** A grid of 16.8 MP has 64 tiles of 512 x 512, as many of alpha, and a few more items. */
const BOUNDS = { maxItems: 1_000, maxProperties: 2_000, maxExtents: 32 } as const;
/** Includes color profiles. */
const MAX_META_BYTES = 4 * 1_048_576;
const MAX_TOP_BOXES = 1_000;
/** The layers of one picture (AV1 6.2.3), which has no other frames. */
const MAX_FRAMES = 4;
/** Each tile of a frame may be a layer. */
const MAX_UNITS = 4_096;

const CUT_OFF = cutOff('expected an AVIF of whole boxes; got one that is cut off');
const SEQUENCE = animated(
  'expected an AVIF of one picture; got an AVIF image sequence: convert it to an animated WebP or a GIF',
  'image/avif',
);

/**
 * Walks the boxes of a file and the frames of its pictures. A decoder decodes every frame of an item to show the last one,
 * and every tile of a grid, so both count. The decoder itself detects truncated frame data.
 */
export function refuseAvif(file: ByteWindow, limits: Limits): Rejection | undefined {
  const found = findMeta(file, limits);
  if ('detail' in found) return found;
  const bytes = readAll(file, found);
  try {
    const meta = readMeta(bytes, BOUNDS);
    return refuseExtents(file, meta) ?? refusePictures(file, meta, limits);
  } catch (error) {
    if (error instanceof UnsoundMeta) return unsound(`expected ${error.message.replace('; got', ' in an AVIF; got')}`);
    throw error;
  }
}

function findMeta(file: ByteWindow, limits: Limits): Box | Rejection {
  let meta: Box | undefined;
  let boxes = 0;
  for (let at = 0; at < file.sizeBytes; ) {
    const box = boxAt(file, at, file.sizeBytes);
    if (!box) {
      const rejection = refuseRest(file, at, limits);
      if (rejection) return rejection;
      break;
    }
    if (++boxes > MAX_TOP_BOXES)
      return tooCostly(`expected at most ${count(MAX_TOP_BOXES)} boxes in an AVIF; got more`);
    if (box.type === 'moov' || box.type === 'moof') return SEQUENCE;
    if (box.type === 'ftyp' && file.bytesAt(box.at, 4).toString('latin1') === 'avis') return SEQUENCE;
    if (box.type === 'meta' && meta) return unsound('expected one meta box in an AVIF; got another');
    if (box.type === 'meta') meta = box;
    at = box.end;
  }
  if (!meta) return unsound('expected a meta box in an AVIF; got none');
  if (meta.end - meta.at <= MAX_META_BYTES) return meta;
  return tooCostly(
    `expected at most ${count(MAX_META_BYTES)} bytes in the meta box of an AVIF; got ${count(meta.end - meta.at)}`,
  );
}

/** Not a box: a truncated one, or bytes after all boxes. */
function refuseRest(file: ByteWindow, at: number, limits: Limits): Rejection | undefined {
  return isBoxType(file.bytesAt(at + 4, 4)) ? CUT_OFF : refuseTrailer(file.sizeBytes - at, limits.maxTrailerBytes);
}

const PIECE_BYTES = 65_536;

/** A copy, because the window changes. */
function readAll(file: ByteWindow, { at, end }: Box): Buffer {
  const bytes = Buffer.alloc(end - at);
  for (let done = 0; done < bytes.length; done += PIECE_BYTES) {
    file.bytesAt(at + done, Math.min(PIECE_BYTES, bytes.length - done)).copy(bytes, done);
  }
  return bytes;
}

/** A part without a length extends to the end. Overlapping parts would multiply the file's size. */
function refuseExtents(file: ByteWindow, { extents, data }: Meta): Rejection | undefined {
  let total = 0;
  for (const parts of extents.values()) {
    for (const part of parts) {
      const wholeBytes = part.isInData ? data.length : file.sizeBytes;
      if (part.at + part.sizeBytes > wholeBytes || part.at >= wholeBytes) {
        return cutOff('expected the data of every item inside an AVIF; got some that goes beyond');
      }
      total += lengthOf(part, wholeBytes);
    }
  }
  if (total <= file.sizeBytes) return undefined;
  return tooCostly(`expected items of at most ${count(file.sizeBytes)} bytes, which the AVIF has; got ${count(total)}`);
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
