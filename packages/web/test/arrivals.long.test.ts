import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { testImage } from '../../../test/pictures/test-images.ts';
import { barriersOf } from './axe.fixture.ts';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { addPicture, call } from './pictures.fixture.ts';
import { isFocused, isSettled, scrolledBy, topOf, until } from './timeline.fixture.ts';
import { choose, filesOf, listed, PATIENCE_MS, saying } from './uploads.fixture.ts';
import { openAt } from './viewer.fixture.ts';

const ARRIVING = 40;
const SHOWN = 30;

/** In the page: adds up how far things move that somebody sees. */
const WATCH = `globalThis.shift = 0; new PerformanceObserver((list) => {
  for (const { value } of list.getEntries()) globalThis.shift += value;
}).observe({ type: 'layout-shift' });`;

/** In the page: what is offered at any time. */
const NOTE_OFFERS = `globalThis.offers = []; new MutationObserver(() => {
  for (const { textContent } of document.querySelectorAll('button')) if (/^\\d+ new$/.test(textContent)) offers.push(textContent);
}).observe(document.body, { childList: true, subtree: true, characterData: true });`;

/** Where each tile on the screen is. */
const boxesOf = (page: Page): Promise<unknown> =>
  page.evaluate(
    `[...document.querySelectorAll('[data-image]')].map((one) => [one.dataset.image, one.getBoundingClientRect().toJSON()])
      .filter(([, { top }]) => top < innerHeight)`,
  );

const offer = (page: Page, count: number) => page.getByRole('button', { name: `${count} new`, exact: true });

