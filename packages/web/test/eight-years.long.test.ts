import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { testImage } from '../../../test/pictures/test-images.ts';
import { isOfDay } from './capture.fixture.ts';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { call } from './pictures.fixture.ts';
import { seedLibrary } from './seeded-library.fixture.ts';
import { isSettled, scrolledBack, scrolledThrough, scrubTo, until } from './timeline.fixture.ts';
import { openAt } from './viewer.fixture.ts';

const COUNT = 20_000;
/** Scans of which only the year is known. */
const SCANS = 5_000;
const SCANNED = '1987-01-01T00:00:00.000';
const NEWEST = Date.UTC(2025, 11, 31, 23, 30);
const EIGHT_YEARS_MS = 2_922 * 86_400_000;
const PAGE = 200;
const SCREENS = 200;
const MOST_SHIFT = 0.001;

/** More in summer: a month's share of the scrubber is that of its pictures. */
function takenAt(index: number): string {
  if (index >= COUNT) return SCANNED;
  const share = index / COUNT;
  const season = 0.004 * Math.sin(share * 16 * Math.PI);
  return new Date(NEWEST - (share + season) * EIGHT_YEARS_MS).toISOString().slice(0, -1);
}

interface Page {
  readonly images: readonly { readonly image_id: string; readonly facts: { readonly taken_at: string } }[];
  readonly next_cursor: string | null;
}

describe('20,000 photographs of eight years, and 5,000 scans', { skip: NO_CHROMIUM }, () => {
  let gallery: Gallery;
  const all: { readonly id: string; readonly clock: string }[] = [];
  before(async () => {
    const pictures = await Promise.all(
      [0, 1, 2].map(async (seed) => ({
        bytes: await testImage({ type: 'image/jpeg', width: 360 + 90 * seed, height: 320, seed }),
        filename: `${seed}.jpg`,
      })),
    );
    const seeded = { count: COUNT + SCANS, at: () => new Date(Date.UTC(2026, 0, 5)), takenAt, pictures };
    gallery = await startGallery({}, (folder) => seedLibrary(folder, seeded));
    for (let cursor: string | null = ''; cursor !== null; ) {
      const path = `/images?limit=1000&fields=facts${cursor && `&cursor=${cursor}`}`;
      const page = (await call(gallery, 'GET', path)) as Page;
      all.push(...page.images.map(({ image_id: id, facts }) => ({ id, clock: facts.taken_at })));
      cursor = page.next_cursor;
    }
    all.sort((one, other) => (`${one.clock}#${one.id}` < `${other.clock}#${other.id}` ? 1 : -1));
  });
  after(() => gallery?.[Symbol.asyncDispose]());

  it('are there under their days, without a layout shift, and with one list for each page', async () => {
    const { page } = await openAt(gallery, '/');
    await until(page, isSettled);
    let lists = 0;
    page.on('request', (request) => {
      const { pathname, searchParams } = new URL(request.url());
      // The page looks for uploads every 30 s, in their order.
      if (pathname === '/images' && searchParams.get('order')?.startsWith('taken')) lists += 1;
    });
    const { seen, headings, shift } = await scrolledThrough(page, SCREENS);
    const shown = all.slice(0, seen.length);
    assert.ok(seen.length > 10 * SCREENS, `expected more pictures; got ${seen.length}`);
    assert.deepEqual(
      seen,
      shown.map(({ id }) => id),
    );
    const clocks = new Map(shown.map(({ id, clock }) => [id, clock]));
    assert.deepEqual(
      headings.filter(([id, heading]) => !isOfDay(heading, clocks.get(id) ?? '')),
      [],
    );
    assert.ok(shift <= MOST_SHIFT, `expected a layout shift of at most ${MOST_SHIFT}; got ${shift}`);
    const most = 1.1 * (seen.length / PAGE) + 2;
    assert.ok(lists <= most, `expected at most ${most} lists; got ${lists}`);
    await page.context().close();
  });

  it('are jumped to by their months, exactly, and the scrubber is divided by their numbers', async () => {
    const { page } = await openAt(gallery, '/');
    await until(page, isSettled);
    const slider = page.getByRole('slider', { name: 'Date' });
    await slider.focus();
    const clocks = new Map(all.map(({ id, clock }) => [id, clock]));
    const places = new Map(all.map(({ id }, place) => [id, place]));
    const months = [...new Set(all.map(({ clock }) => clock.slice(0, '2024-07'.length)))];
    for (const month of months.slice(1, -1)) {
      await page.keyboard.press('PageDown');
      await until(page, isSettled);
      const newest = all.find(({ clock }) => clock.startsWith(month))?.id;
      await until(
        page,
        `((tiles) => {
          const top = Math.min(...tiles.map(({ top }) => top).filter((one) => one >= 56));
          return tiles.some((one) => one.id === '${newest}' && one.top === top);
        })([...document.querySelectorAll('[data-image]')].map((one) => ({ id: one.dataset.image, top: one.getBoundingClientRect().top })))`,
      );
      const rendered = await page.evaluate<readonly (readonly [string, string])[]>(
        `[...document.querySelectorAll('[data-image]')].map((one) => [one.dataset.image, one.parentElement.querySelector('h2').innerText])`,
      );
      for (const [id, heading] of rendered) assert.ok(isOfDay(heading, clocks.get(id) ?? ''), heading);
    }
    const track = await slider.boundingBox();
    assert.ok(track);
    const marks = await page.evaluate<readonly (readonly [string, number])[]>(
      `[...document.querySelectorAll('[role=slider] [aria-hidden]')].map((one) => [one.textContent, Number.parseFloat(one.style.top)])`,
    );
    const years = marks.filter(([label, top]) => /^\d{4}$/.test(label) && top > 0);
    assert.ok(years.length >= 7, `expected seven years; got ${JSON.stringify(marks)}`);
    for (const [year, top] of years) {
      const newer = all.filter(({ clock }) => clock.slice(0, 4) > year).length;
      const expected = (newer / all.length) * track.height;
      assert.ok(Math.abs(top - expected) <= 0.01 * track.height, `expected ${year} at ${expected}; got ${top}`);
    }
    // Over pictures that were dropped, and others that weren't loaded yet.
    for (const [share, scrolled] of [
      [0.9, scrolledBack],
      [0.2, scrolledThrough],
      [0.5, scrolledBack],
      [0.01, scrolledThrough],
    ] as const) {
      await scrubTo(page, share);
      await until(page, isSettled);
      const through = await scrolled(page, 50);
      const found = through.seen.map((id) => places.get(id) ?? 0);
      assert.equal(Math.max(...found) - Math.min(...found), found.length - 1, 'expected all pictures between');
      for (const [id, heading] of through.headings) assert.ok(isOfDay(heading, clocks.get(id) ?? ''), heading);
      assert.ok(through.shift <= MOST_SHIFT, `expected a layout shift of at most ${MOST_SHIFT}; got ${through.shift}`);
    }
    await page.context().close();
  });
});
