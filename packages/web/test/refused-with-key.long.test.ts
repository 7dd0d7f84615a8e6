import assert from 'node:assert/strict';
import { it } from 'node:test';
import { signIn, startClosedGallery } from './closed-gallery.fixture.ts';
import { NO_CHROMIUM } from './gallery.fixture.ts';
import { PATIENCE_MS } from './uploads.fixture.ts';
import { openAt } from './viewer.fixture.ts';

const COUNT = 40;

it('with a key and a low limit a sentence says why tiles wait, and every tile is there at the end', {
  skip: NO_CHROMIUM,
}, async () => {
  await using gallery = await startClosedGallery({ LOG_LEVEL: 'silent', RATE_LIMITS: 'picture=1/m' });
  const key = await gallery.keyOf('ada');
  for (let seed = 0; seed < COUNT; seed += 1) await gallery.seedAs(key, seed);
  const { page } = await openAt(gallery, '/', { viewport: { width: 800, height: 500 } });
  const refused: string[] = [];
  page.on('response', (response) => {
    if (response.status() === 429) refused.push(response.url());
  });
  const listed = await gallery.as(key, `/images?limit=${COUNT}`);
  const { images } = (await listed.json()) as {
    readonly images: { readonly renditions: { readonly thumb: string } }[];
  };
  // From the page's address.
  for (const { renditions } of images) assert.equal((await fetch(renditions.thumb)).status, 200);
  await signIn(page, key);
  const wait = page.locator('[aria-hidden]').getByText(/^The service asks us to wait \d+ s\.$/);
  await wait.waitFor({ timeout: PATIENCE_MS });
  const tiles = await page.locator('[data-image]').count();
  assert.ok(tiles > 10);
  await page.locator(`:nth-match([data-image] img[data-loaded], ${tiles})`).waitFor({ timeout: PATIENCE_MS });
  assert.equal(await page.locator('[data-image] img[data-loaded]').count(), tiles);
  assert.ok(refused.length > 1 && refused.length <= 1.5 * tiles, `${refused.length} refusals of ${tiles} tiles`);
});
