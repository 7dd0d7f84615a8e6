/** Bytes of an object, both ends inclusive, `start` within it (RFC 9110 14.1.2). */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** A first and a last position, or `-` and a number of bytes at the end (RFC 9110 14.1.1). */
const RANGE_SPEC = /^(\d*)-(\d*)$/;
/** A longer header asks for many ranges or for none; both are answered with all bytes. */
const MAX_RANGE_LENGTH = 1_000;

/**
 * The range that a Range header requests of `sizeBytes` bytes. `undefined`: serve all bytes, because the header or the
 * bytes are missing, or the header is invalid or asks for several ranges; `unsatisfiable`: 416. Source: RFC 9110 14.1
 * to 14.4.
 */
export function parseRange(header: string | undefined, sizeBytes: number): ByteRange | 'unsatisfiable' | undefined {
  if (header === undefined || header.length > MAX_RANGE_LENGTH) return undefined;
  const equals = header.indexOf('=');
  if (header.slice(0, equals).toLowerCase() !== 'bytes') return undefined;
  const [spec, ...others] = elementsOf(header.slice(equals + 1));
  const [, first, last] = RANGE_SPEC.exec(spec ?? '') ?? [];
  if (others.length > 0 || first === undefined || last === undefined || first + last === '') return undefined;
  if (first === '') return suffix(Number(last), sizeBytes);
  const [start, end] = [Number(first), last === '' ? Number.POSITIVE_INFINITY : Number(last)];
  if (end < start) return undefined;
  return start < sizeBytes ? { start, end: Math.min(end, sizeBytes - 1) } : 'unsatisfiable';
}

/** A suffix range of an empty representation is satisfied by the whole. */
function suffix(lengthBytes: number, sizeBytes: number): ByteRange | 'unsatisfiable' | undefined {
  if (lengthBytes === 0) return 'unsatisfiable';
  return sizeBytes === 0 ? undefined : { start: Math.max(0, sizeBytes - lengthBytes), end: sizeBytes - 1 };
}

/** Elements of a comma-separated list, which may contain empty ones (RFC 9110 5.6.1). */
const elementsOf = (list: string): string[] =>
  list
    .split(',')
    .map((element) => element.trim())
    .filter((element) => element !== '');
