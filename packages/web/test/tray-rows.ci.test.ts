import assert from 'node:assert/strict';
import { it } from 'node:test';
import { testImage } from '../../../test/pictures/test-images.ts';
import { NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { choose, filesOf, saying, trayOf } from './uploads.fixture.ts';

const COUNT = 30;

/** In the page: adds up how far things of the tray move that somebody sees. */
const WATCH = `globalThis.shift = 0; new PerformanceObserver((list) => {
  for (const { value, sources } of list.getEntries())
    if (sources.some(({ node }) => node?.nodeType === 1 && node.closest('[aria-label=Uploads]'))) globalThis.shift += value;
}).observe({ type: 'layout-shift' });`;

it("the tray's list keeps its rows in their places while they are uploaded", { skip: NO_CHROMIUM }, async () => {
  await using gallery = await startGallery();
  const bytes = await Promise.all(
    Array.from({ length: COUNT }, (_, seed) => testImage({ type: 'image/png', width: 60, height: 40, seed })),
  );
  await using files = await filesOf(Object.fromEntries(bytes.map((one, index) => [`p ${index}.png`, one])));
  const { page, context } = await gallery.open();
  await page.getByRole('heading', { name: 'Drop photographs here' }).waitFor();
  await context.setOffline(true);
  await choose(page, files.paths);
  await saying(page, `${COUNT} uploads continue`);
  await trayOf(page).getByRole('button', { name: 'Show the list' }).click();
  await trayOf(page)
    .getByRole('listitem')
    .nth(COUNT - 1)
    .waitFor({ state: 'attached' });
  const names = await trayOf(page).getByRole('listitem').allInnerTexts();
  await page.evaluate(WATCH);
  await context.setOffline(false);
  await saying(page, `${COUNT} uploaded`);
  const shift = await page.evaluate<number>('shift');
  assert.ok(shift <= 0.01, `expected a layout shift of at most 0.01; got ${shift}`);
  const after = await trayOf(page).getByRole('listitem').allInnerTexts();
  const first = (lines: readonly string[]) => lines.map((line) => line.split('\n')[0]);
  assert.deepEqual(first(after), first(names));
  await context.close();
});
