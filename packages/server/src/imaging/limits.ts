import type { Rejection } from '../domain/image/image.ts';
import { IMAGE_FORMATS, MAX_PIXELS, type MaxPixels, type MediaType } from '../domain/image/media-type.ts';
import type { ProblemParams } from '../domain/problem-params.ts';
import type { Size } from '../domain/rendition/transform.ts';
import { MAX_OUTPUT_BYTES } from './confinement/job-folder.ts';

/** Limits of a file, or of a recipe for it. */
export interface Limits {
  /** Pixels of a still image, or of one frame, for each type. */
  readonly maxPixels: MaxPixels;
  /** Sum over all tiles, alpha and layers of an AVIF: each frame of an item is decoded, though one is shown. */
  readonly maxCodedPixels: number;
  /** Sum over all tiles and alpha of a HEIC: a grid of 48 MP has 50.3 MP of tiles, and as many of alpha. */
  readonly maxHeicCodedPixels: number;
  /**
   * Pixels of one HEVC picture of 8 bits in 4:2:0, the most of any level (H.265, A.4.1): libheif takes 15 bytes a
   * pixel.
   */
  readonly maxHevcPixels: number;
  /** Pixels of a deeper or finer HEVC picture, and of what libheif decodes as a whole: up to 30 bytes a pixel. */
  readonly maxHevcLargePixels: number;
  /** Seconds of decoding a HEIC, estimated by its pixels and bytes: a render has ten, and encodes too. */
  readonly maxHeicSeconds: number;
  /** Width and height, in pixels. */
  readonly maxSidePixels: number;
  /** Sum over all frames of an animation. */
  readonly maxAnimationPixels: number;
  /** One rendered frame of an animation: twelve at this limit peaked at 820 MB during encoding. */
  readonly maxFramePixels: number;
  /**
   * Sum over all frames that are processed individually: turned, cropped to a focus and blurred, four of 8.4 MP peaked
   * at 870 MB.
   */
  readonly maxHeldPixels: number;
  /**
   * Bytes of a still that is turned or flipped, in the size of its result: libvips keeps all its pixels, and those of a
   * progressive JPEG twice more as coefficients. A JPEG of 200 MP that was taken upright peaked at 690 MB.
   */
  readonly maxTurnedBytes: number;
  /**
   * Pixels of a still in CMYK, in the size of its result: its colors cost 50 ns a pixel. Noise of 201 MP took 12.7 s.
   */
  readonly maxCmykPixels: number;
  /** Bytes of one rendition: no file of a decoder may be larger. */
  readonly maxRenditionBytes: number;
  /** Sum over all encoded frames: WebP takes 5 s for 33 MP of noise with alpha, 7 s at q=100, 2 s for a film. */
  readonly maxEncodedPixels: number;
  /** Sum over all enlarged or retouched frames; half of it if they are blurred or sharpened too. */
  readonly maxRetouchedPixels: number;
  /** Sum over all frames that are sharpened or get a watermark: 10.5 MP of noise take 6 s with their encoding. */
  readonly maxSharpenedPixels: number;
  /** Each frame costs an inspection up to 0.4 ms and 40 KB, whatever its size. */
  readonly maxFrames: number;
  /** CMYK with alpha has five. */
  readonly maxChannels: number;
  /**
   * Segments of a JPEG. A file of 50 MB of only a profile and metadata has 800; libjpeg scans everything it keeps for
   * each.
   */
  readonly maxSegments: number;
  /**
   * Metadata of a JPEG or PNG that decoders keep: they hold five times as much, beside the 550 MB of the largest
   * progressive picture.
   */
  readonly maxMetadataBytes: number;
  /** Bytes of a JPEG. Each megabyte costs an inspection 25 ms, 42 ms if every code is as short as possible. */
  readonly maxJpegBytes: number;
  /**
   * Coefficients and file of a JPEG of several scans, which are in memory as a whole: decoders hold 115 MB beside them.
   */
  readonly maxHeldJpegBytes: number;
  /** Sum over all scans of a JPEG and their components: each costs 0.2 to 0.4 ns, however little it changes. */
  readonly maxScanPixels: number;
  /** After the end of a JPEG: phones append a video of some seconds, a second picture, or a depth map. */
  readonly maxCameraTrailerBytes: number;
  /** After the end of a PNG or GIF; no camera appends anything to these. */
  readonly maxTrailerBytes: number;
  /** Chunks of a PNG. A file of 50 MB in chunks of 512 bytes has as many as this limit; 4 million cost 1.3 s. */
  readonly maxChunks: number;
  /**
   * The decoded size of an interlaced PNG, which is held in memory as a whole: 52 MP of 8-bit RGBA peak at 320 MB, of
   * 16-bit at 650.
   */
  readonly maxInterlacedBytes: number;
  /** Sum over the compressed texts and the profile of a PNG, which are inflated twice for each decode. */
  readonly maxInflatedBytes: number;
  /** Extensions of a GIF, outside its frames: comments, a profile, and display instructions. */
  readonly maxExtensions: number;
  /** Sub-blocks of a GIF. A file of 50 MB has 200,000 of the usual 255 bytes; 24 million of one byte took 30 s. */
  readonly maxSubBlocks: number;
  /** Pages of a TIFF: libvips reads every directory to count them. */
  readonly maxDirectories: number;
  /** Sum over all directories of a TIFF: 64 each. */
  readonly maxFields: number;
  /** Sum over the values of all directories of a TIFF, which libtiff reads: profiles, metadata, layers. */
  readonly maxDirectoryBytes: number;
  /** Strips or tiles of a TIFF: rows of one pixel in four planes, or tiles of 28 x 28 pixels. */
  readonly maxBlocks: number;
  /** The decoded size of a row of tiles, or of a strip that is decoded as a whole. libvips holds two or three. */
  readonly maxBandBytes: number;
  /** A strip or tile of a TIFF as it is in the file, with the metadata: libvips grants libtiff 50 MB. */
  readonly maxDecoderBytes: number;
}

