import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { addPicture } from './pictures.fixture.ts';
import { openAt, until } from './viewer.fixture.ts';

/** Larger than any preset. */
const LARGE = { width: 2_400, height: 1_600 };

/** In the page: what the viewer shows in each frame, from the first one on that has a picture's place. */
const NOTE_FRAMES = `globalThis.frames = new Set();
  globalThis.tiles = [...document.querySelectorAll('[data-image] img')].map(({ currentSrc }) => currentSrc);
  (function look() {
    const place = document.querySelector('.pswp__item[aria-hidden="false"] .pswp__zoom-wrap');
    const [image, tile] = [place?.querySelector('img.pswp__img'), place?.querySelector('.pswp__img--placeholder img')];
    const isShown = (one) => one && one.complete && one.naturalWidth > 0 && one.checkVisibility({ visibilityProperty: true });
    if (isShown(image)) frames.add('picture');
    else if (isShown(tile) && tiles.includes(tile.currentSrc) && tile.clientWidth > 0) frames.add('tile');
    else if (place) frames.add('neither');
    requestAnimationFrame(look);
  })();`;

describe('a picture that is opened', { skip: NO_CHROMIUM }, () => {
  let gallery: Gallery;
  let ids: readonly string[];
  before(async () => {
    gallery = await startGallery();
    const [older, newer] = [await addPicture(gallery, LARGE), await addPicture(gallery, { ...LARGE, seed: 2 })];
    ids = [newer, older];
  });
  after(() => gallery[Symbol.asyncDispose]());

  it('begins as the very image of its tile, as its neighbour does, and is never more blurred', async () => {
    const { page, shows } = await openAt(gallery, '/');
    for (const id of ids) await page.locator(`[data-image="${id}"] img[data-loaded]`).waitFor();
    // Not by page.route, which turns the browser's memory off.
    const session = await page.context().newCDPSession(page);
    let held = 0;
    session.on('Fetch.requestPaused', () => {
      held += 1;
    });
    await session.send('Fetch.enable', { patterns: [{ urlPattern: '*/renditions/*' }] });
    await page.evaluate(NOTE_FRAMES);
    await page.locator(`[data-image="${ids[0]}"]`).click();
    await shows('picture-2.jpg');
    await page.locator('[data-is-moving=false]').waitFor();
    await page.keyboard.press('ArrowRight');
    await shows('picture-1.jpg');
    await until(
      page,
      `document.querySelector('.pswp__item[aria-hidden="false"] img.pswp__img')?.alt === 'picture-1.jpg'`,
    );
    assert.ok(held > 0);
    assert.deepEqual(await page.evaluate('[...frames]'), ['tile']);
    await session.send('Fetch.disable');
    await until(page, `frames.has('picture')`);
    assert.deepEqual(await page.evaluate('[...frames]'), ['tile', 'picture']);
    await page.context().close();
  });

  it('needs no code that the page has not fetched while it was idle, after the tiles', async () => {
    const { page, shows } = await openAt(gallery, '/');
    const CODE = `performance.getEntriesByType('resource').find(({ name }) => /photo-viewer.*js/.test(name))`;
    await until(page, CODE);
    const isAfter = `((code) => performance.getEntriesByType('resource').filter(({ name }) => name.includes('/renditions/'))
      .every(({ responseEnd }) => responseEnd > 0 && responseEnd <= code.startTime))(${CODE})`;
    assert.equal(await page.evaluate(isAfter), true);
    await page.locator(`[data-image="${ids[0]}"]`).click();
    await shows('picture-2.jpg');
    await page.context().close();
  });
});
