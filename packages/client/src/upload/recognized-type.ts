import { SafelightError } from '../errors.ts';

/** As many bytes as tell every type: a drawing may begin with a comment. */
const HEAD_BYTES = 512;

/**
 * The type by the first bytes, also of files that no service accepts; undefined if it is another one. Errors:
 * `empty-upload`.
 */
export async function recognizedType(file: Blob): Promise<string | undefined> {
  const text = String.fromCharCode(...new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer()));
  if (text === '') throw new SafelightError('empty-upload', 'expected the bytes of an image; got an empty file');
  if (text.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (text.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (text.startsWith('GIF8')) return 'image/gif';
  if (text.startsWith('RIFF') && text.slice(8, 12) === 'WEBP') return 'image/webp';
  if (text.slice(4, 8) === 'ftyp') return typeByBrand(text.slice(8, 32));
  if (/^(?:II[*+]\0|MM\0[*+])/.test(text)) return 'image/tiff';
  if (text.startsWith('BM')) return 'image/bmp';
  if (text.startsWith('%PDF-')) return 'application/pdf';
  if (text.startsWith('\x1aE\xdf\xa3')) return 'video/webm';
  if (/^(?:\xef\xbb\xbf)?\s*<(?:svg|[?!][\s\S]*<svg)[\s>]/i.test(text)) return 'image/svg+xml';
  return undefined;
}

/**
 * The brands of an ISO media file (ISO 14496-12 4.3), the major one first. An AVIF may list those of HEIF, both those
 * of videos.
 */
function typeByBrand(brands: string): string | undefined {
  if (/avi[fs]/.test(brands)) return 'image/avif';
  if (/hei[cxms]|hev[cx]|mif1|msf1/.test(brands)) return 'image/heic';
  if (/^qt/.test(brands)) return 'video/quicktime';
  if (/^(?:iso|mp4|avc1|hvc1|M4V|3g)/.test(brands)) return 'video/mp4';
  return undefined;
}
