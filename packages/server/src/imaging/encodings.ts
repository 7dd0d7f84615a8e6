import type { Sharp } from 'sharp';
import type { OutputFormat } from '../domain/transform.ts';
import type { RenditionType } from './imaging.ts';

export interface Encoding {
  readonly contentType: RenditionType;
  /** 1 to 100; what is without loss has no use for it. */
  readonly defaultQuality: number;
  readonly encode: (image: Sharp, quality: number) => Sharp;
}

/**
 * What each format is asked where nothing is said, by measurement of photographs at 1024 pixels (decision 17): pictures of like
 * quality, at a cost that a request may have to wait for.
 */
export const ENCODINGS = {
  jpeg: {
    contentType: 'image/jpeg',
    defaultQuality: 80,
    // mozjpeg: a sixth smaller, twelve times the time
    encode: (image, quality) => image.jpeg({ quality, mozjpeg: false }),
  },
  png: {
    contentType: 'image/png',
    defaultQuality: 100,
    // adaptive filters: photographs a third smaller, graphics about the same; levels beyond 6 cost six times the time
    encode: (image) => image.png({ compressionLevel: 6, adaptiveFiltering: true }),
  },
  webp: {
    contentType: 'image/webp',
    defaultQuality: 80,
    // effort 4: a twentieth smaller, half as fast
    encode: (image, quality) => image.webp({ quality, effort: 2 }),
  },
  avif: {
    contentType: 'image/avif',
    defaultQuality: 55,
    // effort 2: no smaller, six times the time; 4:4:4 costs half as much again
    encode: (image, quality) => image.avif({ quality, effort: 0, chromaSubsampling: '4:2:0' }),
  },
} as const satisfies Record<OutputFormat, Encoding>;
