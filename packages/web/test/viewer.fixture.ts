import type { Locator, Page } from 'playwright-core';
import { PATIENCE_MS } from '../../server/test/services/chromium.ts';
import type { Gallery } from './gallery.fixture.ts';
import { noteRefusals } from './policy.fixture.ts';

export interface OpenViewer {
  readonly page: Page;
  readonly complaints: readonly string[];
  /** The viewer, when it shows the picture of that name. */
  shows(name: string): Promise<Locator>;
}

const VIEWER = '[role=dialog][data-is-ready]';

/** The gallery at that address; `refusedIn` tells what its policy refused. */
export async function openAt(
  gallery: Gallery,
  path: string,
  options: Parameters<Gallery['open']>[0] = {},
): Promise<OpenViewer> {
  const { page, context, complaints } = await gallery.open({ ...options, path: 'about:blank' });
  await noteRefusals(context);
  await page.goto(new URL(path, gallery.service.origin).href);
  return {
    page,
    complaints,
    async shows(name) {
      await page.getByRole('dialog', { name, exact: true }).waitFor();
      return page.locator(VIEWER);
    },
  };
}

/** The shown picture's `<img>`, not a neighbour's. */
const IMAGE = '.pswp__item[aria-hidden="false"] img.pswp__img';

export const shownImage = (page: Page): Locator => page.locator(IMAGE);

/** Waits until the shown `<img>`, `image`, is as the expression says. */
export const untilImage = (page: Page, expression: string): Promise<void> =>
  until(page, `((image) => image && ${expression})(document.querySelector('${IMAGE}'))`);

/** Waits for a condition of the page. Playwright's own way needs `eval` in the page, which the policy refuses. */
export function until(page: Page, expression: string): Promise<void> {
  return page.evaluate(`(async () => {
    const end = performance.now() + ${PATIENCE_MS};
    while (!(${expression})) {
      if (performance.now() > end) throw new Error(${JSON.stringify(`never became true: ${expression}`)});
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
  })()`);
}

/** Chooses in the focused list by arrow keys: typed words are lost where a slow machine takes a second between two. */
export async function chooseByArrows(page: Page, label: string): Promise<void> {
  const chosen = () => page.evaluate<string>('document.activeElement.selectedOptions[0].label');
  await page.keyboard.press('Home');
  while (!(await chosen()).startsWith(label)) await page.keyboard.press('ArrowDown');
}

/** Clicks twice, a tenth of a second apart by the events' own times, however long the page takes for each. */
export async function doubleClick(page: Page, shown: Locator): Promise<void> {
  const { x, y, width, height } = (await shown.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  const session = await page.context().newCDPSession(page);
  const begun = Date.now() / 1_000;
  for (const clickCount of [1, 2])
    for (const type of ['mousePressed', 'mouseReleased'] as const)
      await session.send('Input.dispatchMouseEvent', {
        type,
        clickCount,
        button: 'left',
        x: x + width / 2,
        y: y + height / 2,
        timestamp: begun + clickCount / 10,
      });
  await session.detach();
}

/** Moves a finger over the page in some steps, one for each frame. */
export async function swipe(page: Page, from: readonly [number, number], to: readonly [number, number]): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', fraction = 0) => {
    const [x, y] = [0, 1].map((axis) => (from[axis] ?? 0) + ((to[axis] ?? 0) - (from[axis] ?? 0)) * fraction);
    const touchPoints = type === 'touchEnd' ? [] : [{ x: x ?? 0, y: y ?? 0 }];
    return session.send('Input.dispatchTouchEvent', { type, touchPoints });
  };
  await touch('touchStart');
  for (let step = 1; step <= 10; step += 1) {
    await touch('touchMove', step / 10);
    await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => resolve()))');
  }
  await touch('touchEnd');
  await session.detach();
}
