import { setTimeout } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { PATIENCE_MS } from '../../server/test/services/chromium.ts';

/** In the page: pictures are on the screen, and nothing there is still to be loaded. */
export const isSettled = `((isOnScreen) =>
  [...document.querySelectorAll('[data-image]')].some(isOnScreen) &&
  ![...document.querySelectorAll('[data-unloaded]')].some(isOnScreen)
)((one) => {
  const { top, bottom } = one.getBoundingClientRect();
  return bottom > 0 && top < innerHeight;
})`;

/** In the page: an animation frame has run, and with it the listeners of a scroll before it. */
const FRAME = '() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))';

/** In the page: that picture has the focus. */
export const isFocused = (id: string | undefined): string => `document.activeElement?.dataset.image === '${id}'`;

/**
 * Waits for a condition in the page. Playwright's own waiting evaluates text in the page, which the page's policy
 * refuses.
 */
export async function until(page: Page, condition: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await page.evaluate(condition))) {
    if (performance.now() > deadline) throw new Error(`expected ${condition} within ${PATIENCE_MS / 1_000} s`);
    await setTimeout(20);
  }
}

/** Bytes that are in use after a collection. */
export async function heapOf(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.enable');
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return usedSize;
}

export interface Through {
  /** The ids of all pictures, in the order in which they appeared. */
  readonly seen: readonly string[];
  /** Each of them with the heading above it. */
  readonly headings: readonly (readonly [id: string, heading: string])[];
  readonly mostNodes: number;
  /** The cumulative layout shift. */
  readonly shift: number;
}

const scrollThrough = (screens: number, sign: 1 | -1): string => `(async () => {
  const isSettled = () => ${isSettled};
  const frame = ${FRAME};
  const seen = new Map();
  let mostNodes = 0;
  let shift = 0;
  const add = (entries) => entries.forEach(({ value }) => { shift += value; });
  const observer = new PerformanceObserver((list) => add(list.getEntries()));
  observer.observe({ type: 'layout-shift', buffered: true });
  for (let last = -1, left = ${screens}; last !== scrollY && left > 0; left -= 1) {
    do await frame(); while (!isSettled());
    const tiles = [...document.querySelectorAll('[data-image]')];
    const ids = tiles.map((one) => one.dataset.image);
    if (new Set(ids).size !== ids.length) throw new Error('expected each picture once; got one twice at ' + scrollY);
    for (const one of tiles) if (!seen.has(one.dataset.image)) seen.set(one.dataset.image, one.parentElement.querySelector('h2').innerText);
    mostNodes = Math.max(mostNodes, document.getElementsByTagName('*').length);
    last = scrollY;
    scrollBy({ top: ${sign} * innerHeight, behavior: 'instant' });
    await frame();
  }
  add(observer.takeRecords());
  return { seen: [...seen.keys()], headings: [...seen], mostNodes, shift };
})()`;

/** From where the page is to its end, a screen at a time. The layout shift is that since the page was opened. */
export const scrolledThrough = (page: Page, screens = 1_000_000): Promise<Through> =>
  page.evaluate<Through>(scrollThrough(screens, 1));

/** From where the page is towards its beginning. */
export const scrolledBack = (page: Page, screens: number): Promise<Through> =>
  page.evaluate<Through>(scrollThrough(screens, -1));

export interface OnScreen {
  readonly id: string;
  readonly top: number;
}

/**
 * Scrolls a page that is settled, and resolves once the page has noticed. Tells a picture that was on the screen before
 * and still is, and where the scroll alone puts it.
 */
export const scrolledBy = (page: Page, pixels: number): Promise<OnScreen> =>
  page.evaluate<OnScreen>(`(async () => {
    scrollBy({ top: ${pixels}, behavior: 'instant' });
    const one = [...document.querySelectorAll('[data-image]')].find((each) => each.getBoundingClientRect().top > 110);
    const { top } = one.getBoundingClientRect();
    await (${FRAME})();
    return { id: one.dataset.image, top };
  })()`);

/** Where a picture is on the screen. */
export const topOf = (page: Page, id: string): Promise<number> =>
  page.evaluate<number>(`document.querySelector('[data-image="${id}"]').getBoundingClientRect().top`);

export const handleOf = (page: Page) => page.getByRole('slider', { name: 'Date' }).locator('[data-handle]');

/** Drags the scrubber's handle to that share of the whole time, from the newest on. */
export async function scrubTo(page: Page, share: number): Promise<void> {
  const track = await page.getByRole('slider', { name: 'Date' }).boundingBox();
  const handle = await handleOf(page).boundingBox();
  if (!track || !handle) throw new Error('expected a scrubber; got none');
  const x = handle.x + handle.width / 2;
  await page.mouse.move(x, handle.y + handle.height / 2);
  await page.mouse.down();
  await page.mouse.move(x, track.y + track.height * share);
  await page.mouse.up();
}
