import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { testImage } from '../../../test/pictures/test-images.ts';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { seedLibrary } from './seeded-library.fixture.ts';
import { isSettled, until } from './timeline.fixture.ts';
import { openAt } from './viewer.fixture.ts';

/** One an hour. */
const COUNT = 1_500;
const NEWEST = Date.UTC(2024, 6, 14, 12);
const HOUR_MS = 3_600_000;
const clockOf = (index: number): string => new Date(NEWEST - index * HOUR_MS).toISOString().slice(0, -1);
/** How many of them are of a month or of a day. */
const numberOf = (beginning: string): number =>
  Array.from({ length: COUNT }, (_, index) => clockOf(index)).filter((clock) => clock.startsWith(beginning)).length;

const tile = (page: Page, index: number): Locator => page.locator('[data-image]').nth(index);
const selected = (page: Page): Locator => page.locator('[data-image][data-selected]');
const bar = (page: Page): Locator => page.getByRole('region', { name: 'Selection' });
const says = (page: Page, text: string): Promise<void> => bar(page).getByRole('status').getByText(text).waitFor();
const ended = (page: Page): Promise<void> => bar(page).waitFor({ state: 'detached' });

/** The grid, once pictures can be selected. */
async function openGrid(gallery: Gallery, path: string, options = {}) {
  const opened = await openAt(gallery, path, options);
  await until(opened.page, isSettled);
  await opened.page.locator('[data-part=select]').first().waitFor({ state: 'attached' });
  return opened;
}

