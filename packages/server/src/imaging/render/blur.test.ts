import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import sharp from 'sharp';
import { fromPixels, toPixels } from './picture.ts';
import { quadrants, RECIPE } from './render.fixture.ts';
import { difference } from './slow-render.fixture.ts';
import { blur, blurDivisor } from './steps/blur.ts';

const MAX_WORK = 67_108_864;

describe('blurring', () => {
  it('never costs more than its bound of pixels times sigma, and doesn’t change cheaper ones', () => {
    const pictures = fc.record({
      sigma: fc.integer({ min: 30, max: 10_000 }).map((hundredths) => hundredths / 100),
      width: fc.integer({ min: 1, max: 4_096 }),
      height: fc.integer({ min: 1, max: 4_096 }),
      frames: fc.integer({ min: 1, max: 500 }),
    });
    fc.assert(
      fc.property(pictures, ({ sigma, width, height, frames }) => {
        const work = sigma * width * height * frames;
        const divisor = blurDivisor({ size: { width, height }, frames }, sigma);
        assert.ok(Number.isInteger(divisor) && divisor >= 1);
        assert.ok(work / divisor ** 3 <= MAX_WORK);
        assert.equal(divisor === 1, work <= MAX_WORK);
      }),
    );
  });

  for (const channels of [3, 4] as const) {
    it(`of a shrunk picture with ${channels} channels looks the same as blurring all of it`, async () => {
      const size = { width: 1_600, height: 1_200 };
      const sigma = 60;
      assert.equal(blurDivisor({ size, frames: 1 }, sigma), 2);
      const drawn = sharp(quadrants(size, { alpha: 90 }).data, { raw: { ...size, channels: 4 } });
      const data = await (channels === 4 ? drawn : drawn.removeAlpha()).raw().toBuffer();
      const pixels = { data, ...size, channels, frames: 1, timing: null, format: 'png' } as const;

      const shrunk = await toPixels(await blur(fromPixels(pixels), { ...RECIPE, blur: sigma }));
      const whole = await sharp(data, { raw: { ...size, channels } })
        .blur(sigma)
        .raw()
        .toBuffer();
      assert.deepEqual([shrunk.width, shrunk.height, shrunk.channels], [size.width, size.height, channels]);
      const apart = difference({ data: shrunk.data, ...size }, { data: whole, ...size });
      assert.ok(apart.mean < 1 && apart.max <= 4, `expected the same to the eye; got ${JSON.stringify(apart)}`);
    });
  }
});
