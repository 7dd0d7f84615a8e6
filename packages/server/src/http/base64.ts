import { invalidField } from '../domain/errors.ts';

/** Characters that so many bytes take in base64. */
export const base64Length = (sizeBytes: number): number => Math.ceil(sizeBytes / 3) * 4;

const DATA_URL = /^data:([^;,]*)(?:;[^;,]*)*;base64,/i;
/** Longer ones are no image's: the pattern never sees a whole body. */
const MAX_PREFIX_LENGTH = 256;
const PADDING = /={0,2}$/;

/** The bytes of base64 text, bare or a `data:` URL (RFC 2397), which also declares their type; line breaks don't count. */
export function decodeBase64(encoded: string): { bytes: Uint8Array; declaredType: string | undefined } {
  const prefix = DATA_URL.exec(encoded.slice(0, MAX_PREFIX_LENGTH));
  const text = withoutLineBreaks(encoded.slice(prefix?.[0].length ?? 0));
  const bytes = Buffer.from(text, 'base64');
  // Node skips what isn't base64; what it skipped is missing when the bytes are written again.
  if (bytes.toString('base64').replace(PADDING, '') !== text.replace(PADDING, '')) {
    throw invalidField('/file', 'expected base64 (RFC 4648 4), bare or as a data: URL; got other text');
  }
  return { bytes, declaredType: prefix?.[1] || undefined };
}

/** As `base64` and MIME break lines (RFC 2045 6.8: at most 76 characters each); other white space is a mistake. */
const withoutLineBreaks = (text: string): string => text.replaceAll(/\r?\n/g, '');