export const DEFAULT_LIMITS: Limits = {
  maxPixels: MAX_PIXELS,
  maxCodedPixels: 50_331_648,
  maxHeicCodedPixels: 109_051_904,
  maxHevcPixels: 35_651_584,
  maxHevcLargePixels: 17_825_792,
  maxHeicSeconds: 7,
  maxSidePixels: 16_384,
  maxAnimationPixels: 104_857_600,
  maxFramePixels: 8_388_608,
  maxHeldPixels: 33_554_432,
  maxTurnedBytes: 640 * 1_048_576,
  maxCmykPixels: 104_857_600,
  maxRenditionBytes: MAX_OUTPUT_BYTES,
  maxEncodedPixels: 33_554_432,
  maxRetouchedPixels: 10_485_760,
  maxSharpenedPixels: 10_485_760,
  maxFrames: 5_000,
  maxChannels: 5,
  maxSegments: 4_096,
  maxMetadataBytes: 8 * 1_048_576,
  maxJpegBytes: 160 * 1_048_576,
  maxHeldJpegBytes: 472 * 1_048_576,
  maxScanPixels: 32 * 52_428_800,
  maxCameraTrailerBytes: 16 * 1_048_576,
  maxTrailerBytes: 65_536,
  maxChunks: 100_000,
  maxInterlacedBytes: 4 * 52_428_800,
  maxInflatedBytes: 16 * 1_048_576,
  maxExtensions: 20_000,
  maxSubBlocks: 1_000_000,
  maxDirectories: 1_000,
  maxFields: 64_000,
  maxDirectoryBytes: 32 * 1_048_576,
  maxBlocks: 65_536,
  maxBandBytes: 64 * 1_048_576,
  maxDecoderBytes: 48 * 1_048_576,
};

/** The header's description of the pixels. Width and height are of one frame, as displayed. */
export interface Extent {
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  readonly channels: number;
}

const count = (value: number): string => value.toLocaleString('en-US');

/** The pixel limit of the type that may have the most. */
export const mostPixels = ({ maxPixels }: Limits): number => Math.max(...Object.values(maxPixels));

const withArticle = (name: string): string => `${/^[AEIO]/.test(name) ? 'an' : 'a'} ${name}`;

/** Why an image is too large, or undefined if it is within the limits. */
export function refuseExtent(type: MediaType, extent: Extent, limits: Limits): Rejection | undefined {
  const { width, height, frames, channels } = extent;
  const maxPixels = limits.maxPixels[type];
  const size = `${count(width)} x ${count(height)}`;

  if (width * height > maxPixels) {
    const what = maxPixels < mostPixels(limits) ? `pixels in ${withArticle(IMAGE_FORMATS[type].name)}` : 'pixels';
    return tooMany(`expected at most ${count(maxPixels)} ${what}; got ${size}`, {
      width,
      height,
      limit_pixels: maxPixels,
    });
  }
  if (Math.max(width, height) > limits.maxSidePixels) {
    return tooMany(`expected at most ${count(limits.maxSidePixels)} pixels a side; got ${size}`, {
      width,
      height,
      limit_side: limits.maxSidePixels,
    });
  }
  if (frames > limits.maxFrames) {
    return tooMany(`expected at most ${count(limits.maxFrames)} frames; got ${count(frames)}`, {
      frames,
      limit_frames: limits.maxFrames,
    });
  }
  if (frames > 1 && width * height * frames > limits.maxAnimationPixels) {
    return tooMany(
      `expected at most ${count(limits.maxAnimationPixels)} pixels in all frames; got ${count(frames)} of ${size}`,
      { width, height, frames, limit_pixels: limits.maxAnimationPixels },
    );
  }
  if (channels > limits.maxChannels) {
    return tooMany(`expected at most ${limits.maxChannels} channels; got ${count(channels)}`, {
      channels,
      limit_channels: limits.maxChannels,
    });
  }
  return undefined;
}

