import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { testImage } from '../../../test/pictures/test-images.ts';
import { barriersOf } from './axe.fixture.ts';
import { isOfDay, takenImage } from './capture.fixture.ts';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { call } from './pictures.fixture.ts';
import { seedLibrary } from './seeded-library.fixture.ts';
import { isFocused, isSettled, scrolledThrough, until } from './timeline.fixture.ts';
import { choose, filesOf, saying } from './uploads.fixture.ts';
import { openAt } from './viewer.fixture.ts';

const UPLOADED = Date.UTC(2026, 10, 1, 23, 30);
const DAY_MS = 86_400_000;
/** No date in the file, and dates that software gets wrong. */
const STRANGE = [
  undefined,
  '2999-01-01T12:00:00.000',
  '2021-06-30T23:30:00.000',
  '1970-01-01T00:00:00.000',
  '1969-12-31T23:59:59.999',
  '1950-05-04T10:00:00.000',
];
/** Photographs of two years, forty a month. */
const USUAL = 960;
const NEWEST = Date.UTC(2020, 11, 31, 20);

const takenAt = (index: number): string | undefined =>
  index < STRANGE.length
    ? STRANGE[index]
    : new Date(NEWEST - ((index - STRANGE.length) * 730 * DAY_MS) / USUAL).toISOString().slice(0, -1);

/** In the page: the rows on the screen, the highest first, by the ids of their pictures. */
const ROWS = `[...Map.groupBy([...document.querySelectorAll('[data-image]')].filter((one) => one.getBoundingClientRect().top >= 56),
  (one) => Math.round(one.getBoundingClientRect().top))].toSorted(([one], [other]) => one - other)
  .map(([, tiles]) => tiles.map((one) => one.dataset.image))`;

interface Listed {
  readonly image_id: string;
  readonly facts: { readonly taken_at: string } | null;
}

