/** Bytes of an object, both ends inclusive, `start` within it (RFC 9110 14.1.2). */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** A first and a last position, or `-` and how many bytes of the end (RFC 9110 14.1.1). */
const RANGE_SPEC = /^(\d*)-(\d*)$/;
/** Longer ones ask for many ranges, or for none; either is answered by the whole. */
const MAX_RANGE_LENGTH = 1_000;

/**
 * What a Range header asks of `sizeBytes` bytes. `undefined`: serve the whole, for lack of a header, of bytes or of sense, or
 * because it asks for several ranges; `unsatisfiable`: 416. Source: RFC 9110 14.1 to 14.4.
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

/** No bytes have no last ones either, but asking for them is satisfied by the whole. */
function suffix(lengthBytes: number, sizeBytes: number): ByteRange | 'unsatisfiable' | undefined {
  if (lengthBytes === 0) return 'unsatisfiable';
  return sizeBytes === 0 ? undefined : { start: Math.max(0, sizeBytes - lengthBytes), end: sizeBytes - 1 };
}

/** Of a comma-separated list, which may have empty elements (RFC 9110 5.6.1). */
const elementsOf = (list: string): string[] =>
  list
    .split(',')
    .map((element) => element.trim())
    .filter((element) => element !== '');
