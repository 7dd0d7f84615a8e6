import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { testImage } from '../../../test/pictures/test-images.ts';
import { barriersOf } from './axe.fixture.ts';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { seedLibrary } from './seeded-library.fixture.ts';
import { isSettled, until } from './timeline.fixture.ts';

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 } as const;
const NEWEST = Date.UTC(2026, 10, 20, 12);
const HOUR_MS = 3_600_000;
const SHAPES = [
  { width: 480, height: 320 },
  { width: 320, height: 480 },
  { width: 400, height: 400 },
];
/** Where the fingers are, in the middle of the wall. */
const MIDDLE = { x: 195, y: 420 };

interface Pinch {
  /** Pixels between the fingers, one after another. */
  readonly distances: readonly number[];
  readonly at?: { readonly x: number; readonly y: number };
  /** Beside each other, not one below the other. */
  readonly isFlat?: boolean;
}

/** Moves two fingers, a frame for each distance, and lifts them. */
async function pinch(page: Page, { distances, at: { x, y } = MIDDLE, isFlat = false }: Pinch): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const fingers = (distance: number) => [
    { id: 0, x: isFlat ? x - distance / 2 : x, y: isFlat ? y : y - distance / 2 },
    { id: 1, x: isFlat ? x + distance / 2 : x, y: isFlat ? y : y + distance / 2 },
  ];
  for (const [index, distance] of distances.entries()) {
    const type = index === 0 ? 'touchStart' : 'touchMove';
    await session.send('Input.dispatchTouchEvent', { type, touchPoints: fingers(distance) });
    await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))');
  }
  await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  await session.detach();
}

const APART = [100, 120, 140, 150];
const TOGETHER = [150, 130, 115, 100];

interface Shown {
  readonly id: string;
  readonly top: number;
  readonly bottom: number;
}

/** The tile at that height of the screen. */
const tileAt = (page: Page, { x, y } = MIDDLE): Promise<Shown | null> =>
  page.evaluate(`(() => {
    const tile = document.elementsFromPoint(${x}, ${y}).find((one) => one.dataset.image);
    if (!tile) return null;
    const { top, bottom } = tile.getBoundingClientRect();
    return { id: tile.dataset.image, top, bottom };
  })()`);

/** Where the picture is, if it is in the document. */
const placeOf = (page: Page, id: string): Promise<Shown | null> =>
  page.evaluate(`(() => {
    const box = document.querySelector('[data-image="${id}"]')?.getBoundingClientRect();
    return box ? { id: '${id}', top: box.top, bottom: box.bottom } : null;
  })()`);

const rowHeights = (page: Page): Promise<number> =>
  page.evaluate(`(() => {
    const heights = [...document.querySelectorAll('[data-image]')].map((one) => one.clientHeight).sort((a, b) => a - b);
    return heights[Math.floor(heights.length / 2)] ?? 0;
  })()`);

/** Rows of other pictures may be a little higher or lower. */
const assertAlike = (height: number, expected: number): void =>
  assert.ok(Math.abs(height / expected - 1) < 0.15, `expected about ${expected} pixels; got ${height}`);

const scale = (page: Page): Promise<number> => page.evaluate('visualViewport.scale');
const isOffered = (page: Page): Promise<void> =>
  until(page, `getComputedStyle(document.querySelector('[role=group][aria-label^=Photos]')).touchAction !== 'auto'`);

