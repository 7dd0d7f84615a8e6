import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { testImage } from '../../server/test/pictures/test-images.ts';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { addPicture, call } from './pictures.fixture.ts';
import { isFocused, isSettled, topOf, until } from './timeline.fixture.ts';
import { choose, filesOf, listed, PATIENCE_MS, saying } from './uploads.fixture.ts';
import { openAt } from './viewer.fixture.ts';

const ARRIVING = 40;
const SHOWN = 30;

/** In the page: adds up how far things move that somebody sees. */
const WATCH = `globalThis.shift = 0; new PerformanceObserver((list) => {
  for (const { value } of list.getEntries()) globalThis.shift += value;
}).observe({ type: 'layout-shift' });`;

const offer = (page: Page, count: number) => page.getByRole('button', { name: `${count} new`, exact: true });

describe('pictures that arrive', { skip: NO_CHROMIUM }, () => {
  let gallery: Gallery;
  before(async () => {
    gallery = await startGallery();
  });
  after(() => gallery[Symbol.asyncDispose]());

  it('move nothing that is seen until they are asked for, one’s own uploads too', async () => {
    for (let seed = 0; seed < SHOWN; seed += 1) await addPicture(gallery, { seed, width: 120, height: 80 });
    const names = Array.from({ length: ARRIVING }, (_, index) => `${index}.png`);
    const bytes = await Promise.all(
      names.map((_, seed) => testImage({ type: 'image/png', width: 60, height: 40, seed: 100 + seed })),
    );
    await using files = await filesOf(Object.fromEntries(names.map((name, index) => [name, bytes[index] ?? ''])));
    const { page } = await openAt(gallery, '/');
    await until(page, isSettled);
    const [first] = await page.locator('[data-image]').all();
    const id = (await first?.getAttribute('data-image')) ?? '';
    const before = await topOf(page, id);
    await page.evaluate(WATCH);
    await choose(page, files.paths);
    await offer(page, ARRIVING).waitFor({ timeout: PATIENCE_MS });
    const shift = await page.evaluate<number>('shift');
    assert.ok(shift <= 0.01, `expected a layout shift of at most 0.01; got ${shift}`);
    assert.equal(await topOf(page, id), before);

    await offer(page, ARRIVING).click();
    await offer(page, ARRIVING).waitFor({ state: 'detached' });
    const newest = (await listed(gallery.service.origin)).slice(0, 8).map(({ image_id }) => image_id);
    await until(page, isFocused(newest[0]));
    const shown = await page.evaluate<string[]>(
      "[...document.querySelectorAll('[data-image]')].map((one) => one.dataset.image)",
    );
    assert.deepEqual(shown.slice(0, 8), newest);
    await page.context().close();
  });

  it('by others are offered too, and are there after another view', async () => {
    const { page } = await openAt(gallery, '/');
    await until(page, isSettled);
    const id = await addPicture(gallery, { seed: 200 });
    const gone = await addPicture(gallery, { seed: 201 });
    const look = () => page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
    await look();
    await offer(page, 2).waitFor();
    await call(gallery, 'DELETE', `/images/${gone}`);
    await look();
    await offer(page, 1).waitFor();
    assert.equal(await page.locator(`[data-image="${id}"]`).count(), 0);
    await page.getByRole('link', { name: 'Trash' }).click();
    await page.getByText('The trash is empty.').waitFor();
    await page.getByRole('link', { name: 'Photos' }).click();
    await page.locator(`[data-image="${id}"]`).waitFor();
    assert.equal(await offer(page, 1).count(), 0);
    await page.context().close();
  });

  it('in an empty gallery are shown at once', async () => {
    await using empty = await startGallery();
    const picture = await testImage({ type: 'image/png', width: 60, height: 40, seed: 300 });
    await using files = await filesOf({ 'first.png': picture });
    const { page } = await openAt(empty, '/');
    await choose(page, files.paths);
    await page.getByRole('link', { name: 'first.png' }).waitFor();
    await saying(page, '1 uploaded');
    assert.equal(await offer(page, 1).count(), 0);
    await page.context().close();
  });
});
