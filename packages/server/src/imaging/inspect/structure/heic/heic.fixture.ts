import { box } from '../../../../../../../test/pictures/avif-bytes.ts';
import {
  type HeicFile,
  type HeicProperty,
  heicBytes,
  property,
} from '../../../../../../../test/pictures/heic-bytes.ts';
import { ALPHA_URNS, type HeicImage, heicFile } from '../../../../../../../test/pictures/heic-image.ts';
import { lengthPrefixed, nalUnit } from '../../../../../../../test/pictures/hevc-bytes.ts';
import { createBitWriter } from '../../../../../../../test/pictures/hevc-cabac.ts';
import type { Rejection } from '../../../../domain/image/image.ts';
import { DEFAULT_LIMITS, type Limits } from '../../../limits.ts';
import type { ByteWindow } from '../byte-window.ts';
import { readHeicPicture } from './heic-picture.ts';
import type { HeicPicture } from './heic-source.ts';

/** Like a file's: bytes of the call before are overwritten. */
function windowOf(file: Buffer): ByteWindow {
  let last = Buffer.alloc(0);
  return {
    sizeBytes: file.length,
    bytesAt: (offset, count) => {
      last.fill(0xff);
      last = Buffer.from(file.subarray(offset, offset + count));
      return last;
    },
  };
}

export const walk = (bytes: Buffer, limits: Partial<Limits> = {}): HeicPicture | Rejection =>
  readHeicPicture(windowOf(bytes), { ...DEFAULT_LIMITS, ...limits });

/** The reason of a refusal, or `sound`. */
export function verdict(bytes: Buffer, limits: Partial<Limits> = {}): string {
  const picture = walk(bytes, limits);
  return 'detail' in picture ? picture.detail : 'sound';
}

/** A picture of one color, with some noise in a corner. */
export function pictureOf(width: number, height: number, options: Partial<HeicImage> = {}): HeicFile {
  const channels = options.alphaUrn === undefined ? 3 : 4;
  const pixels = new Uint8Array(width * height * channels).fill(100);
  for (let at = 0; at < Math.min(96, pixels.length); at++) pixels[at] = (at * 37) & 255;
  return heicFile({ width, height, pixels, ...options });
}

/** A file after a change; the change may return its bytes. */
export function changed(file: HeicFile, change: (file: HeicFile) => Buffer | unknown): Buffer {
  const bytes = change(file);
  return Buffer.isBuffer(bytes) ? bytes : heicBytes(file);
}

/** The header of a slice of the test encoder's pictures of 64 x 48, which have twelve blocks, and some data. */
export function sliceOf({
  first = false,
  address = 0,
  kind = 2,
  picture = 0,
  data = [0x80, 0x55, 0xaa] as number[],
} = {}): Buffer {
  const bits = createBitWriter();
  bits.u(2, first ? 0b10 : 0);
  bits.ue(picture);
  if (!first) bits.u(4, address);
  bits.ue(kind);
  bits.ue(0);
  bits.trailing();
  return Buffer.concat([bits.bytes(), Buffer.from(data)]);
}

/** Replaces the NAL units of a file's only coded picture. */
export function withUnits(...units: readonly Buffer[]): HeicFile {
  const file = pictureOf(64, 48);
  itemOf(file).data = lengthPrefixed(units);
  return file;
}

export const IDR = 20;

/** The only slice of a picture of 64 x 48. */
export const FIRST = nalUnit(IDR, sliceOf({ first: true }));

export const SEI = nalUnit(39, Buffer.from([5, 1, 0x41, 0x80]));

export const ALPHA = { alphaUrn: ALPHA_URNS.hevc } as const;
export const GRID = { tile: { width: 64, height: 64 } } as const;

/** An item by its place. */
export function itemOf(file: HeicFile, place = 0): HeicFile['items'][number] {
  const item = file.items.at(place);
  if (!item) throw new Error(`expected an item at ${place}; got none`);
  return item;
}

/** Replaces a property of an item, or adds it. */
export function setProperty(file: HeicFile, place: number, { box: bytes, isEssential }: HeicProperty): void {
  const { properties } = itemOf(file, place);
  const type = bytes.toString('latin1', 4, 8);
  const at = properties.findIndex((one) => one.box.toString('latin1', 4, 8) === type);
  properties.splice(at < 0 ? properties.length : at, at < 0 ? 0 : 1, { box: bytes, isEssential });
}

/** Edits a copy of the data of the `hvcC` box of a file's first item. */
export function editConfiguration(file: HeicFile, edit: (data: Buffer) => Buffer | undefined): void {
  const hvcC = itemOf(file).properties.find((one) => one.box.toString('latin1', 4, 8) === 'hvcC');
  const data = Buffer.from(hvcC?.box.subarray(8) ?? '');
  setProperty(file, 0, property.configuration(box('hvcC', edit(data) ?? data)));
}

/** A sequence parameter set up to its size, and zeros. */
export function sequenceOf({ width = 64, height = 48, chroma = 1, subLayers = 0 }): Buffer {
  const bits = createBitWriter();
  bits.u(4, 0);
  bits.u(3, subLayers);
  bits.u(1, 1);
  for (let left = 12; left > 0; left--) bits.u(8, 0xff);
  bits.ue(0);
  bits.ue(chroma);
  bits.ue(width);
  bits.ue(height);
  return nalUnit(33, Buffer.concat([bits.bytes(), Buffer.alloc(32)]));
}
