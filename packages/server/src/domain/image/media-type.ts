/**
 * One row for each accepted format. Its decoder (imaging/open-picture.ts) and its structure
 * (imaging/inspect/structure/) stand beside the code.
 */
interface ImageFormat {
  /** What people call it. */
  readonly name: string;
  /** Extensions of file names, in lower case and without the dot. A file is served with the first. */
  readonly extensions: readonly [string, ...string[]];
  /** Other types that clients declare for it. */
  readonly aliases: readonly string[];
  /** Whether several frames are an animation; in other formats only one picture counts. */
  readonly mayBeAnimated: boolean;
  /**
   * The format of renditions for clients that know neither WebP nor AVIF. `by-pixels`: PNG if pixels are transparent,
   * else JPEG.
   */
  readonly plainRendition: 'png' | 'by-pixels';
  /** The most that a still image, or one frame, may have: width times height. It bounds the memory of a decode. */
  readonly maxPixels: number;
  /** The most that its file may have: what those pixels take without compression, or of a JPEG with little. */
  readonly maxBytes: number;
  /**
   * From how many pixels on a still image has a working copy, which pays for itself within a few renditions
   * (bench/findings.md, "Working copies"); null: none has.
   */
  readonly copiedFrom: number | null;
  /** Verification decodes every pixel, and makes the copy with them. A JPEG is verified at an eighth of its size. */
  readonly isCopiedWhenVerified: boolean;
}

/**
 * 16,384 x 12,288: the largest pictures of "200 MP" sensors. Decoders read a JPEG in rows, and at a fraction of its
 * size if that suffices.
 */
const PHONE_PIXELS = 201_326_592;
/**
 * "50 MP" sensors have up to 8192 x 6144 or 8688 x 5792. A decode at the limit peaks below 600 MB (a progressive CMYK
 * JPEG).
 */
const CAMERA_PIXELS = 52_428_800;
/**
 * libheif decodes the whole picture at once: 10-bit 4:4:4 with alpha of 16.8 MP peaked at 512 MB, turned by its EXIF
 * orientation at 596. Only a turned one of noise with a profile exceeds the limit of an inspection.
 */
const WHOLE_PICTURE_PIXELS = 16_777_216;

const MIB = 1_048_576;

export const IMAGE_FORMATS = {
  'image/jpeg': {
    name: 'JPEG',
    extensions: ['jpg', 'jpeg'],
    aliases: ['image/jpg'],
    mayBeAnimated: false,
    plainRendition: 'by-pixels',
    maxPixels: PHONE_PIXELS,
    maxBytes: 160 * MIB,
    copiedFrom: 20_000_000,
    isCopiedWhenVerified: false,
  },
  'image/png': {
    name: 'PNG',
    extensions: ['png'],
    aliases: [],
    mayBeAnimated: false,
    plainRendition: 'png',
    maxPixels: CAMERA_PIXELS,
    maxBytes: 448 * MIB,
    copiedFrom: 4_000_000,
    isCopiedWhenVerified: true,
  },
  'image/webp': {
    name: 'WebP',
    extensions: ['webp'],
    aliases: [],
    mayBeAnimated: true,
    plainRendition: 'by-pixels',
    maxPixels: CAMERA_PIXELS,
    maxBytes: 256 * MIB,
    copiedFrom: 4_000_000,
    isCopiedWhenVerified: true,
  },
  'image/gif': {
    name: 'GIF',
    extensions: ['gif'],
    aliases: [],
    mayBeAnimated: true,
    plainRendition: 'png',
    maxPixels: CAMERA_PIXELS,
    maxBytes: 160 * MIB,
    copiedFrom: null,
    isCopiedWhenVerified: false,
  },
  'image/avif': {
    name: 'AVIF',
    extensions: ['avif'],
    aliases: [],
    mayBeAnimated: false,
    plainRendition: 'by-pixels',
    maxPixels: WHOLE_PICTURE_PIXELS,
    maxBytes: 160 * MIB,
    copiedFrom: 2_500_000,
    isCopiedWhenVerified: true,
  },
  'image/heic': {
    name: 'HEIC',
    extensions: ['heic', 'heif', 'hif'],
    aliases: ['image/heif', 'image/heic-sequence', 'image/heif-sequence'],
    mayBeAnimated: false,
    plainRendition: 'by-pixels',
    maxPixels: CAMERA_PIXELS,
    maxBytes: 160 * MIB,
    copiedFrom: 1_000_000,
    isCopiedWhenVerified: true,
  },
  'image/tiff': {
    name: 'TIFF',
    extensions: ['tif', 'tiff'],
    aliases: ['image/tif', 'image/x-tiff'],
    mayBeAnimated: false,
    plainRendition: 'by-pixels',
    maxPixels: CAMERA_PIXELS,
    maxBytes: 512 * MIB,
    copiedFrom: 4_000_000,
    isCopiedWhenVerified: true,
  },
} as const satisfies Readonly<Record<`image/${string}`, ImageFormat>>;

/** The image types that the service accepts. */
export type MediaType = keyof typeof IMAGE_FORMATS;

export const MEDIA_TYPES = Object.keys(IMAGE_FORMATS) as readonly MediaType[];

/** Few browsers show these: they get a JPEG of the same size. */
export const isShownByFew = (type: MediaType): boolean => type === 'image/heic' || type === 'image/tiff';

export const eachType = <Value>(of: (type: MediaType) => Value): Record<MediaType, Value> =>
  Object.fromEntries(MEDIA_TYPES.map((type) => [type, of(type)])) as Record<MediaType, Value>;

/** The most pixels of a still image, or of one frame, for each type; 0: it isn't decoded. */
export type MaxPixels = Readonly<Record<MediaType, number>>;

/** The types that a service decodes, whose most pixels these are. */
export const decodedTypes = (maxPixels: MaxPixels): readonly MediaType[] =>
  MEDIA_TYPES.filter((type) => maxPixels[type] > 0);

/** What decoders can do with bounded memory and time. A configuration may allow less. */
export const MAX_PIXELS: MaxPixels = eachType((type) => IMAGE_FORMATS[type].maxPixels);

/** The largest file of an accepted type, in bytes. */
export const maxBytesOf = (declared: string): number => {
  const type = acceptedType(declared);
  return type ? IMAGE_FORMATS[type].maxBytes : Number.POSITIVE_INFINITY;
};

/** As in `JPEG, PNG or WebP`. */
export const FORMAT_NAMES = MEDIA_TYPES.map((type) => IMAGE_FORMATS[type].name)
  .join(', ')
  .replace(/, (?=[^,]*$)/, ' or ');

/** A declared type without its parameters, in lower case. */
export const essence = (declared: string): string => (declared.split(';', 1)[0] ?? '').trim().toLowerCase();

/** The accepted type that a declared type means: parameters and case are ignored, `image/jpg` is JPEG. */
export function acceptedType(declared: string): MediaType | undefined {
  const given = essence(declared);
  return MEDIA_TYPES.find((type) => type === given || formatOf(type).aliases.includes(given));
}

/** The usual extension of a type, without the dot. */
export const extensionOf = (type: MediaType): string => formatOf(type).extensions[0];

/** The type of a file name's extension. */
export function typeByExtension(filename: string): MediaType | undefined {
  const given = /\.(\w+)$/.exec(filename)?.[1]?.toLowerCase() ?? '';
  return MEDIA_TYPES.find((type) => formatOf(type).extensions.includes(given));
}

export const isImageType = (declared: string): boolean => essence(declared).startsWith('image/');

/** With the general types of its fields. */
const formatOf = (type: MediaType): ImageFormat => IMAGE_FORMATS[type];
