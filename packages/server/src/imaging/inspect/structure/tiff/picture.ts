import type { Rejection } from '../../../../domain/image/image.ts';
import type { ByteWindow } from '../byte-window.ts';
import { count, unsound } from '../rejection.ts';
import { type Directory, integersOf, type Tiff } from './directory.ts';
import { COMPRESSION, compressionName, isKnownCompression, PHOTOMETRIC, TAG } from './tags.ts';

/** What the fields of a directory say of its picture. */
export interface TiffPicture {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  readonly samples: number;
  readonly photometric: number;
  readonly compression: number;
  /** Each sample has strips of its own. */
  readonly isPlanar: boolean;
  readonly isTiled: boolean;
  /** The size of a tile, or of each strip before the last. */
  readonly blockWidth: number;
  readonly blockHeight: number;
  /** How many pixels share a chroma sample, across and down. */
  readonly chroma: readonly [number, number];
  /** The lowest bit of a byte is its first. */
  readonly isReversed: boolean;
  /** CCITT group 3: a bit before each row tells whether it is coded by its differences. */
  readonly isMixed: boolean;
}

export function readPicture(tiff: Tiff, directory: Directory): TiffPicture | Rejection {
  const values = (tag: number, most: number): Float64Array | undefined => {
    const field = directory.fields.get(tag);
    return field && integersOf(tiff, field, most);
  };
  /** NaN for a field that is missing or no integer. */
  const value = (tag: number, otherwise = Number.NaN): number =>
    directory.fields.has(tag) ? (values(tag, 1)?.[0] ?? Number.NaN) : otherwise;

  const width = value(TAG.width);
  const height = value(TAG.height);
  if (!(width >= 1 && height >= 1)) return unsound('expected a TIFF of at least one pixel; got no width or no height');
  const compression = value(TAG.compression, COMPRESSION.none);
  const photometric = value(TAG.photometric);
  const samples = value(TAG.samplesPerPixel, 1);
  const [bits = 1, ...otherBits] = directory.fields.has(TAG.bitsPerSample)
    ? (values(TAG.bitsPerSample, 16) ?? [])
    : [1];
  const planar = value(TAG.planarConfiguration, 1);
  const numbers = [compression, photometric, samples, bits, planar];
  if (numbers.some(Number.isNaN) || samples < 1 || planar < 1 || planar > 2) {
    return unsound('expected the fields of a TIFF that describe its pixels; got others');
  }
  if (otherBits.some((one) => one !== bits)) return unsound('expected samples of equal depth in a TIFF; got different');

  const isTiled = directory.fields.has(TAG.tileWidth) || directory.fields.has(TAG.tileHeight);
  const rows = value(TAG.rowsPerStrip, height);
  const [blockWidth, blockHeight] = isTiled
    ? [value(TAG.tileWidth), value(TAG.tileHeight)]
    : [width, Math.min(rows, height)];
  if (!(blockWidth >= 1 && blockHeight >= 1)) {
    return unsound(`expected ${isTiled ? 'tiles' : 'strips'} of at least one row in a TIFF; got none`);
  }
  const [across = 2, down = 2] = photometric === PHOTOMETRIC.yCbCr ? (values(TAG.chromaSubsampling, 2) ?? []) : [1, 1];
  const fillOrder = value(TAG.fillOrder, 1);
  const picture: TiffPicture = {
    width,
    height,
    bits,
    samples,
    photometric,
    compression,
    isPlanar: planar === 2 && samples > 1,
    isTiled,
    blockWidth,
    blockHeight,
    chroma: [across, down],
    isReversed: fillOrder === 2,
    isMixed: (value(TAG.groupThreeOptions, 0) & 1) === 1,
  };
  return (
    refuseFormats(values(TAG.sampleFormat, 16)) ??
    refuseCompression(picture, value(TAG.predictor, 1)) ??
    refuseFillOrder(fillOrder) ??
    picture
  );
}

