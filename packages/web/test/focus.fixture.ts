import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { PATIENCE_MS } from '../../server/test/services/chromium.ts';

export interface Focus {
  /** The accessible name of what has the focus; `the page` if nothing has it. */
  readonly name: string;
  /** Whether a person sees it: it is on the screen, and nothing lies above it. */
  readonly isSeen: boolean;
  /** Whether no edge of the screen cuts it. */
  readonly isWhole: boolean;
  /** Whether something marks it. A place that only a script focuses, such as a dialog, needs no mark. */
  readonly isMarked: boolean;
}

const THE_PAGE = 'the page';

/** In the page: the accessible name of a control; of a tile that of its picture, without date and place. */
const NAME = `((one) => (one.dataset.image ? one.ariaLabel?.split(', ')[0] : one.ariaLabel) ?? one.labels?.[0]?.textContent ?? one.textContent.trim())`;

const FOCUS = `(() => {
  const one = document.activeElement;
  if (!one || one === document.body) return { name: '${THE_PAGE}', isSeen: false, isWhole: false, isMarked: false };
  const name = one.matches('main') ? 'main' : ${NAME}(one);
  const box = one.getBoundingClientRect();
  const [left, top] = [Math.max(0, box.left), Math.max(0, box.top)];
  const [width, height] = [Math.min(innerWidth, box.right) - left, Math.min(innerHeight, box.bottom) - top];
  const isAbove = [0.1, 0.5, 0.9].some((x) => [0.1, 0.5, 0.9].some((y) =>
    one.contains(document.elementFromPoint(left + x * width, top + y * height))));
  const isSeen = width > 0 && height > 0 && one.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })
    && (isAbove || getComputedStyle(one).pointerEvents === 'none');
  const marks = [one, ...one.children].map((part) => getComputedStyle(part));
  const isMarked = one.tabIndex < 0
    || marks.some(({ outlineStyle, outlineWidth }) => outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2);
  const isWhole = box.left > -1 && box.right < innerWidth + 1 && box.top > -1 && box.bottom < innerHeight + 1;
  return { name, isSeen, isWhole, isMarked };
})()`;

export const focusOf = (page: Page): Promise<Focus> => page.evaluate<Focus>(FOCUS);

/** What has the focus, once the condition holds; what fades in with the focus is seen a moment later. */
async function focusOnce(page: Page, isIt: (focus: Focus) => boolean, expected: string): Promise<Focus> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const focus = await focusOf(page);
    if (isIt(focus)) return focus;
    if (performance.now() > deadline) assert.fail(`expected the focus on ${expected}; got ${JSON.stringify(focus)}`);
    await setTimeout(20);
  }
}

const isClear = ({ isSeen, isMarked }: Focus): boolean => isSeen && isMarked;

/** Waits until what is called so has the focus, where a person sees it. */
export async function untilFocused(page: Page, name: string): Promise<void> {
  await focusOnce(page, (focus) => focus.name === name && isClear(focus), `${name}, seen and marked`);
}

/** Presses the key, and resolves with the name of the next stop, which a person sees; `the page` past the last one. */
async function nextStop(page: Page, key: 'Tab' | 'Shift+Tab'): Promise<string> {
  await page.keyboard.press(key);
  const isStop = (focus: Focus): boolean => focus.name === THE_PAGE || (isClear(focus) && focus.isWhole);
  return (await focusOnce(page, isStop, 'a stop that is seen, whole and marked')).name;
}

/** More than any view has. */
const MOST_STOPS = 60;

/** Presses Tab until what is called so has the focus. */
export async function tabTo(page: Page, name: string, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  const visited: string[] = [];
  while (visited.at(-1) !== name) {
    assert.ok(visited.length < MOST_STOPS, `expected ${key} to reach ${name}; it visited ${visited.join(', ')}`);
    visited.push(await nextStop(page, key));
  }
}

/** In the page: the controls of the page, or of what lies above it. */
const CONTROLS = `[...([...document.querySelectorAll('dialog:modal, [popover=auto]:popover-open')].at(-1)
    ?? document.querySelector('[aria-modal="true"]') ?? document)
  .querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')]
  .filter((one) => one.tabIndex >= 0 && !one.disabled && !one.closest('[inert]') && one.checkVisibility({ checkVisibilityCSS: true }))`;

/** In the page: the place of what has the focus among the controls. Browsers also stop at what scrolls. */
const PLACE = `document.activeElement.scrollHeight > document.activeElement.clientHeight
  && document.activeElement.matches('dialog') ? 'scroller' : ${CONTROLS}.indexOf(document.activeElement)`;

/** In the page. */
const HAS_PARTS = `document.activeElement.matches('input[type=date], input[type=time]')`;

const HAS_POPOVER = `document.querySelector('[popover=auto]:popover-open') !== null`;

/**
 * Asserts that Tab visits each control once, in their order, and then begins again, or closes the popover: it is caught
 * nowhere.
 */
export async function assertTabVisitsAll(page: Page, view = 'the page'): Promise<void> {
  const controls = await page.evaluate<readonly string[]>(`${CONTROLS}.map(${NAME})`);
  const visited: { readonly name: string; readonly place: number }[] = [];
  const isPopover = await page.evaluate<boolean>(HAS_POPOVER);
  while (visited.length <= controls.length) {
    const name = await nextStop(page, 'Tab');
    if (isPopover && !(await page.evaluate<boolean>(HAS_POPOVER))) break;
    const place = await page.evaluate<number | 'scroller'>(PLACE);
    // Day, month and year are stops within one control.
    if (place === visited.at(-1)?.place && (await page.evaluate<boolean>(HAS_PARTS))) continue;
    if (name === THE_PAGE || place === 'scroller') continue;
    if (place === visited[0]?.place) break;
    visited.push({ name, place });
  }
  const first = visited.findIndex(({ place }) => place === 0);
  const names = [...visited.slice(first), ...visited.slice(0, first)].map(({ name }) => name);
  assert.deepEqual(names, controls, `Tab visits each control of ${view} once`);
}
