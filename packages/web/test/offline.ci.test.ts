import assert from 'node:assert/strict';
import { it } from 'node:test';
import { barriersOf } from './axe.fixture.ts';
import { NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { addPicture } from './pictures.fixture.ts';
import { isSettled } from './timeline.fixture.ts';
import { openAt, until, untilImage } from './viewer.fixture.ts';

it('offline the tiles stay as they are, and the viewer shows them and says why', { skip: NO_CHROMIUM }, async () => {
  await using gallery = await startGallery();
  let id = '';
  for (let seed = 0; seed < 30; seed += 1)
    id = await addPicture(gallery, { seed, width: 1_500, height: 1_000, filename: `${seed}.jpg` });
  const { page, shows } = await openAt(gallery, '/', { viewport: { width: 1_000, height: 700 } });
  await until(page, isSettled);
  const tile = `[data-image="${id}"] img[data-loaded]`;
  await page.locator(tile).waitFor();
  await page.evaluate('scrollTo(0, 10_000)');
  await page.locator(`[data-image="${id}"]`).waitFor({ state: 'detached' });
  await until(page, isSettled);
  await until(page, `performance.getEntriesByType('resource').some(({ name }) => /photo-viewer.*js/.test(name))`);
  await page.context().setOffline(true);
  await page.getByText("You're offline.").waitFor();
  await page.evaluate('scrollTo(0, 0)');
  await page.locator(tile).waitFor();
  assert.equal(await page.evaluate(`document.querySelector('${tile}').naturalWidth > 0`), true);

  await page.locator(`[data-image="${id}"]`).click();
  const viewer = await shows('29.jpg');
  const current = viewer.locator('.pswp__item[aria-hidden="false"]');
  const words = current.getByText("You're offline: the large picture is shown when you're back.");
  await words.waitFor();
  await until(page, `document.querySelector('.pswp__item[aria-hidden="false"] .pswp__tile img').naturalWidth > 0`);
  assert.equal(await page.locator('[data-toast]').count(), 0);
  assert.deepEqual(await barriersOf(page), []);
  await page.context().setOffline(false);
  await untilImage(page, `image.complete && image.naturalWidth > 0 && image.currentSrc.includes('/renditions/')`);
  await words.waitFor({ state: 'detached' });
  await page.context().close();
});
