import type { Rejection } from '../../../domain/image/image.ts';

/** Data is missing, damaged or misplaced. */
export const unsound = (detail: string): Rejection => ({ code: 'unreadable-image', detail });

/** A decode would exceed a cost limit. */
export const tooCostly = (detail: string): Rejection => ({ code: 'too-many-pixels', detail });

export const count = (value: number): string => value.toLocaleString('en-US');

/** Decoders ignore trailing bytes, and the service doesn't examine them. */
export function refuseTrailer(bytes: number, maxBytes: number): Rejection | undefined {
  if (bytes <= maxBytes) return undefined;
  return unsound(`expected at most ${count(maxBytes)} bytes after the end of the image; got ${count(bytes)}`);
}
