import type { Rejection } from '../../../domain/image/image.ts';
import type { Limits } from '../../limits.ts';
import type { ByteWindow } from './byte-window.ts';
import { type Box, boxAt, isBoxType } from './heif-boxes.ts';
import { lengthOf } from './heif-item.ts';
import type { Meta } from './heif-meta.ts';
import { animated, count, cutOff, refuseTrailer, tooCostly, unsound } from './rejection.ts';

/** The differences between the formats that ISO/IEC 23008-12 describes. */
export interface HeifFile {
  /** With its article. */
  readonly format: string;
  /** Rejects a file because of a top-level box. */
  readonly refuseBox: (file: ByteWindow, box: Box) => Rejection | undefined;
  /** Rejects a file without a `meta` box; `types`: its top-level boxes. */
  readonly refuseWithoutMeta: (types: ReadonlySet<string>) => Rejection;
}

const AVIF_SEQUENCE = animated(
  'expected an AVIF of one picture; got an AVIF image sequence: convert it to an animated WebP or a GIF',
  'image/avif',
);

export const AVIF_FILE: HeifFile = {
  format: 'an AVIF',
  refuseBox: (file, { type, at }) => {
    const isSequence = type === 'ftyp' && file.bytesAt(at, 4).toString('latin1') === 'avis';
    return isSequence || type === 'moov' || type === 'moof' ? AVIF_SEQUENCE : undefined;
  },
  refuseWithoutMeta: () => unsound('expected a meta box in an AVIF; got none'),
};

export const HEIC_FILE: HeifFile = {
  format: 'a HEIC',
  refuseBox: () => undefined, // a sequence beside the `meta` box is ignored
  refuseWithoutMeta: (types) => {
    const only = ['moov', 'mini'].find((type) => types.has(type));
    if (only !== 'moov') return unsound(`expected a meta box in a HEIC; got ${only ? `a ${only} box` : 'none'}`);
    return animated('expected a HEIC with a still picture in a meta box; got an image sequence (moov)', 'image/heic');
  },
};

/** Includes color profiles. */
const MAX_META_BYTES = 4 * 1_048_576;
const MAX_TOP_BOXES = 1_000;

/** Walks the top-level boxes. */
export function findMeta(
  file: ByteWindow,
  limits: Limits,
  { format, refuseBox, refuseWithoutMeta }: HeifFile,
): Box | Rejection {
  let meta: Box | undefined;
  const types = new Set<string>();
  let boxes = 0;
  for (let at = 0; at < file.sizeBytes; ) {
    const box = boxAt(file, at, file.sizeBytes);
    if (!box) {
      const rejection = refuseRest(file, at, { format, limits });
      if (rejection) return rejection;
      break;
    }
    if (++boxes > MAX_TOP_BOXES)
      return tooCostly(`expected at most ${count(MAX_TOP_BOXES)} boxes in ${format}; got more`);
    const rejection = refuseBox(file, box);
    if (rejection) return rejection;
    if (box.type === 'meta' && meta) return unsound(`expected one meta box in ${format}; got another`);
    if (box.type === 'meta') meta = box;
    types.add(box.type);
    at = box.end;
  }
  if (!meta) return refuseWithoutMeta(types);
  if (meta.end - meta.at <= MAX_META_BYTES) return meta;
  return tooCostly(
    `expected at most ${count(MAX_META_BYTES)} bytes in the meta box of ${format}; got ${count(meta.end - meta.at)}`,
  );
}

/** Not a box: a truncated one, or bytes after all boxes. */
function refuseRest(
  file: ByteWindow,
  at: number,
  { format, limits }: Pick<HeifFile, 'format'> & { readonly limits: Limits },
): Rejection | undefined {
  if (!isBoxType(file.bytesAt(at + 4, 4))) return refuseTrailer(file.sizeBytes - at, limits.maxTrailerBytes);
  return cutOff(`expected ${format} of whole boxes; got one that is cut off`);
}

const PIECE_BYTES = 65_536;

/** A copy, because the window changes. */
export function readAll(file: ByteWindow, { at, end }: Box): Buffer {
  const bytes = Buffer.alloc(end - at);
  for (let done = 0; done < bytes.length; done += PIECE_BYTES) {
    file.bytesAt(at + done, Math.min(PIECE_BYTES, bytes.length - done)).copy(bytes, done);
  }
  return bytes;
}

/** A part without a length extends to the end. Overlapping parts would multiply the file's size. */
export function refuseExtents(
  file: ByteWindow,
  { extents, data }: Meta,
  { format }: Pick<HeifFile, 'format'>,
): Rejection | undefined {
  let total = 0;
  for (const parts of extents.values()) {
    for (const part of parts) {
      const wholeBytes = part.isInData ? data.length : file.sizeBytes;
      if (part.at + part.sizeBytes > wholeBytes) {
        return cutOff(`expected the data of every item inside ${format}; got some that goes beyond`);
      }
      total += lengthOf(part, wholeBytes);
    }
  }
  if (total <= file.sizeBytes) return undefined;
  const own = format.replace(/^an? /, 'the ');
  return tooCostly(`expected items of at most ${count(file.sizeBytes)} bytes, which ${own} has; got ${count(total)}`);
}
