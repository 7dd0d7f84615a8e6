import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { addPicture, call } from './pictures.fixture.ts';
import { refusedIn } from './policy.fixture.ts';
import { openAt, until } from './viewer.fixture.ts';

/** Each sets `ran` if it becomes more than text. The service keeps neither `/` nor what turns the direction of writing in names. */
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
const isWithin = (page: Page): Promise<boolean> =>
  page.evaluate(`document.documentElement.scrollWidth <= innerWidth &&
    [...document.querySelectorAll('[role=dialog] *')].every((one) =>
      one.closest('.pswp, .visually-hidden, bdi') || one.getBoundingClientRect().right <= innerWidth + 1)`);

describe('hostile texts', { skip: NO_CHROMIUM }, () => {
  for (const width of [390, 1_440])
    it(`stay text in the viewer, its dialogs and the trash, ${width} pixels wide`, async () => {
      await using gallery = await startGallery();
      const description = `${TEXTS.join('\n')}\n${TURNING}\n${'long '.repeat(60)}end`;
      const ids: string[] = [];
      for (const [seed, text] of TEXTS.entries())
        ids.push(
          await addPicture(gallery, {
            seed,
            width: 60,
            height: 40,
            filename: `${text}.jpg`,
            tags: [text.slice(0, 50)],
            description,
          }),
        );
      const { page, complaints } = await openAt(gallery, `/?image=${ids.at(-1)}`, { viewport: { width, height: 844 } });
      await page.getByRole('dialog').getByRole('heading').first().waitFor();
      await page.keyboard.press('i');
      const details = page.getByRole('complementary', { name: 'Details' });
      for (const [index, text] of [...TEXTS.entries()].reverse()) {
        await until(page, `location.search.endsWith('${ids[index]}')`);
        await details
          .getByRole('listitem')
          .filter({ hasText: text.slice(0, 50) })
          .waitFor();
        const name = await page.getByRole('dialog').getByRole('heading', { level: 2 }).textContent();
        const { filename } = (await call(gallery, 'GET', `/images/${ids[index]}/metadata`)) as {
          readonly filename: string;
        };
        assert.equal(name, filename);
        assert.equal(await details.locator('p').first().textContent(), description);
        assert.ok(await isWithin(page), `${text} doesn't widen the page`);
        await page.keyboard.press('ArrowRight');
      }
      for (const key of ['s', 'd']) {
        await page.keyboard.press(key);
        await page.getByRole('dialog', { name: key === 's' ? 'Share' : 'Download' }).waitFor();
        assert.ok(await isWithin(page));
        await page.keyboard.press('Escape');
      }
      for (const id of ids) await call(gallery, 'POST', `/images/${id}/trash`);
      const trash = await openAt(gallery, '/?view=trash', { viewport: { width, height: 844 } });
      await trash.page
        .getByRole('button', { name: /^Restore/ })
        .nth(TEXTS.length - 1)
        .waitFor();
      assert.ok(await isWithin(trash.page));
      await trash.page
        .getByRole('button', { name: /forever/ })
        .first()
        .click();
      await trash.page.getByRole('dialog', { name: 'Delete forever?' }).waitFor();
      assert.ok(await isWithin(trash.page));

      for (const shown of [page, trash.page]) {
        assert.equal(await shown.evaluate('globalThis.ran'), undefined);
        assert.deepEqual(await refusedIn(shown), []);
      }
      assert.deepEqual([complaints, trash.complaints], [[], []]);
    });
});
