import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { barriersOf } from './axe.fixture.ts';
import { takenImage } from './capture.fixture.ts';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { addPicture, call } from './pictures.fixture.ts';
import { refusedIn } from './policy.fixture.ts';
import { storeBytes } from './store-picture.fixture.ts';
import { choose, filesOf, saying, trayOf } from './uploads.fixture.ts';
import { openAt } from './viewer.fixture.ts';

/** The service keeps no `/` in names of files; in tags it does. */
const HOSTILE = '"><img src=x onerror=globalThis.ran=1> \\';

const fieldOf = (page: Page) => page.getByRole('combobox', { name: 'Find' });
const tiles = (page: Page) => page.locator('[data-image]');
const searchOf = (page: Page): string => decodeURIComponent(new URL(page.url()).search);

/** Waits until the grid has those pictures and no others. */
async function shows(page: Page, names: readonly string[]): Promise<void> {
  const shown = names.map((name) => page.getByRole('link', { name: new RegExp(`^${name},`) }));
  for (const tile of shown) await tile.waitFor();
  while ((await tiles(page).count()) !== names.length) await page.evaluate('new Promise(requestAnimationFrame)');
}

const remove = (page: Page, filter: string) => page.getByRole('button', { name: `Remove ${filter}`, exact: true });

