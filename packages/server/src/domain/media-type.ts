/** The image types the service takes in. */
export type MediaType = 'image/jpeg' | 'image/png' | 'image/webp' | 'image/gif' | 'image/avif';

/** The usual extension of each, without the dot. */
export const EXTENSIONS = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/gif': 'gif',
  'image/avif': 'avif',
} as const satisfies Record<MediaType, string>;

export const MEDIA_TYPES = Object.keys(EXTENSIONS) as readonly MediaType[];

const essence = (declared: string): string => (declared.split(';', 1)[0] ?? '').trim().toLowerCase();

/** The accepted type that a declared one means: parameters and case don't count, `image/jpg` is JPEG. */
export const acceptedType = (declared: string): MediaType | undefined => {
  const type = essence(declared);
  return type === 'image/jpg' ? 'image/jpeg' : MEDIA_TYPES.find((accepted) => accepted === type);
};

/** The type that a file name's extension means. */
export const typeByExtension = (filename: string): MediaType | undefined => {
  const extension = /\.(\w+)$/.exec(filename)?.[1]?.toLowerCase() ?? '';
  if (extension === 'jpeg') return 'image/jpeg';
  return MEDIA_TYPES.find((type) => EXTENSIONS[type] === extension);
};

export const isImageType = (declared: string): boolean => essence(declared).startsWith('image/');

/** Bytes from the start of a file that `typeBySignature` needs to see. */
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

/** First match wins: an AVIF often lists HEIF's brands (mif1, miaf) beside its own. */
const SIGNATURES = [
  ['image/jpeg', startsWith(0xff, 0xd8, 0xff)],
  ['image/png', startsWith(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)],
  ['image/gif', text(/^GIF8[79]a/)],
  ['image/webp', riff('WEBP')],
  ['image/avif', fileTypeBox('avif', 'avis')],
  ['image/heic', fileTypeBox('heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1', 'msf1')],
  ['text/html', text(/^(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|head|body|script)/i)],
  ['image/svg+xml', text(/^(?:\xef\xbb\xbf)?\s*<(?:svg|[?!][\s\S]*<svg)[\s>]/i)],
  ['text/xml', text(/^(?:\xef\xbb\xbf)?\s*<\?xml/i)],
  ['application/pdf', text(/^%PDF-/)],
  ['image/tiff', (head) => ['II*\0', 'MM\0*'].includes(latin1(head, 0, 4))],
  ['image/bmp', text(/^BM/)],
  ['application/zip', startsWith(0x50, 0x4b, 0x03, 0x04)],
] as const satisfies readonly (readonly [string, Signature])[];

export type SignatureType = (typeof SIGNATURES)[number][0];

/** What a file's first bytes say it is; undefined when they say nothing we know. */
export const typeBySignature = (head: Uint8Array): SignatureType | undefined =>
  SIGNATURES.find(([, matches]) => matches(head))?.[0];
