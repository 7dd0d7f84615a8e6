/** The number of bytes that `typeBySignature` needs. */
export const SIGNATURE_BYTES = 512;

type Signature = (head: Uint8Array) => boolean;

const latin1 = (head: Uint8Array, start: number, end: number): string =>
  String.fromCharCode(...head.subarray(start, Math.min(end, head.length)));

const startsWith =
  (...bytes: number[]): Signature =>
  (head) =>
    bytes.every((byte, index) => head[index] === byte);

const text =
  (pattern: RegExp): Signature =>
  (head) =>
    pattern.test(latin1(head, 0, SIGNATURE_BYTES));

const riff =
  (form: string): Signature =>
  (head) =>
    latin1(head, 0, 4) === 'RIFF' && latin1(head, 8, 12) === form;

/** ISO 14496-12 4.3: the major brand at 8, then from 16 on the compatible ones, up to the box's size. */
const fileTypeBox =
  (...brands: string[]): Signature =>
  (head) => {
    if (head.length < 16 || latin1(head, 4, 8) !== 'ftyp') return false;
    const sizeBytes = new DataView(head.buffer, head.byteOffset, head.byteLength).getUint32(0);
    const all = [latin1(head, 8, 12)];
    for (let at = 16; at + 4 <= Math.min(sizeBytes, head.length); at += 4) all.push(latin1(head, at, at + 4));
    return all.some((brand) => brands.includes(brand));
  };

/** By the major brand alone: still images list the brands of videos as compatible. */
const filmBox =
  (brand: RegExp): Signature =>
  (head) =>
    latin1(head, 4, 8) === 'ftyp' && brand.test(latin1(head, 8, 12));

/**
 * A transport stream has a sync byte every 188 bytes (ISO 13818-1 2.4.3.2); on Blu-ray four bytes precede each packet.
 */
const transportStream: Signature = (head) =>
  [0, 188, 376].every((at) => head[at] === 0x47) || [4, 196, 388].every((at) => head[at] === 0x47);

/** First match wins: an AVIF often lists HEIF's brands (mif1, miaf) beside its own. */
const SIGNATURES = [
  ['image/jpeg', startsWith(0xff, 0xd8, 0xff)],
  ['image/png', startsWith(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)],
  ['image/gif', text(/^GIF8[79]a/)],
  ['image/webp', riff('WEBP')],
  ['image/avif', fileTypeBox('avif', 'avis')],
  ['image/heic', fileTypeBox('heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1', 'msf1')],
  ['text/html', text(/^(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|head|body|script)/i)],
  ['image/svg+xml', text(/^(?:\xef\xbb\xbf)?\s*<(?:svg|[?!][\s\S]*<svg|(?:[?!][\s\S]*<)?!doctype\s+svg)[\s>]/i)],
  ['text/xml', text(/^(?:\xef\xbb\xbf)?\s*<\?xml/i)],
  ['application/pdf', text(/^(?:\xef\xbb\xbf)?\s*%PDF-/)],
  // Raw files of cameras in TIFF's container; others need their directories (imaging/inspect/structure/tiff/raw.ts).
  ['image/x-canon-cr2', text(/^II\*\0[\s\S]{4}CR/)],
  ['image/x-phaseone-iiq', text(/^(?:II\*\0[\s\S]{4}IIII|MM\0\*[\s\S]{4}MMMM)/)],
  ['image/x-olympus-orf', text(/^(?:IIRO|IIRS|MMOR)/)],
  ['image/x-panasonic-rw2', text(/^IIU\0/)],
  ['image/x-fuji-raf', text(/^FUJIFILMCCD-RAW/)],
  ['image/x-canon-cr3', filmBox(/^crx $/)],
  ['image/tiff', (head) => ['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].includes(latin1(head, 0, 4))],
  ['image/bmp', text(/^BM/)],
  ['application/zip', startsWith(0x50, 0x4b, 0x03, 0x04)],
  ['video/mp4', filmBox(/^(?:iso[2-9a-m]|mp4\d|avc1|hvc1|M4V|3g|dash|MSNV|f4v|XAVC)/)],
  ['video/quicktime', filmBox(/^qt {2}$/)],
  ['video/quicktime', text(/^\0[\s\S]{3}(?:moov|mdat|wide|free|skip)/)],
  ['video/webm', startsWith(0x1a, 0x45, 0xdf, 0xa3)],
  ['video/x-msvideo', riff('AVI ')],
  ['video/mpeg', startsWith(0x00, 0x00, 0x01, 0xba)],
  ['video/mpeg', startsWith(0x00, 0x00, 0x01, 0xb3)],
  ['video/mp2t', transportStream],
  ['video/x-flv', startsWith(0x46, 0x4c, 0x56, 0x01)],
  ['video/x-ms-asf', startsWith(0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11)],
] as const satisfies readonly (readonly [string, Signature])[];

export type SignatureType = (typeof SIGNATURES)[number][0];

/** The type according to a file's first bytes; undefined if unknown. */
export const typeBySignature = (head: Uint8Array): SignatureType | undefined =>
  SIGNATURES.find(([, matches]) => matches(head))?.[0];
