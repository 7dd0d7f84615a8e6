import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { addPicture, call } from './pictures.fixture.ts';
import { refusedIn } from './policy.fixture.ts';
import { type OpenViewer, openAt, until } from './viewer.fixture.ts';

/**
 * Each sets `ran` if it becomes more than text. The service keeps neither `/` nor what turns the direction of writing
 * in names.
 */
const TEXTS = [
  '<img src=x onerror=globalThis.ran=1>',
  `"><script>globalThis.ran=1<\u2215script>`,
  `'"--><svg onload=globalThis.ran=1>`,
  'javascript:globalThis.ran=1',
  '{{globalThis.ran=1}}\u05e9\u05dc\u05d5\u05dd',
  'W'.repeat(200),
];

const TURNING = '\u202egpj.evil\u2066\u2067';

/** Nothing is wider than the window; the text in a `bdi` is cut off by the element around it. */
/** In the page: nothing reaches beyond its right edge. */
const IS_WITHIN = `document.documentElement.scrollWidth <= innerWidth &&
  [...document.querySelectorAll('[role=dialog] *')].every((one) =>
    one.closest('.pswp, .visually-hidden, bdi') || one.getBoundingClientRect().right <= innerWidth + 1)`;

/** Waits, since sheets slide in from the right. */
const untilWithin = (page: Page): Promise<void> => until(page, IS_WITHIN);

describe('hostile texts', { skip: NO_CHROMIUM }, () => {
  let gallery: Gallery;
  const ids: string[] = [];
  const description = `${TEXTS.join('\n')}\n${TURNING}\n${'long '.repeat(60)}end`;
  before(async () => {
    gallery = await startGallery();
    for (const [seed, text] of TEXTS.entries()) {
      const texts = { filename: `${text}.jpg`, tags: [text.slice(0, 50)], description };
      ids.push(await addPicture(gallery, { seed, width: 60, height: 40, ...texts }));
    }
  });
  after(() => gallery[Symbol.asyncDispose]());

  const assertQuiet = async ({ page, complaints }: OpenViewer): Promise<void> => {
    assert.equal(await page.evaluate('globalThis.ran'), undefined);
    assert.deepEqual([complaints, await refusedIn(page)], [[], []]);
    await page.context().close();
  };

  for (const width of [390, 1_440])
    it(`stay text in the viewer and its dialogs, ${width} pixels wide`, async () => {
      const opened = await openAt(gallery, `/?image=${ids.at(-1)}`, { viewport: { width, height: 844 } });
      const { page } = opened;
      await page.getByRole('dialog').getByRole('heading').first().waitFor();
      await page.keyboard.press('i');
      const details = page.getByRole('complementary', { name: 'Details' });
      for (const [index, text] of [...TEXTS.entries()].reverse()) {
        await until(page, `location.search.endsWith('${ids[index]}')`);
        const tag = details.getByRole('listitem').filter({ hasText: text.slice(0, 50) });
        await tag.waitFor();
        const kept = await call(gallery, 'GET', `/images/${ids[index]}/metadata`);
        const { filename } = kept as { readonly filename: string };
        assert.equal(await page.getByRole('dialog').getByRole('heading', { level: 2 }).textContent(), filename);
        assert.equal(await details.getByLabel('Description').inputValue(), description);
        await untilWithin(page);
        await page.keyboard.press('ArrowRight');
      }
      for (const [key, name] of [
        ['s', 'Share'],
        ['d', 'Download'],
      ] as const) {
        await page.keyboard.press(key);
        await page.getByRole('dialog', { name }).waitFor();
        await untilWithin(page);
        await page.keyboard.press('Escape');
      }
      await assertQuiet(opened);
    });

  it('stay text in the trash', async () => {
    for (const id of ids) await call(gallery, 'POST', `/images/${id}/trash`);
    const opened = await openAt(gallery, '/?view=trash', { viewport: { width: 390, height: 844 } });
    const { page } = opened;
    const last = page.getByRole('button', { name: /^Restore/ }).nth(TEXTS.length - 1);
    await last.waitFor();
    await untilWithin(page);
    await page.locator('[data-image]').first().press('Enter');
    const viewer = page.getByRole('dialog');
    await viewer.and(page.locator('[data-is-ready=true]')).waitFor();
    for (const text of TEXTS.toReversed()) {
      await viewer
        .getByRole('heading', { level: 2 })
        .filter({ hasText: text.slice(0, 8).replaceAll('"', '%22') }) // as forms write it
        .waitFor();
      await untilWithin(page);
      await page.keyboard.press('ArrowRight');
    }
    await page.keyboard.press('Escape');
    await viewer.waitFor({ state: 'detached' });
    const forever = page.getByRole('button', { name: /forever/ });
    await forever.first().click();
    await page.getByRole('dialog', { name: 'Delete forever?' }).waitFor();
    await untilWithin(page);
    await assertQuiet(opened);
  });
});
