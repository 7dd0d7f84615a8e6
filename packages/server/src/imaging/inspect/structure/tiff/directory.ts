import type { Rejection } from '../../../../domain/image/image.ts';
import type { ByteWindow } from '../byte-window.ts';
import { count, cutOff, unsound } from '../rejection.ts';

/** A TIFF 6.0 file, or a BigTIFF with offsets of 64 bits. */
export interface Tiff {
  readonly file: ByteWindow;
  readonly isLittleEndian: boolean;
  readonly isBig: boolean;
  /** The offset of the first directory. */
  readonly first: number;
}

/** A field of a directory (TIFF 6.0, "Image File Directory"). */
export interface Field {
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  /** The offset of its values. */
  readonly at: number;
  readonly sizeBytes: number;
}

/** One image file directory: a page. */
export interface Directory {
  readonly at: number;
  readonly sizeBytes: number;
  /** By tag. Of a tag that occurs twice the first field counts, as for libtiff. */
  readonly fields: ReadonlyMap<number, Field>;
  readonly fieldCount: number;
  /** The sum of the fields' values, also of those that don't count. */
  readonly valueBytes: number;
  /** The offset of the next directory; 0 if there is none. */
  readonly next: number;
}

/** Texts of EXIF 3.0. libtiff doesn't know the type. */
export const UTF_8 = 129;

/** The bytes of a value by its type. */
const TYPE_BYTES: Readonly<Record<number, number>> = {
  1: 1,
  2: 1,
  3: 2,
  4: 4,
  5: 8,
  6: 1,
  7: 1,
  8: 2,
  9: 4,
  10: 8,
  11: 4,
  12: 8,
  13: 4,
  16: 8,
  17: 8,
  18: 8,
  [UTF_8]: 1,
};

/** Cameras write fifty. libtiff sorts its list of tags again for each one that it doesn't know: 4,000 cost 2.6 s. */
const MAX_FIELDS = 512;

/** The file's signature has been checked. */
export function openTiff(file: ByteWindow): Tiff | Rejection {
  const head = Buffer.from(file.bytesAt(0, 16));
  const isLittleEndian = head[0] === 0x49;
  const isBig = head[isLittleEndian ? 2 : 3] === 0x2b;
  const unplaced = { file, isLittleEndian, isBig, first: 0 };
  const sizeBytes = headerBytes(unplaced);
  if (head.length < sizeBytes) return cutOff(`expected a TIFF header of ${sizeBytes} bytes; got ${head.length}`);
  if (isBig && (short(unplaced, head, 4) !== 8 || short(unplaced, head, 6) !== 0)) {
    return unsound('expected a BigTIFF with offsets of 8 bytes; got another header');
  }
  return { ...unplaced, first: offset(unplaced, head, isBig ? 8 : 4) };
}

export const headerBytes = ({ isBig }: Pick<Tiff, 'isBig'>): number => (isBig ? 16 : 8);

/**
 * The fields of a directory that lie in the file and have a type of TIFF or EXIF: for readers to whom a damaged field
 * is no reason to refuse the others. None where there is no directory.
 */
export function soundFieldsOf(tiff: Tiff, at: number): ReadonlyMap<number, Field> {
  const { file, isBig } = tiff;
  const [countBytes, fieldBytes] = isBig ? [8, 20] : [2, 12];
  if (at + countBytes > file.sizeBytes) return new Map();
  const head = file.bytesAt(at, countBytes);
  const fieldCount = Math.min(isBig ? offset(tiff, head, 0) : short(tiff, head, 0), MAX_FIELDS);
  const bytes = Buffer.from(file.bytesAt(at + countBytes, fieldCount * fieldBytes));
  const fields = new Map<number, Field>();
  for (let place = 0; place + fieldBytes <= bytes.length; place += fieldBytes) {
    const field = fieldAt(tiff, bytes, { place, at: at + countBytes + place });
    const isSound = TYPE_BYTES[field.type] !== undefined && field.at + field.sizeBytes <= file.sizeBytes;
    if (isSound && !fields.has(field.tag)) fields.set(field.tag, field);
  }
  return fields;
}

