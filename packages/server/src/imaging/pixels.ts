import sharp, { type Metadata, type SharpOptions } from 'sharp';
import { rgbaToThumbHash } from 'thumbhash';
import type { Verified } from '../domain/image/image.ts';
import { MEDIA_TYPES, type MediaType } from '../domain/image/media-type.ts';
import { dominantColor } from './inspect/dominant-color.ts';
import type { Extent, Limits } from './limits.ts';

/** What libvips calls each type. */
const FORMATS = {
  'image/jpeg': 'jpeg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/gif': 'gif',
  'image/avif': 'heif',
} as const satisfies Record<MediaType, Metadata['format']>;

const LOADERS = ['JpegFile', 'PngFile', 'WebpFile', 'NsgifFile', 'HeifFile'].map((name) => `VipsForeignLoad${name}`);

/** Once in a process, before its first image: one thread a decode, nothing kept of it, and no loader but those we accept. */
export function restrictDecoder(): void {
  sharp.concurrency(1);
  sharp.cache(false);
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: LOADERS });
}

export interface Header extends Extent {
  /** As libvips found it in the data, whatever the signature says; undefined when it is none of ours. */
  readonly type: MediaType | 'image/heic' | undefined;
  /** EXIF orientation, 1 to 8; that of an animation doesn't count. */
  readonly orientation: number;
  readonly hasAlpha: boolean;
  /** Of a JPEG or PNG: its rows come in several passes. */
  readonly isProgressive: boolean;
  /** `rgb` has 8 bits a channel; `other`: gray, and whatever needs no special care to become sRGB. */
  readonly pixels: 'rgb' | 'deep-rgb-with-profile' | 'cmyk-without-profile' | 'other';
  readonly timing: Timing | null;
}

/** How an animation is played. */
export interface Timing {
  /** Of each frame, in milliseconds. */
  readonly delay: readonly number[];
  /** How often; 0 is forever. */
  readonly loop: number;
}

/** Reads the header and no pixel; undefined when there is none to read. */
export async function readHeader(path: string): Promise<Header | undefined> {
  const metadata = await unlessUnreadable(sharp(path, { limitInputPixels: false }).metadata());
  if (!metadata) return undefined;
  const frames = metadata.format === 'heif' ? 1 : (metadata.pages ?? 1); // what an AVIF has besides is never shown
  const { width, height } = frames > 1 ? metadata : metadata.autoOrient;
  return {
    type: typeOf(metadata),
    width,
    height,
    frames,
    channels: metadata.channels,
    orientation: frames > 1 ? 1 : (metadata.orientation ?? 1),
    hasAlpha: metadata.hasAlpha,
    isProgressive: metadata.isProgressive,
    pixels: pixelsOf(metadata),
    timing: frames > 1 ? { delay: metadata.delay ?? [], loop: metadata.loop ?? 0 } : null,
  };
}

function pixelsOf({ space, depth, hasProfile }: Metadata): Header['pixels'] {
  if (space === 'srgb' && depth === 'uchar') return 'rgb';
  if (space === 'rgb16' && hasProfile) return 'deep-rgb-with-profile';
  return space === 'cmyk' && !hasProfile ? 'cmyk-without-profile' : 'other';
}

function typeOf({ format, compression }: Metadata): Header['type'] {
  if (format === 'heif' && compression !== 'av1') return 'image/heic';
  return MEDIA_TYPES.find((type) => FORMATS[type] === format);
}

/** Every decode is held to the limits, also where a header lied. Warnings are accepted: cameras write sloppy but whole files. */
export const decodeOptions = (limits: Limits): SharpOptions => ({
  failOn: 'truncated',
  limitInputPixels: Math.max(limits.maxPixels, limits.maxAnimationPixels),
  limitInputChannels: limits.maxChannels,
});

/** Sides of the picture a ThumbHash is made from (the library's limit). */
const PREVIEW_PIXELS = 100;

/** What one small decode of an image shows. */
export type Preview = Pick<Verified, 'placeholder'> & { readonly dominantColor: string };

/**
 * Decodes every pixel of every frame, shrinking on load, and looks at the first frame; undefined when data is missing or
 * broken.
 */
export async function readPreview(path: string, header: Header, limits: Limits): Promise<Preview | undefined> {
  // Of a progressive JPEG libjpeg reads all scans before the first row, and warns of all that is missing; of others see structure/.
  const isStrict = header.type === 'image/jpeg' && header.isProgressive;
  const failOn: SharpOptions['failOn'] = isStrict ? 'warning' : 'truncated';
  const options = { ...decodeOptions(limits), failOn, pages: header.frames > 1 ? -1 : 1 };
  const source = header.frames > 1 ? sharp(path, options) : sharp(path, options).autoOrient();
  const decoded = await unlessUnreadable(
    source
      .resize({ width: PREVIEW_PIXELS, height: PREVIEW_PIXELS, fit: 'inside', withoutEnlargement: true })
      .toColorspace('srgb')
      .ensureAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true }),
  );
  if (!decoded) return undefined;

  const { width, height, pageHeight = height } = decoded.info;
  const firstFrame = decoded.data.subarray(0, width * pageHeight * 4);
  return {
    placeholder: Buffer.from(rgbaToThumbHash(width, pageHeight, firstFrame)).toString('base64'),
    dominantColor: dominantColor(firstFrame),
  };
}

/**
 * What sharp throws is about the file (its words may name local paths: they stay here), unless memory ran out or it was asked
 * what can't be: it and we say that in sentences.
 */
export async function unlessUnreadable<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (/^Error: expected |out of memory|cannot allocate|bad_alloc/i.test(String(error))) throw error;
    return undefined;
  }
}
