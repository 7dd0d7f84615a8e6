import { type Offset, parseOffset, UTC } from './offset.ts';
import { type WallClock, wallClockMs, wallClockOf } from './wall-clock.ts';

/** When a picture was taken: what its clock showed, and that clock's offset; null: unknown, which isn't UTC. */
export interface Taken {
  readonly at: WallClock;
  readonly offset: Offset | null;
  readonly source: TakenSource;
}

/** In the order of their trust. */
export const TAKEN_SOURCES = [
  'exif-original',
  'xmp-original',
  'xmp-created',
  'xmp-create-date',
  'exif-digitized',
  'gps',
] as const;
export type TakenSource = (typeof TAKEN_SOURCES)[number];

/** The texts of a picture's tags that say when it was taken, without trailing blanks and NULs. */
export interface DateTexts {
  readonly exif?: ExifDates | undefined;
  readonly xmp?: XmpDates | undefined;
  readonly gps?: GpsTime | undefined;
}

export interface ExifDates {
  readonly original?: string | undefined;
  readonly originalFraction?: string | undefined;
  readonly originalOffset?: string | undefined;
  readonly digitized?: string | undefined;
  readonly digitizedFraction?: string | undefined;
  readonly digitizedOffset?: string | undefined;
  readonly modified?: string | undefined;
  readonly modifiedOffset?: string | undefined;
}

export interface XmpDates {
  readonly original?: string | undefined;
  readonly created?: string | undefined;
  readonly createDate?: string | undefined;
}

export interface GpsTime {
  readonly date: string;
  /** Hours, minutes and seconds, which may have a fraction. */
  readonly time: readonly number[];
}

/** The first valid date by the order of `TAKEN_SOURCES`. `latestMs`: no picture was taken after it. */
export function takenOf({ exif = {}, xmp = {}, gps }: DateTexts, latestMs: number): Taken | null {
  const found: Readonly<Record<TakenSource, Omit<Taken, 'source'> | undefined>> = {
    'exif-original': exifDate(exif.original, exif.originalFraction, originalOffset(exif)),
    'xmp-original': xmpDate(xmp.original),
    'xmp-created': xmpDate(xmp.created),
    'xmp-create-date': xmpDate(xmp.createDate),
    'exif-digitized': exifDate(exif.digitized, exif.digitizedFraction, exif.digitizedOffset),
    gps: gps && gpsDate(gps),
  };
  for (const source of TAKEN_SOURCES) {
    const date = found[source];
    if (date && wallClockMs(date.at) <= latestMs) return { ...date, source };
  }
  return null;
}

/** OffsetTime belongs to ModifyDate: it says the original's zone only of a picture that wasn't changed later. */
const originalOffset = ({ original, originalOffset, modified, modifiedOffset }: ExifDates): string | undefined =>
  isBlank(originalOffset) && original === modified ? modifiedOffset : originalOffset;

/** EXIF writes an unknown offset as `   :  `. */
const isBlank = (offset = ''): boolean => /^[\s:]*$/.test(offset);

const EXIF_DATE = /^(\d{4})[:/.-](\d\d)[:/.-](\d\d)[ T](\d\d):(\d\d):(\d\d)$/;

function exifDate(
  text: string | undefined,
  fraction: string | undefined,
  offset: string | undefined,
): Omit<Taken, 'source'> | undefined {
  const [, year, month, day, hour, minute, second] = (EXIF_DATE.exec(text ?? '') ?? []).map(Number);
  if (year === undefined) return undefined;
  const at = wallClockOf({ year, month, day, hour, minute, second, millisecond: milliseconds(fraction) });
  return at && { at, offset: parseOffset(offset ?? '') ?? null };
}

/** ISO 8601 as XMP has it (XMP specification 8.2.1.5): a year, a month or a day alone means its first moment. */
const XMP_DATE = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:?\d\d)?)?)?)?$/;

function xmpDate(text: string | undefined): Omit<Taken, 'source'> | undefined {
  const parts = XMP_DATE.exec(text ?? '');
  if (!parts) return undefined;
  const [year = Number.NaN, month, day, hour, minute, second] = parts
    .slice(1, 7)
    .map((part) => (part === undefined ? undefined : Number(part)));
  const at = wallClockOf({ year, month, day, hour, minute, second, millisecond: milliseconds(parts[7]) });
  return at && { at, offset: parseOffset(parts[8] ?? '') ?? null };
}

const GPS_DATE = /^(\d{4})[:/.-](\d\d)[:/.-](\d\d)$/;

function gpsDate({ date, time }: GpsTime): Omit<Taken, 'source'> | undefined {
  const [, year, month, day] = (GPS_DATE.exec(date) ?? []).map(Number);
  const [hour, minute, seconds] = time;
  if (year === undefined || seconds === undefined) return undefined;
  const second = Math.floor(seconds);
  const millisecond = Math.min(999, Math.round((seconds - second) * 1_000)); // 22.24 is a little less than that
  const at = wallClockOf({ year, month, day, hour, minute, second, millisecond });
  return at && { at, offset: UTC };
}

/** A fraction of a second: `67` is 670 ms. Cameras pad it with blanks. */
const milliseconds = (fraction = ''): number => Number((/^\d+/.exec(fraction)?.[0] ?? '').slice(0, 3).padEnd(3, '0'));
