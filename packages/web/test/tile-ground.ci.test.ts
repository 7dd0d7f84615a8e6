import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { storeBytes } from './store-picture.fixture.ts';
import { openAt, shownImage, until, untilImage } from './viewer.fixture.ts';

/** A square of one colour in the middle of nothing. */
async function logo(color: string, side: number): Promise<Buffer> {
  const square = { create: { width: side / 2, height: side / 2, channels: 4 as const, background: color } };
  return sharp({ create: { width: side, height: side, channels: 4, background: '#0000' } })
    .composite([{ input: await sharp(square).png().toBuffer() }])
    .png()
    .toBuffer();
}

/** As WCAG 2.2 defines it. */
const luminance = (rgb: readonly number[]): number => {
  const [red = 0, green = 0, blue = 0] = rgb.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};

/** Between the middle of that part of the page and each of the pixels near its corner: the least. */
async function leastContrast(
  page: Page,
  box: { x: number; y: number; width: number; height: number },
): Promise<number> {
  const image = sharp(await page.screenshot({ clip: box })).removeAlpha();
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number): number => {
    const start = (Math.round(y) * info.width + Math.round(x)) * info.channels;
    return luminance([...data.subarray(start, start + 3)]);
  };
  const middle = at(info.width / 2, info.height / 2);
  const ground = Array.from({ length: 24 }, (_, step) => at(info.width * 0.1 + step * 2, info.height * 0.12));
  const contrast = (other: number) => (Math.max(middle, other) + 0.05) / (Math.min(middle, other) + 0.05);
  return Math.min(...ground.map(contrast));
}

describe('tiles of logos and icons', { skip: NO_CHROMIUM }, () => {
  let gallery: Gallery;
  const ids: Record<string, string> = {};
  before(async () => {
    gallery = await startGallery();
    const { origin } = gallery.service;
    const add = async (filename: string, bytes: Buffer) => {
      ids[filename] = await storeBytes(bytes, { origin, filename, fields: { user_id: 'me' } });
    };
    await add('black.png', await logo('#000', 600));
    await add('white.png', await logo('#fff', 600));
    await add('icon.png', await logo('#c00', 48));
  });
  after(() => gallery[Symbol.asyncDispose]());

  for (const colorScheme of ['light', 'dark'] as const)
    it(`black ones and white ones are seen on the ${colorScheme} wall, and in the viewer`, async () => {
      const { page, shows } = await openAt(gallery, '/', { colorScheme, reducedMotion: 'reduce' });
      for (const name of ['black.png', 'white.png']) {
        const tile = page.locator(`[data-image="${ids[name]}"]`);
        await tile.locator('img[data-loaded]').waitFor();
        const box = await tile.boundingBox();
        assert.ok(box);
        await page.mouse.move(2, 500);
        const contrast = await leastContrast(page, box);
        assert.ok(contrast >= 3, `${name}: ${contrast}`);
        await tile.click();
        const viewer = await shows(name);
        await page.locator('[data-is-moving=false]').waitFor();
        await untilImage(page, 'image.complete && image.dataset.ground !== undefined');
        const shown = await shownImage(page).boundingBox();
        assert.ok(shown);
        // Not its edges, over which the bar lies.
        const inner = { x: shown.x + shown.width / 8, y: shown.y + shown.height / 8 };
        const seen = await leastContrast(page, { ...inner, width: shown.width * 0.75, height: shown.height * 0.75 });
        assert.ok(seen >= 3, `${name} in the viewer: ${seen}`);
        await page.keyboard.press('Escape');
        await viewer.waitFor({ state: 'detached' });
      }
      await page.context().close();
    });

  for (const [deviceScaleFactor, most] of [
    [1, 1],
    [2, 1.5],
  ] as const)
    it(`small ones keep their own size at density ${deviceScaleFactor}`, async () => {
      const { page } = await openAt(gallery, '/', { deviceScaleFactor });
      const image = `document.querySelector('[data-image="${ids['icon.png']}"] img[data-loaded]')`;
      await until(page, image);
      const width = await page.evaluate<number>(`${image}.getBoundingClientRect().width`);
      assert.ok((width * deviceScaleFactor) / 48 <= most, `${width} px wide`);
      await page.context().close();
    });
});
