import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { SIGNATURE_BYTES, typeBySignature } from './file-signature.ts';

const bytes = (...parts: (string | number[])[]): Buffer =>
  Buffer.concat(parts.map((one) => (typeof one === 'string' ? Buffer.from(one, 'latin1') : Buffer.from(one))));

/** A file type box (ISO 14496-12 4.3) and the start of the box that usually follows. */
const ftyp = (major: string, ...compatible: string[]): Buffer => {
  const size = 16 + 4 * compatible.length;
  return bytes([0, 0, 0, size], 'ftyp', major, [0, 0, 0, 0], ...compatible, [0, 0, 1, 0], 'meta');
};
const riff = (form: string): Buffer => bytes('RIFF', [0x24, 0, 0, 0], form, 'VP8 ');

const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

describe('the type by signature', () => {
  const heads: readonly (readonly [string, Buffer, string | undefined])[] = [
    ['a JPEG with JFIF', bytes([0xff, 0xd8, 0xff, 0xe0, 0, 16], 'JFIF'), 'image/jpeg'],
    ['a JPEG with EXIF', bytes([0xff, 0xd8, 0xff, 0xe1, 0, 16], 'Exif'), 'image/jpeg'],
    ['a PNG', bytes(PNG, [0, 0, 0, 13], 'IHDR'), 'image/png'],
    ['a PNG with converted line feeds', bytes([...PNG.slice(0, 4), 0x0a, 0x1a, 0x0a, 0]), undefined],
    ['a GIF of 1987', bytes('GIF87a'), 'image/gif'],
    ['a GIF of 1989', bytes('GIF89a'), 'image/gif'],
    ['a GIF of an unknown version', bytes('GIF88a'), undefined],
    ['a WebP', riff('WEBP'), 'image/webp'],
    ['a WAVE sound', riff('WAVE'), undefined],
    ['RIFF with WEBP at another offset', bytes('RIFF', [0x24, 0, 0, 0], 'WAVEWEBP'), undefined],
    ['an AVIF', ftyp('avif', 'avif', 'mif1', 'miaf'), 'image/avif'],
    ['an AVIF whose major brand is mif1', ftyp('mif1', 'mif1', 'miaf', 'avif'), 'image/avif'],
    ['an AVIF sequence', ftyp('avis', 'avis', 'msf1'), 'image/avif'],
    ['an AVIF without compatible brands', ftyp('avif'), 'image/avif'],
    ['a HEIC', ftyp('heic', 'mif1', 'heic'), 'image/heic'],
    ['HEIF without a codec brand', ftyp('mif1', 'mif1'), 'image/heic'],
    ['an MP4', ftyp('isom', 'isom', 'iso2', 'mp41'), 'video/mp4'],
    ['an MP4 of a phone', ftyp('mp42', 'isom', 'mp42'), 'video/mp4'],
    ['an MP4 with avif after its file type box', Buffer.concat([ftyp('isom', 'mp41'), bytes('avif')]), 'video/mp4'],
    ['an MP4 of minor version avif', bytes([0, 0, 0, 20], 'ftypisomavifmp41'), 'video/mp4'],
    ['a 3GP', ftyp('3gp4', 'isom', '3gp4'), 'video/mp4'],
    ['a QuickTime film', ftyp('qt  ', 'qt  '), 'video/quicktime'],
    ['a QuickTime film without a file type box', bytes([0, 0, 0, 8], 'wide', [0, 0, 1, 0], 'mdat'), 'video/quicktime'],
    ['a WebM', bytes([0x1a, 0x45, 0xdf, 0xa3, 0x9f]), 'video/webm'],
    ['an AVI', riff('AVI '), 'video/x-msvideo'],
    ['an MPEG program stream', bytes([0, 0, 1, 0xba, 0x44]), 'video/mpeg'],
    ['an MPEG video', bytes([0, 0, 1, 0xb3, 0x14]), 'video/mpeg'],
    [
      'an MPEG transport stream',
      Buffer.alloc(3 * 188)
        .fill(0x47, 0, 1)
        .fill(0x47, 188, 189)
        .fill(0x47, 376, 377),
      'video/mp2t',
    ],
    ['a Flash video', bytes('FLV', [1, 5]), 'video/x-flv'],
    ['a Windows Media video', bytes([0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11]), 'video/x-ms-asf'],
    ['an M4A sound', ftyp('M4A ', 'isom', 'mp42'), undefined],
    ['a Canon CR3 raw file', ftyp('crx ', 'crx ', 'isom'), 'image/x-canon-cr3'],
    ['a Canon CR2 raw file', bytes('II*', [0, 16, 0, 0, 0], 'CR', [2, 0]), 'image/x-canon-cr2'],
    ['a Phase One raw file', bytes('MM', [0], '*', [0, 0, 0, 16], 'MMMM'), 'image/x-phaseone-iiq'],
    ['an Olympus raw file', bytes('IIRO', [8, 0, 0, 0]), 'image/x-olympus-orf'],
    ['a Panasonic raw file', bytes('IIU', [0, 8, 0, 0, 0]), 'image/x-panasonic-rw2'],
    ['a Fujifilm raw file', bytes('FUJIFILMCCD-RAW 0201'), 'image/x-fuji-raf'],
    ['SVG', bytes('<svg xmlns="http://www.w3.org/2000/svg">'), 'image/svg+xml'],
    ['SVG after space', bytes('\r\n\t <svg\n width="1">'), 'image/svg+xml'],
    ['SVG in capitals', bytes('<SVG>'), 'image/svg+xml'],
    ['SVG after a byte order mark', bytes([0xef, 0xbb, 0xbf], '<svg>'), 'image/svg+xml'],
    ['SVG after an XML declaration', bytes('<?xml version="1.0"?>\n<svg>'), 'image/svg+xml'],
    ['SVG after a comment', bytes('<!-- <b>not</b> an image --><svg>'), 'image/svg+xml'],
    ['SVG after a doctype', bytes('<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" ""><svg>'), 'image/svg+xml'],
    [
      'SVG with a doctype longer than the bytes read',
      bytes(
        `<?xml version="1.0"?>\n<!-- Generator -->\n<!DOCTYPE svg PUBLIC "" "" [${' '.repeat(SIGNATURE_BYTES)}]><svg>`,
      ),
      'image/svg+xml',
    ],
    ['XML', bytes('<?xml version="1.0"?><svgs/>'), 'text/xml'],
    ['HTML', bytes('<html><img></html>'), 'text/html'],
    ['HTML after a doctype', bytes('\n<!DOCTYPE html><title>x</title>'), 'text/html'],
    ['HTML that contains SVG', bytes('<!doctype html><svg></svg>'), 'text/html'],
    ['a script', bytes('<script>alert(1)</script>'), 'text/html'],
    ['a PDF', bytes('%PDF-1.7'), 'application/pdf'],
    ['a PDF after a line break', bytes('\r\n%PDF-1.4'), 'application/pdf'],
    ['text that mentions PDF', bytes('see %PDF-1.7'), undefined],
    ['a little-endian BigTIFF', bytes('II+', [0]), 'image/tiff'],
    ['a big-endian BigTIFF', bytes('MM', [0], '+'), 'image/tiff'],
    ['a little-endian TIFF', bytes('II*', [0]), 'image/tiff'],
    ['a big-endian TIFF', bytes('MM', [0], '*'), 'image/tiff'],
    ['a BMP', bytes('BM', [0, 0, 0, 0]), 'image/bmp'],
    ['a ZIP', bytes('PK', [3, 4]), 'application/zip'],
    ['text', bytes('GIFs are fun'), undefined],
    ['zeros', Buffer.alloc(SIGNATURE_BYTES), undefined],
    ['nothing', Buffer.alloc(0), undefined],
  ];
  for (const [what, head, type] of heads) {
    it(`of ${what} is ${type ?? 'unknown'}`, () => assert.equal(typeBySignature(head), type));
  }

  const signatures: readonly (readonly [string, Buffer])[] = [
    ['image/jpeg', bytes([0xff, 0xd8, 0xff])],
    ['image/png', bytes(PNG)],
    ['image/gif', bytes('GIF89a')],
    ['image/webp', riff('WEBP').subarray(0, 12)],
    ['image/avif', ftyp('avif').subarray(0, 16)],
    ['image/heic', ftyp('heic').subarray(0, 16)],
  ];
  for (const [type, signature] of signatures) {
    it(`of ${type} needs all ${signature.length} bytes of its signature, and no more`, () => {
      assert.equal(typeBySignature(signature), type);
      for (let length = 0; length < signature.length; length++) {
        assert.equal(typeBySignature(signature.subarray(0, length)), undefined, `${length} bytes`);
      }
    });

    it(`of ${type} depends neither on the bytes that follow nor on the offset in memory`, () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 600 }), fc.nat({ max: 9 }), (rest, offset) => {
          const memory = Buffer.concat([Buffer.alloc(offset, 1), signature, rest]);
          assert.equal(typeBySignature(memory.subarray(offset)), type);
        }),
      );
    });
  }

  it('never throws, for truncated heads with arbitrary bytes after them', () => {
    const starts = heads.map(([, head]) => head);
    fc.assert(
      fc.property(fc.constantFrom(...starts), fc.nat(64), fc.uint8Array({ maxLength: 64 }), (head, length, rest) => {
        typeBySignature(Buffer.concat([head.subarray(0, length), rest]));
      }),
    );
  });

  it('of SVG after a comment longer than the bytes read is text/xml, which is not accepted', () => {
    const type = typeBySignature(bytes(`<?xml version="1.0"?><!--${' '.repeat(SIGNATURE_BYTES)}--><svg>`));
    assert.equal(type, 'text/xml');
  });
});
