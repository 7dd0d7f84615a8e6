import { setTimeout } from 'node:timers/promises';
import type { Page } from 'playwright-core';

/** In the page: nothing on the screen is still to be loaded. */
export const isSettled = `[...document.querySelectorAll('[data-unloaded]')].every((one) => {
  const { top, bottom } = one.getBoundingClientRect();
  return bottom <= 0 || top >= innerHeight;
})`;

/** In the page: that picture has the focus. */
export const isFocused = (id: string | undefined): string => `document.activeElement?.dataset.image === '${id}'`;

/** Waits for a condition in the page. Playwright's own waiting evaluates text in the page, which the page's policy refuses. */
export async function until(page: Page, condition: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await page.evaluate(condition))) {
    if (Date.now() > deadline) throw new Error(`expected ${condition} within 30 s`);
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
  readonly mostNodes: number;
  /** The cumulative layout shift. */
  readonly shift: number;
}

const scrollThrough = (screens: number): string => `(async () => {
  const isSettled = () => ${isSettled};
  const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  const seen = new Set();
  let mostNodes = 0;
  let shift = 0;
  const add = (entries) => entries.forEach(({ value }) => { shift += value; });
  const observer = new PerformanceObserver((list) => add(list.getEntries()));
  observer.observe({ type: 'layout-shift', buffered: true });
  for (let last = -1, left = ${screens}; last !== scrollY && left > 0; left -= 1) {
    do await frame(); while (!isSettled());
    const ids = [...document.querySelectorAll('[data-image]')].map((one) => one.dataset.image);
    if (new Set(ids).size !== ids.length) throw new Error('expected each picture once; got one twice at ' + scrollY);
    for (const id of ids) seen.add(id);
    mostNodes = Math.max(mostNodes, document.getElementsByTagName('*').length);
    last = scrollY;
    scrollBy({ top: innerHeight, behavior: 'instant' });
    await frame();
  }
  add(observer.takeRecords());
  return { seen: [...seen], mostNodes, shift };
})()`;

/** From where the page is to its end, a screen at a time. */
export const scrolledThrough = (page: Page, screens = 1_000_000): Promise<Through> =>
  page.evaluate<Through>(scrollThrough(screens));

/** Where a picture is on the screen; without an id the first that is wholly on it. */
export async function topOf(page: Page, id?: string): Promise<{ readonly id: string; readonly top: number }> {
  return page.evaluate(`(() => {
    const all = [...document.querySelectorAll('[data-image]')];
    const one = ${id === undefined ? 'all.find((each) => each.getBoundingClientRect().top > 110)' : `all.find((each) => each.dataset.image === '${id}')`};
    return { id: one.dataset.image, top: one.getBoundingClientRect().top };
  })()`);
}
