import type { Rejection } from '../../domain/image.ts';
import type { Limits } from '../limits.ts';
import type { ByteWindow } from './byte-window.ts';
import { unsound } from './rejection.ts';

const END_OF_IMAGE = 0xd9;

/** A few at a time, out of the same window. */
const SCANNED_BYTES = 4_096;

/** ITU-T T.81, B.1.1: after a marker its segment, whose length comes first; whatever is between that and the next is pixels. */
export function refuseJpeg(file: ByteWindow, _limits: Limits): Rejection | undefined {
  for (let at = 2; ; ) {
    const found = markerFrom(at, file);
    if (!found) return unsound('expected a JPEG that ends with its EOI marker; got one that is cut off');
    if (found.marker === END_OF_IMAGE) return undefined;
    const length = file.bytesAt(found.at + 2, 2);
    if (length.length < 2) return unsound('expected a JPEG that ends with its EOI marker; got one that is cut off');
    at = found.at + 2 + length.readUInt16BE(0);
  }
}

function markerFrom(start: number, file: ByteWindow): { at: number; marker: number } | undefined {
  for (let at = start; ; ) {
    const bytes = file.bytesAt(at, SCANNED_BYTES);
    if (bytes.length < 2) return undefined;
    let next = bytes.indexOf(0xff);
    while (next >= 0 && !isMarker(bytes[next + 1])) next = bytes.indexOf(0xff, next + 1);
    const marker = next < 0 ? undefined : bytes[next + 1];
    if (marker !== undefined) return { at: at + next, marker };
    at += next < 0 ? bytes.length : next; // its second byte is yet to be read
  }
}

const isMarker = (code: number | undefined): boolean =>
  code === undefined || (code !== 0 && code !== 0xff && (code < 0xd0 || code > 0xd7));
