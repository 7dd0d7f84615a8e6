import { gridData, uint } from './avif-bytes.ts';
import {
  type Crop,
  cropTo,
  type HeicFile,
  type HeicItem,
  type HeicProperty,
  heicBytes,
  overlayData,
  property,
} from './heic-bytes.ts';
import { encodeHevc, type HevcStream, hevcConfiguration, lengthPrefixed } from './hevc-bytes.ts';
import { type Chroma, type Nclx, outputSize } from './hevc-picture.ts';
import type { Size } from './size.ts';
import { alphaPlane, cropped, type Rgb, resized, type Sampling, ycbcrPlanes } from './ycbcr-planes.ts';

export interface HeicImage extends Size {
  /** RGB, or RGBA, from which an alpha image is made. */
  readonly pixels: Uint8Array;
  readonly chroma?: Chroma;
  readonly bitDepth?: 8 | 10;
  /** The slices of each coded picture. */
  readonly slices?: number;
  /** Changes each coded picture, like one that leaves out a slice. */
  readonly editStream?: (stream: HevcStream) => HevcStream;
  /** Makes a grid of such tiles, for alpha as well; in 4:2:0 their sides are even. The last ones may cross the edge. */
  readonly tile?: Size;
  /** Derived from the picture and made the primary item. */
  readonly derivation?: 'iden' | 'iovl';
  /** The conversion to YCbCr. A `colr` box tells it, unless there is an ICC profile. */
  readonly nclx?: Nclx;
  /** The color description in the stream; `nclx` by default. */
  readonly vui?: Nclx | null;
  readonly icc?: Uint8Array;
  /** Applied in the order clap, irot, imir (ISO/IEC 23000-22, 7.3.6.7). */
  readonly crop?: Crop;
  readonly quarterTurns?: number;
  readonly mirrorAxis?: 0 | 1;
  /** In an EXIF item; readers ignore it (ISO/IEC 23008-12, A.2.4). */
  readonly exifOrientation?: number;
  readonly thumbnail?: Size;
  readonly alphaUrn?: string;
  /** `heic`, or `heix` for what only the range extensions and Main 10 contain. */
  readonly brand?: string;
}

export const SRGB: Nclx = { primaries: 1, transfer: 13, matrix: 6, isFullRange: true };
export const ALPHA_URNS = {
  hevc: 'urn:mpeg:hevc:2015:auxid:1',
  cicp: 'urn:mpeg:mpegB:cicp:systems:auxiliary:alpha',
} as const;

/** A HEIC file of these pixels: BT.601, full range, 4:2:0, 8 bits by default, like the photographs of telephones. */
export const heicImage = (image: HeicImage): Buffer => heicBytes(heicFile(image));

/** The picture's file before serialization. The first item is the picture, or its first tile. */
export function heicFile(image: HeicImage): HeicFile {
  const { width, height, chroma = '4:2:0', bitDepth = 8, nclx = SRGB, icc, tile, derivation } = image;
  const channels = image.pixels.length === width * height * 4 ? 4 : 3;
  const given: Rgb = { width, height, pixels: image.pixels, channels };
  const source = tile ? given : cropped(given, 0, 0, outputSize({ width, height, chroma }));
  const crop =
    image.crop ?? (source.width > width || source.height > height ? { left: 0, top: 0, width, height } : null);
  const aperture = crop ? [cropTo(crop, source)] : [];
  const turns = [
    ...(image.quarterTurns === undefined ? [] : [property.rotation(image.quarterTurns)]),
    ...(image.mirrorAxis === undefined ? [] : [property.mirror(image.mirrorAxis)]),
  ];
  const file = emptyFile(image.brand ?? (bitDepth > 8 || chroma !== '4:2:0' ? 'heix' : 'heic'));
  const encode = codec(image, { chroma, bitDepth }, (part) => ycbcrPlanes(part, nclx, { chroma, bitDepth }));
  const descriptions = [
    property.bitDepths(...(chroma === '4:0:0' ? [bitDepth] : [bitDepth, bitDepth, bitDepth])),
    icc ? property.icc(icc) : property.nclx(nclx),
  ];
  const coded = addPicture(file, source, encode, { tile, properties: descriptions });
  const primary = derivation ? addDerived(file, derivation, coded, source, descriptions) : coded;
  primary.properties.push(...aperture, ...turns);
  file.primary = primary.id;
  if (channels === 4) {
    const encodeAlpha = codec(image, { chroma: '4:0:0', bitDepth }, (part) => [alphaPlane(part, bitDepth)]);
    const alpha = addPicture(file, source, encodeAlpha, { tile, properties: [property.bitDepths(bitDepth)] });
    alpha.properties.push(property.auxiliary(image.alphaUrn ?? ALPHA_URNS.cicp), ...aperture, ...turns);
    alpha.isHidden = true;
    refer(file, 'auxl', alpha, [primary]);
  }
  if (image.thumbnail) {
    const thumbnail = addPicture(file, resized(given, image.thumbnail), encode, { properties: descriptions });
    thumbnail.properties.push(...turns);
    refer(file, 'thmb', thumbnail, [primary]);
  }
  if (image.exifOrientation !== undefined) {
    const tiffAt = uint(4, 0); // exif_tiff_header_offset (ISO/IEC 23008-12, A.2.1)
    const exif = addItem(file, 'Exif', Buffer.concat([tiffAt, exifOf(image.exifOrientation)]), []);
    refer(file, 'cdsc', exif, [primary]);
  }
  return file;
}