describe('how large pictures are', { skip: NO_CHROMIUM }, () => {
  let gallery: Gallery;
  before(async () => {
    const pictures = await Promise.all(
      SHAPES.map(async (shape, seed) => ({
        bytes: await testImage({ type: 'image/jpeg', ...shape, seed }),
        filename: `shape-${seed}.jpg`,
      })),
    );
    const at = (index: number): Date => new Date(NEWEST - index * 1.5 * HOUR_MS);
    gallery = await startGallery({}, (folder) => seedLibrary(folder, { count: 600, at, pictures }));
  });
  after(() => gallery?.[Symbol.asyncDispose]());

  async function open(options = {}): Promise<{ readonly page: Page; readonly complaints: readonly string[] }> {
    const { page, complaints } = await gallery.open(options);
    await page.waitForSelector('[data-image] img[data-loaded]');
    await until(page, isSettled);
    return { page, complaints };
  }

  async function scrollDown(page: Page): Promise<Shown> {
    await page.evaluate(`scrollTo({ top: 4_000, behavior: 'instant' })`);
    await until(page, isSettled);
    await until(page, 'scrollY > 3_000');
    // A tile in the middle, not a heading.
    for (let y = MIDDLE.y; y < MIDDLE.y + 200; y += 20) {
      const tile = await tileAt(page, { x: MIDDLE.x, y });
      if (tile) {
        await page.evaluate(`scrollBy({ top: ${(tile.top + tile.bottom) / 2 - MIDDLE.y}, behavior: 'instant' })`);
        await until(page, isSettled);
        const shown = await tileAt(page);
        if (shown) return shown;
      }
    }
    throw new Error('expected a picture in the middle of the screen');
  }

  it('two fingers on the wall make them larger and smaller, and what is under the fingers stays there', async () => {
    const { page, complaints } = await open(PHONE);
    await isOffered(page);
    const tile = await scrollDown(page);
    const usual = await rowHeights(page);
    for (const [distances, grows] of [
      [APART, true],
      [TOGETHER, false],
      [TOGETHER, false],
      [APART, true],
    ] as const) {
      const before = await rowHeights(page);
      await pinch(page, { distances });
      await until(page, isSettled);
      const now = await rowHeights(page);
      assert.ok(grows ? now > before * 1.2 : now < before / 1.2, `${before} pixels became ${now}`);
      const place = await placeOf(page, tile.id);
      assert.ok(place, 'expected the picture still on the screen');
      const moved = Math.abs((place.top + place.bottom) / 2 - MIDDLE.y);
      assert.ok(moved <= now, `the picture moved by ${moved} pixels, of rows of ${now}`);
    }
    assertAlike(await rowHeights(page), usual);
    assert.equal(await scale(page), 1);
    assert.equal(new URL(page.url()).search, '', 'no picture was opened');
    assert.equal(await page.locator('[data-selected]').count(), 0);
    assert.deepEqual(complaints, []);
    await page.context().close();
  });

  it('fingers that stay far apart go through the steps, and beyond the last nothing happens', async () => {
    const { page } = await open(PHONE);
    await isOffered(page);
    await pinch(page, { distances: [300, 250, 200, 150, 100, 60, 40, 20] });
    await until(page, isSettled);
    const smallest = await rowHeights(page);
    await pinch(page, { distances: TOGETHER });
    assert.equal(await rowHeights(page), smallest);
    await page.reload();
    await page.waitForSelector('[data-image] img[data-loaded]');
    assertAlike(await rowHeights(page), smallest); // the browser keeps it
    assert.deepEqual(await barriersOf(page), []);
    await page.context().close();
  });

  it("outside the wall two fingers zoom the page, and on the wall of a zoomed page they are the browser's", async () => {
    const { page } = await open(PHONE);
    await isOffered(page);
    const before = await rowHeights(page);
    await pinch(page, { at: { x: 195, y: 26 }, isFlat: true, distances: [60, 80, 100, 130, 160, 200, 240] });
    await until(page, 'visualViewport.scale > 1.5');
    assert.equal(await rowHeights(page), before);
    const zoomed = await scale(page);
    await until(page, `document.querySelector('[role=group][aria-label^=Photos]').style.touchAction === ''`);
    await pinch(page, { at: { x: 195, y: 500 }, distances: [300, 250, 200, 150, 100, 60] });
    await until(page, `visualViewport.scale < ${zoomed}`);
    assert.equal(await rowHeights(page), before);
    await page.context().close();
  });

  it('one finger scrolls, and two that rest select nothing', async () => {
    const { page } = await open(PHONE);
    await isOffered(page);
    await scrollDown(page);
    const session = await page.context().newCDPSession(page);
    const touchPoints = [
      { id: 0, x: 100, y: 400 },
      { id: 1, x: 300, y: 400 },
    ];
    await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: touchPoints.slice(0, 1) });
    await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints });
    await page.evaluate('new Promise((resolve) => setTimeout(resolve, 700))'); // longer than a long press
    await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    assert.equal(await page.locator('[data-selected]').count(), 0);
    const top = await page.evaluate<number>('scrollY');
    for (const [type, y] of [
      ['touchStart', 600],
      ['touchMove', 500],
      ['touchMove', 400],
      ['touchMove', 300],
    ] as const)
      await session.send('Input.dispatchTouchEvent', { type, touchPoints: [{ x: 195, y }] });
    await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    await until(page, `scrollY > ${top + 100}`);
    await page.context().close();
  });

  it('keys and the menu of the account do it too, and the focus stays', async () => {
    const { page, complaints } = await open();
    await isOffered(page);
    const usual = await rowHeights(page);
    await page.locator('[data-image]').first().focus();
    const id = await page.evaluate('document.activeElement.dataset.image');
    await page.keyboard.press('+');
    await until(page, isSettled);
    const larger = await rowHeights(page);
    assert.ok(larger > usual * 1.2, `${usual} pixels became ${larger}`);
    assert.equal(await page.evaluate('document.activeElement.dataset.image'), id);
    assert.equal(await page.evaluate('scrollY'), 0, 'the newest stay at the top');
    await page.getByRole('button', { name: 'Account' }).click();
    const menu = page.getByRole('dialog', { name: 'Account' });
    await menu.getByRole('button', { name: 'Picture size: larger' }).click();
    await menu.getByRole('button', { name: 'Picture size: smaller' }).waitFor();
    await until(page, isSettled);
    const smaller = await rowHeights(page);
    assert.ok(smaller < usual / 1.2, `${usual} pixels became ${smaller}`);
    assert.deepEqual(await barriersOf(page), []);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: /^Picture size/ }).waitFor({ state: 'detached' }); // with its keys
    await page.keyboard.press('+');
    await until(page, isSettled);
    assertAlike(await rowHeights(page), usual);
    await page.keyboard.press('?');
    await page.getByText('Show pictures larger').waitFor();
    assert.deepEqual(complaints, []);
    await page.context().close();
  });
});
