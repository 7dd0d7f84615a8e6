import type { Rejection } from '../../../../domain/image/image.ts';
import { unsound, unsupported } from '../rejection.ts';
import { type Directory, integersOf, readDirectory, type Tiff } from './directory.ts';
import { PHOTOMETRIC, TAG } from './tags.ts';

/** Raw files in TIFF's container, by the start of the camera's maker. */
const RAW_TYPES: readonly (readonly [RegExp, string])[] = [
  [/^nikon/i, 'image/x-nikon-nef'],
  [/^sony/i, 'image/x-sony-arw'],
  [/^(?:pentax|ricoh|asahi)/i, 'image/x-pentax-pef'],
  [/^samsung/i, 'image/x-samsung-srw'],
  [/^hasselblad/i, 'image/x-hasselblad-3fr'],
];
const OTHER_RAW = 'image/x-raw';

/** The most that are looked at: a NEF has two or three. */
const MAX_SUBDIRECTORIES = 16;

/** TIFF 6.0, "NewSubfileType": bit 0 marks a smaller version of another picture. */
const REDUCED = 1;

/**
 * A raw file isn't refused for its pixels: its first picture is a small preview, which would be taken for the
 * photograph.
 */
export function refuseRaw(tiff: Tiff, directories: readonly Directory[]): Rejection | undefined {
  const [first] = directories;
  if (!first) return undefined;
  if (first.fields.has(TAG.dngVersion)) return unsupported('image/x-adobe-dng');
  const isPreview = isReduced(tiff, first);
  const isRaw =
    hasSensorData(tiff, first) ||
    (isPreview && first.fields.has(TAG.subDirectories)) ||
    subdirectories(tiff, first).some((one) => hasSensorData(tiff, one));
  if (isRaw) {
    const make = makeOf(tiff, first);
    return unsupported(RAW_TYPES.find(([maker]) => maker.test(make))?.[1] ?? OTHER_RAW);
  }
  if (!isPreview || directories.every((one) => isReduced(tiff, one))) return undefined;
  return unsound(
    'expected the picture of a TIFF on its first page; got a preview of another page: save that page alone',
  );
}

const integer = (tiff: Tiff, { fields }: Directory, tag: number): number => {
  const field = fields.get(tag);
  return (field && integersOf(tiff, field, 1)?.[0]) ?? 0;
};

const isReduced = (tiff: Tiff, directory: Directory): boolean =>
  (integer(tiff, directory, TAG.newSubfileType) & REDUCED) !== 0;

const SENSOR_DATA: readonly number[] = [PHOTOMETRIC.colorFilterArray, PHOTOMETRIC.linearRaw];

const hasSensorData = (tiff: Tiff, directory: Directory): boolean =>
  SENSOR_DATA.includes(integer(tiff, directory, TAG.photometric));

/** Those that are readable: libvips doesn't look at them. */
function subdirectories(tiff: Tiff, { fields }: Directory): readonly Directory[] {
  const field = fields.get(TAG.subDirectories);
  const offsets = [...((field && integersOf(tiff, field, MAX_SUBDIRECTORIES)) ?? [])];
  return offsets.map((at) => readDirectory(tiff, at)).filter((one) => 'fields' in one);
}

const LONGEST_MAKE = 32;

function makeOf({ file }: Tiff, { fields }: Directory): string {
  const field = fields.get(TAG.make);
  return field ? file.bytesAt(field.at, Math.min(field.sizeBytes, LONGEST_MAKE)).toString('latin1') : '';
}
