import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import sharp, { type Sharp } from 'sharp';
import { testImage } from '../../../../../test/pictures/test-images.ts';
import { repeatsOf } from '../../../test/repeats.ts';
import { createRenderer, quadrants, type Renderer, recipeOf, toImage } from './render.fixture.ts';
import { bitmapOf, difference } from './slow-render.fixture.ts';

const SIZE = { width: 60, height: 40, contentType: 'image/png' } as const;
const { count: numRuns, seed } = repeatsOf('renderedRecipes');

/** Each step of its own, from the pixels of the one before. */
const step = async (bytes: Buffer, change: (image: Sharp) => Sharp): Promise<Buffer> =>
  change(sharp(bytes)).toColorspace('srgb').png().toBuffer();

describe('changing colors', () => {
  let renderer: Renderer;
  before(async () => {
    renderer = await createRenderer();
  });
  after(() => renderer[Symbol.asyncDispose]());

  for (const kind of ['RGB', 'transparent', 'gray', '16-bit'] as const) {
    it(`of a ${kind} PNG equals sharp's own changes, one after the other, and keeps alpha`, async () => {
      const image = toImage(quadrants(SIZE, { alpha: 90 }));
      const space = kind === 'gray' ? 'b-w' : kind === '16-bit' ? 'rgb16' : 'srgb';
      const source = await (kind === 'transparent' ? image : image.removeAlpha()).toColorspace(space).png().toBuffer();
      const percent = fc.oneof(fc.constant(0), fc.integer({ min: -100, max: 100 }));
      const tones = fc.oneof(
        percent.map((saturation) => ({ query: `saturation=${saturation}`, saturation: 1 + saturation / 100 })),
        fc.constant({ query: 'gray=1', saturation: 0 }),
        fc.constantFrom('ff0000', '2a6f97', '000000').map((tint) => ({ query: `tint=${tint}`, tint })),
      );
      await fc.assert(
        fc.asyncProperty(tones, percent, percent, async (tone, brightness, contrast) => {
          const query = `w=50&format=png`;
          const { bytes: plain } = await renderer.make(source, 'image/png', recipeOf(query, SIZE));
          const asked = `${query}&${tone.query}&brightness=${brightness}&contrast=${contrast}`;
          const { bytes } = await renderer.make(source, 'image/png', recipeOf(asked, SIZE));
          let expected = await step(plain, (one) => one);
          if ('saturation' in tone && tone.saturation !== 1)
            expected = await step(expected, (one) => one.modulate({ saturation: tone.saturation }));
          const offset = 128 * (-contrast / 100) + (255 * brightness) / 100;
          if (brightness !== 0 || contrast !== 0)
            expected = await step(expected, (one) => one.linear(1 + contrast / 100, offset));
          if ('tint' in tone) expected = await step(expected, (one) => one.tint(`#${tone.tint}`));
          const [came, wanted] = [await bitmapOf(bytes), await bitmapOf(expected)];
          const apart = difference(came, wanted);
          assert.ok(apart.mean <= 1 && apart.max <= 8, JSON.stringify({ ...apart, asked }));
          const before = await bitmapOf(plain);
          for (let at = 3; at < came.data.length; at += 4) assert.equal(came.data[at], before.data[at]);
        }),
        { numRuns, seed },
      );
    });
  }

  it('gives a gray source the colors of a tint', async () => {
    const source = await sharp({ create: { width: 9, height: 9, channels: 3, background: '#888' } })
      .toColorspace('b-w')
      .png()
      .toBuffer();
    const recipe = recipeOf('tint=ff0000&format=png', { width: 9, height: 9, contentType: 'image/png' });
    const [red = 0, green = 0, blue = 0] = (await bitmapOf((await renderer.make(source, 'image/png', recipe)).bytes))
      .data;
    assert.ok(red > green + 80 && red > blue + 80, String([red, green, blue]));
  });

  it('leaves the color of the canvas and of the background', async () => {
    const source = await testImage({ type: 'image/png', width: 40, height: 30 });
    const size = { width: 40, height: 30, contentType: 'image/png' } as const;
    for (const query of ['gray=1', 'contrast=90&tint=00ff00', 'saturation=-80&blur=0.3', 'brightness=50&pixelate=4']) {
      const recipe = recipeOf(`${query}&padding=8&background=ff8800&format=png`, size);
      const { data } = await bitmapOf((await renderer.make(source, 'image/png', recipe)).bytes);
      assert.deepEqual([...data.subarray(0, 4)], [255, 136, 0, 255], query);
    }
  });

  it('of an animation changes every frame, and bounds their pixels', async () => {
    const size = { width: 40, height: 30, contentType: 'image/webp' } as const;
    const source = await testImage({ type: 'image/webp', ...size, frames: 3 });
    const recipe = recipeOf('gray=1&format=webp', size);
    const { bytes } = await renderer.make(source, 'image/webp', recipe);
    for (const page of [0, 1, 2]) {
      const { data } = await bitmapOf(bytes, page);
      for (let at = 0; at < data.length; at += 4)
        assert.ok(Math.abs((data[at] ?? 0) - (data[at + 2] ?? 0)) < 12, `page ${page}`);
    }
    const refused = await renderer.refusal(source, 'image/webp', recipe, { maxRetouchedPixels: 3_599 });
    assert.match(refused.detail, /at most 3,599 pixels in all frames to retouch them; got 3 of 40 x 30/);
  });
});