describe('pictures that arrive', { skip: NO_CHROMIUM }, () => {
  let gallery: Gallery;
  before(async () => {
    gallery = await startGallery();
    for (let seed = 0; seed < SHOWN; seed += 1) await addPicture(gallery, { seed, width: 120, height: 80 });
  });
  after(() => gallery[Symbol.asyncDispose]());

  const files = async (count: number, seed: number) => {
    const bytes = await Promise.all(
      Array.from({ length: count }, (_, index) =>
        testImage({ type: 'image/png', width: 60, height: 40, seed: seed + index }),
      ),
    );
    return filesOf(Object.fromEntries(bytes.map((one, index) => [`${seed + index}.png`, one])));
  };
  /** Away from the top: returns the picture that is the first on the screen. */
  const scrollAway = async (page: Page): Promise<string> => (await scrolledBy(page, 600)).id;
  const newest = async (count: number): Promise<readonly string[]> =>
    (await listed(gallery.service.origin)).slice(0, count).map(({ image_id }) => image_id);
  const shownFirst = async (page: Page, count: number): Promise<readonly string[]> =>
    (
      await page.evaluate<string[]>("[...document.querySelectorAll('[data-image]')].map((one) => one.dataset.image)")
    ).slice(0, count);

  it('by oneself are shown by themselves at the top', async () => {
    await using own = await files(3, 100);
    const { page } = await openAt(gallery, '/');
    await until(page, isSettled);
    await page.evaluate(NOTE_OFFERS);
    await choose(page, own.paths);
    await saying(page, '3 uploaded');
    await until(
      page,
      `[${(await newest(3)).map((id) => `'${id}'`)}].every((id, index) => document.querySelectorAll('[data-image]')[index]?.dataset.image === id)`,
    );
    assert.deepEqual(await page.evaluate('offers'), []);
    await page.context().close();
  });

  it('by oneself move nothing that is seen when scrolled away, and Show leads to them', async () => {
    await using own = await files(ARRIVING, 110);
    const { page } = await openAt(gallery, '/');
    await until(page, isSettled);
    const id = await scrollAway(page);
    const before = await topOf(page, id);
    await page.evaluate(WATCH);
    await choose(page, own.paths);
    await offer(page, ARRIVING).waitFor({ timeout: PATIENCE_MS });
    const shift = await page.evaluate<number>('shift');
    assert.ok(shift <= 0.01, `expected a layout shift of at most 0.01; got ${shift}`);
    assert.equal(await topOf(page, id), before);
    await page.getByRole('region', { name: 'Uploads' }).getByRole('button', { name: 'Show', exact: true }).click();
    const [first] = await newest(1);
    await until(page, isFocused(first));
    await until(page, isSettled);
    assert.deepEqual(await shownFirst(page, 8), await newest(8));
    await page.context().close();
  });

  it('by others are offered when scrolled away, and are there at the top and after another view', async () => {
    const { page } = await openAt(gallery, '/');
    await until(page, isSettled);
    await scrollAway(page);
    const id = await addPicture(gallery, { seed: 200 });
    const gone = await addPicture(gallery, { seed: 201 });
    const look = () => page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
    await look();
    await offer(page, 2).waitFor();
    await call(gallery, 'DELETE', `/images/${gone}`);
    await look();
    await offer(page, 1).waitFor();
    assert.equal(await page.locator(`[data-image="${id}"]`).count(), 0);
    assert.deepEqual(await barriersOf(page), []);
    await offer(page, 1).click();
    await until(page, isFocused(id));
    assert.equal(await offer(page, 1).count(), 0);

    await scrollAway(page);
    const next = await addPicture(gallery, { seed: 202 });
    await look();
    await offer(page, 1).waitFor();
    await page.evaluate('scrollTo(0, 0)');
    await page.locator(`[data-image="${next}"]`).waitFor();
    await offer(page, 1).waitFor({ state: 'detached' });
    const atTop = await addPicture(gallery, { seed: 203 });
    await look();
    await page.locator(`[data-image="${atTop}"]`).waitFor();

    await scrollAway(page);
    const last = await addPicture(gallery, { seed: 204 });
    await look();
    await offer(page, 1).waitFor();
    await page.getByRole('link', { name: 'Trash' }).click();
    await page.getByText('The trash is empty.').waitFor();
    await page.getByRole('link', { name: 'Photos' }).click();
    await page.locator(`[data-image="${last}"]`).waitFor();
    assert.equal(await offer(page, 1).count(), 0);
    await page.context().close();
  });

  it('in an empty gallery are shown at once also if a list has the first before its upload is over', async () => {
    await using empty = await startGallery();
    const [one, other] = await Promise.all(
      [320, 321].map((seed) => testImage({ type: 'image/png', width: 60, height: 40, seed })),
    );
    await using files = await filesOf({ 'one.png': one ?? '', 'other.png': other ?? '' });
    const { page } = await openAt(empty, '/');
    await page.getByRole('heading', { name: 'Drop photographs here' }).waitFor();
    const [stored, seen] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let sent = 0;
    await page.route('**/*', async (route) => {
      const request = route.request();
      if (request.method() === 'PUT' && ++sent > 1) await seen.promise;
      if (!request.url().endsWith('/complete')) return route.continue();
      const response = await route.fetch();
      stored.resolve();
      await seen.promise;
      await route.fulfill({ response });
    });
    await choose(page, files.paths);
    await stored.promise;
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
    await page.locator('[data-image]').waitFor({ timeout: PATIENCE_MS });
    seen.resolve();
    await page.locator('[data-image]').nth(1).waitFor({ timeout: PATIENCE_MS });
    assert.equal(await page.getByRole('button', { name: /new$/ }).count(), 0);
    await page.context().close();
  });

  it('and those that others delete move nothing that is seen until somebody acts', async () => {
    const { page } = await openAt(gallery, '/', { viewport: { width: 1_000, height: 600 } });
    await until(page, isSettled);
    const ids = await page.evaluate<readonly string[]>(
      "[...document.querySelectorAll('[data-image]')].map((one) => one.dataset.image)",
    );
    const [kept = '', gone = '', restored = '', below = ''] = ids;
    await page.locator(`[data-image="${gone}"]`).focus();
    const before = await boxesOf(page);
    await page.evaluate(WATCH);
    await call(gallery, 'DELETE', `/images/${gone}`);
    await call(gallery, 'POST', `/images/${restored}/trash`);
    const look = () => page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
    await look();
    const lost = page.getByRole('link', { name: 'Gone', exact: true });
    await lost.nth(1).waitFor();
    assert.deepEqual(await barriersOf(page), []);
    await call(gallery, 'POST', `/images/${restored}/restore`);
    await look();
    await lost.nth(1).waitFor({ state: 'detached' });
    await page.locator(`[data-image="${restored}"] img[data-loaded]`).waitFor();
    assert.deepEqual(await boxesOf(page), before);
    assert.equal(await page.evaluate('shift'), 0);
    await until(page, isFocused(gone));

    await page.locator(`[data-image="${kept}"]`).press('ArrowRight'); // over the one that is gone
    await until(page, isFocused(restored));
    await page.locator(`[data-image="${below}"]`).press('Delete');
    await lost.waitFor({ state: 'detached' });
    assert.equal(await page.locator(`[data-image="${below}"]`).count(), 0);
    await page.context().close();
  });
});
