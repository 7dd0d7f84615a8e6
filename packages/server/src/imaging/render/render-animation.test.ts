import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import sharp from 'sharp';
import { gifOf } from '../../../../../test/pictures/gif-bytes.ts';
import { testImage } from '../../../../../test/pictures/test-images.ts';
import type { Recipe } from '../../domain/rendition/recipe.ts';
import { createRenderer, quadrants, RECIPE, type Renderer } from './render.fixture.ts';
import { bitmapOf, difference, slowRender } from './slow-render.fixture.ts';

const SIZE = { width: 80, height: 60 };
const FRAMES = [0, 1, 2, 3, 4];
const DELAY = [100, 40, 250, 100, 70];
const ANIMATION = { format: 'webp' } as const;

/** Each frame has its colors in other places. */
const animation = (type: 'gif' | 'webp', { alpha = 255, loop = 3 } = {}): Promise<Buffer> => {
  const { width, height } = SIZE;
  const data = Buffer.concat(FRAMES.map((frame) => quadrants(SIZE, { alpha, frame }).data));
  const raw = { width, height: height * FRAMES.length, channels: 4 as const, pageHeight: height };
  const image = sharp(data, { raw });
  const playing = { delay: DELAY, loop };
  return (type === 'gif' ? image.gif(playing) : image.webp({ ...playing, quality: 100 })).toBuffer();
};

const RECIPES: Record<string, Partial<Recipe>> = {
  'a change of encoding': {},
  'a smaller size': { scaled: { width: 41, height: 31 } },
  'a crop': { crop: { left: 10, top: 5, width: 50, height: 40 } },
  'a quarter turn': { rotate: 90 },
  'a half turn': { rotate: 180 },
  'a horizontal flip': { flip: 'horizontal' },
  'a vertical flip': { flip: 'vertical' },
  'a window': { scaled: { width: 40, height: 30 }, window: { left: 5, top: 3, width: 20, height: 25 } },
  'a canvas': { canvas: { left: 10, top: 20, width: 120, height: 90 } },
  'a colored canvas': { canvas: { left: 10, top: 0, width: 120, height: 60 }, background: 'ff8800' },
  'a translucent background': { background: '3366cc80', canvas: { left: 10, top: 5, width: 100, height: 70 } },
  'a blur': { blur: 2 },
  'a sharpening': { sharpen: 1 },
  'all steps': {
    crop: { left: 10, top: 5, width: 50, height: 40 },
    rotate: 270,
    flip: 'vertical',
    scaled: { width: 30, height: 38 },
    window: { left: 2, top: 3, width: 25, height: 30 },
    canvas: { left: 4, top: 5, width: 40, height: 50 },
    background: '3366cc80',
    blur: 0.7,
    sharpen: 0.7,
  },
};