describe('the time line by capture', { skip: NO_CHROMIUM }, () => {
  let gallery: Gallery;
  let all: readonly { readonly id: string; readonly clock: string }[];
  before(async () => {
    const pictures = await Promise.all(
      [0, 1, 2].map(async (seed) => ({
        bytes: await testImage({ type: 'image/jpeg', width: 360 + 90 * seed, height: 320, seed }),
        filename: `${seed}.jpg`,
      })),
    );
    const seeded = { count: USUAL + STRANGE.length, at: () => new Date(UPLOADED), takenAt, pictures };
    gallery = await startGallery({}, (folder) => seedLibrary(folder, seeded));
    const { images } = (await call(gallery, 'GET', '/images?limit=1000&fields=facts')) as { images: readonly Listed[] };
    all = images
      .map(({ image_id: id, facts }) => ({
        id,
        clock: facts?.taken_at ?? new Date(UPLOADED).toISOString().slice(0, -1),
      }))
      .toSorted((one, other) => (`${one.clock}#${one.id}` < `${other.clock}#${other.id}` ? 1 : -1));
  });
  after(() => gallery?.[Symbol.asyncDispose]());

  const newestOf = (month: string): string => all.find(({ clock }) => clock.startsWith(month))?.id ?? '';

  async function open(options: Parameters<typeof openAt>[2] = {}, path = '/'): Promise<Page> {
    const { page } = await openAt(gallery, path, options);
    await until(page, isSettled);
    return page;
  }

  it('has days by the pictures’ own clocks, wherever the browser is, and nothing moves while it scrolls', async () => {
    for (const timezoneId of ['Pacific/Kiritimati', 'Pacific/Pago_Pago']) {
      const page = await open({ timezoneId });
      const { seen, headings, shift } = await scrolledThrough(page, timezoneId === 'Pacific/Kiritimati' ? 12 : 2);
      assert.deepEqual(
        seen,
        all.slice(0, seen.length).map(({ id }) => id),
      );
      assert.deepEqual(headings.slice(0, 1), [[all[0]?.id, 'Today']]);
      // The undated one is of this year, when this test is run in the year in which it was written.
      const clocks = new Map(all.map(({ id, clock }) => [id, clock]));
      assert.deepEqual(
        headings.slice(2).filter(([id, heading]) => !isOfDay(heading, clocks.get(id) ?? '')),
        [],
      );
      assert.ok(shift <= 0.001, `expected a layout shift of at most 0.001; got ${shift}`);
      await page.context().close();
    }
  });

  it('jumps to a month exactly, by lists that begin with it', async () => {
    const page = await open({ viewport: { width: 1_000, height: 600 } });
    const asked: URLSearchParams[] = [];
    page.on('request', (request) => {
      const { pathname, searchParams } = new URL(request.url());
      if (pathname === '/images') asked.push(searchParams);
    });
    await page.clock.install();
    await page.getByRole('slider', { name: 'Date' }).focus();
    await page.keyboard.press('End');
    await until(page, isSettled);
    // Up from below, where nothing of these months is loaded.
    for (const [presses, month] of [
      [10, '2019-08'],
      [9, '2020-05'],
    ] as const) {
      await page.clock.pauseAt((await page.evaluate<number>('Date.now()')) + 60_000); // nothing is loaded on the way
      for (let press = 0; press < presses; press += 1) await page.keyboard.press('PageUp');
      await page.clock.runFor(200);
      await page.clock.resume();
      await until(page, isSettled);
      await until(page, `${ROWS}[0].includes('${newestOf(month)}')`);
      const end = new Date(Date.parse(`${month}-28T00:00Z`) + 5 * DAY_MS).toISOString().slice(0, '2019-07'.length);
      const bound = new Date(Date.parse(`${end}-01T00:00Z`) - 1).toISOString().slice(0, -1);
      const bounds = asked.map((query) => query.get('taken_to'));
      assert.ok(bounds.includes(bound), `expected a list to ${bound}; got ${bounds}`);
    }
    await page.context().close();
  });

  it('keeps a picture in its place whose date is corrected, until a reload', async () => {
    const page = await open();
    const [, , first, second] = all;
    const path = `/images/${second?.id}`;
    await call(gallery, 'PATCH', path, { taken_at: '1980-05-05', description: 'Corrected' });
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
    await page.waitForLoadState('networkidle');
    await page.locator(`[data-image="${first?.id}"]`).press('ArrowRight');
    await until(page, isFocused(second?.id));
    assert.equal(await page.getByRole('link', { name: 'Gone' }).count(), 0);
    await page.reload();
    await until(page, isSettled);
    assert.equal(await page.locator(`[data-image="${second?.id}"]`).count(), 0);
    await call(gallery, 'PATCH', path, { taken_at: second?.clock, description: null });
    await page.context().close();
  });

  it('is by upload where the service has no order by capture', async () => {
    const { page } = await openAt(gallery, '/docs');
    const asked: string[] = [];
    page.on('request', (request) => {
      const { pathname, searchParams } = new URL(request.url());
      if (pathname.startsWith('/images')) asked.push(searchParams.get('order') ?? pathname);
    });
    await page.route('**/app.json', async (route) => {
      const response = await route.fetch();
      const info = (await response.json()) as object;
      await route.fulfill({ response, json: { ...info, taken: false } });
    });
    await page.goto(gallery.service.origin);
    await until(page, isSettled);
    const headings = await page.getByRole('heading', { level: 2 }).allInnerTexts();
    assert.equal(new Set(headings).size, 1, 'expected the one day of the uploads');
    assert.ok(
      asked.length > 0 && asked.every((one) => ['newest', 'oldest'].includes(one) || /\d/.test(one)),
      String(asked),
    );
    await page.context().close();
  });

  it('leads from the tray to the place of an upload, which says where it was taken', async () => {
    const bytes = await takenImage(7, { at: '2019:08:15 12:00:00', hasPlace: true });
    await using files = await filesOf({ 'beach.jpg': bytes });
    const page = await open();
    await choose(page, files.paths);
    await saying(page, '1 uploaded');
    await page.getByRole('region', { name: 'Uploads' }).getByRole('button', { name: 'Show', exact: true }).click();
    const tile = page.getByRole('link', { name: 'beach.jpg' });
    await tile.waitFor();
    await until(page, isFocused((await tile.getAttribute('data-image')) ?? ''));
    const day = await page.evaluate<string>(
      `document.activeElement.closest('[data-image]').parentElement.querySelector('h2').innerText`,
    );
    assert.ok(isOfDay(day, '2019-08-15T12:00:00.000'), day);

    await tile.press('Enter');
    await page.getByRole('dialog', { name: 'beach.jpg', exact: true }).waitFor();
    await page.keyboard.press('i');
    await page.getByText('This picture says where it was taken').waitFor();
    await page.keyboard.press('s');
    const dialog = page.getByRole('dialog', { name: 'Share' });
    await dialog.getByLabel('Show').selectOption('');
    await dialog.getByText('a link to the original carries that').waitFor();
    assert.deepEqual(await barriersOf(page), []);
    await page.context().close();
  });
});
