import { testImage } from '../../../../test/pictures/test-images.ts';
import { degrees, exifBlock, jpegWith, xmpPacket } from '../../src/imaging/facts/exif.fixture.ts';

/** A JPEG that says when and where it was taken, with what, and has texts. */
export async function tellingPicture(): Promise<Buffer> {
  const exif = exifBlock({
    image: { 271: 'Example', 272: 'One' },
    exif: { 36867: '2024:07:14 18:22:31' },
    gps: { 1: 'N', 2: degrees(48.1234), 3: 'E', 4: degrees(11.5678) },
  });
  const xmp = xmpPacket(`<dc:title>SecretTitle</dc:title><dc:description>SecretText</dc:description>
<dc:subject><rdf:Bag><rdf:li>SecretWord</rdf:li></rdf:Bag></dc:subject><dc:creator>SecretCreator</dc:creator>
<dc:rights>SecretOwner</dc:rights>`);
  return jpegWith(await testImage({ type: 'image/jpeg', width: 64, height: 48 }), [
    { code: 0xe1, data: Buffer.concat([Buffer.from('Exif\0\0'), exif]) },
    { code: 0xe1, data: Buffer.concat([Buffer.from('http://ns.adobe.com/xap/1.0/\0'), xmp]) },
  ]);
}