export function readDirectory(tiff: Tiff, at: number): Directory | Rejection {
  const { file, isBig } = tiff;
  const [countBytes, fieldBytes, offsetBytes] = isBig ? [8, 20, 8] : [2, 12, 4];
  const head = file.bytesAt(at, countBytes);
  if (at < headerBytes(tiff) || head.length < countBytes) {
    return cutOff(`expected a directory of a TIFF inside the file; got the offset ${count(at)}`);
  }
  const fieldCount = isBig ? offset(tiff, head, 0) : short(tiff, head, 0);
  if (fieldCount === 0 || fieldCount > MAX_FIELDS) {
    return unsound(`expected 1 to ${count(MAX_FIELDS)} fields in a directory of a TIFF; got ${count(fieldCount)}`);
  }
  const sizeBytes = countBytes + fieldCount * fieldBytes + offsetBytes;
  const bytes = Buffer.from(file.bytesAt(at, sizeBytes));
  if (bytes.length < sizeBytes) return cutOff('expected a whole directory in a TIFF; got one that is cut off');

  const fields = new Map<number, Field>();
  let valueBytes = 0;
  for (let place = countBytes; place < sizeBytes - offsetBytes; place += fieldBytes) {
    const field = fieldAt(tiff, bytes, { place, at: at + place });
    if (TYPE_BYTES[field.type] === undefined || field.type === UTF_8) {
      return unsound(`expected a type of TIFF in its tag ${field.tag}; got type ${field.type}`); // an error for libtiff
    }
    if (field.at + field.sizeBytes > file.sizeBytes) {
      return cutOff(`expected the values of a TIFF's tag ${field.tag} inside the file; got them beyond its end`);
    }
    valueBytes += field.sizeBytes;
    if (!fields.has(field.tag)) fields.set(field.tag, field);
  }
  return { at, sizeBytes, fields, fieldCount, valueBytes, next: offset(tiff, bytes, sizeBytes - offsetBytes) };
}

/** Values that fit stand in the field itself, others at an offset. */
function fieldAt(tiff: Tiff, bytes: Buffer, { place, at }: { readonly place: number; readonly at: number }): Field {
  const type = short(tiff, bytes, place + 2);
  const values = tiff.isBig ? offset(tiff, bytes, place + 4) : long(tiff, bytes, place + 4);
  const sizeBytes = values * (TYPE_BYTES[type] ?? 0);
  const [own, room] = tiff.isBig ? [12, 8] : [8, 4];
  const isInside = sizeBytes <= room;
  return {
    tag: short(tiff, bytes, place),
    type,
    count: values,
    at: isInside ? at + own : offset(tiff, bytes, place + own),
    sizeBytes,
  };
}

const READ_BYTES = 65_536;

/** The values of a field of integers, at most the first `most`; undefined for other types. */
export function integersOf(tiff: Tiff, field: Field, most: number): Float64Array | undefined {
  const bytesEach = TYPE_BYTES[field.type] ?? 0;
  const read = READERS[field.type];
  if (!read) return undefined;
  const values = new Float64Array(Math.min(field.count, most));
  const atOnce = READ_BYTES / bytesEach;
  for (let start = 0; start < values.length; start += atOnce) {
    const bytes = tiff.file.bytesAt(field.at + start * bytesEach, READ_BYTES);
    const end = Math.min(start + atOnce, values.length);
    for (let index = start; index < end; index++) values[index] = read(tiff, bytes, (index - start) * bytesEach);
  }
  return values;
}

type Endian = Pick<Tiff, 'isLittleEndian'>;

const short = ({ isLittleEndian }: Endian, bytes: Buffer, at: number): number =>
  isLittleEndian ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at);

const long = ({ isLittleEndian }: Endian, bytes: Buffer, at: number): number =>
  isLittleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);

/** Beyond 2^53 rounded, which no file reaches. */
const long8 = ({ isLittleEndian }: Endian, bytes: Buffer, at: number): number =>
  Number(isLittleEndian ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));

const offset = (tiff: Pick<Tiff, 'isLittleEndian' | 'isBig'>, bytes: Buffer, at: number): number =>
  tiff.isBig ? long8(tiff, bytes, at) : long(tiff, bytes, at);

const READERS: Readonly<Record<number, (tiff: Endian, bytes: Buffer, at: number) => number>> = {
  1: (_tiff, bytes, at) => bytes[at] ?? 0,
  3: short,
  4: long,
  13: long,
  16: long8,
  18: long8,
};
