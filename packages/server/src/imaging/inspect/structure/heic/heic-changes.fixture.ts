import { box, gridData } from '../../../../../../../test/pictures/avif-bytes.ts';
import { type HeicFile, heicBytes, property } from '../../../../../../../test/pictures/heic-bytes.ts';
import { ALPHA_URNS, addStream, refer } from '../../../../../../../test/pictures/heic-image.ts';
import { encodeHevc, type HevcStream, nalUnit } from '../../../../../../../test/pictures/hevc-bytes.ts';
import { createBitWriter } from '../../../../../../../test/pictures/hevc-cabac.ts';
import {
  pictureParameters,
  sequenceParameters,
  videoParameters,
} from '../../../../../../../test/pictures/hevc-parameter-sets.ts';
import type { HevcPicture } from '../../../../../../../test/pictures/hevc-picture.ts';
import { editConfiguration, GRID, itemOf, pictureOf, setProperty } from './heic.fixture.ts';

/** A grid of two by two whose first tiles have alpha. */
export function withAlphaOfTiles(count: number): HeicFile {
  const file = pictureOf(128, 128, GRID);
  for (const tile of file.items.slice(0, count)) {
    const alpha = addStream(file, encodeHevc(gray(64, 64)), [property.auxiliary(ALPHA_URNS.hevc)]);
    refer(file, 'auxl', alpha, [tile]);
  }
  return file;
}

/** The grid itself has alpha as well. */
export function withAlphaTwice(): HeicFile {
  const file = withAlphaOfTiles(4);
  const alpha = addStream(file, encodeHevc(gray(128, 128)), [property.auxiliary(ALPHA_URNS.hevc)]);
  refer(file, 'auxl', alpha, [itemOf(file, 4)]);
  return file;
}

export function gray(width: number, height: number): HevcPicture {
  return { width, height, chroma: '4:0:0', bitDepth: 8, planes: [new Uint8Array(width * height)] };
}

export function setsOf(change: Partial<HevcPicture>): Buffer[] {
  const nclx = { primaries: 1, transfer: 13, matrix: 6, isFullRange: true } as const;
  const planes: HevcPicture['planes'] = [];
  const picture = { width: 64, height: 48, chroma: '4:2:0', bitDepth: 8, vui: nclx, planes, ...change } as const;
  return [
    nalUnit(32, videoParameters(picture)),
    nalUnit(33, sequenceParameters(picture)),
    nalUnit(34, pictureParameters()),
  ];
}

export function edited(file: HeicFile, type: string, edit: (bytes: Buffer) => Buffer): Buffer {
  return heicBytes({ ...file, editBox: (of, bytes) => (of === type ? edit(bytes) : bytes) });
}

/** Repeats the last entry of `iloc`. */
export const doubled =
  (entryBytes: number) =>
  (iloc: Buffer): Buffer => {
    const bytes = Buffer.concat([iloc, iloc.subarray(-entryBytes)]);
    bytes.writeUInt32BE(bytes.length, 0);
    bytes.writeUInt16BE(bytes.readUInt16BE(14) + 1, 14);
    return bytes;
  };

export const lastBytes =
  (...last: readonly number[]) =>
  (bytes: Buffer): Buffer =>
    Buffer.concat([bytes.subarray(0, -last.length), Buffer.from(last)]);

export const addProperty =
  (type: string, sizeBytes: number) =>
  (file: HeicFile): void => {
    itemOf(file).properties.push({ box: box(type, Buffer.alloc(sizeBytes)), isEssential: true });
  };

export const removeProperty =
  (type: string) =>
  (file: HeicFile): void => {
    const item = itemOf(file);
    item.properties = item.properties.filter((one) => one.box.toString('latin1', 4, 8) !== type);
  };

export const setGrid =
  (columns: number, rows: number, width: number, height: number) =>
  (file: HeicFile): void => {
    itemOf(file, -1).data = gridData(columns, rows, { width, height });
    setProperty(file, -1, property.size({ width, height }));
  };

/** Replaces a coded picture with its configuration. */
export const replaceItem =
  (place: number, picture: HevcPicture) =>
  (file: HeicFile): void => {
    const other = addStream(file, encodeHevc(picture), []);
    file.items.pop();
    const item = itemOf(file, place);
    item.data = other.data;
    for (const one of other.properties) setProperty(file, place, one);
  };

/** Names another type for an array of `hvcC`, whose unit has it. */
export const hvcCArray =
  (place: number, type: number) =>
  (file: HeicFile): void =>
    editConfiguration(file, (data) => {
      let at = 23;
      for (let left = place; left > 0; left--) at += 5 + data.readUInt16BE(at + 3);
      data[at] = type;
      return data;
    });

export const withSets =
  (change: Partial<HevcPicture>) =>
  (stream: HevcStream): HevcStream => ({ ...stream, sps: setsOf(change)[1] ?? stream.sps });

/** Equals the test encoder's picture parameter set, apart from its id. */
export function secondPictureSet(): Buffer {
  const bits = createBitWriter();
  for (const value of [1, 0]) bits.ue(value);
  bits.u(7, 0);
  for (let left = 3; left > 0; left--) bits.ue(0);
  bits.u(3, 0);
  for (let left = 2; left > 0; left--) bits.ue(0);
  bits.u(7, 0);
  bits.u(3, 0b101); // deblocking is off
  bits.u(2, 0);
  bits.ue(0);
  bits.u(2, 0);
  bits.trailing();
  return nalUnit(34, bits.bytes());
}
