import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import sharp from 'sharp';
import { fullSizeRecipe } from '../../domain/rendition/full-size-jpeg.ts';
import { createRenderer, type Renderer } from './render.fixture.ts';

const SIZE = { width: 120, height: 80 };
const SAMPLES = SIZE.width * SIZE.height * 3;

const jpeg = ({ orientation = 1, progressive = false } = {}): Promise<Buffer> =>
  sharp({ create: { ...SIZE, channels: 3, background: '#c08552' } })
    .jpeg({ progressive })
    .withMetadata({ orientation })
    .toBuffer();

/** The first table for Huffman codes (ITU T.81, B.2.4.2). */
const huffmanTable = (file: Buffer): Buffer => {
  const start = file.indexOf(Buffer.from([0xff, 0xc4]));
  return file.subarray(start + 4, start + 2 + file.readUInt16BE(start + 2));
};

describe('a JPEG in full size', () => {
  let renderer: Renderer;
  before(async () => {
    renderer = await createRenderer();
  });
  after(() => renderer[Symbol.asyncDispose]());

  for (const [what, options, bytes] of [
    ['a quarter turn', { orientation: 6 }, SAMPLES],
    ['a half turn', { orientation: 3 }, SAMPLES],
    ['a quarter turn of a progressive JPEG', { orientation: 8, progressive: true }, 3 * SAMPLES],
  ] as const)
    it(`is refused beyond the memory that ${what} takes`, async () => {
      const file = await jpeg(options);
      const isTurned = options.orientation !== 3;
      const size = isTurned ? { width: SIZE.height, height: SIZE.width } : SIZE;
      const recipe = fullSizeRecipe(size);
      const [made] = await renderer.renders(file, 'image/jpeg', [recipe], { maxTurnedBytes: bytes });
      assert.deepEqual(made, { outcome: 'made', contentType: 'image/jpeg', ...size });
      const { code, detail } = await renderer.refusal(file, 'image/jpeg', recipe, { maxTurnedBytes: bytes - 1 });
      assert.equal(code, 'too-many-pixels');
      assert.match(detail, /^expected a result that is turned in at most [\d,]+ bytes of memory; got \d+ x \d+ in /);
    });

  for (const orientation of [1, 2])
    it(`needs no memory for orientation ${orientation}`, async () => {
      const file = await jpeg({ orientation, progressive: true });
      const [made] = await renderer.renders(file, 'image/jpeg', [fullSizeRecipe(SIZE)], { maxTurnedBytes: 1 });
      assert.equal(made?.outcome, 'made');
    });

  it('of a CMYK image is refused beyond the pixels that a decoder converts in time, and no other with four channels', async () => {
    const cmyk = await sharp(await jpeg())
      .toColorspace('cmyk')
      .jpeg()
      .toBuffer();
    const asked = fullSizeRecipe(SIZE);
    const pixels = SIZE.width * SIZE.height;
    const [made] = await renderer.renders(cmyk, 'image/jpeg', [asked], { maxCmykPixels: pixels });
    assert.equal(made?.outcome, 'made');
    const { detail } = await renderer.refusal(cmyk, 'image/jpeg', asked, { maxCmykPixels: pixels - 1 });
    assert.equal(detail, 'expected at most 9,599 pixels of a CMYK image; got 120 x 80');
    const transparent = await sharp(await jpeg())
      .ensureAlpha(0.5)
      .png()
      .toBuffer();
    const [other] = await renderer.renders(transparent, 'image/png', [asked], { maxCmykPixels: 1 });
    assert.equal(other?.outcome, 'made');
  });

  it('is refused beyond the length that a file may have', async () => {
    const file = await jpeg();
    const { bytes } = await renderer.make(file, 'image/jpeg', fullSizeRecipe(SIZE));
    const asked = [fullSizeRecipe(SIZE)];
    const atLimit = { maxRenditionBytes: bytes.length };
    assert.equal((await renderer.renders(file, 'image/jpeg', asked, atLimit))[0]?.outcome, 'made');
    const beyond = { maxRenditionBytes: bytes.length - 1 };
    const { detail } = await renderer.refusal(file, 'image/jpeg', fullSizeRecipe(SIZE), beyond);
    assert.match(detail, /^expected a rendition of at most \d+ bytes; got \d+$/);
  });

  it('is encoded without holding the picture beyond the size of transforms, and as other JPEGs up to it', async () => {
    const picture = (height: number) =>
      sharp({ create: { width: 4_096, height, channels: 3, background: '#c08552' } }).png({ compressionLevel: 1 });
    const [largest, larger] = [await picture(4_096).toBuffer(), await picture(4_097).toBuffer()];
    const asked = async (file: Buffer, height: number): Promise<Buffer> => {
      const { bytes } = await renderer.make(file, 'image/png', fullSizeRecipe({ width: 4_096, height }));
      return huffmanTable(bytes);
    };
    const standard = huffmanTable(
      await sharp(await jpeg())
        .jpeg({ optimiseCoding: false })
        .toBuffer(),
    );
    assert.notDeepEqual(await asked(largest, 4_096), standard);
    assert.deepEqual(await asked(larger, 4_097), standard);
  });
});
