import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import sharp from 'sharp';
import { barriersOf } from './axe.fixture.ts';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { addPicture } from './pictures.fixture.ts';
import { refusedIn } from './policy.fixture.ts';
import { focusIn } from './uploads.fixture.ts';
import { doubleClick, openAt, shownImage, swipe, until, untilImage } from './viewer.fixture.ts';

/** Larger than any preset. */
const LARGE = { width: 2_400, height: 1_600 };

/** The `naturalWidth` of an image with `srcset` is a size on the screen, not what was loaded. */
const IS_RENDITION = `image.currentSrc.includes('/renditions/')`;

describe('the viewer', { skip: NO_CHROMIUM }, () => {
  let gallery: Gallery;
  /** From the newest to the oldest. */
  let ids: readonly string[];
  const [C, B, A] = ['picture-3.jpg', 'picture-2.jpg', 'picture-1.jpg'];

  before(async () => {
    gallery = await startGallery();
    const made: string[] = [];
    for (const seed of [1, 2, 3]) made.unshift(await addPicture(gallery, { seed, ...(seed === 2 && LARGE) }));
    ids = made;
  });
  after(() => gallery[Symbol.asyncDispose]());

  it('opens from the grid, moves by arrow keys, and Back closes it', async () => {
    const { page, shows, complaints } = await openAt(gallery, '/');
    await page.locator(`[data-image="${ids[0]}"]`).focus();
    await page.keyboard.press('Enter');
    await shows(C);
    assert.equal(new URL(page.url()).searchParams.get('image'), ids[0]);
    await page.keyboard.press('ArrowRight');
    await shows(B);
    await page.keyboard.press('ArrowRight');
    await shows(A);
    assert.equal(new URL(page.url()).searchParams.get('image'), ids[2]);
    await page.keyboard.press('ArrowRight'); // the oldest
    await page.keyboard.press('ArrowLeft');
    await shows(B);
    await page.reload();
    await shows(B);
    await page.goBack();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.equal(new URL(page.url()).search, '');
    await until(page, `document.activeElement.dataset.image === '${ids[1]}'`); // the tile of what was shown last
    assert.deepEqual([complaints, await refusedIn(page)], [[], []]);
    // Nothing was refused although no text may become HTML.
    await assert.rejects(page.evaluate(`document.createElement('p').innerHTML = '<b>'`), /TrustedHTML/);
    await page.context().close();
  });

  it('grows from its tile within 200 ms, and from nowhere where motion is reduced', async () => {
    for (const [reducedMotion, isGrowing] of [
      ['no-preference', true],
      ['reduce', false],
    ] as const) {
      const { page, shows } = await openAt(gallery, '/', { reducedMotion });
      const tile = page.locator(`[data-image="${ids[1]}"]`);
      await tile.waitFor();
      await page.evaluate(`globalThis.grown = [];
        document.addEventListener('transitionrun', ({ target, propertyName }) => {
          if (propertyName === 'transform' && target.matches('.pswp__zoom-wrap'))
            grown.push([getComputedStyle(target).transitionDuration, target.getBoundingClientRect().width]);
        });`);
      await tile.click();
      await shows(B);
      await page.locator('[data-is-moving=false]').waitFor();
      const grown = await page.evaluate<readonly (readonly [string, number])[]>('grown');
      if (isGrowing)
        assert.deepEqual(
          grown.map(([duration]) => duration),
          ['0.2s'],
        );
      else assert.deepEqual(grown, []);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.context().close();
    }
  });

  it('shows no placeholder behind a transparent picture, in the grid neither', async () => {
    const pixels = Buffer.alloc(600 * 400 * 4); // each transparent, but for a corner
    pixels.fill(255, 0, 4 * 40);
    const png = await sharp(pixels, { raw: { width: 600, height: 400, channels: 4 } })
      .png()
      .toBuffer();
    const form = new FormData();
    form.set('user_id', 'glass');
    form.set('file', new File([new Uint8Array(png)], 'glass.png', { type: 'image/png' }));
    const answer = await fetch(`${gallery.service.origin}/images`, { method: 'POST', body: form });
    const { image_id } = (await answer.json()) as { readonly image_id: string };
    const { page, shows } = await openAt(gallery, '/');
    const tile = `document.querySelector('[data-image="${image_id}"]')`;
    await until(page, `${tile}?.querySelector('[data-loaded]')`);
    await until(
      page,
      `((style) => style.backgroundColor === 'rgba(0, 0, 0, 0)' && style.backgroundSize === '0px 0px')(getComputedStyle(${tile}))`,
    );
    // PhotoSwipe removes what stood for the picture a second after it has loaded: here it stays.
    await page.evaluate(`{
      const { setTimeout } = globalThis;
      globalThis.setTimeout = (run, ms, ...rest) => setTimeout(run, ms === 1_000 ? 600_000 : ms, ...rest);
    }`);
    await page.locator(`[data-image="${image_id}"]`).click();
    await shows('glass.png');
    await untilImage(page, 'image.complete && image.naturalWidth > 0');
    const place = '.pswp__item[aria-hidden="false"] .pswp__img--placeholder';
    await until(page, `document.querySelector('${place}').style.visibility === 'hidden'`);
    await page.context().close();
    await fetch(`${gallery.service.origin}/images/${image_id}?user_id=glass&permanent=true`, { method: 'DELETE' });
  });

  it('opens by its address alone, shows the neighbours by buttons, and closes by Escape', async () => {
    const { page, shows, complaints } = await openAt(gallery, `/?image=${ids[1]}`);
    const viewer = await shows(B);
    await viewer.getByRole('button', { name: 'Next picture' }).click();
    await shows(A);
    await viewer.getByRole('button', { name: 'Previous picture' }).click();
    await viewer.getByRole('button', { name: 'Previous picture' }).click();
    await shows(C);
    assert.equal(await viewer.getByRole('button', { name: 'Previous picture' }).getAttribute('aria-disabled'), 'true');
    await page.keyboard.press('Escape');
    await viewer.waitFor({ state: 'detached' });
    assert.equal(new URL(page.url()).search, '');
    assert.deepEqual([complaints, await refusedIn(page)], [[], []]);
    await page.context().close();
  });

  it('says that there is no such picture, and shows the grid', async () => {
    const { page } = await openAt(gallery, '/?image=01a1f82b-80d8-703c-9c86-1b8ba42038d1');
    await page.getByRole('status').filter({ hasText: 'There is no such picture, or it is in the trash.' }).waitFor();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.locator(`[data-image="${ids[0]}"]`).waitFor();
    assert.equal(new URL(page.url()).search, '');
    await page.context().close();
  });

  it('shows the grid where the address names nothing that could be a picture', async () => {
    for (const text of ['nonsense', '!', '..', '']) {
      const { page, complaints } = await openAt(gallery, `/?image=${text}`);
      await page.locator(`[data-image="${ids[0]}"]`).waitFor();
      assert.equal(await page.locator('[role=dialog][aria-modal=true]').count(), 0);
      assert.deepEqual(complaints, []);
      await page.context().close();
    }
  });

  it("reaches the original's pixels by z and by a double click, at one pixel of the screen for each", async () => {
    const { page, shows, complaints } = await openAt(gallery, `/?image=${ids[1]}`);
    await shows(B);
    const image = shownImage(page);
    await untilImage(page, `${IS_RENDITION} && image.complete`);
    await page.keyboard.press('z');
    await untilImage(page, `!${IS_RENDITION} && image.naturalWidth === 2400`);
    await untilImage(page, 'image.getBoundingClientRect().width === 2400');
    const { x = 0 } = (await image.boundingBox()) ?? {};
    await page.keyboard.press('ArrowRight');
    assert.equal((await image.boundingBox())?.x, x - 80, 'an arrow key moves a zoomed picture');
    await page.keyboard.press('Escape');
    await untilImage(page, 'image.getBoundingClientRect().width <= 1440');
    await doubleClick(page, image);
    await untilImage(page, 'image.getBoundingClientRect().width === 2400');
    await shows(B);
    assert.deepEqual([complaints, await refusedIn(page)], [[], []]);
    await page.context().close();
  });

  it('shows details beside the picture, and Escape steps back one level at a time', async () => {
    const { page, shows } = await openAt(gallery, `/?image=${ids[1]}`);
    const viewer = await shows(B);
    await page.keyboard.press('i');
    const details = page.getByRole('complementary', { name: 'Details' });
    for (const text of ['2400 × 1600', 'JPEG', 'Large', '2048 × 1365', /^\d+(\.\d)? (KB|MB)$/])
      await details.getByText(text, { exact: true }).first().waitFor();
    // Also a picture that was still opening when they appeared.
    await until(
      page,
      `((picture, panel) => picture.left >= 0 && picture.right <= panel.left)(
        ...['.pswp__item[aria-hidden="false"] img.pswp__img', 'aside[aria-label=Details]'].map((selector) =>
          document.querySelector(selector).getBoundingClientRect()))`,
    );
    assert.deepEqual(await barriersOf(page), []);
    for (const [key, name] of [
      ['s', 'Share'],
      ['d', 'Download'],
      ['?', 'Keyboard shortcuts'],
    ] as const) {
      await page.keyboard.press(key);
      const dialog = page.getByRole('dialog', { name });
      await dialog.waitFor();
      assert.deepEqual(await barriersOf(page), []);
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
    }
    await page.keyboard.press('Escape');
    await details.waitFor({ state: 'detached' });
    assert.deepEqual(await barriersOf(page), []);
    await page.keyboard.press('Escape');
    await viewer.waitFor({ state: 'detached' });
    await page.context().close();
  });

  it('hides its bar after a while, and shows it to those who move the mouse or use the keyboard', async () => {
    const { page, shows } = await openAt(gallery, 'about:blank');
    await page.clock.install();
    await page.goto(new URL(`/?image=${ids[2]}`, gallery.service.origin).href);
    await shows(A);
    const untilIdle = (isIdle: boolean) => page.locator(`[data-is-ready][data-is-idle=${isIdle}]`).waitFor();
    /** Once its transition is over. */
    const opacity = () =>
      page.evaluate(`(async () => {
        const bar = document.querySelector('[data-is-ready] header');
        while (bar.getAnimations().length > 0) await Promise.allSettled(bar.getAnimations().map((one) => one.finished));
        return getComputedStyle(bar).opacity;
      })()`);
    await page.clock.pauseAt(Number(await page.evaluate('Date.now()')) + 10_000);
    await untilIdle(true);
    assert.equal(await opacity(), '0');

    await page.keyboard.press('Tab');
    assert.equal(await focusIn(page), 'Back');
    await untilIdle(false);
    assert.equal(await opacity(), '1');
    await page.clock.runFor(10_000);
    await untilIdle(true);
    assert.equal(await opacity(), '1', 'shown to those who see the focus in it');
    await page.evaluate('document.activeElement.blur()');
    assert.equal(await opacity(), '0');

    await page.mouse.move(200, 300);
    await untilIdle(false);
    assert.equal(await opacity(), '1');
    await page.clock.runFor(1_000);
    assert.equal(await opacity(), '1');
    await page.clock.runFor(10_000);
    await untilIdle(true);
    assert.equal(await opacity(), '0');
    await page.context().close();
  });

  it('keeps the page behind it still and without the focus', async () => {
    const { page, shows } = await openAt(gallery, `/?image=${ids[2]}`);
    const viewer = await shows(A);
    await page.evaluate(`globalThis.stopped = [];
      for (const type of ['keydown', 'wheel'])
        document.addEventListener(type, ({ defaultPrevented }) => stopped.push(type + defaultPrevented));
      document.querySelector('[data-is-ready]').focus()`);
    for (const key of ['End', 'PageDown', ' ']) await page.keyboard.press(key);
    await page.mouse.move(700, 20);
    await page.mouse.wheel(0, 500);
    await until(page, `stopped.join() === 'keydowntrue,keydowntrue,keydowntrue,wheeltrue'`);
    const names: unknown[] = [];
    for (let count = 0; count < 10; count += 1) {
      await page.keyboard.press('Tab');
      names.push(await page.evaluate('document.activeElement.closest("main, #gallery > header")?.tagName ?? null'));
    }
    assert.deepEqual(new Set(names), new Set([null]));
    await viewer.getByRole('button', { name: 'Back' }).click();
    await viewer.waitFor({ state: 'detached' });
    await page.context().close();
  });

  it('follows a finger: to the next picture, not beyond the last, and down to close', async () => {
    const { page, shows, complaints } = await openAt(gallery, `/?image=${ids[1]}`, {
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      isMobile: true,
      deviceScaleFactor: 2,
    });
    await shows(B);
    await shownImage(page).waitFor();
    await swipe(page, [350, 420], [40, 420]);
    const viewer = await shows(A);
    await viewer
      .getByRole('button', { name: 'Next picture', disabled: true, includeHidden: true })
      .waitFor({ state: 'attached' });
    await swipe(page, [350, 420], [40, 420]);
    const isAtRest = 'Math.abs(image.getBoundingClientRect().x + image.width / 2 - innerWidth / 2) < 1';
    await untilImage(page, isAtRest);
    await shows(A);
    await swipe(page, [40, 420], [350, 420]);
    await shows(B);
    await untilImage(page, isAtRest);
    await swipe(page, [195, 300], [195, 800]);
    await viewer.waitFor({ state: 'detached' });
    assert.equal(new URL(page.url()).search, '');
    assert.deepEqual([complaints, await refusedIn(page)], [[], []]);
    await page.context().close();
  });
});
