import type { Rejection } from '../../domain/image.ts';

/** Data is missing, broken, or not where the format has it. */
export const unsound = (detail: string): Rejection => ({ code: 'unreadable-image', detail });

/** A decode would cost more than the service spends. */
export const tooCostly = (detail: string): Rejection => ({ code: 'too-many-pixels', detail });

export const count = (value: number): string => value.toLocaleString('en-US');

/** Decoders pass over whatever follows an image; nobody looks at it. */
export function refuseTrailer(bytes: number, maxBytes: number): Rejection | undefined {
  if (bytes <= maxBytes) return undefined;
  return unsound(`expected at most ${count(maxBytes)} bytes after the end of the image; got ${count(bytes)}`);
}
