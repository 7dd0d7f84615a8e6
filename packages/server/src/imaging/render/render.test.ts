import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import sharp from 'sharp';
import { decompressionBomb, testImage, truncated } from '../../../../../test/pictures/test-images.ts';
import { eachType, type MediaType } from '../../domain/image/media-type.ts';
import type { Recipe } from '../../domain/rendition/recipe.ts';
import type { OutputFormat } from '../../domain/rendition/transform.ts';
import { DEFAULT_LIMITS, type Limits } from '../limits.ts';
import { createRenderer, quadrants, RECIPE, type Renderer, toImage } from './render.fixture.ts';
import { render } from './render.ts';
import { bitmapOf, difference } from './slow-render.fixture.ts';

const FORMATS: readonly OutputFormat[] = ['jpeg', 'png', 'webp', 'avif'];
const SIZE = { width: 120, height: 80 };

const png = (alpha = 255): Promise<Buffer> => toImage(quadrants(SIZE, { alpha })).png().toBuffer();

/** One uniform color. */
const plain = (background: string) => sharp({ create: { width: 40, height: 30, channels: 4, background } });

const pixelAt = async (bytes: Buffer, left: number, top: number): Promise<readonly number[]> => {
  const pixel = sharp(bytes).ensureAlpha().extract({ left, top, width: 1, height: 1 });
  return [...(await pixel.raw({ depth: 'uchar' }).toBuffer())];
};

const assertNear = (came: readonly number[], expected: readonly number[], apart = 4): void => {
  const isNear =
    came.length === expected.length && came.every((value, at) => Math.abs(value - (expected[at] ?? 0)) <= apart);
  assert.ok(isNear, `expected about ${expected}; got ${came}`);
};

