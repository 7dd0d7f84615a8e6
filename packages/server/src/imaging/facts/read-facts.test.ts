import assert from 'node:assert/strict';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { heicBytes } from '../../../../../test/pictures/heic-bytes.ts';
import { heicFile } from '../../../../../test/pictures/heic-image.ts';
import { chunk } from '../../../../../test/pictures/png-bytes.ts';
import { testImage } from '../../../../../test/pictures/test-images.ts';
import type { MediaType } from '../../domain/image/media-type.ts';
import { refuseStructure } from '../inspect/structure/structure.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import { exifBlock, jpegWith, xmpPacket } from './exif.fixture.ts';
import { factsOrNothing, readFacts } from './read-facts.ts';

const EXIF = exifBlock({
  image: { 271: 'Example', 272: 'One' },
  exif: { 36867: '2024:07:14 18:22:31', 36881: '+02:00' },
});
const XMP = xmpPacket('<dc:rights>mine</dc:rights>', 'xmp:CreateDate="2019-01-01"');
const TAKEN = { at: '2024-07-14T18:22:31.000', offset: '+02:00', source: 'exif-original' };

async function factsOf(type: MediaType, bytes: Uint8Array, latestMs?: number) {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'facts-'));
  const path = join(folder.path, 'file');
  await writeFile(path, bytes);
  assert.equal(await refuseStructure(path, type, DEFAULT_LIMITS), undefined); // as a service takes it
  return readFacts({ path, type, latestMs });
}

const SIZE = { width: 32, height: 24 };
const marked = Buffer.concat([Buffer.from('Exif\0\0'), EXIF]);
const ofJpeg = async (): Promise<Buffer> => testImage({ type: 'image/jpeg', ...SIZE });
const ofXmp = (packet: Uint8Array): Buffer => Buffer.concat([Buffer.from('http://ns.adobe.com/xap/1.0/\0'), packet]);
const EXIF_WORDS = {
  IFD0: { Make: 'Example', Model: 'One' },
  IFD2: { DateTimeOriginal: '2024:07:14 18:22:31', OffsetTimeOriginal: '+02:00' },
};

/** A PNG with these chunks before its end. */
async function pngWith(...chunks: readonly Buffer[]): Promise<Buffer> {
  const png = await testImage({ type: 'image/png', ...SIZE });
  return Buffer.concat([png.subarray(0, -12), ...chunks, png.subarray(-12)]);
}

/** A GIF with an application extension behind its header. */
async function gifWith(application: string, data: Uint8Array): Promise<Buffer> {
  const gif = await testImage({ type: 'image/gif', ...SIZE });
  const at = 13 + 3 * 2 ** (((gif[10] ?? 0) & 7) + 1);
  const head = Buffer.concat([Buffer.from([0x21, 0xff, 11]), Buffer.from(application)]);
  return Buffer.concat([gif.subarray(0, at), head, data, gif.subarray(at)]);
}
const MAGIC_TRAILER = Buffer.from([1, ...Array.from({ length: 256 }, (_, index) => 255 - index), 0]);

/** With EXIF and XMP, written by libvips. */
const bySharp = (type: 'webp' | 'avif') =>
  sharp({ create: { ...SIZE, channels: 3, background: 'teal' } })
    .withExif(EXIF_WORDS)
    .withXmp(XMP.toString())
    .toFormat(type)
    .toBuffer();

const text = (isCompressed: boolean): Buffer =>
  chunk(
    'iTXt',
    Buffer.concat([
      Buffer.from(`XML:com.adobe.xmp\0${isCompressed ? '\u0001' : '\0'}\0\0\0`),
      isCompressed ? deflateSync(XMP) : XMP,
    ]),
  );

