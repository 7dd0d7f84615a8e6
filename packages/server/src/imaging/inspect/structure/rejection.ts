import type { Rejection } from '../../../domain/image/image.ts';
import { FORMAT_NAMES, type MediaType } from '../../../domain/image/media-type.ts';
import { describeFormat } from '../../../domain/image/other-formats.ts';
import { ACCEPTED_FORMATS, type ProblemParams } from '../../../domain/problem-params.ts';

/** Data is damaged or misplaced. */
export const unsound = (detail: string): Rejection => unreadable(detail, { reason: 'damaged' });

/** The file ends before its data does. */
export const cutOff = (detail: string): Rejection => unreadable(detail, { reason: 'cut-off' });

/** The file is sound, and of a kind that isn't verified. */
export const animated = (detail: string, got: string): Rejection => unreadable(detail, { reason: 'animated', got });

const unreadable = (detail: string, params: ProblemParams): Rejection => ({ code: 'unreadable-image', detail, params });

/** The container is that of the declared type, what it holds isn't. */
export const otherType = (declared: MediaType, got: MediaType | undefined): Rejection => ({
  code: 'type-mismatch',
  detail: `expected ${declared}, as declared; got ${got ?? 'other'} data`,
  params: { declared, ...(got && { got }) },
});

/** The file is of a format that isn't accepted; undefined for one that isn't known. */
export const unsupported = (got: string | undefined): Rejection => ({
  code: 'unsupported-type',
  detail: `expected a ${FORMAT_NAMES} image; got ${got ? describeFormat(got) : 'bytes with no known signature'}`,
  params: { formats: ACCEPTED_FORMATS, ...(got && { got }) },
});

/** A decode would exceed a cost limit. */
export const tooCostly = (detail: string): Rejection => ({ code: 'too-many-pixels', detail });

export const count = (value: number): string => value.toLocaleString('en-US');

/** Decoders ignore trailing bytes, and the service doesn't examine them. */
export function refuseTrailer(bytes: number, maxBytes: number): Rejection | undefined {
  if (bytes <= maxBytes) return undefined;
  return unsound(`expected at most ${count(maxBytes)} bytes after the end of the image; got ${count(bytes)}`);
}
