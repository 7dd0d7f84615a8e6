import sharp from 'sharp';
import { chunk } from '../../../../test/pictures/png-bytes.ts';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { PLANTED } from '../../../../test/servers/clamd.ts';

/** Small, so that the start's proof takes no second; and as large as clamd then has to be told. */
export const MAX_UPLOAD_BYTES = 2_000_000;
export const FIT = [
  `StreamMaxLength ${MAX_UPLOAD_BYTES}`,
  `MaxFileSize ${MAX_UPLOAD_BYTES}`,
  `MaxScanSize ${2 * MAX_UPLOAD_BYTES}`,
  'AlertExceedsMax yes',
];

export const JPEG = await testImage({ type: 'image/jpeg', width: 640, height: 480 });
export const PNG = await testImage({ type: 'image/png', width: 64, height: 48 });
const HEADER_END = 8 + 25;

/** Sound images that contain what the scanner looks for. */
export const INFECTED: Readonly<Record<string, readonly [type: string, bytes: Buffer]>> = {
  'behind a JPEG': ['image/jpeg', Buffer.concat([JPEG, Buffer.from(PLANTED)])],
  'in EXIF': [
    'image/jpeg',
    await sharp(JPEG)
      .withExif({ IFD0: { ImageDescription: `a ${PLANTED} b` } })
      .toBuffer(),
  ],
  'in a tEXt chunk of a PNG': [
    'image/png',
    Buffer.concat([
      PNG.subarray(0, HEADER_END),
      chunk('tEXt', Buffer.from(`Comment\0${PLANTED}`)),
      PNG.subarray(HEADER_END),
    ]),
  ],
};

export const environmentOf = (address: string) => ({
  GATE_CLAMD: address,
  MAX_UPLOAD_BYTES: String(MAX_UPLOAD_BYTES),
  MAX_DIRECT_UPLOAD_BYTES: String(MAX_UPLOAD_BYTES),
});
