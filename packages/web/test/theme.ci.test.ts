import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { until } from './timeline.fixture.ts';

const WALL = { light: 'rgb(250, 248, 246)', dark: 'rgb(14, 13, 12)' };
const wallOf = (page: Page, place = 'body'): Promise<string> =>
  page.evaluate(`getComputedStyle(document.querySelector('${place}')).backgroundColor`);

describe('the theme', { skip: NO_CHROMIUM }, () => {
  let gallery: Gallery;
  before(async () => {
    gallery = await startGallery({ LOG_LEVEL: 'silent' });
  });
  after(() => gallery?.[Symbol.asyncDispose]());

  it("is the system's or the chosen one before any module has run", async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page, context, complaints } = await gallery.open({ colorScheme });
      await page.getByRole('heading', { name: 'Safelight' }).waitFor();
      await page.route('**/assets/index-*.js', () => {}); // no answer
      for (const chosen of [undefined, 'light', 'dark', 'nonsense'] as const) {
        await page.evaluate(`localStorage.${chosen ? `setItem('safelight-theme', '${chosen}')` : 'clear()'}`);
        await page.reload({ waitUntil: 'commit' });
        await until(page, `document.querySelector('#gallery') && document.styleSheets.length > 0`);
        const expected = chosen === 'light' || chosen === 'dark' ? chosen : colorScheme;
        assert.equal(await wallOf(page), WALL[expected], `${chosen} on a ${colorScheme} system`);
      }
      assert.deepEqual(complaints, []);
      await context.close();
    }
  });

  it("follows the system's until one is chosen, and the viewer is always dark", async () => {
    const id = await gallery.seed(1);
    const { page, context } = await gallery.open({ colorScheme: 'light' });
    await page.getByRole('button', { name: "Colors: the system's" }).waitFor();
    await page.emulateMedia({ colorScheme: 'dark' });
    assert.equal(await wallOf(page), WALL.dark);
    await page.getByRole('button', { name: "Colors: the system's" }).click();
    assert.equal(await wallOf(page), WALL.light);
    await page.reload();
    await page.getByRole('button', { name: 'Colors: light' }).waitFor();
    assert.equal(await wallOf(page), WALL.light);
    await page.goto(`${gallery.service.origin}/?image=${id}`);
    await page.locator('[data-is-ready=true]').waitFor();
    await page.keyboard.press('i');
    await page.getByRole('complementary', { name: 'Details' }).waitFor();
    assert.equal(await wallOf(page, 'aside'), WALL.dark);
    await context.close();
  });
});
