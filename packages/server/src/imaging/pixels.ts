import type { Metadata, Sharp } from 'sharp';
import { rgbaToThumbHash } from 'thumbhash';
import type { Verified } from '../domain/image/image.ts';
import { IMAGE_FORMATS, MEDIA_TYPES, type MediaType } from '../domain/image/media-type.ts';
import { dominantColor } from './dominant-color.ts';
import type { Extent, Limits } from './limits.ts';
import { type FailOn, LIBVIPS_FORMATS, openPicture, type Readable } from './open-picture.ts';

export interface Header extends Extent {
  /** The type that libvips detected, whatever the signature says; undefined for a type that isn't accepted. */
  readonly type: MediaType | undefined;
  /** EXIF orientation, 1 to 8; ignored for an animation. */
  readonly orientation: number;
  readonly hasAlpha: boolean;
  /** Whether the rows of a JPEG or PNG are stored in several passes. */
  readonly isProgressive: boolean;
  /** `rgb` has 8 bits a channel; `other`: gray, and other spaces that convert to sRGB without special care. */
  readonly pixels: 'rgb' | 'deep-rgb-with-profile' | 'cmyk-without-profile' | 'other';
  readonly timing: Timing | null;
  /** With which its missing data is found. */
  readonly failOn: FailOn;
}

/** The playback settings of an animation. */
export interface Timing {
  /** The duration of each frame, in milliseconds. */
  readonly delay: readonly number[];
  /** The number of plays; 0 is forever. */
  readonly loop: number;
}

/** Reads the header without pixels; undefined if it is unreadable. */
export async function readHeader(file: Readable): Promise<Header | undefined> {
  const metadata = await unlessUnreadable(() => openPicture(file, { limits: 'header-only' }).metadata());
  if (!metadata) return undefined;
  const type = typeof file === 'string' ? typeOf(metadata) : 'image/heic';
  const isPlayed = type !== undefined && IMAGE_FORMATS[type].mayBeAnimated;
  const frames = isPlayed ? (metadata.pages ?? 1) : 1; // further pages of an AVIF are never displayed
  const { width, height } = frames > 1 ? metadata : metadata.autoOrient;
  return {
    type,
    width,
    height,
    frames,
    channels: metadata.channels,
    orientation: frames > 1 ? 1 : (metadata.orientation ?? 1),
    hasAlpha: metadata.hasAlpha,
    isProgressive: metadata.isProgressive,
    pixels: pixelsOf(metadata),
    timing: frames > 1 ? { delay: metadata.delay ?? [], loop: metadata.loop ?? 0 } : null,
    failOn: type === 'image/tiff' && typeof file === 'string' ? await failOnOfTiff(file) : 'truncated',
  };
}

/**
 * With tiles libvips reports errors of libtiff only with warnings; those of the directory aren't among them. In strips
 * only LZW data needs libtiff's own errors: the walk reads the others to their end, and libtiff calls an unusual
 * orientation or unit an error too.
 */
async function failOnOfTiff(path: string): Promise<FailOn> {
  const { layoutOfTiff } = await import('./inspect/structure/tiff/tiles.ts');
  switch (layoutOfTiff(path)) {
    case 'tiles':
      return 'warning';
    case 'lzw-strips':
      return 'error';
    case 'strips':
      return 'truncated';
  }
}

function pixelsOf({ space, depth, hasProfile }: Metadata): Header['pixels'] {
  if (space === 'srgb' && depth === 'uchar') return 'rgb';
  if (space === 'rgb16' && hasProfile) return 'deep-rgb-with-profile';
  return space === 'cmyk' && !hasProfile ? 'cmyk-without-profile' : 'other';
}

function typeOf({ format, compression }: Metadata): Header['type'] {
  if (format === 'heif' && compression !== 'av1') return undefined;
  return MEDIA_TYPES.find((type) => LIBVIPS_FORMATS[type].name === format);
}

/** The size of the picture for a ThumbHash (the library's limit). */
const PREVIEW_PIXELS = 100;

/** The results of one small decode of an image. */
export type Preview = Pick<Verified, 'placeholder'> & { readonly dominantColor: string };

/**
 * Decodes every pixel of every frame, shrinking on load, and examines the first frame; undefined if data is missing or
 * broken.
 */
export async function readPreview(file: Readable, header: Header, limits: Limits): Promise<Preview | undefined> {
  // For a progressive JPEG libjpeg reads all scans before the first row, and warns about missing data; for other
  // formats see structure/.
  const isStrict = header.type === 'image/jpeg' && header.isProgressive;
  const isAnimation = header.frames > 1;
  const failOn = isStrict ? 'warning' : header.failOn;
  const image = openPicture(file, { limits, failOn, pages: isAnimation ? -1 : 1 });
  return unlessUnreadable(() => previewOf(isAnimation ? image : image.autoOrient()));
}

/** A preview of the picture as it is seen. Errors: those of sharp. */
export async function previewOf(picture: Sharp): Promise<Preview> {
  const { data, info } = await picture
    .resize({ width: PREVIEW_PIXELS, height: PREVIEW_PIXELS, fit: 'inside', withoutEnlargement: true })
    .toColorspace('srgb')
    .ensureAlpha()
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const { width, height, pageHeight = height } = info;
  const firstFrame = data.subarray(0, width * pageHeight * 4);
  return {
    placeholder: Buffer.from(rgbaToThumbHash(width, pageHeight, firstFrame)).toString('base64'),
    dominantColor: dominantColor(firstFrame),
  };
}

/**
 * Errors of decoders are about the file and may name local paths, so they don't leave this module; except errors about
 * memory and about impossible requests, which are rethrown.
 */
export async function unlessUnreadable<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw error; // the system's, and not about the file's content
    if (/^Error: expected |out of memory|cannot allocate|allocation failed|\(OOM\)|bad_alloc/i.test(String(error)))
      throw error;
    return undefined;
  }
}
