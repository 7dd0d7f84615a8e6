import type { Rejection } from '../../../../domain/image/image.ts';
import type { Limits } from '../../../limits.ts';
import { count, cutOff, tooCostly, unsound } from '../rejection.ts';
import { type Directory, headerBytes, type Tiff } from './directory.ts';
import { type Block, blockCount, blocksAcross, decodedBytes, type TiffPicture } from './picture.ts';
import { COMPRESSION, PHOTOMETRIC } from './tags.ts';

/** libvips decodes tiles of these sides only. */
const TILE_STEP = 16;
const MAX_TILE_SIDE = 8_192;

/**
 * libvips decodes a row of a strip at a time if the strip has more rows than these, pixel by pixel and not in YCbCr.
 */
const WHOLE_STRIP_ROWS = 128;

/** Why the shape of the strips or tiles costs too much, before any is looked at. */
export function refuseBlockShape(picture: TiffPicture, limits: Limits): Rejection | undefined {
  const { width, height, isTiled, blockWidth, blockHeight } = picture;
  const name = isTiled ? 'tiles' : 'strips';
  if (blockCount(picture) > limits.maxBlocks) {
    return tooCostly(
      `expected at most ${count(limits.maxBlocks)} ${name} in a TIFF; got ${count(blockCount(picture))}`,
    );
  }
  const maxSide = Math.min(MAX_TILE_SIDE, Math.ceil((2 * Math.max(width, height)) / 256) * 256);
  const sides = [blockWidth, blockHeight];
  if (isTiled && sides.some((side) => side % TILE_STEP !== 0 || side > maxSide)) {
    return unsound(
      `expected tiles of a multiple of 16 up to ${count(maxSide)} pixels a side in this TIFF; got ${count(blockWidth)} x ${count(blockHeight)}`,
    );
  }
  const bytes = heldBytes(picture);
  if (bytes <= limits.maxBandBytes) return undefined;
  const what = isTiled ? 'a row of tiles' : 'a strip';
  return tooCostly(
    `expected at most ${count(limits.maxBandBytes)} bytes of pixels in ${what} of this TIFF; got ${count(bytes)}: save it with smaller ${name}`,
  );
}

/** The pixels that libvips holds at once, before any are shown. */
function heldBytes(picture: TiffPicture): number {
  const { width, bits, samples, isTiled, isPlanar, photometric, blockWidth, blockHeight } = picture;
  if (isTiled) return blocksAcross(picture) * blockWidth * blockHeight * Math.ceil((bits * samples) / 8);
  const isWhole = isPlanar || photometric === PHOTOMETRIC.yCbCr || blockHeight <= WHOLE_STRIP_ROWS;
  return isWhole ? width * blockHeight * Math.ceil((bits * samples) / 8) : 0;
}

/** Why the strips or tiles can't all be there: each in a place of its own inside the file. */
export function refuseBlocks(
  tiff: Tiff,
  blocks: readonly Block[],
  {
    picture,
    directories,
    limits,
  }: { readonly picture: TiffPicture; readonly directories: readonly Directory[]; readonly limits: Limits },
): Rejection | undefined {
  const name = picture.isTiled ? 'tile' : 'strip';
  for (const [place, { at, sizeBytes, rows }] of blocks.entries()) {
    const which = `${name} ${count(place + 1)} of a TIFF`;
    if (sizeBytes === 0) return unsound(`expected data in ${which}; got none`);
    if (at + sizeBytes > tiff.file.sizeBytes) {
      return cutOff(
        `expected ${which} inside the file; got one that ends ${count(at + sizeBytes - tiff.file.sizeBytes)} bytes after it`,
      );
    }
    const expected = decodedBytes(picture, rows);
    if (picture.compression === COMPRESSION.none && sizeBytes < expected) {
      return cutOff(`expected ${count(expected)} bytes of pixels in ${which}; got ${count(sizeBytes)}`);
    }
    if (isReadWhole(picture, blocks) && sizeBytes + (directories[0]?.valueBytes ?? 0) > limits.maxDecoderBytes) {
      return tooCostly(
        `expected at most ${count(limits.maxDecoderBytes)} bytes in ${which}; got more: save it in more strips`,
      );
    }
  }
  return refuseShared(tiff, blocks, directories);
}

/** libtiff reads one uncompressed strip in pieces. */
const isReadWhole = ({ compression, isTiled, isPlanar }: TiffPicture, blocks: readonly Block[]): boolean =>
  compression !== COMPRESSION.none || isTiled || isPlanar || blocks.length > 1;

/** Data that several strips share would multiply the size of the file. */
function refuseShared(tiff: Tiff, blocks: readonly Block[], directories: readonly Directory[]): Rejection | undefined {
  const header = { at: 0, sizeBytes: headerBytes(tiff) };
  const places = [header, ...directories, ...blocks].toSorted((one, other) => one.at - other.at);
  let end = 0;
  for (const { at, sizeBytes } of places) {
    if (at < end)
      return unsound('expected the strips or tiles of a TIFF in places of their own; got some that overlap');
    end = at + sizeBytes;
  }
  return undefined;
}
