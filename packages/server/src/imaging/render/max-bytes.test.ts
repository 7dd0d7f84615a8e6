import assert from 'node:assert/strict';
import { randomFillSync } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import sharp from 'sharp';
import { testImage } from '../../../../../test/pictures/test-images.ts';
import type { Recipe } from '../../domain/rendition/recipe.ts';
import { ENCODINGS } from './encodings.ts';
import { createRenderer, quadrants, type Renderer, toImage } from './render.fixture.ts';

const FORMATS = ['jpeg', 'webp', 'avif'] as const;
const SIZE = { width: 320, height: 240 };

const noise = (): Promise<Buffer> =>
  sharp(randomFillSync(Buffer.alloc(SIZE.width * SIZE.height * 3)), { raw: { ...SIZE, channels: 3 } })
    .png()
    .toBuffer();

describe('a rendition with max_bytes', () => {
  let renderer: Renderer;
  let photo: Buffer;
  before(async () => {
    renderer = await createRenderer();
    photo = await testImage({ type: 'image/png', ...SIZE });
  });
  after(() => renderer[Symbol.asyncDispose]());

  it('is what bare sharp makes in some quality, has no more bytes, and is the ordinary one if that is small', async () => {
    const pixels = await sharp(photo).removeAlpha().raw().toBuffer();
    const raw = { ...SIZE, channels: 3 } as const;
    const bySharp = (format: (typeof FORMATS)[number], quality: number): Promise<Buffer> =>
      ENCODINGS[format].encode(sharp(pixels, { raw }), { quality, pixels: SIZE.width * SIZE.height }).toBuffer();
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...FORMATS),
        fc.option(fc.integer({ min: 20, max: 100 })),
        fc.double({ min: 0.3, max: 1.2, noNaN: true }),
        async (format, quality, share) => {
          const ordinary = await renderer.make(photo, 'image/png', { format, quality });
          const least = (await bySharp(format, 10)).length;
          const maxBytes = Math.max(Math.round(ordinary.bytes.length * share), least);
          const { bytes, rendered } = await renderer.make(photo, 'image/png', { format, quality, maxBytes });
          assert.equal(rendered.contentType, `image/${format}`);
          assert.ok(bytes.length <= maxBytes);
          if (ordinary.bytes.length <= maxBytes) return assert.ok(bytes.equals(ordinary.bytes));
          const qualities = Array.from({ length: (quality ?? 80) - 10 }, (_, at) => at + 10);
          for (const one of qualities.reverse()) if ((await bySharp(format, one)).equals(bytes)) return;
          assert.fail(`expected ${bytes.length} bytes of bare sharp; got others`);
        },
      ),
      { numRuns: 12 },
    );
  });

  for (const format of FORMATS) {
    it(`as ${format} is refused if even quality 10 has more bytes, with both numbers`, async () => {
      const picture = await noise();
      const least = (await renderer.make(picture, 'image/png', { format, quality: 10 })).bytes.length;
      const refusal = await renderer.refusal(picture, 'image/png', { format, maxBytes: least - 1 });
      const words = (bytes: number) => bytes.toLocaleString('en-US');
      assert.deepEqual(refusal, {
        code: 'too-many-bytes',
        detail: `expected at most ${words(least - 1)} bytes, by max_bytes; got ${words(least)} in the lowest quality: ask for less by w and h, or for more bytes`,
        params: { limit_bytes: least - 1, got_bytes: least },
      });
      const { bytes } = await renderer.make(picture, 'image/png', { format, maxBytes: least });
      assert.equal(bytes.length, least);
    });
  }

  it('keeps a q below 10, and tries no other', async () => {
    const recipe: Partial<Recipe> = { format: 'jpeg', quality: 5 };
    const { bytes } = await renderer.make(photo, 'image/png', recipe);
    const { code, params } = await renderer.refusal(photo, 'image/png', { ...recipe, maxBytes: bytes.length - 1 });
    assert.deepEqual([code, params?.got_bytes], ['too-many-bytes', bytes.length]);
  });

  it('keeps transparency, all frames, and their timing', async () => {
    const still = await toImage(quadrants(SIZE, { alpha: 120 }))
      .png()
      .toBuffer();
    const { bytes } = await renderer.make(still, 'image/png', { format: 'webp', maxBytes: 1_500 });
    assert.ok((await sharp(bytes).stats()).isOpaque === false);
    const moving = await testImage({ type: 'image/gif', width: 120, height: 90, frames: 6 });
    const whole = await renderer.make(moving, 'image/gif', { format: 'webp' });
    const maxBytes = Math.round(whole.bytes.length * 0.8);
    const small = await renderer.make(moving, 'image/gif', { format: 'webp', maxBytes });
    assert.ok(small.bytes.length <= maxBytes);
    const [one, other] = [await sharp(small.bytes).metadata(), await sharp(whole.bytes).metadata()];
    assert.deepEqual([one.pages, one.delay, one.loop], [6, other.delay, other.loop]);
  });

  it('of an animation has at most a quarter of the pixels of all frames', async () => {
    const moving = await testImage({ type: 'image/gif', width: 100, height: 100, frames: 4 });
    const limits = { maxEncodedPixels: 160_000, maxHeldPixels: 160_000 };
    const recipes = [{ format: 'webp' }, { format: 'webp', maxBytes: 999_999 }] as const;
    for (const recipe of recipes)
      assert.equal((await renderer.renders(moving, 'image/gif', [recipe], limits))[0]?.outcome, 'made');
    limits.maxEncodedPixels -= 1;
    limits.maxHeldPixels -= 1;
    const [ordinary] = await renderer.renders(moving, 'image/gif', [recipes[0]], limits);
    assert.equal(ordinary?.outcome, 'made');
    const { code, detail } = await renderer.refusal(moving, 'image/gif', recipes[1], limits);
    assert.equal(code, 'too-many-pixels');
    assert.match(detail, /at most 39,999.75 pixels in all frames with max_bytes/);
  });
});
