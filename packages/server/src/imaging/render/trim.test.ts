import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import sharp, { type Sharp } from 'sharp';
import { testImage } from '../../../../../test/pictures/test-images.ts';
import type { Trim } from '../../domain/rendition/recipe.ts';
import type { Region, Size } from '../../domain/rendition/transform.ts';
import { createRenderer, quadrants, type Renderer, TRIM, toImage } from './render.fixture.ts';
import { asSeenBy, bitmapOf, difference } from './slow-render.fixture.ts';
import { contentOf } from './trim.ts';

const CONTENT = { left: 30, top: 10, width: 60, height: 48 };
const WHOLE = { width: 120, height: 90 };

/** The quadrants with a border of this color. */
const framed = (background: string): Sharp =>
  toImage(quadrants(CONTENT)).extend({
    left: CONTENT.left,
    top: CONTENT.top,
    right: WHOLE.width - CONTENT.left - CONTENT.width,
    bottom: WHOLE.height - CONTENT.top - CONTENT.height,
    background,
  });

describe('the content of a picture within a border', () => {
  const sizes = fc.record({ width: fc.integer({ min: 3, max: 9 }), height: fc.integer({ min: 3, max: 9 }) });
  const pictures = fc
    .record({
      size: sizes,
      channels: fc.constantFrom(3 as const, 4 as const),
      threshold: fc.integer({ min: 1, max: 254 }),
    })
    .chain(({ size, channels, threshold }) =>
      fc.record({
        size: fc.constant(size),
        channels: fc.constant(channels),
        threshold: fc.constant(threshold),
        border: fc.constantFrom(0, 90, 255),
        dots: fc.array(fc.record({ at: fc.nat(size.width * size.height - 1), value: fc.nat(255) }), { maxLength: 3 }),
      }),
    );

  it('is what bare sharp finds', async () => {
    await fc.assert(
      fc.asyncProperty(pictures, async ({ size, channels, threshold, border, dots }) => {
        const data = Buffer.alloc(size.width * size.height * channels, border);
        if (channels === 4) for (let at = 3; at < data.length; at += 4) data[at] = 255;
        for (const { at, value } of dots) data[at * channels + (at % 3)] = value;
        const found = contentOf({ data, ...size, channels }, { left: 0, top: 0 }, threshold);
        assert.deepEqual(found ?? { left: 0, top: 0, ...size }, await bySharp(data, { ...size, channels }, threshold));
      }),
    );
  });

  const bySharp = async (data: Buffer, raw: Size & { channels: 3 | 4 }, threshold: number): Promise<Region> => {
    const { info } = await sharp(data, { raw })
      .trim({ threshold, lineArt: true })
      .raw()
      .toBuffer({ resolveWithObject: true });
    const { width, height, trimOffsetLeft = 0, trimOffsetTop = 0 } = info;
    return { left: Math.abs(trimOffsetLeft), top: Math.abs(trimOffsetTop), width, height };
  };

  it('counts colors as far as alpha shows them, and alpha itself', () => {
    const pixels = (...all: readonly number[][]) => ({
      ...{ data: Buffer.from(all.flat()), width: all.length, height: 1, channels: 4 as const },
    });
    const [nothing, hidden, faint, red] = [
      [0, 0, 0, 0],
      [255, 255, 255, 0],
      [255, 0, 0, 20],
      [255, 0, 0, 255],
    ];
    const corner = { left: 0, top: 0 };
    assert.equal(contentOf(pixels(nothing, hidden, faint), corner, 20), null);
    assert.deepEqual(contentOf(pixels(nothing, hidden, faint), corner, 19), { left: 2, top: 0, width: 1, height: 1 });
    assert.deepEqual(contentOf(pixels(nothing, red, hidden), corner, 20), { left: 1, top: 0, width: 1, height: 1 });
    assert.equal(contentOf(pixels(red, nothing), corner, 255), null);
  });
});