function refuseCompression({ compression, bits }: TiffPicture, predictor: number): Rejection | undefined {
  if (!isKnownCompression(compression)) {
    return unsound(
      `expected a TIFF without compression, or with LZW, Deflate, PackBits, JPEG or CCITT; got ${compressionName(compression)}: save it with one of them`,
    );
  }
  const isPredicted = compression === COMPRESSION.lzw || isDeflate(compression);
  if (!isPredicted || predictor === 1 || (predictor === 2 && bits >= 8)) return undefined;
  return unsound(`expected no predictor or horizontal differencing in a TIFF; got predictor ${predictor}`);
}

export const isDeflate = (compression: number): boolean =>
  compression === COMPRESSION.deflate || compression === COMPRESSION.oldDeflate;

export const isFax = (compression: number): boolean =>
  compression >= COMPRESSION.faxRows && compression <= COMPRESSION.faxGroup4;

/** TIFF 6.0, "SampleFormat": 1 is unsigned, 4 undefined. */
function refuseFormats(formats: Float64Array | undefined): Rejection | undefined {
  const other = formats?.find((one) => one !== 1 && one !== 4);
  if (other === undefined) return undefined;
  const name = other === 2 ? 'signed integers' : other === 3 ? 'floating-point numbers' : `sample format ${other}`;
  return unsound(`expected a TIFF of unsigned integers; got ${name}: save it with 8 or 16 bits a channel`);
}

const refuseFillOrder = (order: number): Rejection | undefined =>
  order === 1 || order === 2 ? undefined : unsound(`expected fill order 1 or 2 in a TIFF; got ${order}`);

/** Where a strip or a tile is in the file, and how many rows it has. */
export interface Block {
  readonly at: number;
  readonly sizeBytes: number;
  readonly rows: number;
}

/**
 * The strips or tiles of a picture, in the order of their places: each step back would read a window of the file again.
 */
export interface CodedBlocks {
  readonly file: ByteWindow;
  readonly picture: TiffPicture;
  readonly blocks: readonly Block[];
}

export const blocksAcross = ({ width, blockWidth }: TiffPicture): number => Math.ceil(width / blockWidth);
export const blocksDown = ({ height, blockHeight }: TiffPicture): number => Math.ceil(height / blockHeight);

/** The blocks of the whole picture: those of the first sample first, if each sample has its own. */
export const blockCount = (picture: TiffPicture): number =>
  blocksAcross(picture) * blocksDown(picture) * (picture.isPlanar ? picture.samples : 1);

/** The decoded bytes of so many rows of a strip or a tile. */
export function decodedBytes(
  { photometric, compression, bits, samples, isPlanar, blockWidth, chroma }: TiffPicture,
  rows: number,
): number {
  if (photometric === PHOTOMETRIC.yCbCr && compression !== COMPRESSION.jpeg) {
    const [across, down] = chroma;
    return Math.ceil(blockWidth / across) * Math.ceil(rows / down) * (across * down + 2);
  }
  return Math.ceil((blockWidth * bits * (isPlanar ? 1 : samples)) / 8) * rows;
}

/** The blocks in order, with offsets and sizes that haven't been checked. */
export function readBlocks(tiff: Tiff, { fields }: Directory, picture: TiffPicture): readonly Block[] | Rejection {
  const { isTiled, height, blockHeight } = picture;
  const name = isTiled ? 'tile' : 'strip';
  const expected = blockCount(picture);
  const read = (tag: number): Float64Array => {
    const field = fields.get(tag);
    return (field && integersOf(tiff, field, expected)) ?? new Float64Array();
  };
  const offsets = read(isTiled ? TAG.tileOffsets : TAG.stripOffsets);
  const sizes = read(isTiled ? TAG.tileByteCounts : TAG.stripByteCounts);
  const got = Math.min(offsets.length, sizes.length);
  if (got < expected)
    return unsound(`expected ${count(expected)} ${name}s with offsets and sizes in a TIFF; got ${count(got)}`);
  const down = blocksDown(picture);
  const rowsOf = (place: number): number =>
    isTiled ? blockHeight : Math.min(blockHeight, height - (place % down) * blockHeight);
  return Array.from(offsets, (at, place) => ({ at, sizeBytes: sizes[place] ?? 0, rows: rowsOf(place) }));
}