describe('the field that finds', { skip: NO_CHROMIUM }, () => {
  let gallery: Gallery;
  let boat = '';
  before(async () => {
    gallery = await startGallery();
    const add = async (seed: number, filename: string, at: string, tags: string): Promise<string> =>
      storeBytes(await takenImage(seed, { at }), {
        origin: gallery.service.origin,
        filename,
        fields: { user_id: 'me', tags },
      });
    boat = await add(1, 'boat.jpg', '2024:07:14 12:00:00', 'sea,summer days');
    await add(2, 'beach.jpg', '2024:07:02 12:00:00', 'sea');
    await add(3, 'harbour.jpg', '2023:07:02 12:00:00', 'sea');
    await add(4, 'wood.jpg', '2024:07:03 12:00:00', 'wind');
    await call(gallery, 'PATCH', `/images/${boat}`, { visibility: 'public' });
    await gallery.seed(5, { user_id: 'ada', filename: 'hostile.jpg', tags: HOSTILE });
  });
  after(() => gallery[Symbol.asyncDispose]());

  it('has what was typed before its code was there, and nothing of it is a shortcut', async () => {
    const { page } = await openAt(gallery, 'about:blank');
    const { promise: isAllowed, resolve: load } = Promise.withResolvers<void>();
    const isAsked = new Promise<void>((resolve) => {
      void page.route(/field-.*\.js/, async (route) => {
        resolve();
        await isAllowed;
        await route.continue();
      });
    });
    let choosers = 0;
    page.on('filechooser', () => (choosers += 1));
    await page.goto(`${gallery.service.origin}/?user=me`);
    await shows(page, ['boat.jpg', 'beach.jpg', 'harbour.jpg', 'wood.jpg']);
    await page.keyboard.press('/');
    await isAsked;
    await page.keyboard.type('May');
    await page.keyboard.press('Escape');
    await page.keyboard.press('/');
    await page.keyboard.type('July 201');
    await page.keyboard.press('Backspace');
    load();
    await fieldOf(page).waitFor();
    await page.keyboard.type('24 tag:sea');
    assert.equal(await fieldOf(page).inputValue(), 'July 2024 tag:sea');
    await page.keyboard.press('Enter');
    await shows(page, ['boat.jpg', 'beach.jpg']);
    assert.equal(choosers, 0);
    await page.context().close();
  });

  it('leads by keyboard to a month with a tag, which Back, a reload and a copied address keep', async () => {
    const { page, complaints } = await openAt(gallery, '/?user=me');
    await shows(page, ['boat.jpg', 'beach.jpg', 'harbour.jpg', 'wood.jpg']);
    await page.keyboard.press('/');
    await fieldOf(page).pressSequentially('July 2024 tag:se');
    const option = page.getByRole('option', { name: /^sea/ });
    await option.waitFor();
    assert.match((await option.textContent()) ?? '', /3$/);
    await page.keyboard.press('ArrowDown');
    const active = await fieldOf(page).getAttribute('aria-activedescendant');
    assert.equal(await option.getAttribute('id'), active);
    await page.keyboard.press('Enter');
    await shows(page, ['boat.jpg', 'beach.jpg']);
    assert.equal(searchOf(page), '?user=me&tag=sea&month=2024-07');
    assert.equal(await fieldOf(page).count(), 0);

    await page.reload();
    await shows(page, ['boat.jpg', 'beach.jpg']);
    await page.keyboard.press('/');
    await fieldOf(page).pressSequentially('public');
    await page.keyboard.press('Enter');
    await shows(page, ['boat.jpg']);
    await page.goBack();
    await shows(page, ['boat.jpg', 'beach.jpg']);

    const { page: other } = await openAt(gallery, `/${new URL(page.url()).search}`);
    await shows(other, ['boat.jpg', 'beach.jpg']);
    await other.context().close();

    await remove(page, 'Month July 2024').press('Delete');
    await shows(page, ['boat.jpg', 'beach.jpg', 'harbour.jpg']);
    await remove(page, 'Tag sea').and(page.locator(':focus')).press('Enter');
    await shows(page, ['boat.jpg', 'beach.jpg', 'harbour.jpg', 'wood.jpg']);
    assert.equal(searchOf(page), '?user=me');

    await page.keyboard.press('/');
    await page.keyboard.press('Escape');
    await fieldOf(page).waitFor({ state: 'detached' });
    await page.keyboard.press('/');
    await fieldOf(page).fill(boat);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'boat.jpg' }).waitFor();
    assert.deepEqual(complaints, []);
    await page.context().close();
  });

  it('offers a word that finds nothing, but is a tag', async () => {
    const { page } = await openAt(gallery, '/?user=me&month=2024-07&q=sea');
    await page.getByRole('button', { name: 'Those with the tag “sea”' }).click();
    await shows(page, ['boat.jpg', 'beach.jpg']);
    assert.equal(searchOf(page), '?user=me&tag=sea&month=2024-07');
    await page.context().close();
  });

  it('leads by pointer to words, of one user, and says so if there is nothing', async () => {
    const { page, complaints } = await openAt(gallery, '/');
    await tiles(page).nth(4).waitFor();
    await page.getByRole('button', { name: 'Find' }).click();
    await page.getByRole('option', { name: /^type:/ }).click();
    await page.getByRole('option', { name: /^JPEG/ }).click();
    await remove(page, 'Type JPEG').waitFor();
    await tiles(page).nth(4).waitFor();
    await page.getByRole('button', { name: 'Find' }).click();
    await fieldOf(page).fill('boat');
    await page.keyboard.press('Enter');
    await page.getByText('Choose a user to search by words.').waitFor();
    await page.getByRole('main').getByLabel('Whose pictures').fill('me');
    await page.getByRole('main').getByRole('button', { name: 'Search' }).click();
    await shows(page, ['boat.jpg']);
    assert.equal(searchOf(page), '?user=me&q=boat&type=jpeg');

    await addPicture(gallery, { seed: 6, filename: 'boats.jpg' });
    await addPicture(gallery, { seed: 7, filename: 'car.jpg' });
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
    await page.getByRole('button', { name: '1 new' }).click();
    await shows(page, ['boats.jpg', 'boat.jpg']);

    await page.getByRole('button', { name: 'Find' }).click();
    await fieldOf(page).fill('nothing');
    await tiles(page).first().click(); // only closes the field
    await fieldOf(page).waitFor({ state: 'detached' });
    assert.equal(await page.getByRole('dialog').count(), 0);
    await page.getByRole('button', { name: 'Find' }).click();
    await fieldOf(page).fill('nothing tag:sea');
    await page.keyboard.press('Enter');
    await page.getByText('No picture matches these filters.').waitFor();
    await page.getByRole('button', { name: 'Show all pictures' }).click();
    await tiles(page).nth(5).waitFor();
    assert.equal(searchOf(page), '?user=me');
    assert.deepEqual(complaints, []);
    await page.context().close();
  });

  it('without search finds by the tags of loaded pictures, and Show leads from filters to an upload', async () => {
    const { page, complaints } = await openAt(gallery, 'about:blank');
    await page.route('**/app.json', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...(await response.json()), search: false } });
    });
    await page.goto(new URL('/?user=me&q=boat&visibility=public', gallery.service.origin).href);
    await tiles(page).nth(3).waitFor();
    assert.equal(await page.getByRole('list', { name: 'Filters' }).count(), 0);
    await page.keyboard.press('/');
    assert.equal(await page.getByRole('option', { name: /^Private/ }).count(), 0);
    await fieldOf(page).fill('boat');
    await page.keyboard.press('Enter');
    await page.getByText('boat: this service finds pictures by tag, type and month.').waitFor();
    await fieldOf(page).fill('SUM');
    await page.getByRole('option', { name: 'summer days Tag' }).click();
    await shows(page, ['boat.jpg']);

    await using files = await filesOf({ 'later.jpg': await takenImage(8, { at: '2024:07:05 12:00:00' }) });
    await choose(page, files.paths);
    await saying(page, '1 uploaded');
    await shows(page, ['boat.jpg']);
    await trayOf(page).getByRole('button', { name: 'Show', exact: true }).click();
    await page
      .getByRole('link', { name: /^later.jpg,/ })
      .and(page.locator(':focus'))
      .waitFor();
    assert.equal(searchOf(page), '?user=me');
    assert.deepEqual(complaints, []);
    await page.context().close();
  });

  it("where lists by tag have one user, asks whose under everybody's, and sends nothing that is refused", async () => {
    const { page, complaints } = await openAt(gallery, 'about:blank');
    await page.route('**/app.json', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...(await response.json()), filters_of_all: false } });
    });
    const lists: URLSearchParams[] = [];
    page.on('request', (request) => {
      const { pathname, searchParams } = new URL(request.url());
      if (['/images', '/tags'].includes(pathname)) lists.push(searchParams);
    });
    await page.goto(gallery.service.origin);
    await tiles(page).nth(4).waitFor();
    await page.keyboard.press('/');
    await fieldOf(page).fill('tag:summer');
    await page.getByRole('option', { name: 'summer days Tag' }).click();
    await page.getByText('Choose a user to search by tag or type.').waitFor();
    assert.deepEqual(await barriersOf(page), []);
    assert.deepEqual(
      lists.filter((query) => query.has('tag') || query.has('prefix')),
      [],
    );
    await page.getByRole('main').getByLabel('Whose pictures').fill('me');
    await page.getByRole('main').getByRole('button', { name: 'Search' }).click();
    await shows(page, ['boat.jpg']);
    assert.ok(lists.filter((query) => query.has('tag')).every((query) => query.get('user_id') === 'me'));
    assert.deepEqual(complaints, []);
    await page.context().close();
  });

  it('leaves a hostile tag text, and ignores filters that no service has', async () => {
    const { page, complaints } = await openAt(gallery, '/?user=ada&month=2024-99&type=svg%2Bxml&visibility=%22');
    await shows(page, ['hostile.jpg']);
    assert.equal(await page.getByRole('list', { name: 'Filters' }).count(), 0);
    await page.keyboard.press('/');
    await fieldOf(page).fill('tag:');
    const option = page.getByRole('option');
    await option.first().click();
    await remove(page, `Tag ${HOSTILE}`).waitFor();
    await shows(page, ['hostile.jpg']);
    assert.equal(new URL(page.url()).searchParams.get('tag'), HOSTILE);
    assert.deepEqual([await page.evaluate('globalThis.ran'), complaints, await refusedIn(page)], [undefined, [], []]);
    await page.context().close();
  });

  for (const [width, colorScheme] of [
    [390, 'light'],
    [390, 'dark'],
    [1_440, 'light'],
    [1_440, 'dark'],
  ] as const)
    it(`has no barriers, ${width} pixels wide and ${colorScheme}`, async () => {
      const { page } = await openAt(gallery, '/?user=me&tag=sea', { viewport: { width, height: 844 }, colorScheme });
      await shows(page, ['boat.jpg', 'beach.jpg', 'harbour.jpg']);
      assert.deepEqual(await barriersOf(page), []);
      await page.getByRole('button', { name: 'Find', exact: true }).press('Enter');
      await fieldOf(page).fill('tag:');
      await page.getByRole('option').first().waitFor();
      await page.keyboard.press('ArrowDown');
      assert.deepEqual(await barriersOf(page), []);
      await fieldOf(page).fill('type:bmp');
      await page.keyboard.press('Enter');
      await page.getByText('type:bmp: this service has no such filter.').waitFor();
      assert.deepEqual(await barriersOf(page), []);
      await fieldOf(page).fill('nothing');
      await page.keyboard.press('Enter');
      await page.getByText('No picture matches these filters.').waitFor();
      assert.deepEqual(await barriersOf(page), []);
      assert.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'));
      await page.context().close();
    });
});
