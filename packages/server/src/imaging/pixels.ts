import sharp, { type Metadata, type SharpOptions } from 'sharp';
import { rgbaToThumbHash } from 'thumbhash';
import { MEDIA_TYPES, type MediaType } from '../domain/media-type.ts';
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
}

/** Reads the header and no pixel; undefined when there is none to read. */
export async function readHeader(path: string): Promise<Header | undefined> {
  const metadata = await unlessUnreadable(sharp(path, { limitInputPixels: false }).metadata());
  if (!metadata) return undefined;
  const frames = metadata.format === 'heif' ? 1 : (metadata.pages ?? 1); // what an AVIF has besides is never shown
  const { width, height } = frames > 1 ? metadata : metadata.autoOrient;
  return { type: typeOf(metadata), width, height, frames, channels: metadata.channels };
}

function typeOf({ format, compression }: Metadata): Header['type'] {
  if (format === 'heif' && compression !== 'av1') return 'image/heic';
  return MEDIA_TYPES.find((type) => FORMATS[type] === format);
}

/** Sides of the picture a ThumbHash is made from (the library's limit). */
const PLACEHOLDER_PIXELS = 100;

/**
 * Decodes every pixel of every frame, shrinking on load, and makes the ThumbHash (base64) of the first frame; undefined when
 * data is missing or broken. Warnings are accepted: cameras write sloppy but whole files.
 */
export async function readPlaceholder(path: string, header: Header, limits: Limits): Promise<string | undefined> {
  const options: SharpOptions = {
    failOn: 'truncated',
    limitInputPixels: Math.max(limits.maxPixels, limits.maxAnimationPixels),
    limitInputChannels: limits.maxChannels,
    pages: header.frames > 1 ? -1 : 1,
  };
  const source = header.frames > 1 ? sharp(path, options) : sharp(path, options).autoOrient();
  const decoded = await unlessUnreadable(
    source
      .resize({ width: PLACEHOLDER_PIXELS, height: PLACEHOLDER_PIXELS, fit: 'inside', withoutEnlargement: true })
      .toColourspace('srgb')
      .ensureAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true }),
  );
  if (!decoded) return undefined;

  const { width, height, pageHeight = height } = decoded.info;
  const firstFrame = decoded.data.subarray(0, width * pageHeight * 4);
  return Buffer.from(rgbaToThumbHash(width, pageHeight, firstFrame)).toString('base64');
}

/** What sharp throws is about the file (its words may name local paths: they stay here), unless memory ran out. */
async function unlessUnreadable<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (/out of memory|cannot allocate|bad_alloc/i.test(String(error))) throw error;
    return undefined;
  }
}
