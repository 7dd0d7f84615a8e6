import { createCipheriv } from 'node:crypto';
import { crc32, deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { type HeicImage, heicImage } from './heic-image.ts';

type TestImageType = `image/${'jpeg' | 'png' | 'webp' | 'gif' | 'avif' | 'heic' | 'tiff'}`;

export interface TestImage {
  readonly type: TestImageType;
  /** As stored: before `orientation` is applied. For an animation, of one frame. */
  readonly width: number;
  readonly height: number;
  /** EXIF orientation, 1 to 8. */
  readonly orientation?: number;
  /** More than one makes an animation; GIF and WebP only. */
  readonly frames?: number;
  /** Another seed gives another picture with other bytes. */
  readonly seed?: number;
}

/** A real image file: gradients with grain, like a photograph. Deterministic. */
export async function testImage({
  type,
  width,
  height,
  orientation,
  frames = 1,
  seed = 1,
}: TestImage): Promise<Buffer> {
  if (type === 'image/heic')
    return heicImage({ width, height, pixels: picture(width, height, seed), ...TURNS[(orientation ?? 1) - 1] });
  const pages = Array.from({ length: frames }, (_, frame) => picture(width, height, seed + 1000 * frame));
  const raw = { width, height: height * frames, channels: 3 as const, pageHeight: height };
  const image = sharp(Buffer.concat(pages), { raw });
  return encode(orientation ? image.withMetadata({ orientation }) : image, type).toBuffer();
}

/** EXIF's orientations, as a HEIC has them: turned anticlockwise, then mirrored. */
const TURNS: readonly Pick<HeicImage, 'quarterTurns' | 'mirrorAxis'>[] = [
  {},
  { mirrorAxis: 1 },
  { quarterTurns: 2 },
  { mirrorAxis: 0 },
  { quarterTurns: 3, mirrorAxis: 1 },
  { quarterTurns: 3 },
  { quarterTurns: 1, mirrorAxis: 1 },
  { quarterTurns: 1 },
];

function encode(image: Sharp, type: Exclude<TestImageType, 'image/heic'>): Sharp {
  switch (type) {
    case 'image/jpeg':
      return image.jpeg({ quality: 85 });
    case 'image/png':
      return image.png({ compressionLevel: 3 });
    case 'image/webp':
      return image.webp({ quality: 80, effort: 0 });
    case 'image/gif':
      return image.gif({ effort: 1 });
    case 'image/avif':
      return image.avif({ quality: 60, effort: 0 });
    case 'image/tiff':
      return image.tiff({ compression: 'lzw' });
  }
}

/**
 * RGB: red grows to the right, green downwards, blue with the seed; the grain comes from a linear congruential
 * generator.
 */
function picture(width: number, height: number, seed: number): Buffer {
  const pixels = Buffer.allocUnsafe(width * height * 3);
  let state = Math.imul(seed, 2_654_435_761) >>> 0;
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 3) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      const grain = (state >>> 28) - 8;
      pixels[at] = 16 + (x * 220) / width + grain;
      pixels[at + 1] = 16 + (y * 220) / height + grain;
      pixels[at + 2] = 16 + ((seed * 37) % 220) + grain;
    }
  }
  return pixels;
}

/** A PNG of some hundred bytes whose header claims `width` x `height` gray pixels. */
export function decompressionBomb(width = 65_536, height = 65_536): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8; // bits a pixel; the rest is zero: gray, deflate, not interlaced
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  const pixels = deflateSync(Buffer.alloc(65_536));
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]);
}

/** The PNG with a private chunk of noise before its end that fills it to exactly `sizeBytes`. */
export function paddedPng(png: Buffer, sizeBytes: number): Buffer {
  const end = png.length - 12;
  const noise = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16));
  const padding = chunk('paDd', noise.update(Buffer.alloc(sizeBytes - png.length - 12)));
  return Buffer.concat([png.subarray(0, end), padding, png.subarray(end)]);
}

/** PNG 5.3. */
function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(named.length + 8);
  framed.writeUInt32BE(data.length, 0);
  named.copy(framed, 4);
  framed.writeUInt32BE(crc32(named), named.length + 4);
  return framed;
}

/** The first `share` of the bytes, like an aborted upload. */
export const truncated = (bytes: Buffer, share = 0.6): Buffer => bytes.subarray(0, Math.floor(bytes.length * share));
