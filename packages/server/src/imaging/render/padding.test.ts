import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import sharp from 'sharp';
import { testImage } from '../../../../../test/pictures/test-images.ts';
import { repeatsOf } from '../../../test/repeats.ts';
import { createRenderer, quadrants, type Renderer, recipeOf, toImage } from './render.fixture.ts';
import { bitmapOf, difference } from './slow-render.fixture.ts';

const SIZE = { width: 90, height: 60 };
const { count: numRuns, seed } = repeatsOf('renderedRecipes');

describe('padding', () => {
  let renderer: Renderer;
  before(async () => {
    renderer = await createRenderer();
  });
  after(() => renderer[Symbol.asyncDispose]());

  for (const [fit, position] of [
    ['inside', 'centre'],
    ['cover', 'centre'],
    ['cover', 'entropy'],
    ['pad', '0.5,0'],
  ] as const) {
    it(`of a result with fit=${fit} at ${position} equals sharp's extension of that result`, async () => {
      const source = await toImage(quadrants(SIZE, { alpha: 100 }))
        .png()
        .toBuffer();
      const side = fc.nat(40);
      const cases = fc.record({ w: fc.integer({ min: 4, max: 80 }), h: fc.integer({ min: 4, max: 50 }) });
      const backgrounds = fc.constantFrom('', '&background=ff8800');
      await fc.assert(
        fc.asyncProperty(cases, fc.tuple(side, side, side, side), backgrounds, async ({ w, h }, sides, background) => {
          const image = { ...SIZE, contentType: 'image/png' } as const;
          const query = `w=${w}&h=${h}&fit=${fit}&position=${position}&format=png${background}`;
          const bare = await renderer.make(source, 'image/png', recipeOf(query, image));
          const padded = recipeOf(`${query}&padding=${sides.join()}`, image);
          const [top, right, bottom, left] = sides;
          const color = background === '' ? { r: 0, g: 0, b: 0, alpha: 0 } : '#ff8800';
          const expected = sharp(bare.bytes).ensureAlpha().extend({ top, right, bottom, left, background: color });
          const { rendered, bytes } = await renderer.make(source, 'image/png', padded);
          const came = await bitmapOf(bytes);
          assert.deepEqual([rendered.width, rendered.height], [came.width, came.height]);
          const apart = difference(came, await bitmapOf(await expected.png().toBuffer()));
          assert.ok(apart.max <= 1, JSON.stringify({ ...apart, query, sides }));
        }),
        { numRuns, seed },
      );
    });
  }

  it('is white in a JPEG without a background, and transparent in a WebP', async () => {
    const source = await testImage({ type: 'image/jpeg', ...SIZE });
    const image = { ...SIZE, contentType: 'image/jpeg' } as const;
    const corner = async (query: string) => {
      const { bytes } = await renderer.make(source, 'image/jpeg', recipeOf(query, image));
      return [...(await bitmapOf(bytes)).data.subarray(0, 4)];
    };
    const white = await corner('padding=9');
    assert.ok(Math.min(...white) > 250, String(white));
    assert.deepEqual((await corner('padding=9&format=webp'))[3], 0);
  });

  it('surrounds every frame of an animation', async () => {
    const source = await testImage({ type: 'image/gif', ...SIZE, frames: 3 });
    const recipe = recipeOf('w=45&padding=1,2,3,4&background=00ff00&format=webp', {
      ...SIZE,
      contentType: 'image/gif',
    });
    const { bytes } = await renderer.make(source, 'image/gif', recipe);
    const { pages, width, pageHeight } = await sharp(bytes, { pages: -1 }).metadata();
    assert.deepEqual([pages, width, pageHeight], [3, 51, 34]);
    for (const page of [0, 1, 2]) {
      const { data } = await bitmapOf(bytes, page);
      for (const at of [0, data.length - 4]) {
        const [red = 0, green = 0, blue = 0] = data.subarray(at, at + 3);
        assert.ok(green > 240 && red + blue < 24, `expected green; got ${[red, green, blue]} of page ${page}`);
      }
    }
  });

  it('of a window is bounded by the frames that the window is cut from', async () => {
    const source = await testImage({ type: 'image/gif', width: 80, height: 80, frames: 4 });
    const recipe = recipeOf('w=1&h=80&fit=cover&padding=1&format=webp', {
      width: 80,
      height: 80,
      contentType: 'image/gif',
    });
    const { detail } = await renderer.refusal(source, 'image/gif', recipe, { maxEncodedPixels: 4 * 80 * 80 - 1 });
    assert.match(detail, /got 4 of 80 x 80/);
    await renderer.make(source, 'image/gif', recipe);
  });
});