describe('rendering', () => {
  let renderer: Renderer;
  before(async () => {
    renderer = await createRenderer();
  });
  after(() => renderer[Symbol.asyncDispose]());

  for (const format of FORMATS) {
    it(`as ${format} returns that type, upright for every EXIF orientation`, async () => {
      for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8]) {
        const stored = await sharp(await png())
          .jpeg({ quality: 95 })
          .withMetadata({ orientation })
          .toBuffer();
        const upright = await sharp(stored).autoOrient().resize(40, 40, { fit: 'fill' }).png().toBuffer();
        const { rendered, bytes } = await renderer.make(stored, 'image/jpeg', {
          scaled: { width: 40, height: 40 },
          format,
        });
        assert.equal(rendered.contentType, `image/${format}`);
        assert.equal((await sharp(bytes).metadata()).mediaType, rendered.contentType);
        const { mean } = difference(await bitmapOf(bytes), await bitmapOf(upright));
        assert.ok(mean < 6, `orientation ${orientation}: differs by ${mean}`);
      }
    });

    it(`as ${format} drops all metadata of the picture`, async () => {
      const exif = { IFD0: { Copyright: 'Ada', Model: 'Camera' }, IFD3: { GPSLatitude: '51/1 30/1 0/1' } };
      const source = await sharp(await png())
        .jpeg()
        .withIccProfile('p3')
        .withExif(exif)
        .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf/></x:xmpmeta>')
        .withMetadata({ orientation: 6 })
        .toBuffer();
      const before = await sharp(source).metadata();
      assert.ok(before.exif && before.icc && before.orientation);
      const recipes = [{ format }, { format, scaled: { width: 40, height: 60 } }, { format, rotate: 90 as const }];
      for (const { bytes } of await renderer.makeAll(source, 'image/jpeg', recipes)) {
        const { exif, xmp, icc, iptc, orientation, comments } = await sharp(bytes).metadata();
        assert.deepEqual([exif, xmp, icc, iptc, orientation, comments], Array(6).fill(undefined));
        for (const word of ['Exif', 'Ada', 'Camera', 'ICC_PROFILE', 'xmpmeta']) assert.ok(!bytes.includes(word), word);
      }
    });
  }

  for (const find of ['attention', 'entropy'] as const) {
    it(`finds the same window by ${find} in every orientation of the file`, async () => {
      const scene = sharp({ create: { width: 300, height: 120, channels: 3, background: '#777' } });
      const face = await testImage({ type: 'image/png', width: 60, height: 60 });
      const seen = await scene
        .composite([{ input: face, left: 220, top: 30 }])
        .png()
        .toBuffer();
      const window = { width: 60, height: 60, find };
      const { bytes: expected } = await renderer.make(seen, 'image/png', { window });
      const turned = await sharp(seen).rotate(270).withMetadata({ orientation: 6 }).toBuffer();
      const mirrored = await sharp(seen).flop().withMetadata({ orientation: 2 }).toBuffer();
      const asked = await sharp(seen).rotate(90).toBuffer();
      const cases: [Buffer, Partial<Recipe>][] = [
        [turned, { window }],
        [mirrored, { window }],
        [asked, { window, rotate: 270 }],
      ];
      assert.notDeepEqual(
        await pixelAt(expected, 50, 30),
        [0x77, 0x77, 0x77, 255],
        'expected the object to be in the window',
      );
      for (const [bytes, recipe] of cases) {
        const { bytes: came, rendered } = await renderer.make(bytes, 'image/png', recipe);
        assert.deepEqual([rendered.width, rendered.height], [60, 60]);
        const { mean } = difference(await bitmapOf(came), await bitmapOf(expected));
        assert.ok(mean < 2, `differs by ${mean}`);
      }
    });
  }

  describe('colors', () => {
    const kinds: Record<string, [MediaType, () => Promise<Buffer>, apart?: number]> = {
      'Display P3': ['image/jpeg', () => plain('#a06450').withIccProfile('p3').jpeg({ quality: 100 }).toBuffer()],
      'Display P3 of 16 bits': [
        'image/png',
        () => plain('#a06450').toColorspace('rgb16').withIccProfile('p3').png().toBuffer(),
      ],
      '16 bits without a profile': ['image/png', () => plain('#a06450').toColorspace('rgb16').png().toBuffer()],
      'CMYK with a profile': [
        'image/jpeg',
        () => plain('#a06450').toColorspace('cmyk').withIccProfile('cmyk').jpeg({ quality: 100 }).toBuffer(),
        20, // the conversions there and back treat black differently
      ],
      'CMYK without one': ['image/jpeg', () => plain('#a06450').toColorspace('cmyk').jpeg({ quality: 100 }).toBuffer()],
    };
    for (const [kind, [type, make, apart = 4]] of Object.entries(kinds)) {
      it(`of ${kind} become sRGB of 8 bits`, async () => {
        const recipes: Partial<Recipe>[] = [
          {},
          { scaled: { width: 20, height: 15 } },
          { canvas: { left: 5, top: 5, width: 50, height: 40 }, background: 'ff0000' },
        ];
        for (const { bytes } of await renderer.makeAll(await make(), type, recipes)) {
          const { depth, space, hasProfile } = await sharp(bytes).metadata();
          assert.deepEqual([depth, space, hasProfile], ['uchar', 'srgb', false]);
          assertNear(await pixelAt(bytes, 12, 12), [0xa0, 0x64, 0x50, 255], apart);
        }
      });
    }

    it('of gray stay gray, also on a colored canvas', async () => {
      const gray = await plain('#808080').removeAlpha().toColorspace('b-w').png().toBuffer();
      const canvas = { left: 5, top: 5, width: 50, height: 40 };
      const { bytes } = await renderer.make(gray, 'image/png', { canvas, background: 'ff8000' });
      assertNear(await pixelAt(bytes, 20, 20), [128, 128, 128, 255]);
      assertNear(await pixelAt(bytes, 1, 1), [255, 128, 0, 255]);
    });

    it('of transparent gray show a colored background', async () => {
      const gray = await plain('#80808000').toColorspace('b-w').png().toBuffer();
      assert.equal((await sharp(gray).metadata()).channels, 2);
      const { bytes } = await renderer.make(gray, 'image/png', { background: 'ff8000' });
      assertNear(await pixelAt(bytes, 20, 20), [255, 128, 0, 255]);
    });
  });

  describe('transparency', () => {
    const half = () => plain('#0000ff80').png().toBuffer();

    it('stays if the format supports it', async () => {
      for (const format of ['png', 'webp', 'avif'] as const) {
        const { bytes } = await renderer.make(await half(), 'image/png', { format, scaled: { width: 20, height: 15 } });
        assertNear(await pixelAt(bytes, 10, 10), [0, 0, 255, 128]);
      }
    });

    it('becomes white in a JPEG, or the requested color', async () => {
      const cases: [Partial<Recipe>, readonly number[]][] = [
        [{}, [127, 127, 255, 255]],
        [{ background: 'ff0000' }, [127, 0, 128, 255]],
        [{ background: 'ff000080' }, [127, 64, 192, 255]],
        [{ background: '00000000' }, [127, 127, 255, 255]],
      ];
      for (const [recipe, expected] of cases) {
        const { bytes } = await renderer.make(await half(), 'image/png', { ...recipe, format: 'jpeg' });
        assertNear(await pixelAt(bytes, 10, 10), expected);
      }
    });

    it('fills the canvas, unless a color is requested; it becomes white in a JPEG', async () => {
      const canvas = { left: 10, top: 10, width: 60, height: 50 };
      const jpeg = await plain('#336699').jpeg().toBuffer();
      const cases: [Recipe['format'], string | null, readonly number[]][] = [
        ['webp', null, [0, 0, 0, 0]],
        ['png', '00ff00', [0, 255, 0, 255]],
        ['png', '00ff0080', [0, 255, 0, 128]],
        ['jpeg', null, [255, 255, 255, 255]],
        ['plain', null, [255, 255, 255, 255]],
      ];
      for (const [format, background, expected] of cases) {
        const { bytes } = await renderer.make(jpeg, 'image/jpeg', { canvas, background, format });
        assertNear(await pixelAt(bytes, 2, 2), expected);
        assertNear(await pixelAt(bytes, 30, 25), [0x33, 0x66, 0x99, 255]);
      }
    });

    it('makes a PNG of a picture in the plain format', async () => {
      const webp = (background: string) => plain(background).webp({ lossless: true }).toBuffer();
      const opaqueAlpha = await sharp(await webp('#0000ff80'))
        .ensureAlpha()
        .toBuffer();
      assert.ok((await sharp(opaqueAlpha).metadata()).hasAlpha);
      const cases: [Buffer, MediaType, Partial<Recipe>, string][] = [
        [await plain('#00f').jpeg().toBuffer(), 'image/jpeg', {}, 'image/jpeg'],
        [await plain('#00f').removeAlpha().png().toBuffer(), 'image/png', {}, 'image/png'],
        [await plain('#00f').gif().toBuffer(), 'image/gif', {}, 'image/png'],
        [await webp('#00f'), 'image/webp', {}, 'image/jpeg'],
        [await webp('#0000ff80'), 'image/webp', {}, 'image/png'],
        [await webp('#0000ff80'), 'image/webp', { background: 'ff0000' }, 'image/jpeg'],
        [await webp('#0000ff80'), 'image/webp', { background: 'ff000080' }, 'image/png'],
        [await plain('#0000ff80').avif().toBuffer(), 'image/avif', {}, 'image/png'],
        [await plain('#0000ff').avif().toBuffer(), 'image/avif', {}, 'image/jpeg'],
      ];
      for (const [bytes, type, recipe, expected] of cases) {
        const { rendered } = await renderer.make(bytes, type, { ...recipe, format: 'plain' });
        assert.equal(rendered.contentType, expected, `${type} ${JSON.stringify(recipe)}`);
      }
    });

    it('is detected in the resulting pixels, not by the alpha channel of the file', async () => {
      const webp = await toImage(quadrants(SIZE, { alpha: 128 }))
        .webp({ lossless: true })
        .toBuffer();
      const crop = { left: 60, top: 10, width: 40, height: 40 };
      const canvas = { left: 20, top: 20, width: 80, height: 80 };
      const opaque = await renderer.make(webp, 'image/webp', { crop, canvas, format: 'plain' });
      assert.equal(opaque.rendered.contentType, 'image/jpeg');
      assertNear(await pixelAt(opaque.bytes, 1, 1), [255, 255, 255, 255]);
    });

    it('has no dark edge after a blur', async () => {
      const canvas = { left: 10, top: 10, width: 60, height: 50 };
      const white = await plain('#fff').removeAlpha().png().toBuffer();
      const { bytes } = await renderer.make(white, 'image/png', { canvas, blur: 3 });
      const [red, green, blue, alpha = 0] = await pixelAt(bytes, 10, 25);
      assertNear([red ?? 0, green ?? 0, blue ?? 0], [255, 255, 255]);
      assert.ok(alpha > 60 && alpha < 200);
    });
  });

  it('makes smaller pictures from larger ones, equal to separate renders', async () => {
    const photo = await testImage({ type: 'image/jpeg', width: 1600, height: 1200, orientation: 8 });
    const sizes = [75, 600, 300, 570].map((width) => ({ scaled: { width, height: (width * 4) / 3 } }));
    const crop = { left: 100, top: 300, width: 800, height: 900 };
    const turned = [400, 200].map((height) => ({
      crop,
      rotate: 90 as const,
      flip: 'vertical' as const,
      scaled: { width: (height * 9) / 8, height },
    }));
    const window = { left: 0, top: 20, width: 90, height: 90 };
    const recipes = [...sizes, ...turned, { scaled: { width: 90, height: 120 }, window }];
    const together = await renderer.makeAll(photo, 'image/jpeg', recipes);
    for (const [place, recipe] of recipes.entries()) {
      const { bytes } = await renderer.make(photo, 'image/jpeg', recipe);
      const one = together[place];
      assert.ok(one);
      const apart = difference(await bitmapOf(one.bytes), await bitmapOf(bytes));
      assert.ok(apart.mean < 1.5 && apart.max < 30, `${JSON.stringify(recipe)}: ${JSON.stringify(apart)}`);
    }
  });

  describe('is refused', () => {
    it('if there is no such page', async () => {
      const gif = await testImage({ type: 'image/gif', width: 40, height: 30, frames: 10 });
      assert.deepEqual(await renderer.refusal(gif, 'image/gif', { page: 12 }), {
        code: 'no-such-page',
        detail: 'expected a page from 0 to 9, since the image has 10; got 12',
      });
      const refusal = await renderer.refusal(await png(), 'image/png', { page: 1 });
      assert.deepEqual(refusal, {
        code: 'no-such-page',
        detail: 'expected page 0, since the image has no other; got 1',
      });
    });

    it('for one output only if the source has the pages of the others', async () => {
      const gif = await testImage({ type: 'image/gif', width: 40, height: 30, frames: 2 });
      const all = await renderer.renders(gif, 'image/gif', [{ page: 0 }, { page: 2 }, { page: 1 }]);
      assert.deepEqual(
        all.map(({ outcome }) => outcome),
        ['made', 'refused', 'made'],
      );
    });

    it('over the limits, by the header', async () => {
      const cases: [Buffer, Partial<Limits>, RegExp][] = [
        [decompressionBomb(), {}, /52,428,800 pixels in a PNG; got 65,536 x 65,536/],
        [await png(), { maxPixels: eachType(() => 9_599) }, /9,599 pixels; got 120 x 80/],
        [await png(), { maxSidePixels: 119 }, /119 pixels a side; got 120 x 80/],
      ];
      for (const [bytes, limits, words] of cases) {
        const { code, detail } = await renderer.refusal(bytes, 'image/png', {}, limits);
        assert.equal(code, 'too-many-pixels');
        assert.match(detail, words);
      }
    });

    it('for bytes that do not decode to their end, or are another type', async () => {
      for (const type of ['image/jpeg', 'image/png', 'image/webp', 'image/avif'] as const) {
        const cut = truncated(await testImage({ type, width: 200, height: 150 }));
        assert.equal((await renderer.refusal(cut, type)).code, 'unreadable-image');
      }
      assert.equal((await renderer.refusal(await png(), 'image/jpeg')).code, 'unreadable-image');
      assert.equal((await renderer.refusal(Buffer.from('no image'), 'image/jpeg')).code, 'unreadable-image');
    });
  });

  describe('throws', () => {
    const job = (path: string, outputs: readonly string[], recipe: Partial<Recipe> = {}) => ({
      source: { path, contentType: 'image/png' as const },
      outputs: outputs.map((output) => ({ recipe: { ...RECIPE, ...recipe }, path: output })),
      limits: DEFAULT_LIMITS,
    });

    it("the system's error if there is no source", async () => {
      const missing = job(join(renderer.folder, 'nowhere'), [join(renderer.folder, 'result')]);
      await assert.rejects(render(missing), { code: 'ENOENT', syscall: 'access' });
    });

    it("the system's error if the file of an output doesn't exist, and makes none", async () => {
      const folder = join(renderer.folder, 'results');
      await mkdir(folder);
      const source = join(renderer.folder, 'whole.png');
      await writeFile(source, await png());
      await writeFile(join(folder, 'one'), '');
      const outputs = [join(folder, 'one'), join(folder, 'two')];
      await assert.rejects(render(job(source, outputs)), { code: 'ENOENT', syscall: 'open' });
      assert.deepEqual(await readdir(folder), ['one']);
    });

    it('for a recipe that does not fit the picture', async () => {
      const source = join(renderer.folder, 'small.png');
      await writeFile(source, await png());
      const crop = { left: 100, top: 0, width: 40, height: 10 };
      const message = 'expected a crop within 120 x 80; got 40 x 10 at 100, 0';
      await assert.rejects(render(job(source, [join(renderer.folder, 'r')], { crop })), { message });
    });
  });
});
