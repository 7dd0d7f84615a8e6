import { testImage } from '../../../../test/pictures/test-images.ts';
import { degrees, exifBlock, jpegWith } from '../../src/imaging/facts/exif.fixture.ts';

/** A photograph that says when and where it was taken, and by whom. */
export async function datedPicture(date = '2024:07:14 18:22:31'): Promise<Uint8Array<ArrayBuffer>> {
  const exif = exifBlock({
    image: { 271: 'Example', 272: 'One', 315: 'Ada' },
    exif: { 36867: date },
    gps: { 1: 'N', 2: degrees(48.1234), 3: 'E', 4: degrees(11.5678) },
  });
  const picture = await testImage({ type: 'image/jpeg', width: 64, height: 48 });
  return new Uint8Array(jpegWith(picture, [{ code: 0xe1, data: Buffer.concat([Buffer.from('Exif\0\0'), exif]) }]));
}
