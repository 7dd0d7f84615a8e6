import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { testImage } from '../../../test/pictures/test-images.ts';
import { barriersOf } from './axe.fixture.ts';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { seedLibrary } from './seeded-library.fixture.ts';
import { isSettled, until } from './timeline.fixture.ts';
import { openAt } from './viewer.fixture.ts';

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 } as const;
const LAPTOP = { viewport: { width: 1_440, height: 900 } } as const;
const NEWEST = Date.UTC(2025, 7, 31, 18);
const DAY_MS = 86_400_000;

async function galleryOf(count: number, apartMs: number): Promise<Gallery> {
  const shapes = [
    [300, 200],
    [200, 300],
  ] as const;
  const pictures = await Promise.all(
    shapes.map(async ([width, height], seed) => ({
      bytes: await testImage({ type: 'image/jpeg', width, height, seed }),
      filename: 'a.jpg',
    })),
  );
  const takenAt = (index: number): string => new Date(NEWEST - index * apartMs).toISOString().slice(0, -1);
  return startGallery({}, (folder) => seedLibrary(folder, { count, at: () => new Date(NEWEST), takenAt, pictures }));
}

describe('a picture a day', { skip: NO_CHROMIUM }, () => {
  let gallery: Gallery;
  before(async () => {
    gallery = await galleryOf(120, DAY_MS);
  });
  after(() => gallery[Symbol.asyncDispose]());

  for (const [name, options] of Object.entries({ phone: PHONE, laptop: LAPTOP }))
    it(`fills the screen of a ${name}, under the days of a month that they are of`, async () => {
      const { page } = await openAt(gallery, '/', options);
      await until(page, isSettled);
      const whole = await page.evaluate<number>(`[...document.querySelectorAll('[data-image]')].filter((one) => {
        const { top, bottom } = one.getBoundingClientRect();
        return top >= 0 && bottom <= innerHeight;
      }).length`);
      assert.ok(whole >= 12, `${whole} pictures`);
      const headings = await page.getByRole('heading', { level: 2 }).allInnerTexts();
      assert.match(headings[0] ?? '', /^16\s?–\s?31 Aug 2025$/);
      assert.deepEqual(await barriersOf(page), []);
      await page.context().close();
    });
});

it('the scrubber of a single day says the time', { skip: NO_CHROMIUM }, async () => {
  await using gallery = await galleryOf(200, 60_000);
  const { page } = await openAt(gallery, '/');
  await until(page, isSettled);
  const scrubber = page.getByRole('slider', { name: 'Date' });
  await scrubber.focus();
  assert.equal(await scrubber.getAttribute('aria-valuetext'), '18:00');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await until(page, `document.activeElement.ariaValueText === '17:50'`);
  await page.getByText('17:50', { exact: true }).waitFor();
  await page.keyboard.press('End');
  await until(page, `document.activeElement.ariaValueText === '14:41'`);
  await page.context().close();
});
