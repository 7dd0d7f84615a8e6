import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { FileChooser, Locator, Page } from 'playwright-core';

/** For conditions that a loaded machine may reach late: many uploads, one after another. */
export const PATIENCE_MS = 240_000;

export interface TestFiles extends AsyncDisposable {
  readonly folder: string;
  /** The path of each, in the order in which they were given. */
  readonly paths: readonly string[];
}

/** Files in a temporary folder. Names may have folders. */
export async function filesOf(contents: Readonly<Record<string, string | Uint8Array>>): Promise<TestFiles> {
  const folder = await mkdtemp(join(tmpdir(), 'safelight-drop-'));
  const paths = Object.keys(contents).map((name) => join(folder, name));
  for (const [index, content] of Object.values(contents).entries()) {
    const path = paths[index] ?? '';
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
  return { folder, paths, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

/** Until the part of the page that takes files is there. */
export const untilReady = (page: Page): Promise<void> =>
  page.locator('[data-chooser=files]').waitFor({ state: 'attached' });

/** Drags files and folders from outside of the browser over the page. It shows the hint. */
export async function dragOver(page: Page, paths: readonly string[]) {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [...paths], dragOperationsMask: 1 };
  const send = async (type: 'dragEnter' | 'dragOver' | 'drop', at = 300): Promise<void> => {
    await session.send('Input.dispatchDragEvent', { type, x: at, y: at, data });
  };
  await untilReady(page);
  await send('dragEnter');
  await send('dragOver');
  await hintOf(page).waitFor(); // the page has agreed: otherwise there is no drop
  return {
    drop: () => send('drop'),
    /** No element hears this if the one below the pointer has left the page since the drag last moved. */
    async leave() {
      await send('dragOver');
      await send('dragOver', -50);
    },
  };
}

/** By the key `u`, as by the button. */
export async function choose(page: Page, paths: readonly string[]): Promise<void> {
  await untilReady(page);
  await chooseBy(page, 'u', paths);
}

/** In the page: notes what a key does there. */
const NOTE_STEPS = `{
  const note = ({ type, target, key = '' }) => steps.push(type + ' ' + key + ' on ' + target.cloneNode().outerHTML);
  if (!globalThis.steps) for (const type of ['keydown', 'click']) document.addEventListener(type, note, true);
  globalThis.steps = [];
}`;

/** In the page: those steps, and what could take a key. */
const STEPS = `JSON.stringify({
  steps,
  focus: document.activeElement.cloneNode().outerHTML,
  open: [...document.querySelectorAll('dialog[open], :popover-open, [aria-modal]')].map((one) => one.cloneNode().outerHTML),
})`;

/**
 * The browser's dialog that `press` opens. It presses again if the page asked for the dialog and Chromium told of none.
 */
export async function chooserBy(page: Page, what: string, press: () => Promise<void>): Promise<FileChooser> {
  for (let presses = 1; ; presses += 1) {
    const chooser = page.waitForEvent('filechooser', { timeout: 30_000 }).catch((cause: unknown) => ({ cause }));
    await page.evaluate(NOTE_STEPS); // Playwright doesn't wait until the browser hands its dialogs over
    await press();
    const answer = await chooser;
    if (!('cause' in answer)) return answer;
    const steps = await page.evaluate<string>(STEPS);
    if (presses === 3 || !/click [^"]*<input/.test(steps))
      throw new Error(`expected ${what} to open the dialog for files; got ${steps}`, answer);
  }
}

/** Presses the key, and answers the browser's dialog. */
export async function chooseBy(page: Page, key: string, paths: readonly string[]): Promise<void> {
  const chooser = await chooserBy(page, `the key ${key}`, () => page.keyboard.press(key));
  await chooser.setFiles([...paths]);
}

export const trayOf = (page: Page): Locator => page.getByRole('region', { name: 'Uploads' });
export const hintOf = (page: Page): Locator => page.locator('[data-drop-hint]:popover-open');

/** What a screen reader hears next. */
export const heard = (page: Page, text: string | RegExp): Promise<void> =>
  page.locator('[data-announcer=uploads]', { hasText: text }).waitFor({ state: 'attached', timeout: PATIENCE_MS });

/** The tray's line. */
export async function saying(page: Page, text: string | RegExp): Promise<void> {
  const tray = trayOf(page);
  await tray
    .locator('header', { hasText: text })
    .waitFor({ timeout: PATIENCE_MS })
    .catch(async (cause: unknown) => {
      const shown = await tray.innerText({ timeout: 1_000 }).catch(() => 'nothing: there is no tray');
      throw new Error(`expected the tray to say ${text}; it says ${JSON.stringify(shown)}`, { cause });
    });
}

/** Each reason that the tray shows, and the names of the files that it holds for. */
export async function reasonsIn(page: Page): Promise<Record<string, string>> {
  const problems = page.getByRole('list', { name: 'Not uploaded' });
  const closed = problems.getByRole('button', { expanded: false });
  while ((await closed.count()) > 0) await closed.first().click();
  const reasons: Record<string, string> = {};
  for (const problem of await problems.locator('> li').all()) {
    const words = await problem.locator('p').first().innerText();
    for (const name of await problem.locator('bdi').allInnerTexts()) reasons[name] = words;
  }
  return reasons;
}

export interface Listed {
  readonly image_id: string;
  readonly filename: string;
  readonly sha256: string;
}

export async function listed(origin: string, query = 'user_id=me'): Promise<readonly Listed[]> {
  const answer = await fetch(`${origin}/images?limit=1000&${query}`);
  return ((await answer.json()) as { readonly images: readonly Listed[] }).images;
}

/** Without answers that a busy service gives, such as 503: the client tries again, and Chromium notes each. */
export const faultsAmong = (complaints: readonly string[]): readonly string[] =>
  complaints.filter((text) => !text.startsWith('Failed to load resource: the server responded with a status of'));

/** What has the focus: its accessible name. */
export const focusIn = (page: Page): Promise<string> =>
  page.evaluate(
    "document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText ?? document.activeElement.tagName",
  );

/** What the client's queue has written: stored files, and of the others their hashes. */
const kept = (queue: string) => `(async () => {
  const found = (await indexedDB.databases()).find(({ name }) => name.endsWith(${JSON.stringify(` ${queue}`)}));
  if (!found) return 0;
  const answer = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const base = await answer(indexedDB.open(found.name));
  const items = await answer(base.transaction('items').objectStore('items').getAll());
  base.close();
  return items.filter(({ hasFile, sha256 }) => hasFile || sha256 !== undefined).length;
})()`;

/** Waits until so many uploads would survive a reload. `queue`: the name of the uploader. */
export async function untilKept(page: Page, count: number, queue = 'gallery open me'): Promise<void> {
  while ((await page.evaluate(kept(queue))) !== count) await page.waitForTimeout(50);
}
