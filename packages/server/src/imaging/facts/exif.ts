import type { Exposure } from '../../domain/facts/facts.ts';
import { type Position, parsePosition } from '../../domain/facts/position.ts';
import type { ExifDates, GpsTime } from '../../domain/facts/taken.ts';
import type { ByteWindow } from '../inspect/structure/byte-window.ts';
import {
  type Field,
  integersOf,
  openTiff,
  soundFieldsOf,
  type Tiff,
  UTF_8,
} from '../inspect/structure/tiff/directory.ts';
import { textIn, withoutLastCharacter } from './text.ts';

/** EXIF 3.0, tables 4 to 11, by directory. */
const IMAGE = {
  description: 0x010e,
  make: 0x010f,
  model: 0x0110,
  modified: 0x0132,
  artist: 0x013b,
  copyright: 0x8298,
  exif: 0x8769,
  gps: 0x8825,
} as const;
const EXIF = {
  exposureTime: 0x829a,
  fNumber: 0x829d,
  iso: 0x8827,
  recommendedIndex: 0x8832,
  original: 0x9003,
  digitized: 0x9004,
  modifiedOffset: 0x9010,
  originalOffset: 0x9011,
  digitizedOffset: 0x9012,
  focalLength: 0x920a,
  originalFraction: 0x9291,
  digitizedFraction: 0x9292,
  lens: 0xa434,
} as const;
const GPS = { latitudeRef: 1, latitude: 2, longitudeRef: 3, longitude: 4, time: 7, datum: 0x12, date: 0x1d } as const;

/** A text of a tag is cut behind so many bytes. */
const MAX_TEXT_BYTES = 16_384;

type Fields = ReadonlyMap<number, Field>;

/** What a block of EXIF says. Texts are as they stand there, without trailing blanks. */
export interface ExifFacts {
  readonly dates: ExifDates;
  readonly gps: GpsTime | undefined;
  readonly position: Position | null;
  readonly make: string | undefined;
  readonly model: string | undefined;
  readonly lens: string | undefined;
  readonly exposure: Exposure;
  readonly description: string | undefined;
  readonly artist: string | undefined;
  readonly copyright: string | undefined;
}

/**
 * Reads a TIFF header with its first directory, and the two of EXIF and GPS to which that points: no chain of
 * directories is followed, so none can be a loop. A field that lies outside, or has another type, is absent.
 * undefined: there is no directory.
 */
export function readExif(file: ByteWindow): ExifFacts | undefined {
  const tiff = openTiff(file);
  if ('detail' in tiff) return undefined;
  const image = soundFieldsOf(tiff, tiff.first);
  const directory = (pointer: number): Fields => {
    const field = image.get(pointer);
    const [at] = (field && integersOf(tiff, field, 1)) ?? [];
    return at === undefined ? NO_FIELDS : soundFieldsOf(tiff, at);
  };
  const exif = directory(IMAGE.exif);
  const gps = directory(IMAGE.gps);
  const text = (fields: Fields, tag: number): string | undefined => textOf(tiff, fields.get(tag));
  const number = (fields: Fields, tag: number): number | null => positive(numbersOf(tiff, fields.get(tag))[0]);
  const iso = number(exif, EXIF.iso);
  return {
    dates: {
      original: text(exif, EXIF.original),
      originalFraction: text(exif, EXIF.originalFraction),
      originalOffset: text(exif, EXIF.originalOffset),
      digitized: text(exif, EXIF.digitized),
      digitizedFraction: text(exif, EXIF.digitizedFraction),
      digitizedOffset: text(exif, EXIF.digitizedOffset),
      modified: text(image, IMAGE.modified),
      modifiedOffset: text(exif, EXIF.modifiedOffset),
    },
    gps: gpsTimeOf(text(gps, GPS.date), numbersOf(tiff, gps.get(GPS.time))),
    position: positionOf(tiff, gps),
    make: text(image, IMAGE.make),
    model: text(image, IMAGE.model),
    lens: text(exif, EXIF.lens),
    exposure: {
      seconds: number(exif, EXIF.exposureTime),
      fNumber: number(exif, EXIF.fNumber),
      iso: iso === ISO_BEYOND ? (number(exif, EXIF.recommendedIndex) ?? iso) : iso,
      focalLength: number(exif, EXIF.focalLength),
    },
    description: text(image, IMAGE.description),
    artist: text(image, IMAGE.artist),
    copyright: text(image, IMAGE.copyright),
  };
}

const NO_FIELDS: Fields = new Map();

/** The largest that the field holds: a higher one is in another field (EXIF 3.0, 4.6.6.4). */
const ISO_BEYOND = 65_535;

/** Cameras write 0, or a division by 0, for what they don't know. Six digits are more than any camera measures. */
const positive = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) && value > 0 ? Number(value.toPrecision(6)) : null;

const ASCII = 2;

function textOf({ file }: Tiff, field: Field | undefined): string | undefined {
  if (field?.type !== ASCII && field?.type !== UTF_8) return undefined;
  const bytes = file.bytesAt(field.at, Math.min(field.sizeBytes, MAX_TEXT_BYTES));
  const text = textIn(field.sizeBytes > MAX_TEXT_BYTES ? withoutLastCharacter(bytes) : bytes);
  return text === '' ? undefined : text;
}

const RATIONAL = 5;
const SIGNED_RATIONAL = 10;
/** Degrees, minutes and seconds. */
const MOST_NUMBERS = 3;

/** NaN or infinite: a division by 0. */
function numbersOf(tiff: Tiff, field: Field | undefined): readonly number[] {
  if (!field) return [];
  const { file, isLittleEndian } = tiff;
  if (field.type !== RATIONAL && field.type !== SIGNED_RATIONAL)
    return [...(integersOf(tiff, field, MOST_NUMBERS) ?? [])];
  const bytes = file.bytesAt(field.at, 8 * Math.min(field.count, MOST_NUMBERS));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const read = (at: number): number =>
    field.type === RATIONAL ? view.getUint32(at, isLittleEndian) : view.getInt32(at, isLittleEndian);
  return Array.from({ length: Math.floor(bytes.length / 8) }, (_, index) => read(index * 8) / read(index * 8 + 4));
}

function gpsTimeOf(date: string | undefined, time: readonly number[]): GpsTime | undefined {
  return date !== undefined && time.length === 3 && time.every(Number.isFinite) ? { date, time } : undefined;
}

/** Exactly 0, 0 is what devices write that don't know where they are. */
function positionOf(tiff: Tiff, gps: Fields): Position | null {
  const datum = textOf(tiff, gps.get(GPS.datum));
  if (datum !== undefined && !/^WGS[ -]?84$/i.test(datum)) return null;
  const latitude = degreesOf(tiff, gps, { value: GPS.latitude, reference: GPS.latitudeRef, signs: { N: 1, S: -1 } });
  const longitude = degreesOf(tiff, gps, { value: GPS.longitude, reference: GPS.longitudeRef, signs: { E: 1, W: -1 } });
  return latitude === undefined || longitude === undefined ? null : parsePosition({ latitude, longitude });
}

interface Coordinate {
  readonly value: number;
  readonly reference: number;
  readonly signs: Readonly<Record<string, number>>;
}

function degreesOf(tiff: Tiff, gps: Fields, { value, reference, signs }: Coordinate): number | undefined {
  const [degrees = Number.NaN, minutes = 0, seconds = 0] = numbersOf(tiff, gps.get(value));
  const sign = signs[(textOf(tiff, gps.get(reference)) ?? '').toUpperCase()];
  return sign && sign * (degrees + minutes / 60 + seconds / 3_600);
}