/**
 * The operations on single frames of an animation, without encoding; `held`: all frames are in memory meanwhile;
 * `several`: more than one of the last four.
 */
export type FrameWork = 'none' | 'held' | 'blurred' | 'enlarged' | 'retouched' | 'sharpened' | 'several';

/** Up to this many frames the cost is that of their pixels. */
const FREE_FRAMES = 16;
/** The fixed cost of a frame, in pixels of equal cost: 0.5 ms, 3 ms if blurred, 5 ms if sharpened or enlarged. */
const FRAME_PIXELS: Record<FrameWork, number> = {
  none: 4_096,
  held: 4_096,
  blurred: 32_768,
  enlarged: 16_384,
  retouched: 4_096,
  sharpened: 16_384,
  several: 32_768,
};

interface Frames extends Pick<Extent, 'width' | 'height' | 'frames'> {
  readonly work: FrameWork;
  /** How often each counts: more than once if it is encoded again for fewer bytes. */
  readonly weight: number;
}

/** The rejection of a rendition that keeps too many `frames`, each of this size. */
export function refuseFrames({ width, height, frames, work, weight }: Frames, limits: Limits): Rejection | undefined {
  const size = `${count(width)} x ${count(height)}`;
  const remedy = 'ask for less by w and h, or for one frame by page';
  if (width * height > limits.maxFramePixels)
    return tooMany(`expected at most ${count(limits.maxFramePixels)} pixels in each frame; got ${size}: ${remedy}`);

  const { maxPixels, purpose } = boundOf(work, limits);
  const extra = Math.max(frames - FREE_FRAMES, 0) * FRAME_PIXELS[work];
  if ((width * height * frames + extra) * weight <= maxPixels) return undefined;
  const added = extra === 0 ? '' : `, ${count(FRAME_PIXELS[work])} more counted for each after ${FREE_FRAMES}`;
  const sized = weight === 1 ? '' : ' with max_bytes';
  const all = `${count(maxPixels / weight)} pixels in all frames${sized}${purpose}${added}`;
  return tooMany(`expected at most ${all}; got ${count(frames)} of ${size}: ${remedy}`);
}

function boundOf(
  work: FrameWork,
  { maxEncodedPixels, maxHeldPixels, maxRetouchedPixels, maxSharpenedPixels }: Limits,
): { readonly maxPixels: number; readonly purpose: string } {
  switch (work) {
    case 'none':
      return { maxPixels: maxEncodedPixels, purpose: '' };
    case 'held':
    case 'blurred':
      return { maxPixels: maxHeldPixels, purpose: ' to turn or blur them, or to cut them by what they show' };
    case 'enlarged':
      return { maxPixels: maxRetouchedPixels, purpose: ' to enlarge them' };
    case 'retouched':
      return { maxPixels: maxRetouchedPixels, purpose: ' to retouch them' };
    case 'several':
      return {
        maxPixels: maxRetouchedPixels / 2,
        purpose: ' to enlarge, retouch, blur, sharpen or mark them together',
      };
    case 'sharpened':
      return { maxPixels: maxSharpenedPixels, purpose: ' to sharpen or to mark them' };
  }
}

/** A picture that is turned as a whole. */
export interface TurnedPicture extends Size {
  readonly channels: number;
  /** A JPEG whose coefficients are in memory too. */
  readonly isProgressive: boolean;
}

/** The bytes of a coefficient, beside the one of its sample. */
const COEFFICIENT_BYTES = 2;

/** The rejection of a still that must be in memory as a whole to be turned. */
export function refuseTurned(picture: TurnedPicture, { maxTurnedBytes }: Limits): Rejection | undefined {
  const { width, height, channels, isProgressive } = picture;
  const bytes = width * height * channels * (isProgressive ? 1 + COEFFICIENT_BYTES : 1);
  if (bytes <= maxTurnedBytes) return undefined;
  const got = `${count(width)} x ${count(height)} in ${count(bytes)}${isProgressive ? ', since it is progressive' : ''}`;
  return tooMany(`expected a result that is turned in at most ${count(maxTurnedBytes)} bytes of memory; got ${got}`);
}

/** The rejection of a still in CMYK with too many pixels: every pixel is converted. */
export function refuseCmyk({ width, height }: Size, { maxCmykPixels }: Limits): Rejection | undefined {
  if (width * height <= maxCmykPixels) return undefined;
  return tooMany(
    `expected at most ${count(maxCmykPixels)} pixels of a CMYK image; got ${count(width)} x ${count(height)}`,
  );
}

/** The rejection of a rendition whose file is too large, which is known only once its pixels are encoded. */
export const refuseBytes = (bytes: number, { maxRenditionBytes }: Limits): Rejection | undefined =>
  bytes <= maxRenditionBytes
    ? undefined
    : tooMany(`expected a rendition of at most ${count(maxRenditionBytes)} bytes; got ${count(bytes)}`);

const tooMany = (detail: string, params?: ProblemParams): Rejection => ({
  code: 'too-many-pixels',
  detail,
  ...(params && { params }),
});
