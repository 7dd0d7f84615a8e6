import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { addPicture } from './pictures.fixture.ts';
import { openAt, swipe, until } from './viewer.fixture.ts';

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 } as const;

/** In the page: what a press on a picture of the grid, or beside the one of the viewer, has done. */
const NOTE_CLICKS = `globalThis.heard = [];
  for (const type of ['pointerdown', 'click'])
    document.querySelector('#gallery').addEventListener(type, ({ target }) => {
      if (target.closest('[data-image], .pswp')) heard.push(type);
    }, true);`;

const heardBy = (page: Page): Promise<unknown> => page.evaluate('heard');

describe('a press outside', { skip: NO_CHROMIUM }, () => {
  let gallery: Gallery;
  let id: string;
  before(async () => {
    gallery = await startGallery();
    for (let seed = 1; seed < 8; seed += 1) id = await addPicture(gallery, { seed, width: 600, height: 400 });
  });
  after(() => gallery[Symbol.asyncDispose]());

  it('a menu closes it, and opens no picture beneath', async () => {
    const { page, complaints } = await openAt(gallery, '/');
    const tile = page.locator(`[data-image="${id}"]`);
    await tile.waitFor();
    await page.evaluate(NOTE_CLICKS);
    for (const name of ['More ways to upload', 'Account']) {
      await page.getByRole('button', { name }).click();
      await page.locator('[popover]:popover-open').waitFor();
      await tile.click();
      await page.locator('[popover]:popover-open').waitFor({ state: 'detached' });
    }
    assert.deepEqual([await heardBy(page), new URL(page.url()).search], [[], '']);
    await tile.click();
    await page.getByRole('dialog', { name: `picture-7.jpg` }).waitFor();
    assert.deepEqual([await heardBy(page), complaints], [['pointerdown', 'click'], []]);
    await page.context().close();
  });

  it('a dialog closes it, and not the viewer behind it', async () => {
    const { page, shows } = await openAt(gallery, '/');
    await page.locator(`[data-image="${id}"]`).click();
    await shows('picture-7.jpg');
    await page.locator('[data-is-moving=false]').waitFor();
    await page.evaluate(NOTE_CLICKS);
    await page.keyboard.press('s');
    const share = page.getByRole('dialog', { name: 'Share' });
    await share.waitFor();
    await page.mouse.click(30, 850);
    await share.waitFor({ state: 'detached' });
    assert.deepEqual(await heardBy(page), []);
    await shows('picture-7.jpg');

    // A text that is selected beyond the edge of its field is no press outside.
    await page.keyboard.press('s');
    await share.getByRole('button', { name: 'Create link' }).click();
    const box = await share.getByLabel('The new link').boundingBox();
    await page.mouse.move((box?.x ?? 0) + 40, (box?.y ?? 0) + 10);
    await page.mouse.down();
    await page.mouse.move(30, 850, { steps: 3 });
    await page.mouse.up();
    await share.getByLabel('The new link').waitFor();
    await page.context().close();
  });

  it('on a phone a sheet closes by a touch, and by a drag of its head', async () => {
    const { page, shows } = await openAt(gallery, '/', PHONE);
    await page.locator(`[data-image="${id}"]`).tap();
    const viewer = await shows('picture-7.jpg');
    await page.locator('[data-is-moving=false]').waitFor();
    await page.evaluate(NOTE_CLICKS);
    const share = page.getByRole('dialog', { name: 'Share' });
    for (const close of [
      () => page.touchscreen.tap(195, 120),
      async () => {
        const { y = 0 } = (await share.getByRole('heading', { name: 'Share' }).boundingBox()) ?? {};
        await swipe(page, [100, y + 10], [100, y + 30]); // too little
        await swipe(page, [100, y + 10], [100, 840]);
      },
    ]) {
      await viewer.getByRole('button', { name: 'Share' }).tap();
      await share.getByRole('region', { name: 'Links' }).waitFor(); // the sheet grows by it, and its head moves
      await until(page, `document.getAnimations().every(({ playState }) => playState === 'finished')`);
      await page.evaluate('heard.length = 0');
      await close();
      await share.waitFor({ state: 'detached' });
      assert.deepEqual(await heardBy(page), []);
    }
    await shows('picture-7.jpg');
    await page.context().close();
  });
});