describe('a rendition with trim', () => {
  let renderer: Renderer;
  before(async () => {
    renderer = await createRenderer();
  });
  after(() => renderer[Symbol.asyncDispose]());

  for (const background of ['#ffffff', '#20408000']) {
    it(`is the picture within its border of ${background}, in every orientation of the file`, async () => {
      for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8]) {
        const stored = await framed(background).png().toBuffer();
        const turned = await sharp(stored).withMetadata({ orientation }).png().toBuffer();
        const { bytes, rendered } = await renderer.make(turned, 'image/png', { page: 0, trim: TRIM });
        const expected = asSeenBy(orientation, quadrants(CONTENT));
        assert.deepEqual([rendered.width, rendered.height], [expected.width, expected.height]);
        const { max } = difference(await bitmapOf(bytes), expected);
        assert.ok(max <= 1, `orientation ${orientation}: differs by ${max}`);
      }
    });
  }

  it('starts from the upper left pixel as seen, not as stored', async () => {
    const half = await sharp({ create: { width: 60, height: 90, channels: 3, background: '#000' } })
      .png()
      .toBuffer();
    const picture = sharp({ create: { ...WHOLE, channels: 3, background: '#fff' } });
    const bytes = await picture
      .composite([{ input: half, left: 0, top: 0 }])
      .png()
      .toBuffer();
    for (const [orientation, color] of [
      [1, 255],
      [3, 0],
    ] as const) {
      const turned = await sharp(bytes).withMetadata({ orientation }).png().toBuffer();
      const made = await renderer.make(turned, 'image/png', { page: 0, trim: TRIM });
      assert.deepEqual([made.rendered.width, (await bitmapOf(made.bytes)).data[0]], [60, color]);
    }
  });

  const layouts: Record<string, [Partial<Trim>, number, number]> = {
    inside: [{ width: 30, height: 30 }, 30, 24],
    cover: [{ width: 20, height: 20, fit: 'cover', position: { x: 0, y: 0 } }, 20, 20],
    'cover by attention': [{ width: 24, height: 12, fit: 'cover', position: 'attention' }, 24, 12],
    pad: [{ width: 100, height: 100, fit: 'pad' }, 100, 100],
    larger: [{ width: 4_000, height: 4_000 }, 60, 48],
  };
  for (const [name, [layout, width, height]] of Object.entries(layouts)) {
    it(`lays out what is left, as an image of that size: ${name}`, async () => {
      const picture = await framed('#fff').png().toBuffer();
      const { rendered } = await renderer.make(picture, 'image/png', { page: 0, trim: { ...TRIM, ...layout } });
      assert.deepEqual([rendered.width, rendered.height], [width, height]);
    });
  }

  it('is turned, cropped and drawn like the same crop of a picture', async () => {
    const picture = await framed('#fff').png().toBuffer();
    const steps = { page: 0, rotate: 90, flip: 'horizontal', blur: 2, format: 'png' } as const;
    const one = await renderer.make(picture, 'image/png', { ...steps, trim: { ...TRIM, width: 24 } });
    const scaled = { width: 24, height: 30 };
    const other = await renderer.make(picture, 'image/png', { ...steps, crop: CONTENT, scaled });
    const { max } = difference(await bitmapOf(one.bytes), await bitmapOf(other.bytes));
    assert.ok(max <= 2, String(max));
  });

  it('of a picture of one color is the whole picture', async () => {
    const flat = await sharp({ create: { ...WHOLE, channels: 3, background: '#abc' } })
      .png()
      .toBuffer();
    const { rendered } = await renderer.make(flat, 'image/png', { page: 0, trim: { ...TRIM, width: 60 } });
    assert.deepEqual([rendered.width, rendered.height], [60, 45]);
  });

  it('of gray, deep and CMYK pictures compares what is seen', async () => {
    const kinds: [string, (image: Sharp) => Sharp][] = [
      ['image/png', (image) => image.grayscale().toColourspace('b-w').png()],
      ['image/png', (image) => image.toColourspace('rgb16').withIccProfile('p3').png()],
      ['image/jpeg', (image) => image.toColourspace('cmyk').jpeg({ quality: 100 })],
    ];
    for (const [type, encode] of kinds) {
      const picture = await encode(sharp(await framed('#fff').removeAlpha().png().toBuffer())).toBuffer();
      const { rendered } = await renderer.make(picture, type as 'image/png', {
        page: 0,
        trim: { ...TRIM, threshold: 40 },
      });
      assert.ok(Math.abs(rendered.width - 60) <= 2 && Math.abs(rendered.height - 48) <= 2, JSON.stringify(rendered));
    }
  });

  it('takes the page of an animation', async () => {
    const moving = await testImage({ type: 'image/gif', width: 60, height: 40, frames: 3 });
    const { bytes } = await renderer.make(moving, 'image/gif', { page: 2, format: 'webp', trim: TRIM });
    assert.equal((await sharp(bytes).metadata()).pages ?? 1, 1);
  });

  it('is neither made from the pixels of a larger one, nor their source', async () => {
    const picture = await framed('#fff').png().toBuffer();
    const recipes = [{ scaled: WHOLE }, { trim: TRIM }, { scaled: { width: 20, height: 15 } }];
    const sizes = (
      await renderer.makeAll(
        picture,
        'image/png',
        recipes.map((one) => ({ page: 0, ...one })),
      )
    ).map(({ rendered }) => [rendered.width, rendered.height]);
    assert.deepEqual(sizes, [
      [120, 90],
      [60, 48],
      [20, 15],
    ]);
  });
});
