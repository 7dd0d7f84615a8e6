import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { barriersOf } from './axe.fixture.ts';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { addPicture } from './pictures.fixture.ts';
import { chooserBy, untilReady } from './uploads.fixture.ts';
import { until, untilImage } from './viewer.fixture.ts';

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 } as const;

/** In the page: some frames, so that a move after them isn't a fast one. */
const FRAMES = `(async () => {
  for (let count = 0; count < 4; count += 1) await new Promise((resolve) => requestAnimationFrame(resolve));
})()`;

describe('on a phone', { skip: NO_CHROMIUM }, () => {
  let gallery: Gallery;
  before(async () => {
    gallery = await startGallery({ LOG_LEVEL: 'silent' });
  });
  after(() => gallery?.[Symbol.asyncDispose]());

  it('an empty gallery offers the photos and the camera of the phone, in its middle, and nothing to drop', async () => {
    const { page, context } = await gallery.open(PHONE);
    await page.getByRole('heading', { name: 'Your photographs go here' }).waitFor();
    assert.equal(await page.getByText('Drop').filter({ visible: true }).count(), 0);
    await untilReady(page);
    for (const [name, inputs] of [
      ['Choose photos', 'files'],
      ['Take one', 'camera'],
    ] as const) {
      const chooser = await chooserBy(page, `the button ${name}`, () => page.getByRole('button', { name }).tap());
      assert.equal(await chooser.element().getAttribute('data-chooser'), inputs);
    }
    const ways = await Promise.all(
      ['Choose photos', 'Take one'].map((name) => page.getByRole('button', { name }).boundingBox()),
    );
    const [left, right] = [ways[0]?.x ?? 0, (ways[1]?.x ?? 0) + (ways[1]?.width ?? 0)];
    assert.ok(Math.abs(left + right - PHONE.viewport.width) < 2, `${left} to ${right}`);
    assert.deepEqual(await barriersOf(page), []);
    await context.close();
  });

  it("the foot has the views, upload and the field, each as large as a finger, and the account's menu the tools", async () => {
    await addPicture(gallery, { filename: 'one.jpg' });
    const { page, context, complaints } = await gallery.open(PHONE);
    await page.getByRole('link', { name: 'one.jpg' }).waitFor();
    const controls = page.locator('[role=banner], header, nav').locator('a, button').filter({ visible: true });
    const names = () => controls.evaluateAll((all) => all.map((one) => one.ariaLabel ?? one.textContent?.trim()));
    const foot = ['Photos', 'Upload', 'More ways to upload', 'Albums', 'Trash', 'Find'];
    assert.deepEqual(await names(), ['Safelight', 'Account', ...foot]);
    for (const control of await controls.all()) {
      const { width = 0, height = 0 } = (await control.boundingBox()) ?? {};
      assert.ok(width >= 44 && height >= 44, `${width} x ${height}: ${await control.innerText()}`);
    }
    const views = page.getByRole('navigation', { name: 'Views' });
    assert.equal(await views.getByRole('link', { name: 'Photos' }).getAttribute('aria-current'), 'page');
    await views.getByRole('button', { name: 'More ways to upload' }).tap();
    const ways = page.getByRole('region', { name: 'More ways to upload' });
    const menuBox = await ways.boundingBox();
    assert.ok(
      menuBox && menuBox.y > 0 && menuBox.y + menuBox.height <= 844 - 56,
      `the menu is above the foot: ${JSON.stringify(menuBox)}`,
    );
    await page.keyboard.press('Escape');
    await views.getByRole('button', { name: 'Find' }).tap();
    const field = page.getByRole('combobox', { name: 'Find' });
    const box = await field.boundingBox();
    assert.ok(box && box.y < 52, 'the field is at the top, away from the keyboard');
    await page.keyboard.press('Escape');

    const menu = page.getByRole('dialog', { name: 'Account' });
    await page.getByRole('button', { name: 'Account' }).tap();
    await menu.getByRole('link', { name: 'API documentation' }).waitFor();
    assert.deepEqual(await barriersOf(page), []);
    await menu.getByRole('button', { name: "Colors: the system's" }).tap();
    await menu.getByRole('button', { name: 'Colors: light' }).waitFor();
    await menu.getByRole('button', { name: 'Keyboard shortcuts' }).tap();
    const list = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await list.getByText('Upload pictures').waitFor();
    await list.getByRole('button', { name: 'Close' }).tap();
    await views.getByRole('link', { name: 'Trash' }).tap();
    await page.getByText('The trash is empty.').waitFor();
    assert.equal(await views.getByRole('link', { name: 'Trash' }).getAttribute('aria-current'), 'page');
    assert.deepEqual(await names(), ['Safelight', 'Account', ...foot]);
    assert.deepEqual(await barriersOf(page), []);
    await page.getByRole('link', { name: 'Safelight' }).tap();
    await page.getByRole('link', { name: 'one.jpg' }).waitFor();
    assert.deepEqual(complaints, []);
    await context.close();
  });

  it('the first tap after the bars have gone shows them', async () => {
    await addPicture(gallery, { filename: 'three.jpg', seed: 3 });
    const context = await gallery.browser.newContext(PHONE); // where bars go, unlike in `open`
    const page = await context.newPage();
    await page.goto(gallery.service.origin);
    await page.getByRole('link', { name: 'three.jpg' }).tap();
    const viewer = page.getByRole('dialog', { name: 'three.jpg' });
    await viewer.and(page.locator('[data-is-idle=true]')).waitFor();
    await page.touchscreen.tap(195, 400);
    await viewer.and(page.locator('[data-is-idle=false]')).waitFor();
    await page.waitForTimeout(500); // longer than a double tap is waited for
    assert.equal(await viewer.getAttribute('data-is-idle'), 'false');
    await context.close();
  });

  it('a finger that drags the picture down sees one bar, and drags the details away', async () => {
    await addPicture(gallery, { filename: 'two.jpg', seed: 2, width: 1_200, height: 900 });
    const { page, context, complaints } = await gallery.open(PHONE);
    await page.getByRole('link', { name: 'two.jpg' }).tap();
    const viewer = page.getByRole('dialog', { name: 'two.jpg' });
    await viewer.and(page.locator('[data-is-moving=false]')).waitFor();
    const session = await context.newCDPSession(page);
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', y = 0) =>
      session.send('Input.dispatchTouchEvent', { type, touchPoints: type === 'touchEnd' ? [] : [{ x: 195, y }] });
    const opacity = `getComputedStyle(document.querySelector('[data-is-ready] header')).opacity`;
    await untilImage(page, 'image.complete');
    const slowly = async (heights: readonly number[]): Promise<void> => {
      for (const y of heights) {
        await touch('touchMove', y);
        await page.evaluate(FRAMES);
      }
    };
    await touch('touchStart', 300);
    await slowly([320, 340, 360]);
    await until(page, `${opacity} === '0'`);
    await slowly([330, 310, 308, 306, 305, 304]); // a finger that is fast at the end would close it
    await touch('touchEnd');
    await until(page, `${opacity} === '1'`);
    await viewer.waitFor();

    const details = page.getByRole('complementary', { name: 'Details' });
    await viewer.getByRole('button', { name: 'Details' }).tap();
    await details.getByText('SHA-256').waitFor();
    await page.evaluate('Promise.allSettled(document.getAnimations().map((one) => one.finished)).then(() => {})');
    const top = (await details.boundingBox())?.y ?? 0;
    const drag = async (by: number): Promise<void> => {
      await touch('touchStart', top + 24);
      for (let step = 1; step <= 10; step += 1) {
        await touch('touchMove', top + 24 + (by * step) / 10);
        await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => resolve()))');
      }
      await touch('touchEnd');
    };
    await drag(300);
    await details.waitFor({ state: 'detached' });
    await viewer.waitFor();

    for (const control of await viewer.getByRole('button').all()) {
      const { width = 0, height = 0, y = 0 } = (await control.boundingBox()) ?? {};
      const name = await control.getAttribute('aria-label');
      assert.ok(width >= 44 && height >= 44, `${width} x ${height}: ${name}`);
      assert.equal(y > 700, !/Back|picture/.test(name ?? ''), `${name} is at the bottom: ${y}`);
    }
    await touch('touchStart', 400);
    await slowly([380, 350, 320, 300, 305]);
    await touch('touchEnd');
    await details.waitFor();
    await viewer.waitFor();
    await page.keyboard.press('Escape');
    await details.waitFor({ state: 'detached' });
    await touch('touchStart', 400);
    await slowly([395, 390, 380]); // not a swipe
    await touch('touchEnd');
    await page.evaluate(FRAMES);
    assert.equal(await details.count(), 0);
    assert.deepEqual(complaints, []);
    await context.close();
  });
});
