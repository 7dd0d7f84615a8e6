import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import sharp from 'sharp';
import { testImage } from '../../../../../test/pictures/test-images.ts';
import { repeatsOf } from '../../../test/repeats.ts';
import { createRenderer, quadrants, type Renderer, recipeOf, toImage } from './render.fixture.ts';
import { bitmapOf } from './slow-render.fixture.ts';

const { count: numRuns, seed } = repeatsOf('renderedRecipes');

describe('round corners', () => {
  let renderer: Renderer;
  before(async () => {
    renderer = await createRenderer();
  });
  after(() => renderer[Symbol.asyncDispose]());

  for (const kind of ['RGB', 'transparent', 'gray', '16-bit'] as const) {
    it(`of a ${kind} PNG have the alpha of a rectangle that sharp draws, and keep colors`, async () => {
      const cases = fc.record({
        width: fc.integer({ min: 1, max: 90 }),
        height: fc.integer({ min: 1, max: 90 }),
        radius: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.constant('circle' as const)),
      });
      await fc.assert(
        fc.asyncProperty(cases, async ({ width, height, radius }) => {
          const size = { width, height, contentType: 'image/png' } as const;
          const image = toImage(quadrants(size, { alpha: 120 }));
          const space = kind === 'gray' ? 'b-w' : kind === '16-bit' ? 'rgb16' : 'srgb';
          const source = await (kind === 'transparent' ? image : image.removeAlpha())
            .toColorspace(space)
            .png()
            .toBuffer();
          const { bytes } = await renderer.make(source, 'image/png', recipeOf(`radius=${radius}`, size));
          const came = await bitmapOf(bytes);
          assert.deepEqual([came.width, came.height], [width, height]);

          const least = Math.min(width, height) / 2;
          const [rx, ry] =
            radius === 'circle' ? [width / 2, height / 2] : [Math.min(radius, least), Math.min(radius, least)];
          const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="${width}" height="${height}" rx="${rx}" ry="${ry}"/></svg>`;
          const mask = await sharp(Buffer.from(svg)).ensureAlpha().raw().toBuffer();
          const before = await bitmapOf(await sharp(source).toColorspace('srgb').png().toBuffer());
          let sum = 0;
          for (let at = 0; at < came.data.length; at += 4) {
            const wanted = ((mask[at + 3] ?? 0) * (before.data[at + 3] ?? 0)) / 255;
            const apart = Math.abs((came.data[at + 3] ?? 0) - wanted);
            sum += apart;
            assert.ok(apart <= 40, `${apart} at ${at / 4} of ${JSON.stringify({ width, height, radius })}`);
            if (came.data[at + 3] === 0) continue;
            for (const channel of [0, 1, 2])
              assert.ok(Math.abs((came.data[at + channel] ?? 0) - (before.data[at + channel] ?? 0)) <= 2);
          }
          const mean = sum / (width * height);
          // a drawn pixel of a tiny picture is mostly edge
          if (Math.min(width, height) >= 16)
            assert.ok(mean <= 1, `${mean} of ${JSON.stringify({ width, height, radius })}`);
        }),
        { numRuns, seed },
      );
    });
  }

  const size = { width: 60, height: 40, contentType: 'image/jpeg' } as const;
  const cornerOf = async (query: string): Promise<readonly number[]> => {
    const source = await testImage({ type: 'image/jpeg', ...size });
    const { bytes, rendered } = await renderer.make(source, 'image/jpeg', recipeOf(query, size));
    return [...(await bitmapOf(bytes)).data.subarray(0, 4), rendered.contentType === 'image/png' ? 1 : 0];
  };

  it('are transparent in every format but JPEG, whatever the background, and make a plain JPEG a PNG', async () => {
    for (const query of [
      'radius=20',
      'radius=circle&background=ff0000',
      'radius=9&background=ff000080&padding=3&blur=1',
    ]) {
      assert.deepEqual((await cornerOf(query)).slice(3), [0, 1], query);
      for (const format of ['webp', 'avif']) {
        const [, , , alpha = 255] = await cornerOf(`${query}&format=${format}`);
        assert.ok(alpha <= 8, `${alpha} of ${query}`); // AVIF isn't lossless
      }
    }
  });

  it('show the background in a JPEG, or white', async () => {
    const near = async (query: string, color: readonly number[]) => {
      const came = await cornerOf(`format=jpeg&q=100&${query}`);
      assert.ok(
        color.every((value, at) => Math.abs(value - (came[at] ?? 0)) < 12),
        `${query}: ${came}`,
      );
    };
    await near('radius=20', [255, 255, 255]);
    await near('radius=20&background=0000ff', [0, 0, 255]);
    await near('radius=circle&background=0000ff80&padding=2', [127, 127, 255]);
  });

  it('of an animation are those of every frame, and their pixels are bounded', async () => {
    const gif = { width: 60, height: 40, contentType: 'image/gif' } as const;
    const source = await testImage({ type: 'image/gif', ...gif, frames: 3 });
    const recipe = recipeOf('radius=circle&format=webp', gif);
    const { bytes } = await renderer.make(source, 'image/gif', recipe);
    for (const page of [0, 1, 2]) {
      const { data } = await bitmapOf(bytes, page);
      const alphaAt = (x: number, y: number) => data[(y * 60 + x) * 4 + 3];
      assert.deepEqual([alphaAt(0, 0), alphaAt(59, 39), alphaAt(0, 39), alphaAt(59, 0)], [0, 0, 0, 0]);
      assert.deepEqual([alphaAt(30, 20), alphaAt(30, 1), alphaAt(1, 20)], [255, 255, 255]);
    }
    const refused = await renderer.refusal(source, 'image/gif', recipe, { maxRetouchedPixels: 7_199 });
    assert.match(refused.detail, /at most 7,199 pixels in all frames to retouch them; got 3 of 60 x 40/);
  });
});
