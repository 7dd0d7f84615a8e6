import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { testImage } from '../../../test/pictures/test-images.ts';
import { barriersOf } from './axe.fixture.ts';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { seedLibrary } from './seeded-library.fixture.ts';
import { isFocused, isSettled, until } from './timeline.fixture.ts';
import { openAt } from './viewer.fixture.ts';

const COUNT = 1_204;
const NEWEST = Date.UTC(2024, 6, 14, 12);

describe('the keys of the grid', { skip: NO_CHROMIUM }, () => {
  let gallery: Gallery;
  before(async () => {
    const bytes = await testImage({ type: 'image/jpeg', width: 300, height: 200, seed: 1 });
    const pictures = [{ bytes, filename: 'photo.jpg' }];
    const takenAt = (index: number): string => new Date(NEWEST - index * 3_600_000).toISOString().slice(0, -1);
    gallery = await startGallery({}, (folder) =>
      seedLibrary(folder, { count: COUNT, at: () => new Date(NEWEST), takenAt, pictures }),
    );
  });
  after(() => gallery[Symbol.asyncDispose]());

  it('names each picture with its date and its place among all', async () => {
    const { page } = await openAt(gallery, '/?user=me');
    await until(page, isSettled);
    await until(page, `document.querySelector('[data-image]').ariaLabel.includes(' of ')`); // the months are known
    const names = await page.locator('[data-image]').evaluateAll((all) => all.slice(0, 3).map((one) => one.ariaLabel));
    assert.deepEqual(
      names,
      [1, 2, 3].map((number) => `00000${number - 1}-photo.jpg, 14 July 2024, ${number} of 1,204`),
    );
    assert.deepEqual(await barriersOf(page), []);
    await page.context().close();
  });

  it('moves the focus with the page by Space and Shift+Space', async () => {
    const { page } = await openAt(gallery, '/');
    await until(page, isSettled);
    const first = (await page.locator('[data-image]').first().getAttribute('data-image')) ?? '';
    await page.locator(`[data-image="${first}"]`).focus();
    const isMoved = `scrollY > 0 && document.activeElement.dataset.image && !(${isFocused(first)})
      && document.activeElement.getBoundingClientRect().bottom <= innerHeight`;
    await page.keyboard.press('Space');
    await until(page, isMoved);
    await page.keyboard.press('Shift+Space');
    await until(page, `scrollY === 0 && ${isFocused(first)}`);
    await page.context().close();
  });

  it('undoes by Ctrl+Z, in the viewer too', async () => {
    const { page, shows } = await openAt(gallery, '/');
    await until(page, isSettled);
    const first = (await page.locator('[data-image]').first().getAttribute('data-image')) ?? '';
    const tile = page.locator(`[data-image="${first}"]`);
    for (const open of [
      () => tile.focus(),
      () => tile.click().then(() => page.locator('[data-is-ready=true]').waitFor()),
    ]) {
      await open();
      await page.keyboard.press('Delete');
      await tile.waitFor({ state: 'detached' });
      await page.getByRole('status').filter({ hasText: 'Moved to' }).waitFor();
      await page.keyboard.press('Control+z');
      await tile.waitFor({ state: 'attached' });
      await page.getByRole('status').filter({ hasText: 'Moved to' }).waitFor({ state: 'detached' });
    }
    await shows('000000-photo.jpg');
    await page.context().close();
  });
});
