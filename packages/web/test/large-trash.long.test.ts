// In the long tier: scale: CI has what a trash does in `trash.ci.test.ts`, and a large grid in `timeline.ci.test.ts`.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { testImage } from '../../../test/pictures/test-images.ts';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { call } from './pictures.fixture.ts';
import { seedLibrary } from './seeded-library.fixture.ts';
import { isFocused, isSettled, scrolledThrough, topOf, until } from './timeline.fixture.ts';
import { openAt, untilImage } from './viewer.fixture.ts';

const COUNT = 2_000;
const DAY_MS = 86_400_000;
const NOW = Date.now();
const SHAPES = [
  { width: 480, height: 320 },
  { width: 320, height: 480 },
  { width: 400, height: 400 },
];

/** In the page: counts the blob URLs that are made and not revoked. */
const COUNT_URLS = `{
  globalThis.urls = new Set();
  const { createObjectURL, revokeObjectURL } = URL;
  URL.createObjectURL = (blob) => {
    const url = createObjectURL.call(URL, blob);
    if (blob.type.startsWith('image/')) urls.add(url);
    return url;
  };
  URL.revokeObjectURL = (url) => {
    urls.delete(url);
    revokeObjectURL.call(URL, url);
  };
}`;

describe('a trash of 2,000 pictures', { skip: NO_CHROMIUM }, () => {
  let gallery: Gallery;
  let ids: readonly string[];
  before(async () => {
    const pictures = await Promise.all(
      SHAPES.map(async (shape, seed) => ({
        bytes: await testImage({ type: 'image/jpeg', ...shape, seed }),
        filename: `shape-${seed}.jpg`,
      })),
    );
    const at = (index: number) => new Date(NOW - (index * DAY_MS) / 8);
    const seeded = { count: COUNT, at, pictures, trashedUntil: new Date(NOW + 30 * DAY_MS) };
    gallery = await startGallery({ LOG_LEVEL: 'silent' }, (folder) => seedLibrary(folder, seeded));
    const found: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const path = `/images?status=trashed&user_id=me&limit=1000&fields=filename${cursor && `&cursor=${cursor}`}`;
      const answer = (await call(gallery, 'GET', path)) as {
        images: { image_id: string }[];
        next_cursor: string | null;
      };
      found.push(...answer.images.map(({ image_id }) => image_id));
      cursor = answer.next_cursor;
    }
    ids = found;
  });
  after(() => gallery[Symbol.asyncDispose]());

  it('shows each once and in order, with few nodes, and keeps only the renditions of its tiles', async () => {
    const { page } = await openAt(gallery, 'about:blank');
    await page.addInitScript(COUNT_URLS);
    await page.goto(`${gallery.service.origin}/?view=trash`);
    await page.locator('[data-image] img[data-loaded]').first().waitFor();
    const { seen, mostNodes, shift } = await scrolledThrough(page);
    assert.equal(ids.length, COUNT);
    assert.deepEqual(seen, ids);
    assert.ok(mostNodes <= 3_000, `expected at most 3,000 nodes; got ${mostNodes}`);
    assert.ok(shift <= 0.01, `expected a layout shift of at most 0.01; got ${shift}`);
    await until(page, `[...document.querySelectorAll('[data-image]')].every((one) => one.querySelector('img'))`);
    await until(page, "urls.size === document.querySelectorAll('[data-image] img').length");
    await page.getByRole('link', { name: 'Photos', exact: true }).click();
    await until(page, 'urls.size === 0');
    await page.context().close();
  });

  it('opens one in the middle, restores it there, and back is its neighbour, in its place', async () => {
    const [id = '', next = '', beyond = ''] = ids.slice(1_200);
    const { page } = await openAt(gallery, `/?view=trash&image=${id}`);
    await untilImage(page, 'image.naturalWidth > 0');
    await page.keyboard.press('r');
    await page.waitForURL(`**/?view=trash&image=${next}`);
    assert.equal(((await call(gallery, 'GET', `/images/${id}/metadata`)) as { status: string }).status, 'ready');
    await page.keyboard.press('Escape');
    await until(page, isFocused(next));
    await until(page, isSettled);
    await page.keyboard.press('r');
    await until(page, isFocused(beyond));
    const top = await topOf(page, beyond);
    assert.ok(top > 0 && top < 900, `expected the neighbour on the screen; got it at ${top}`);
    assert.equal(((await call(gallery, 'GET', `/images/${next}/metadata`)) as { status: string }).status, 'ready');
    await page.context().close();
  });
});
