import { randomInt } from 'node:crypto';
import sharp from 'sharp';
import { paddedPng, type TestImage, testImage } from '../pictures/test-images.ts';

export const TYPES = [
  'image/jpeg',
  'image/png',
  'image/webp',
  'image/gif',
  'image/avif',
  'image/heic',
  'image/tiff',
] as const;

export type Bytes = Uint8Array<ArrayBuffer>;

export const bytesOf = (data: string | Buffer): Bytes => new Uint8Array(Buffer.from(data));

/** A valid image, different each time. */
export const picture = async (options: Partial<TestImage> = {}): Promise<Bytes> =>
  bytesOf(await testImage({ type: 'image/png', width: 24, height: 16, seed: randomInt(1_000_000), ...options }));

/** Four frames of 60 x 40 in different blues, played three times with varying delays. */
export const animation = async (type: 'image/gif' | 'image/webp'): Promise<Bytes> => {
  const frames = sharp(await picture({ type, width: 60, height: 40, frames: 4 }), { animated: true });
  const played = { delay: [80, 120, 160, 200], loop: 3 };
  return bytesOf(await (type === 'image/gif' ? frames.gif(played) : frames.webp(played)).toBuffer());
};

/** A valid PNG of exactly this many bytes. */
export const pictureOfSize = async (sizeBytes: number): Promise<Bytes> =>
  bytesOf(paddedPng(Buffer.from(await picture()), sizeBytes));

export const HTML = bytesOf('<!doctype html><script>alert(1)</script>');

/** The left half is transparent, the right half has this color. */
export const halfTransparent = async (color: string, format: 'png' | 'webp' = 'png'): Promise<Bytes> => {
  const [width, height] = [60, 40];
  const half = { create: { width: width / 2, height, channels: 4, background: color } } as const;
  const canvas = { create: { width, height, channels: 4, background: '#00000000' } } as const;
  const input = await sharp(half).png().toBuffer();
  return bytesOf(
    await sharp(canvas)
      .composite([{ input, left: width / 2, top: 0 }])
      .toFormat(format)
      .toBuffer(),
  );
};

/** A gray image with a red spot far to the right. */
export const lonelySpot = async (): Promise<Bytes> => {
  const create = { width: 600, height: 200, channels: 3, background: '#808080' } as const;
  const red = await picture({ width: 60, height: 60 });
  const input = await sharp(red).tint('#ff0000').png().toBuffer();
  return bytesOf(
    await sharp({ create })
      .composite([{ input, left: 500, top: 70 }])
      .png()
      .toBuffer(),
  );
};

const FORMATS = { 'image/png': 'png', 'image/webp': 'webp', 'image/avif': 'avif', 'image/tiff': 'tiff' } as const;

/** Occurs in every metadata field of `talkative()`. */
export const SECRET = 'Safelight-Acceptance-Secret';

/** One color, given in sRGB and stored in Display P3, with all metadata that cameras and programs write. */
export async function talkative(
  type: Exclude<(typeof TYPES)[number], 'image/gif' | 'image/heic'>,
  color: string,
): Promise<Bytes> {
  const image = sharp({ create: { width: 400, height: 300, channels: 3, background: color } })
    .withIccProfile('p3')
    .withExif({
      IFD0: { Artist: SECRET, Copyright: SECRET },
      IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '48/1 51/1 29/1', GPSLongitudeRef: 'E', GPSLongitude: '2/1 17/1 40/1' },
    })
    .withXmp(`<x:xmpmeta xmlns:x="adobe:ns:meta/"><dc:creator>${SECRET}</dc:creator></x:xmpmeta>`);
  if (type !== 'image/jpeg') return bytesOf(await image.toFormat(FORMATS[type], { quality: 90 }).toBuffer());
  const jpeg = await image.jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer();
  const iptc = segment(0xed, `Photoshop 3.0\0${SECRET}`);
  const c2pa = segment(0xeb, `JP\0\x01\0\0\0\x01jumbc2pa${SECRET}`);
  return bytesOf(Buffer.concat([jpeg.subarray(0, 2), iptc, c2pa, segment(0xfe, SECRET), jpeg.subarray(2)]));
}

/** A JPEG segment (ITU T.81 B.1.1.4). */
function segment(marker: number, text: string): Buffer {
  const header = Buffer.from([0xff, marker, 0, 0]);
  header.writeUInt16BE(text.length + 2, 2);
  return Buffer.concat([header, Buffer.from(text, 'latin1')]);
}
