import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import sharp from 'sharp';
import { testImage } from '../../../../../test/pictures/test-images.ts';
import { repeatsOf } from '../../../test/repeats.ts';
import { createRenderer, quadrants, type Renderer, recipeOf, toImage } from './render.fixture.ts';
import { bitmapOf } from './slow-render.fixture.ts';

const SIZE = { width: 90, height: 60, contentType: 'image/png' } as const;
const { count: numRuns, seed } = repeatsOf('renderedRecipes');

describe('pixelating', () => {
  let renderer: Renderer;
  before(async () => {
    renderer = await createRenderer();
  });
  after(() => renderer[Symbol.asyncDispose]());

  for (const kind of ['RGB', 'transparent', 'gray', '16-bit'] as const) {
    it(`of a ${kind} PNG gives every square the mean that sharp's statistics tell`, async () => {
      const image = toImage(quadrants(SIZE, { alpha: kind === 'transparent' ? 0 : 255 }));
      const opaque = kind === 'transparent' ? image : image.removeAlpha();
      const space = kind === 'gray' ? 'b-w' : kind === '16-bit' ? 'rgb16' : 'srgb';
      const source = await opaque.toColorspace(space).png().toBuffer();
      const cases = fc.record({
        w: fc.integer({ min: 1, max: 90 }),
        side: fc.integer({ min: 2, max: 100 }),
        at: fc.nat(),
      });
      await fc.assert(
        fc.asyncProperty(cases, async ({ w, side, at }) => {
          const query = `w=${w}&format=png`;
          const plain = await renderer.make(source, 'image/png', recipeOf(query, SIZE));
          const { bytes, rendered } = await renderer.make(
            source,
            'image/png',
            recipeOf(`${query}&pixelate=${side}`, SIZE),
          );
          const { width, height } = plain.rendered;
          assert.deepEqual([rendered.width, rendered.height], [width, height]);
          const left = Math.floor((at % width) / side) * side;
          const top = Math.floor((at % height) / side) * side;
          const square = { left, top, width: Math.min(side, width - left), height: Math.min(side, height - top) };
          const part = await sharp(plain.bytes).ensureAlpha().extract(square).toColorspace('srgb').png().toBuffer();
          const { channels } = await sharp(part).stats();
          const alpha = channels[3]?.mean ?? 255;
          const isEven = alpha === 255 || channels[3]?.min === channels[3]?.max;
          const came = await bitmapOf(await sharp(bytes).extract(square).png().toBuffer());
          for (let place = 0; place < came.data.length; place += 4) {
            assert.ok(Math.abs((came.data[place + 3] ?? 0) - alpha) <= 1);
            if (!isEven || alpha === 0) continue;
            for (const channel of [0, 1, 2]) {
              const mean = channels[channel]?.mean ?? 0;
              assert.ok(
                Math.abs((came.data[place + channel] ?? 0) - mean) <= 1,
                `${mean} in ${JSON.stringify(square)}`,
              );
            }
          }
        }),
        { numRuns, seed },
      );
    });
  }

  it('takes no color from transparent pixels', async () => {
    const data = Buffer.from([255, 0, 0, 0, 0, 0, 255, 255]);
    const source = await sharp(data, { raw: { width: 2, height: 1, channels: 4 } })
      .png()
      .toBuffer();
    const recipe = recipeOf('pixelate=2&format=png', { width: 2, height: 1, contentType: 'image/png' });
    const { bytes } = await renderer.make(source, 'image/png', recipe);
    assert.deepEqual([...(await bitmapOf(bytes)).data], [0, 0, 255, 128, 0, 0, 255, 128]);
  });

  it('of an animation fills the squares of each frame alone, and bounds their pixels', async () => {
    const size = { width: 60, height: 50, contentType: 'image/gif' } as const;
    const source = await testImage({ type: 'image/gif', ...size, frames: 3 });
    const recipe = recipeOf('pixelate=30&format=webp&q=100', size);
    const { bytes } = await renderer.make(source, 'image/gif', recipe);
    for (const page of [0, 1, 2]) {
      const square = { left: 30, top: 30, width: 30, height: 20 };
      const { channels } = await sharp(await sharp(source, { page }).extract(square).png().toBuffer()).stats();
      const { data } = await bitmapOf(bytes, page);
      for (const channel of [0, 1, 2])
        assert.ok(Math.abs((data[(40 * 60 + 45) * 4 + channel] ?? 0) - (channels[channel]?.mean ?? 0)) < 6);
    }
    const refused = await renderer.refusal(source, 'image/gif', recipe, { maxRetouchedPixels: 8_999 });
    assert.match(refused.detail, /at most 8,999 pixels in all frames to retouch them; got 3 of 60 x 50/);
  });
});
