import { invalidField } from '../../domain/errors.ts';

/** The number of base64 characters for so many bytes. */
export const base64Length = (sizeBytes: number): number => Math.ceil(sizeBytes / 3) * 4;

const DATA_URL = /^data:([^;,]*)(?:;[^;,]*)*;base64,/i;
/** Longer prefixes aren't media types: the pattern never scans a whole body. */
const MAX_PREFIX_LENGTH = 256;
const PADDING = /={0,2}$/;

/** Decodes base64 text, bare or as a `data:` URL (RFC 2397), which also declares a type. Line breaks are ignored. */
export function decodeBase64(encoded: string): { bytes: Uint8Array; declaredType: string | undefined } {
  const prefix = DATA_URL.exec(encoded.slice(0, MAX_PREFIX_LENGTH));
  const text = withoutLineBreaks(encoded.slice(prefix?.[0].length ?? 0));
  const bytes = Buffer.from(text, 'base64');
  // Node skips invalid characters. Encoding the bytes again reveals the difference.
  if (bytes.toString('base64').replace(PADDING, '') !== text.replace(PADDING, '')) {
    throw invalidField('/file', 'expected base64 (RFC 4648 4), bare or as a data: URL; got other text');
  }
  return { bytes, declaredType: prefix?.[1] || undefined };
}

/** Line breaks of `base64` and MIME (RFC 2045 6.8: at most 76 characters each). Other white space is an error. */
const withoutLineBreaks = (text: string): string => text.replaceAll(/\r?\n/g, '');
