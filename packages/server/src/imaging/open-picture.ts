import sharp, { type Metadata, type Sharp, type SharpOptions } from 'sharp';
import type { MediaType } from '../domain/image/media-type.ts';
import { type Limits, mostPixels } from './limits.ts';

/** libvips' name of a format, and the operation that reads it from a file. */
interface LibvipsFormat {
  /** null: libvips never reads a file of it. */
  readonly name: Metadata['format'] | null;
  readonly loader: `VipsForeignLoad${string}`;
}

export const LIBVIPS_FORMATS = {
  'image/jpeg': { name: 'jpeg', loader: 'VipsForeignLoadJpegFile' },
  'image/png': { name: 'png', loader: 'VipsForeignLoadPngFile' },
  'image/webp': { name: 'webp', loader: 'VipsForeignLoadWebpFile' },
  'image/gif': { name: 'gif', loader: 'VipsForeignLoadNsgifFile' },
  'image/avif': { name: 'heif', loader: 'VipsForeignLoadHeifFile' },
  'image/heic': { name: null, loader: 'VipsForeignLoadTiffBuffer' },
  'image/tiff': { name: 'tiff', loader: 'VipsForeignLoadTiffFile' },
} as const satisfies Record<MediaType, LibvipsFormat>;

/**
 * To be called once in a process, before its first image: one thread per decode, no cache, and only the loaders of
 * accepted types.
 */
export function restrictDecoder(): void {
  sharp.concurrency(1);
  sharp.cache(false);
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: Object.values(LIBVIPS_FORMATS).map(({ loader }) => loader) });
}

export interface Opening extends Pick<SharpOptions, 'page' | 'pages'> {
  /**
   * Limits that the decode observes, even if the header lied. `header-only`: no pixel is decoded, and the caller
   * compares the header with the limits.
   */
  readonly limits: Limits | 'header-only';
  /** Absent: `truncated`. */
  readonly failOn?: FailOn;
}

/**
 * What libvips takes for an error. `truncated`: missing data, but no warning, because cameras write sloppy but complete
 * files. `error`: also what libtiff calls one, for which libvips would show zeros.
 */
export type FailOn = 'truncated' | 'error' | 'warning';

/** A file that libvips reads, or a TIFF in memory with the pixels of one that it doesn't. */
export type Readable = string | Buffer;

/**
 * Decodes a file that libvips can't; a sound one. Errors: `Error` if it can't be decoded, and the system's if it can't
 * be read.
 */
export async function readable(path: string, type: MediaType, limits: Limits): Promise<Readable> {
  if (type !== 'image/heic') return path;
  const { decodeHeic } = await import('./heic/decode-heic.ts'); // with the first one, so that decoders start sooner
  return decodeHeic(path, limits);
}

/** Opens a file of an accepted type. Nothing is decoded yet; errors of libvips appear with the first result. */
export function openPicture(file: Readable, { limits, failOn, ...frames }: Opening): Sharp {
  if (limits === 'header-only') return sharp(file, { limitInputPixels: false, ...frames });
  return sharp(file, {
    failOn: failOn ?? 'truncated',
    limitInputPixels: Math.max(mostPixels(limits), limits.maxAnimationPixels),
    limitInputChannels: limits.maxChannels,
    ...frames,
  });
}