describe('a selection', { skip: NO_CHROMIUM }, () => {
  let gallery: Gallery;
  before(async () => {
    const bytes = await testImage({ type: 'image/jpeg', width: 300, height: 200, seed: 1 });
    const seeded = {
      count: COUNT,
      at: () => new Date(NEWEST),
      takenAt: clockOf,
      pictures: [{ bytes, filename: 'p.jpg' }],
    };
    gallery = await startGallery({ LOG_LEVEL: 'warn' }, (folder) => seedLibrary(folder, seeded));
  });
  after(() => gallery[Symbol.asyncDispose]());

  it('begins with the mark of a picture, and a click, Shift and a drag go on', async () => {
    const { page, complaints } = await openGrid(gallery, '/?user=me');
    await tile(page, 1).hover();
    await page.getByRole('checkbox', { name: 'Select 000001-p.jpg' }).click();
    await says(page, '1 picture, ');
    await tile(page, 4).click();
    await says(page, '2 pictures, ');
    await tile(page, 4).click();
    await tile(page, 3).click();
    await tile(page, 7).click({ modifiers: ['Shift'] });
    await says(page, '6 pictures, ');
    assert.equal(await selected(page).count(), 6);
    assert.equal(new URL(page.url()).searchParams.get('image'), null);

    await page.keyboard.down('Shift');
    await tile(page, 9).hover();
    await page.mouse.down();
    await tile(page, 11).hover();
    await tile(page, 10).hover();
    await page.mouse.up();
    await page.keyboard.up('Shift');
    await says(page, '8 pictures, ');
    await tile(page, 10).click();
    await says(page, '7 pictures, ');

    await bar(page).getByRole('button', { name: 'End the selection' }).click();
    await ended(page);
    assert.equal(await selected(page).count(), 0);
    await tile(page, 2).click();
    await page.getByRole('dialog', { name: '000002-p.jpg' }).waitFor();
    assert.deepEqual(complaints, []);
    await page.context().close();
  });

  it('begins with Shift and a drag, which scrolls at the edge of the screen', async () => {
    const { page } = await openGrid(gallery, '/?user=me');
    await page.keyboard.down('Shift');
    await tile(page, 5).hover();
    await page.mouse.down();
    await page.mouse.move(700, 899, { steps: 5 });
    await until(page, 'scrollY > 1_500');
    await page.mouse.move(700, 500);
    await page.mouse.up();
    await page.keyboard.up('Shift');
    const text = (await bar(page).getByRole('status').textContent()) ?? '';
    assert.ok(Number(/^\d+/.exec(text)?.[0]) > 15, text);
    await page.context().close();
  });

  it('is made by keyboard alone', async () => {
    const { page } = await openGrid(gallery, '/?user=me');
    const { keyboard } = page;
    await tile(page, 1).focus();
    await keyboard.press('Shift+ArrowRight');
    await says(page, '2 pictures, ');
    await keyboard.press('Shift+ArrowRight');
    await says(page, '3 pictures, ');
    await keyboard.press('Shift+ArrowLeft');
    await says(page, '2 pictures, ');
    await keyboard.press('ArrowRight');
    await keyboard.press('ArrowRight');
    await page.locator('[data-image]:focus').and(tile(page, 4)).waitFor();
    await keyboard.press('x');
    await says(page, '3 pictures, ');
    await page.getByRole('checkbox', { name: 'Select 000004-p.jpg', checked: true }).waitFor();
    await keyboard.press('x');
    await says(page, '2 pictures, ');
    await keyboard.press('Tab');
    await keyboard.press('Space');
    await says(page, '3 pictures, ');
    await keyboard.press('Control+a');
    await until(page, `!document.querySelector('[data-image]:not([data-selected])')`);
    const loaded = (await bar(page).getByRole('status').textContent()) ?? '';
    assert.ok(Number(/^\d+/.exec(loaded)?.[0]) >= 80, loaded);
    await keyboard.press('Escape');
    await ended(page);
    await tile(page, 4).press('Enter');
    await page.getByRole('dialog', { name: '000004-p.jpg' }).waitFor();
    await keyboard.press('Control+a');
    await keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.equal(await bar(page).count(), 0);
    await page.context().close();
  });

  it('is made by a finger that rests on a picture, and then by touches', async () => {
    const options = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
    const { page, complaints } = await openGrid(gallery, '/?user=me', options);
    const session = await page.context().newCDPSession(page);
    const { x = 0, y = 0 } = (await tile(page, 2).boundingBox()) ?? {};
    const touchPoints = [{ x: x + 40, y: y + 40 }];
    await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints });
    await says(page, '1 picture, ');
    await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    await tile(page, 4).tap();
    await says(page, '2 pictures, ');
    await tile(page, 2).tap();
    await says(page, '1 picture, ');
    const targets = await bar(page)
      .locator('button')
      .evaluateAll((all) => all.map((one) => one.getBoundingClientRect()).map(({ width, height }) => [width, height]));
    assert.deepEqual(
      targets.flat().filter((length) => length < 44),
      [],
    );
    await tile(page, 4).tap();
    await ended(page);
    await tile(page, 4).tap();
    await page.getByRole('dialog').waitFor();
    assert.deepEqual(complaints, []);
    await page.context().close();
  });

  it('takes a day and a month by their heading, and stays while the page scrolls', async () => {
    const { page } = await openGrid(gallery, '/?user=me');
    const day = page.getByRole('checkbox', { name: 'Select Sat, 13 Jul 2024' });
    await page.getByRole('heading', { name: 'Sat, 13 Jul 2024' }).hover();
    await day.click();
    await says(page, `${numberOf('2024-07-13')} pictures, `);
    await page.getByRole('button', { name: 'All of July 2024' }).click();
    await says(page, `${numberOf('2024-07')} pictures, `);
    await page.evaluate('scrollTo({ top: 1e6, behavior: "instant" })');
    await until(page, `${isSettled} && !document.querySelector('[data-image][data-selected]')`);
    await page.evaluate('scrollTo({ top: 0, behavior: "instant" })');
    await until(page, `${isSettled} && document.querySelector('[data-image][data-selected]')`);
    await says(page, `${numberOf('2024-07')} pictures, `);
    await day.and(page.locator('[aria-checked=true]')).click();
    await says(page, `${numberOf('2024-07') - numberOf('2024-07-13')} pictures, `);
    await page.context().close();
  });

  it('takes all that match, of which most are not loaded', async () => {
    const { page } = await openGrid(gallery, '/?user=me&month=2024-06');
    await tile(page, 0).focus();
    await page.keyboard.press('x');
    let hold = Promise.withResolvers<void>();
    await page.route('**/images?*', async (route) => {
      await hold.promise;
      await route.continue();
    });
    await bar(page).getByRole('button', { name: 'Select all that match' }).click();
    await says(page, 'so far…');
    await bar(page).getByRole('button', { name: 'Stop' }).click();
    const some = (await bar(page).getByRole('status').textContent()) ?? '';
    assert.ok(Number(/^\d+/.exec(some)?.[0]) < 720, some);
    hold.resolve();
    hold = Promise.withResolvers();
    hold.resolve();
    await bar(page).getByRole('button', { name: 'Select all that match' }).click();
    await says(page, `${numberOf('2024-06')} pictures, `);
    assert.equal(await bar(page).getByRole('button', { name: 'Select all that match' }).count(), 0);
    await tile(page, 1).click();
    await says(page, `${numberOf('2024-06') - 1} pictures, `);
    await page.context().close();
  });
});
