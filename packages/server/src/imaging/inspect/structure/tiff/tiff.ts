import type { Rejection } from '../../../../domain/image/image.ts';
import { type Limits, refuseExtent } from '../../../limits.ts';
import type { ByteWindow } from '../byte-window.ts';
import { reversedBits } from './bit-order.ts';
import { refuseBlockShape, refuseBlocks } from './blocks.ts';
import { refuseColors } from './colors.ts';
import { refuseDeflateBlocks } from './deflate.ts';
import { openTiff } from './directory.ts';
import { refuseFaxBlocks } from './fax.ts';
import { refuseJpegBlocks } from './jpeg.ts';
import { refusePackBitsBlocks } from './packbits.ts';
import { readDirectories } from './pages.ts';
import { isDeflate, isFax, readBlocks, readPicture } from './picture.ts';
import { refuseRaw } from './raw.ts';
import { COMPRESSION } from './tags.ts';

/**
 * Walks the directories, and the strips or tiles of the first, which alone is shown. libtiff finds missing data itself,
 * but not everywhere: every coded unit of a JPEG and every row of CCITT is counted here, and Deflate and PackBits are
 * read to their end.
 */
export async function refuseTiff(file: ByteWindow, limits: Limits): Promise<Rejection | undefined> {
  const tiff = openTiff(file);
  if ('detail' in tiff) return tiff;
  const directories = readDirectories(tiff, limits);
  if ('detail' in directories) return directories;
  const [first] = directories;
  if (!first) return undefined;
  const raw = refuseRaw(tiff, directories);
  if (raw) return raw;

  const picture = readPicture(tiff, first);
  if ('detail' in picture) return picture;
  const { width, height, samples: channels, compression } = picture;
  const misshapen =
    refuseExtent('image/tiff', { width, height, frames: 1, channels }, limits) ??
    refuseColors(tiff, first, picture) ??
    refuseBlockShape(picture, limits);
  if (misshapen) return misshapen;

  const blocks = readBlocks(tiff, first, picture);
  if ('detail' in blocks) return blocks;
  const misplaced = refuseBlocks(tiff, blocks, { picture, directories, limits });
  if (misplaced) return misplaced;
  const inOrder = blocks.toSorted((one, other) => one.at - other.at);
  if (compression === COMPRESSION.jpeg) return refuseJpegBlocks(tiff, first, { picture, blocks: inOrder, limits });
  const coded = { file: picture.isReversed ? reversedBits(file) : file, picture, blocks: inOrder };
  if (compression === COMPRESSION.packBits) return refusePackBitsBlocks(coded);
  if (isDeflate(compression)) return refuseDeflateBlocks(coded);
  return isFax(compression) ? refuseFaxBlocks(coded) : undefined;
}
