import type { Size } from '../../src/domain/rendition/transform.ts';
import { gridData, uint } from './avif-bytes.ts';
import { type Crop, cropTo, type HeicFile, type HeicProperty, heicBytes, overlayData, property } from './heic-bytes.ts';
import { encodeHevc, type HevcStream, hevcConfiguration, lengthPrefixed } from './hevc-bytes.ts';
import { type Chroma, outputSize } from './hevc-picture.ts';
import { alphaPlane, cropped, type Nclx, type Rgb, resized, type Sampling, ycbcrPlanes } from './ycbcr-planes.ts';

export interface HeicImage extends Size {
  /** RGB, or RGBA, from which an alpha image is made. */
  readonly pixels: Uint8Array;
  readonly chroma?: Chroma;
  readonly bitDepth?: 8 | 10;
  /** Of each coded picture. */
  readonly slices?: number;
  /** Makes a grid of such tiles, for alpha as well. The last ones may reach over the picture's edge. */
  readonly tile?: Size;
  /** Derived from the picture and made the primary item. */
  readonly derivation?: 'iden' | 'iovl';
  /** The conversion; also the `colr` box, if there is no profile. */
  readonly nclx?: Nclx;
  readonly icc?: Uint8Array;
  /** Applied in the order clap, irot, imir (ISO/IEC 23000-22, 7.3.6.7). */
  readonly crop?: Crop;
  readonly quarterTurns?: number;
  readonly mirrorAxis?: 0 | 1;
  /** In an EXIF item; readers ignore it (ISO/IEC 23008-12, A.2.4). */
  readonly exifOrientation?: number;
  readonly thumbnail?: Size;
  readonly alphaUrn?: string;
}

const SRGB: Nclx = { primaries: 1, transfer: 13, matrix: 6, isFullRange: true };
export const ALPHA_URNS = {
  hevc: 'urn:mpeg:hevc:2015:auxid:1',
  cicp: 'urn:mpeg:mpegB:cicp:systems:auxiliary:alpha',
} as const;

/** A HEIC file of these pixels: BT.601, full range, 4:2:0, 8 bits by default, like the photographs of telephones. */
export const heicImage = (image: HeicImage): Buffer => heicBytes(heicFile(image));

/** The same before serialization. The first item is the picture, or its first tile. */
export function heicFile(image: HeicImage): HeicFile {
  const { width, height, chroma = '4:2:0', bitDepth = 8, nclx = SRGB, icc, tile, derivation } = image;
  const channels = image.pixels.length === width * height * 4 ? 4 : 3;
  const given: Rgb = { width, height, pixels: image.pixels, channels };
  const source = tile ? given : cropped(given, 0, 0, outputSize({ width, height, chroma }));
  const crop =
    image.crop ?? (source.width > width || source.height > height ? { left: 0, top: 0, width, height } : null);
  const transformations = [
    ...(crop ? [cropTo(crop, source)] : []),
    ...(image.quarterTurns === undefined ? [] : [property.rotation(image.quarterTurns)]),
    ...(image.mirrorAxis === undefined ? [] : [property.mirror(image.mirrorAxis)]),
  ];
  const file = emptyFile(bitDepth > 8 || chroma !== '4:2:0' ? 'heix' : 'heic');
  const color = icc ? property.icc(icc) : property.nclx(nclx);
  const encode = codec(image, { chroma, bitDepth }, (part) => ycbcrPlanes(part, nclx, { chroma, bitDepth }));
  const descriptions = [
    property.bitDepths(...(chroma === '4:0:0' ? [bitDepth] : [bitDepth, bitDepth, bitDepth])),
    color,
  ];

  const isDerived = derivation !== undefined;
  const shape = { tile, properties: [...descriptions, ...(isDerived ? [] : transformations)] };
  const coded = addPicture(file, source, encode, shape);
  file.primary = coded;
  if (isDerived) {
    const data = derivation === 'iovl' ? overlayData(source, [{ x: 0, y: 0 }]) : Buffer.alloc(0);
    file.primary = addItem(file, derivation, data, [property.size(source), ...descriptions, ...transformations]);
    refer(file, 'dimg', file.primary, coded);
    hide(file, coded);
  }
  if (channels === 4) {
    const encodeAlpha = codec(image, { chroma: '4:0:0', bitDepth }, (part) => [alphaPlane(part, bitDepth)]);
    const auxiliary = property.auxiliary(image.alphaUrn ?? ALPHA_URNS.cicp);
    const properties = [property.bitDepths(bitDepth), auxiliary, ...transformations];
    const alpha = addPicture(file, source, encodeAlpha, { tile, properties });
    hide(file, alpha);
    refer(file, 'auxl', alpha, file.primary);
  }
  if (image.thumbnail) {
    const thumbnail = addPicture(file, resized(given, image.thumbnail), encode, { properties: descriptions });
    refer(file, 'thmb', thumbnail, file.primary);
  }
  if (image.exifOrientation !== undefined) {
    const exif = addItem(file, 'Exif', Buffer.concat([uint(4, 0), exifOf(image.exifOrientation)]), []);
    refer(file, 'cdsc', exif, file.primary);
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

type Encode = (part: Rgb) => HevcStream;

const codec =
  ({ slices = 1 }: HeicImage, sampling: Sampling, planes: (part: Rgb) => Uint16Array[]): Encode =>
  (part) =>
    encodeHevc({ width: part.width, height: part.height, slices, ...sampling, planes: planes(part) });

/** Adds an item and returns its id. */
export function addItem(file: HeicFile, type: string, data: Buffer, properties: readonly HeicProperty[]): number {
  const id = Math.max(0, ...file.items.map((item) => item.id)) + 1;
  file.items.push({ id, type, data, properties: [...properties] });
  return id;
}

export const addStream = (file: HeicFile, stream: HevcStream, properties: readonly HeicProperty[]): number =>
  addItem(file, 'hvc1', lengthPrefixed(stream.slices), [
    property.configuration(hevcConfiguration(stream)),
    property.size(stream.size),
    ...properties,
  ]);

interface Shape {
  readonly tile?: Size | undefined;
  readonly properties: readonly HeicProperty[];
}

function addPicture(file: HeicFile, source: Rgb, encode: Encode, { tile, properties }: Shape): number {
  if (!tile) return addStream(file, encode(source), properties);
  const [columns, rows] = [Math.ceil(source.width / tile.width), Math.ceil(source.height / tile.height)];
  const tiles = Array.from({ length: columns * rows }, (_, index) => {
    const [x, y] = [(index % columns) * tile.width, Math.floor(index / columns) * tile.height];
    const id = addStream(file, encode(cropped(source, x, y, tile)), properties);
    hide(file, id);
    return id;
  });
  const grid = addItem(file, 'grid', gridData(columns, rows, source), [property.size(source), ...properties]);
  file.references.push({ type: 'dimg', from: grid, to: tiles });
  return grid;
}

const refer = (file: HeicFile, type: string, from: number, to: number): number =>
  file.references.push({ type, from, to: [to] });

function hide(file: HeicFile, id: number): void {
  for (const item of file.items) if (item.id === id) item.isHidden = true;
}

/** A TIFF header and a directory with just the tag Orientation. */
const exifOf = (orientation: number): Buffer =>
  Buffer.concat([
    Buffer.from('MM\0*', 'latin1'),
    uint(4, 8),
    ...[1, 0x0112, 3, 0, 1, orientation, 0].map((one) => uint(2, one)),
    uint(4, 0),
  ]);
