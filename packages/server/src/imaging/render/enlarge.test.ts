import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import sharp from 'sharp';
import { testImage } from '../../../../../test/pictures/test-images.ts';
import { repeatsOf } from '../../../test/repeats.ts';
import { resultSize } from '../../domain/rendition/plan-rendition.ts';
import { createRenderer, quadrants, type Renderer, recipeOf, toImage } from './render.fixture.ts';
import { bitmapOf, difference } from './slow-render.fixture.ts';

const { count: numRuns, seed } = repeatsOf('renderedRecipes');

describe('enlarging', () => {
  let renderer: Renderer;
  before(async () => {
    renderer = await createRenderer();
  });
  after(() => renderer[Symbol.asyncDispose]());

  it("equals sharp's, of the whole and of a crop", async () => {
    const source = { width: 40, height: 30, contentType: 'image/png' } as const;
    const bytes = await toImage(quadrants(source, { alpha: 100 }))
      .png()
      .toBuffer();
    const crops = fc.record({ left: fc.nat(19), top: fc.nat(14), width: fc.constant(20), height: fc.constant(15) });
    const cases = fc.record({
      w: fc.integer({ min: 1, max: 300 }),
      h: fc.integer({ min: 1, max: 300 }),
      fit: fc.constantFrom('inside', 'cover', 'pad'),
      crop: fc.option(crops),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ w, h, fit, crop }) => {
        const part = crop ?? { left: 0, top: 0, width: source.width, height: source.height };
        const cropped = crop === null ? '' : `&crop=${Object.values({ ...crop }).join()}`;
        const recipe = recipeOf(`w=${w}&h=${h}&fit=${fit}&format=png&enlarge=1${cropped}`, source);
        const size = resultSize(recipe);
        const covering = fit === 'inside' ? size : { width: w, height: h };
        assert.deepEqual(size, covering);
        const { rendered, bytes: made } = await renderer.make(bytes, 'image/png', recipe);
        assert.deepEqual([rendered.width, rendered.height], [size.width, size.height]);
        const { scaled, window, canvas } = recipe;
        assert.ok(scaled && (window === null || 'left' in window));
        const resized = await sharp(bytes)
          .extract(part)
          .resize({ ...scaled, fit: 'fill' })
          .png()
          .toBuffer();
        const cut = window === null ? sharp(resized) : sharp(resized).extract(window);
        const room = canvas && {
          left: canvas.left,
          top: canvas.top,
          right: canvas.width - canvas.left - scaled.width,
          bottom: canvas.height - canvas.top - scaled.height,
          background: { r: 0, g: 0, b: 0, alpha: 0 },
        };
        const expected = await (room ? cut.extend(room) : cut).png().toBuffer();
        const apart = difference(await bitmapOf(made), await bitmapOf(expected));
        assert.ok(apart.max <= 2, JSON.stringify({ ...apart, w, h, fit, crop }));
      }),
      { numRuns, seed },
    );
  });

  it('of an animation enlarges each frame alone, so no frame shows its neighbour', async () => {
    const size = { width: 8, height: 6 };
    const frames = ['#ff0000', '#00ff00', '#0000ff'].map((background) =>
      sharp({ create: { ...size, channels: 3, background } })
        .raw()
        .toBuffer(),
    );
    const raw = { width: 8, height: 18, channels: 3, pageHeight: 6 } as const;
    const source = await sharp(Buffer.concat(await Promise.all(frames)), { raw })
      .gif()
      .toBuffer();
    const recipe = recipeOf('w=400&format=webp&enlarge=1', { ...size, contentType: 'image/gif' });
    const { rendered, bytes } = await renderer.make(source, 'image/gif', recipe);
    assert.deepEqual([rendered.width, rendered.height], [400, 300]);
    for (const [page, channel] of [0, 1, 2].entries()) {
      const { data } = await bitmapOf(bytes, page);
      for (let at = 0; at < data.length; at += 4)
        for (const one of [0, 1, 2]) assert.ok(Math.abs((data[at + one] ?? 0) - (one === channel ? 255 : 0)) < 24);
    }
  });

  it('of an animation is bounded by the pixels of all its frames', async () => {
    const source = await testImage({ type: 'image/gif', width: 40, height: 30, frames: 5 });
    const recipe = recipeOf('w=4096&h=4096&enlarge=1&format=webp', { width: 40, height: 30, contentType: 'image/gif' });
    assert.match((await renderer.refusal(source, 'image/gif', recipe)).detail, /8,388,608 pixels in each frame/);
    const tiny = await testImage({ type: 'image/gif', width: 2, height: 2, frames: 660 });
    const enlarged = recipeOf('w=3&enlarge=1&format=webp', { width: 2, height: 2, contentType: 'image/gif' });
    assert.match((await renderer.refusal(tiny, 'image/gif', enlarged)).detail, /16,384 more counted for each after 16/);
    const cut = recipeOf('w=2000&h=10&fit=cover&enlarge=1&format=webp', {
      width: 40,
      height: 30,
      contentType: 'image/gif',
    });
    const limits = { maxRetouchedPixels: 5 * 2_000 * 1_500 - 1 };
    assert.match((await renderer.refusal(source, 'image/gif', cut, limits)).detail, /got 5 of 2,000 x 1,500/);
  });
});