describe('rendering an animation', () => {
  let renderer: Renderer;
  before(async () => {
    renderer = await createRenderer();
  });
  after(() => renderer[Symbol.asyncDispose]());

  for (const type of ['gif', 'webp'] as const) {
    for (const [name, recipe] of Object.entries(RECIPES)) {
      it(`performs ${name} on every frame of a ${type}, and keeps its playback settings`, async () => {
        const source = await animation(type, { alpha: 0 });
        const { rendered, bytes } = await renderer.make(source, `image/${type}`, { ...ANIMATION, ...recipe });
        const { pages, loop, delay, width, pageHeight } = await sharp(bytes, { pages: -1 }).metadata();
        assert.deepEqual({ pages, loop, delay }, { pages: FRAMES.length, loop: 3, delay: DELAY });
        assert.deepEqual([width, pageHeight], [rendered.width, rendered.height]);
        for (const page of FRAMES) {
          const expected = await slowRender(await bitmapOf(source, page), { ...RECIPE, ...recipe });
          const came = await bitmapOf(bytes, page);
          assert.deepEqual([came.width, came.height], [expected.width, expected.height]);
          const { mean } = difference(came, expected);
          assert.ok(mean < 6, `page ${page} differs by ${mean}`);
        }
      });
    }

    it(`crops every frame of a ${type} to the window that was found in the first`, async () => {
      const window = { width: 30, height: 60, find: 'entropy' } as const;
      const source = await animation(type);
      const { bytes } = await renderer.make(source, `image/${type}`, { ...ANIMATION, window });
      const { bytes: still } = await renderer.make(source, `image/${type}`, { window, page: 0, format: 'png' });
      const expected = await bitmapOf(still);
      const { mean } = difference(await bitmapOf(bytes), expected);
      assert.ok(mean < 6, `differs by ${mean}`);
      assert.equal((await sharp(bytes).metadata()).pages, FRAMES.length);
    });

    it(`makes a still of one frame of a ${type}, and of the first if the format has no others`, async () => {
      const source = await animation(type);
      const cases: [Partial<Recipe>, number][] = [
        [{ page: 3, format: 'webp' }, 3],
        [{ page: 4, format: 'png' }, 4],
        [{ page: null, format: 'png' }, 0],
        [{ page: null, format: 'avif' }, 0],
        [{ page: null, format: 'plain' }, 0],
      ];
      for (const [recipe, page] of cases) {
        const { bytes } = await renderer.make(source, `image/${type}`, recipe);
        assert.equal((await sharp(bytes).metadata()).pages ?? 1, 1);
        const { mean } = difference(await bitmapOf(bytes), await bitmapOf(source, page));
        assert.ok(mean < 6, `${JSON.stringify(recipe)} differs by ${mean}`);
      }
    });
  }

  it('loops forever if the source does', async () => {
    const { bytes } = await renderer.make(await animation('gif', { loop: 0 }), 'image/gif', {
      ...ANIMATION,
      rotate: 90,
    });
    assert.equal((await sharp(bytes).metadata()).loop, 0);
  });

  it('ignores an EXIF orientation, like the inspection', async () => {
    const webp = await testImage({ type: 'image/webp', ...SIZE, frames: 3, orientation: 6 });
    for (const recipe of [ANIMATION, { page: 1 }]) {
      const { rendered } = await renderer.make(webp, 'image/webp', recipe);
      assert.deepEqual([rendered.width, rendered.height], [SIZE.width, SIZE.height]);
    }
  });

  it('doesn’t copy such an orientation to a still', async () => {
    const plain = await testImage({ type: 'image/webp', ...SIZE, frames: 3 });
    const tagged = await sharp(plain, { pages: -1 }).withMetadata({ orientation: 6 }).webp({ effort: 0 }).toBuffer();
    assert.equal((await sharp(tagged).metadata()).orientation, 6);
    for (const format of ['avif', 'jpeg', 'png'] as const) {
      const { bytes } = await renderer.make(tagged, 'image/webp', { ...ANIMATION, page: 0, format });
      const { width, height, orientation } = await sharp(bytes).metadata();
      assert.deepEqual([width, height, orientation ?? 1], [SIZE.width, SIZE.height, 1], format);
    }
  });

  it('of one frame is a still', async () => {
    const gif = await sharp(quadrants(SIZE).data, { raw: { ...SIZE, channels: 4 } })
      .gif()
      .toBuffer();
    const { bytes } = await renderer.make(gif, 'image/gif', ANIMATION);
    assert.equal((await sharp(bytes).metadata()).pages ?? 1, 1);
  });

  it('is refused for a canvas that is too large for all its frames', async () => {
    const canvas = { left: 0, top: 0, width: 4_096, height: 4_096 };
    const source = await animation('gif');
    const limits = { maxAnimationPixels: 80_000_000 };
    assert.deepEqual(await renderer.refusal(source, 'image/gif', { ...ANIMATION, canvas }, limits), {
      code: 'too-many-pixels',
      detail: 'expected at most 80,000,000 pixels in all frames; got 5 of 4,096 x 4,096',
    });
  });

  describe('with too much work in all its frames', () => {
    const [area, all] = [SIZE.width * SIZE.height, 5 * SIZE.width * SIZE.height];
    const half = { scaled: { width: SIZE.width / 2, height: SIZE.height / 2 } };
    const find = { width: SIZE.width, height: 2, find: 'attention' } as const;

    it('is refused for frames that are too large, with advice', async () => {
      const limits = { maxFramePixels: area - 1 };
      assert.deepEqual(await renderer.refusal(await animation('gif'), 'image/gif', ANIMATION, limits), {
        code: 'too-many-pixels',
        detail: `expected at most 4,799 pixels in each frame; got 80 x 60: ask for less by w and h, or for one frame by page`,
      });
    });

    const working: readonly Partial<Recipe>[] = [
      { rotate: 90 },
      { rotate: 180 },
      { flip: 'vertical' },
      { flip: 'both' },
      { blur: 1 },
      { window: find },
    ];
    for (const recipe of working) {
      it(`is refused for ${JSON.stringify(recipe)}, which processes each frame individually`, async () => {
        const source = await animation('gif');
        const limits = { maxHeldPixels: all - 1 };
        const { code, detail } = await renderer.refusal(source, 'image/gif', { ...ANIMATION, ...recipe }, limits);
        assert.equal(code, 'too-many-pixels');
        assert.match(
          detail,
          /^expected at most [\d,]+ pixels in all frames to turn or blur them, .*; got 5 of \d+ x \d+: ask for less/,
        );
        const [made] = await renderer.renders(source, 'image/gif', [{ ...ANIMATION, ...recipe }], {
          maxHeldPixels: all,
        });
        assert.equal(made?.outcome, 'made');
      });
    }

    it('is refused for sharpening and encoding by limits of their own', async () => {
      const source = await animation('gif');
      const remedy = 'got 5 of 80 x 60: ask for less by w and h, or for one frame by page';
      const sharpened = { ...ANIMATION, sharpen: 1 };
      const bounds = [
        [ANIMATION, 'maxEncodedPixels', ''],
        [sharpened, 'maxSharpenedPixels', ' to sharpen or to mark them'],
      ] as const;
      for (const [recipe, bound, purpose] of bounds) {
        assert.deepEqual(await renderer.refusal(source, 'image/gif', recipe, { [bound]: all - 1 }), {
          code: 'too-many-pixels',
          detail: `expected at most 23,999 pixels in all frames${purpose}; ${remedy}`,
        });
        const [made] = await renderer.renders(source, 'image/gif', [recipe], { [bound]: all });
        assert.equal(made?.outcome, 'made');
      }
    });

    const COUNTED = [
      [ANIMATION, 'maxEncodedPixels', 4_096],
      [{ ...ANIMATION, rotate: 90 }, 'maxHeldPixels', 4_096],
      [{ ...ANIMATION, blur: 1 }, 'maxHeldPixels', 32_768],
      [{ ...ANIMATION, sharpen: 1 }, 'maxSharpenedPixels', 16_384],
    ] as const;
    for (const [recipe, bound, each] of COUNTED) {
      it(`is refused for ${JSON.stringify(recipe)} on many frames, even small ones, since each has a fixed cost`, async () => {
        const source = gifOf({
          width: 2,
          height: 2,
          frames: Array.from({ length: 20 }, () => ({ width: 2, height: 2 })),
        });
        const cost = 20 * 4 + 4 * each;
        const { code, detail } = await renderer.refusal(source, 'image/gif', recipe, { [bound]: cost - 1 });
        assert.equal(code, 'too-many-pixels');
        assert.match(
          detail,
          new RegExp(`, ${each.toLocaleString('en-US')} more counted for each after 16; got 20 of 2 x 2: `),
        );
        const [made] = await renderer.renders(source, 'image/gif', [recipe], { [bound]: cost });
        assert.equal(made?.outcome, 'made');
      });
    }

    it('is made with less work, for one frame, or without work on single frames', async () => {
      const source = await animation('gif');
      const limits = { maxFramePixels: area, maxHeldPixels: all / 4 };
      const sound = [{}, { flip: 'horizontal' }, { ...half, blur: 1 }, { page: 2, blur: 1, rotate: 90 }] as const;
      const small = {
        ...ANIMATION,
        window: { width: SIZE.width / 2, height: SIZE.height / 2, find: 'entropy' },
      } as const;
      const recipes = [...sound.map((recipe) => ({ ...ANIMATION, ...recipe })), small];
      const rendered = await renderer.renders(source, 'image/gif', recipes, limits);
      assert.deepEqual(
        rendered.map(({ outcome }) => outcome),
        recipes.map(() => 'made'),
      );
    });
  });
});