export const emptyFile = (brand: string): HeicFile => ({
  brand,
  compatibleBrands: ['mif1', brand],
  primary: 1,
  items: [],
  references: [],
  extraInMeta: [],
});

/** Adds an item with the next id. */
export function addItem(file: HeicFile, type: string, data: Buffer, properties: readonly HeicProperty[]): HeicItem {
  const id = Math.max(0, ...file.items.map((item) => item.id)) + 1;
  const item = { id, type, data, properties: [...properties] };
  file.items.push(item);
  return item;
}

export const addStream = (file: HeicFile, stream: HevcStream, properties: readonly HeicProperty[]): HeicItem =>
  addItem(file, 'hvc1', lengthPrefixed(stream.slices), [
    property.configuration(hevcConfiguration(stream)),
    property.size(stream.size),
    ...properties,
  ]);

export const refer = (file: HeicFile, type: string, from: HeicItem, to: readonly HeicItem[]): number =>
  file.references.push({ type, from: from.id, to: to.map(({ id }) => id) });

type Encode = (part: Rgb) => HevcStream;

function codec(
  { slices = 1, nclx = SRGB, vui = nclx, editStream = (stream) => stream }: HeicImage,
  sampling: Sampling,
  planes: (part: Rgb) => Uint16Array[],
): Encode {
  return (part) =>
    editStream(encodeHevc({ width: part.width, height: part.height, slices, vui, ...sampling, planes: planes(part) }));
}

interface Shape {
  readonly tile?: Size | undefined;
  readonly properties: readonly HeicProperty[];
}

function addPicture(file: HeicFile, source: Rgb, encode: Encode, { tile, properties }: Shape): HeicItem {
  if (!tile) return addStream(file, encode(source), properties);
  const [columns, rows] = [Math.ceil(source.width / tile.width), Math.ceil(source.height / tile.height)];
  const tiles = Array.from({ length: columns * rows }, (_, index) => {
    const [x, y] = [(index % columns) * tile.width, Math.floor(index / columns) * tile.height];
    const item = addStream(file, encode(cropped(source, x, y, tile)), properties);
    item.isHidden = true;
    return item;
  });
  const grid = addItem(file, 'grid', gridData(columns, rows, source), [property.size(source), ...properties]);
  refer(file, 'dimg', grid, tiles);
  return grid;
}

function addDerived(
  file: HeicFile,
  type: 'iden' | 'iovl',
  of: HeicItem,
  size: Size,
  rest: readonly HeicProperty[],
): HeicItem {
  const data = type === 'iovl' ? overlayData(size, [{ x: 0, y: 0 }]) : Buffer.alloc(0);
  const item = addItem(file, type, data, [property.size(size), ...rest]);
  refer(file, 'dimg', item, [of]);
  of.isHidden = true;
  return item;
}

/** A TIFF header and a directory with just the tag Orientation. */
const exifOf = (orientation: number): Buffer =>
  Buffer.concat([
    Buffer.from('MM\0*', 'latin1'),
    uint(4, 8),
    ...[1, 0x0112, 3, 0, 1, orientation, 0].map((one) => uint(2, one)),
    uint(4, 0),
  ]);
