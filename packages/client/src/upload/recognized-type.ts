import { SafelightError } from '../errors.ts';

/** As many bytes as tell every type: a drawing may begin with a comment. */
const HEAD_BYTES = 512;

/**
 * Types by the first bytes, the first that matches. ISO media files (ISO 14496-12 4.3) list brands, the major one
 * first: an AVIF may list those of HEIF, both those of videos.
 */
const TYPES: readonly (readonly [RegExp, string])[] = [
  [/^\xff\xd8\xff/, 'image/jpeg'],
  [/^\x89PNG\r\n/, 'image/png'],
  [/^GIF8/, 'image/gif'],
  [/^RIFF.{4}WEBP/s, 'image/webp'],
  [/^.{4}ftyp.{0,20}avi[fs]/s, 'image/avif'],
  [/^.{4}ftyp.{0,20}(?:hei[cxms]|hev[cx]|mif1|msf1)/s, 'image/heic'],
  [/^.{4}ftypqt/s, 'video/quicktime'],
  [/^.{4}ftyp(?:iso|mp4|avc1|hvc1|M4V|3g)/s, 'video/mp4'],
  [/^(?:II[*+]\0|MM\0[*+])/, 'image/tiff'],
  [/^BM/, 'image/bmp'],
  [/^%PDF-/, 'application/pdf'],
  [/^.E\xdf\xa3/s, 'video/webm'],
  [/^(?:\xef\xbb\xbf)?\s*<(?:svg|[?!][\s\S]*<svg)[\s>]/i, 'image/svg+xml'],
];

/**
 * The type by the first bytes, also of files that no service accepts; undefined if it is another one. Errors:
 * `empty-upload`.
 */
export async function recognizedType(file: Blob): Promise<string | undefined> {
  const text = String.fromCharCode(...new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer()));
  if (text === '') throw new SafelightError('empty-upload', 'expected the bytes of an image; got an empty file');
  return TYPES.find(([start]) => start.test(text))?.[1];
}