describe('the facts of a file', () => {
  const files: Readonly<Record<string, readonly [MediaType, () => Promise<Buffer>]>> = {
    'a JPEG': [
      'image/jpeg',
      async () =>
        jpegWith(await ofJpeg(), [
          { code: 0xe1, data: marked },
          { code: 0xe1, data: ofXmp(XMP) },
        ]),
    ],
    'a JPEG whose mark is padded otherwise': [
      'image/jpeg',
      async () =>
        jpegWith(await ofJpeg(), [
          { code: 0xe1, data: Buffer.concat([Buffer.from('Exif\0'), Buffer.from([0xff]), EXIF]) },
          { code: 0xe1, data: ofXmp(XMP) },
        ]),
    ],
    'a PNG with chunks behind its pixels': ['image/png', () => pngWith(chunk('eXIf', EXIF), text(false))],
    'a PNG with a marked block and a compressed text': ['image/png', () => pngWith(chunk('eXIf', marked), text(true))],
    'a WebP': ['image/webp', () => bySharp('webp')],
    'an AVIF': ['image/avif', () => bySharp('avif')],
  };
  for (const [name, [type, make]] of Object.entries(files))
    it(`are in the EXIF and XMP of ${name}`, async () => {
      const { facts, details } = await factsOf(type, await make());
      assert.deepEqual(facts.taken, TAKEN);
      assert.equal(facts.camera, 'Example One');
      assert.equal(details?.copyright, 'mine');
      assert.equal(facts.hasC2pa, false);
    });

  it('are in the items of a HEIC that describe its primary picture', async () => {
    const file = heicFile({ ...SIZE, pixels: new Uint8Array(3 * SIZE.width * SIZE.height) });
    const other = exifBlock({ image: { 272: 'Thumbnail' } });
    const offset = (block: Buffer) => Buffer.concat([Buffer.from([0, 0, 0, 6, 0, 0, 0, 0, 0, 0]), block]);
    file.items.push(
      { id: 50, type: 'Exif', data: offset(other), properties: [] },
      { id: 51, type: 'Exif', data: offset(EXIF), properties: [] },
      { id: 52, type: 'mime', data: Buffer.from('<html>'), contentType: 'text/html', properties: [] },
      { id: 53, type: 'mime', data: XMP, contentType: 'application/rdf+xml', properties: [] },
      { id: 54, type: 'mime', data: XMP, contentType: 'cut', properties: [] },
    );
    file.references.push({ type: 'cdsc', from: 50, to: [99] }, { type: 'cdsc', from: 51, to: [file.primary] });
    const { facts, details } = await factsOf('image/heic', heicBytes(file));
    assert.deepEqual(facts.taken, TAKEN);
    assert.equal(facts.camera, 'Example One');
    assert.equal(details?.copyright, 'mine');
  });

  it('are in the directories of a TIFF, whose pixels nobody needs', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'facts-'));
    const path = join(folder.path, 'file');
    const xmp = { type: 1, count: XMP.length, bytes: XMP };
    await writeFile(
      path,
      exifBlock({ image: { 272: 'One', 700: xmp, 52545: { shorts: [1] } }, exif: { 36867: '2024:07:14 18:22:31' } }),
    );
    const { facts, details } = readFacts({ path, type: 'image/tiff' });
    assert.equal(facts.taken?.at, TAKEN.at);
    assert.equal(facts.camera, 'One');
    assert.equal(facts.hasC2pa, true);
    assert.equal(details?.copyright, 'mine');
  });

  it('are in the XMP of a GIF', async () => {
    const { facts, details } = await factsOf(
      'image/gif',
      await gifWith('XMP DataXMP', Buffer.concat([XMP, MAGIC_TRAILER])),
    );
    assert.equal(facts.taken?.at, '2019-01-01T00:00:00.000');
    assert.equal(details?.copyright, 'mine');
  });

  for (const type of [
    'image/jpeg',
    'image/png',
    'image/webp',
    'image/gif',
    'image/avif',
    'image/heic',
    'image/tiff',
  ] as const)
    it(`are none of a ${type} that says nothing`, async () => {
      const { facts, details } = await factsOf(type, await testImage({ type, ...SIZE }));
      assert.deepEqual([facts.taken, facts.camera, facts.hasC2pa, details], [null, null, false, null]);
    });

  it('are found in a GIF whatever stands around them', async () => {
    const comment = Buffer.concat([
      Buffer.from([0x21, 0xfe]),
      ...Array.from({ length: 4_110 }, () => Buffer.concat([Buffer.from([255]), Buffer.alloc(255, 'c')])),
      Buffer.from([0]),
    ]);
    const head = Buffer.concat([Buffer.from([0x21, 0xff, 11]), Buffer.from('XMP DataXMP')]);
    const block = Buffer.concat([head, XMP, MAGIC_TRAILER]);
    const gif = await testImage({ type: 'image/gif', ...SIZE });
    const at = 13 + 3 * 2 ** (((gif[10] ?? 0) & 7) + 1);
    // Places of the block before, across and behind the first megabyte, which is read at once.
    for (const less of [0, 8, 14, 15, 200, 400]) {
      const before = comment.subarray(0, 2 + 256 * (4_090 - less));
      const file = Buffer.concat([gif.subarray(0, at), before, Buffer.from([0]), block, comment, gif.subarray(at)]);
      assert.equal((await factsOf('image/gif', file)).details?.copyright, 'mine', String(less));
    }
  });

  it('take the first of two blocks', async () => {
    const other = exifBlock({ image: { 272: 'Other' } });
    const jpeg = jpegWith(await ofJpeg(), [
      { code: 0xe1, data: marked },
      { code: 0xe1, data: Buffer.concat([Buffer.from('Exif\0\0'), other]) },
    ]);
    assert.equal((await factsOf('image/jpeg', jpeg)).facts.camera, 'Example One');
  });

  it('have no date after the latest one', async () => {
    const jpeg = jpegWith(await ofJpeg(), [{ code: 0xe1, data: marked }]);
    const at = Date.parse('2024-07-14T18:22:31Z');
    assert.deepEqual((await factsOf('image/jpeg', jpeg, at)).facts.taken, TAKEN);
    assert.equal((await factsOf('image/jpeg', jpeg, at - 1)).facts.taken, null);
  });

  it('are texts that a page or a terminal shows as such', async () => {
    const packet = xmpPacket('<dc:rights>a\u001b[31m\u202eb\u200b\n\n c\u0007 \ue000d</dc:rights>');
    const jpeg = jpegWith(await ofJpeg(), [{ code: 0xe1, data: ofXmp(packet) }]);
    assert.equal((await factsOf('image/jpeg', jpeg)).details?.copyright, 'a [31mb c d');
  });

  it('are cut where they are longer than anybody reads', async () => {
    const words = Array.from({ length: 80 }, (_, index) => `<rdf:li>${index}${'😀'.repeat(100)}</rdf:li>`).join('');
    const packet = xmpPacket(
      `<dc:title>${'t'.repeat(300)}</dc:title><dc:description>${'d'.repeat(3_000)}</dc:description><dc:subject><rdf:Bag>${words}</rdf:Bag></dc:subject>`,
    );
    const jpeg = jpegWith(await ofJpeg(), [{ code: 0xe1, data: ofXmp(packet) }]);
    const { details } = await factsOf('image/jpeg', jpeg);
    assert.equal(details?.title?.length, 200);
    assert.equal(details?.description?.length, 2_000);
    assert.equal(details?.keywords.length, 50);
    assert.equal(details?.keywords[0], `0${'😀'.repeat(63)}`);
  });

  for (const [source, expected] of [
    ['trainedAlgorithmicMedia', true],
    ['compositeWithTrainedAlgorithmicMedia', true],
    ['digitalCapture', false],
  ] as const)
    it(`say of ${source} ${expected ? 'that a model made it' : 'nothing'}`, async () => {
      const uri = `http://cv.iptc.org/newscodes/digitalsourcetype/${source}`;
      const packet = xmpPacket('', `Iptc4xmpExt:DigitalSourceType="${uri}"`);
      const jpeg = jpegWith(await ofJpeg(), [{ code: 0xe1, data: ofXmp(packet) }]);
      assert.equal((await factsOf('image/jpeg', jpeg)).facts.isAiGenerated, expected);
    });

  const C2PA_BOX = Buffer.concat([
    Buffer.from([0x4a, 0x50, 0, 1, 0, 0, 0, 1, 0, 0, 0, 64]),
    Buffer.from('jumb\0\0\0\u0028jumd'),
    Buffer.from('6332706100110010800000aa00389b71', 'hex'),
    Buffer.from('\u0003c2pa\0'),
  ]);
  it('say that a manifest of C2PA is there', async () => {
    const withBox = (data: Buffer) => async () => jpegWith(await ofJpeg(), [{ code: 0xeb, data }]);
    const other = Buffer.from(C2PA_BOX);
    other[20] = 0;
    const has = async (type: MediaType, make: () => Promise<Buffer>) =>
      (await factsOf(type, await make())).facts.hasC2pa;
    assert.equal(await has('image/jpeg', withBox(C2PA_BOX)), true);
    assert.equal(await has('image/jpeg', withBox(other)), false);
    assert.equal(await has('image/png', () => pngWith(chunk('caBX', C2PA_BOX))), true);
    assert.equal(await has('image/gif', () => gifWith('C2PA_GIF\u0001\0\0', Buffer.from([1, 0, 0]))), true);
  });
});

it('a file that can not be read is an error, not a picture that says nothing', () => {
  const path = join(import.meta.dirname, 'absent.jpg');
  assert.throws(() => factsOrNothing({ path, type: 'image/jpeg' }), { code: 'ENOENT' });
});
