// In the long tier: refused tiles: CI has their line in `tiles.ci.test.ts`, and pauses of the service in
// `pauses.ci.test.ts`.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { isInRun } from '../../../scripts/test-tiers.ts';
import { eventually } from '../../../test/acceptance/eventually.ts';
import { testImage } from '../../../test/pictures/test-images.ts';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { addPicture, call } from './pictures.fixture.ts';
import { seedLibrary } from './seeded-library.fixture.ts';
import { openAt } from './viewer.fixture.ts';

const COUNT = 40;
/** The trash and the grid have the same tiles. */
const IN_LONG_TIER = !isInRun('long') && 'the long tier runs it';

/**
 * Forty pictures, or as many in the trash. In open mode a tile counts to `read`, and so does nothing else that the grid
 * asks for.
 */
async function limited(limit: string, place: 'grid' | 'trash' = 'grid'): Promise<Gallery> {
  const bytes = await testImage({ type: 'image/jpeg', width: 90, height: 60, seed: 1 });
  const now = Date.now();
  return startGallery({ LOG_LEVEL: 'silent', RATE_LIMITS: limit }, (folder) =>
    seedLibrary(folder, {
      count: COUNT,
      at: (index) => new Date(now - index),
      pictures: [{ bytes, filename: 'picture.jpg' }],
      ...(place === 'trash' && { trashedUntil: new Date(now + 86_400_000) }),
    }),
  );
}

interface Tiles {
  readonly page: Page;
  /** The status of each answer so far; 0 for a request that was cut off. */
  readonly answers: readonly number[];
}

async function openTiles(gallery: Gallery): Promise<Tiles> {
  const { page } = await openAt(gallery, 'about:blank', { viewport: { width: 800, height: 500 } });
  const answers: number[] = [];
  page.on('response', (response) => {
    if (response.url().includes('/renditions/')) answers.push(response.status());
  });
  return { page, answers };
}

const refusalsAmong = (answers: readonly number[]): number => answers.filter((status) => status === 429).length;

describe('tiles that the service refuses', { skip: NO_CHROMIUM }, () => {
  it('wait for one Retry-After, those that appear meanwhile too, and a sentence says why', async () => {
    await using gallery = await limited('read=4/m');
    const { page, answers } = await openTiles(gallery);
    await page.clock.install();
    await page.goto(gallery.service.origin);
    await page
      .locator('[aria-hidden]')
      .getByText(/^The service asks us to wait \d+ s\.$/)
      .waitFor();
    await page.waitForLoadState('networkidle');
    const before = answers.length;
    const shown = await page.locator('[data-image]').count();
    assert.ok(before <= shown + 1, `expected one request of each tile, and one more; got ${before} of ${shown}`);
    assert.ok(refusalsAmong(answers) > 1);
    await page.clock.runFor(20_000);
    await page.mouse.move(400, 300);
    await page.mouse.wheel(0, 400);
    await eventually(async () => assert.ok((await page.locator('[data-image]').count()) > shown));
    await page.waitForLoadState('networkidle');
    assert.equal(answers.length, before);
  });

  it('wait for one Retry-After in the trash too', async () => {
    await using gallery = await limited('read=4/m', 'trash');
    const { page, answers } = await openTiles(gallery);
    await page.clock.install();
    await page.goto(`${gallery.service.origin}/?view=trash`);
    await page
      .locator('[aria-hidden]')
      .getByText(/^The service asks us to wait \d+ s\.$/)
      .waitFor();
    await page.waitForLoadState('networkidle');
    const before = answers.length;
    const shown = await page.locator('[data-image]').count();
    assert.ok(before <= shown + 1, `expected one request of each tile, and one more; got ${before} of ${shown}`);
    assert.ok(refusalsAmong(answers) > 1);
    let requests = 0;
    page.on('request', (request) => {
      if (request.url().includes('/renditions/')) requests += 1;
    });
    await page.clock.runFor(90_000); // the service's own minute isn't over
    await eventually(async () => assert.ok(requests > 0));
    await page.waitForLoadState('networkidle');
    assert.ok(requests <= 3, `expected one tile to ask; got ${requests} requests`);
  });

  it('are all there at the end, after few refusals', async () => {
    await using gallery = await limited('read=4/s');
    const { page, answers } = await openTiles(gallery);
    await page.goto(gallery.service.origin);
    await page.locator('[data-image]').first().waitFor();
    const shown = await page.locator('[data-image]').count();
    await eventually(async () => assert.equal(await page.locator('[data-image] img[data-loaded]').count(), shown));
    const refusals = refusalsAmong(answers);
    assert.ok(refusals > 1 && refusals <= 1.5 * shown, `expected few refusals of ${shown} tiles; got ${refusals}`);
  });

  it('are all there at the end in the trash too', { skip: IN_LONG_TIER }, async () => {
    await using gallery = await limited('read=4/s', 'trash');
    const { page, answers } = await openTiles(gallery);
    await page.goto(`${gallery.service.origin}/?view=trash`);
    await page.locator('[data-image]').first().waitFor();
    const shown = await page.locator('[data-image]').count();
    await eventually(async () => assert.equal(await page.locator('[data-image] img[data-loaded]').count(), shown));
    const refusals = refusalsAmong(answers);
    assert.ok(refusals > 1 && refusals <= 1.5 * shown, `expected few refusals of ${shown} tiles; got ${refusals}`);
  });

  it('are asked for one at a time, and loaded once one is admitted', async () => {
    await using gallery = await startGallery({ LOG_LEVEL: 'silent' });
    for (let seed = 0; seed < 6; seed += 1) await addPicture(gallery, { seed });
    const { page } = await openTiles(gallery);
    let [images, fetches] = [0, 0];
    const held = Promise.withResolvers<void>();
    await page.route('**/renditions/**', async (route) => {
      if (route.request().resourceType() === 'image') {
        images += 1;
        return images <= 6 ? route.fulfill({ status: 503 }) : route.continue();
      }
      fetches += 1;
      await held.promise;
      await route.continue();
    });
    await page.goto(gallery.service.origin);
    await eventually(async () => assert.deepEqual([images, fetches], [6, 1]));
    held.resolve();
    await eventually(async () => assert.equal(await page.locator('[data-image] img[data-loaded]').count(), 6));
    assert.deepEqual([images, fetches], [11, 1]);
  });

  it('are read again if their URL is refused', async () => {
    await using gallery = await startGallery();
    const id = await addPicture(gallery);
    const { page } = await openTiles(gallery);
    let [isRefused, read] = [true, 0];
    await page.route('**/renditions/**', (route) => (isRefused ? route.fulfill({ status: 403 }) : route.continue()));
    await page.route(`**/images/${id}/metadata`, (route) => {
      read += 1;
      isRefused = false;
      return route.continue();
    });
    await page.goto(gallery.service.origin);
    await page.locator(`[data-image="${id}"] img[data-loaded]`).waitFor();
    assert.equal(read, 1);
    await call(gallery, 'DELETE', `/images/${id}`);
  });
});
