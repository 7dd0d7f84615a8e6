import type { Sharp } from 'sharp';
import { MAX_RESULT_SIDE, type OutputFormat } from '../../domain/rendition/transform.ts';
import type { RenditionType } from '../imaging.ts';

export interface Encoding {
  readonly contentType: RenditionType;
  /**
   * `quality` from 1 to 100, or null for the default; PNG is lossless. `pixels`: of all frames.
   */
  readonly encode: (image: Sharp, options: { readonly quality: number | null; readonly pixels: number }) => Sharp;
}

/**
 * Every still, except a JPEG of full size: at effort 0 and quality 100, noise of 16.8 MP makes a first partition that
 * is too large for VP8.
 */
const MAX_EASY_PIXELS = MAX_RESULT_SIDE ** 2;

/**
 * Encodings of working copies, which are read often and never served: fine enough that no rendition shows them. Optimal
 * Huffman tables would take three times the time for 1 % of the bytes; an alpha channel is kept without losses.
 */
export const COPY_ENCODINGS = {
  jpeg: {
    contentType: 'image/jpeg',
    encode: (image) => image.jpeg({ quality: 92, chromaSubsampling: '4:4:4', optimiseCoding: false }),
  },
  webp: { contentType: 'image/webp', encode: (image) => image.webp({ quality: 95, effort: 0 }) },
} as const satisfies Partial<Record<OutputFormat, Encoding>>;

/** Cheap per request, and hardly visible. */
export const DEFAULT_QUALITY = { jpeg: 80, webp: 80, avif: 55 } as const satisfies Partial<
  Record<OutputFormat, number>
>;

/** Settings measured on photographs of 1024 pixels, at equal picture quality. */
export const ENCODINGS = {
  jpeg: {
    contentType: 'image/jpeg',
    // mozjpeg: a sixth smaller, twelve times the time. Optimal Huffman tables: 1 % smaller, and libjpeg keeps the whole
    // picture for them, six bytes a pixel: 1.3 GB of 200 MP instead of 0.2
    encode: (image, { quality, pixels }) =>
      image.jpeg({
        quality: quality ?? DEFAULT_QUALITY.jpeg,
        mozjpeg: false,
        optimiseCoding: pixels <= MAX_EASY_PIXELS,
      }),
  },
  png: {
    contentType: 'image/png',
    // adaptive filters: photographs a third smaller, graphics about equal; level 9: a twentieth smaller, six times the
    // time
    encode: (image) => image.png({ compressionLevel: 6, adaptiveFiltering: true }),
  },
  webp: {
    contentType: 'image/webp',
    // effort 4: a twentieth smaller, 1.5 times the time; 0, for long animations: a fifth larger, a fifth less time
    encode: (image, { quality, pixels }) =>
      image.webp({ quality: quality ?? DEFAULT_QUALITY.webp, effort: pixels > MAX_EASY_PIXELS ? 0 : 2 }),
  },
  avif: {
    contentType: 'image/avif',
    // effort 2: no smaller, six times the time; 4:4:4: 1.5 times the time
    encode: (image, { quality }) =>
      image.avif({ quality: quality ?? DEFAULT_QUALITY.avif, effort: 0, chromaSubsampling: '4:2:0' }),
  },
} as const satisfies Record<OutputFormat, Encoding>;
