import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Locator, Page, Route } from 'playwright-core';
import { testImage } from '../../../test/pictures/test-images.ts';
import { barriersOf } from './axe.fixture.ts';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { call } from './pictures.fixture.ts';
import { seedLibrary } from './seeded-library.fixture.ts';
import { isSettled, until } from './timeline.fixture.ts';
import { openAt } from './viewer.fixture.ts';

/** One an hour. */
const COUNT = 1_500;
const NEWEST = Date.UTC(2024, 6, 14, 12);
const HOUR_MS = 3_600_000;
const clockOf = (index: number): string => new Date(NEWEST - index * HOUR_MS).toISOString().slice(0, -1);
/** How many of them are of a month or of a day. */
const numberOf = (beginning: string): number =>
  Array.from({ length: COUNT }, (_, index) => clockOf(index)).filter((clock) => clock.startsWith(beginning)).length;

const tile = (page: Page, index: number): Locator => page.locator('[data-image]').nth(index);
const selected = (page: Page): Locator => page.locator('[data-image][data-selected]');
const bar = (page: Page): Locator => page.getByRole('region', { name: 'Selection' });
const says = (page: Page, text: string): Promise<void> => bar(page).getByRole('status').getByText(text).waitFor();
const ended = (page: Page): Promise<void> => bar(page).waitFor({ state: 'detached' });

/** The grid, once pictures can be selected. */
async function openGrid(gallery: Gallery, path: string, options = {}) {
  const opened = await openAt(gallery, path, options);
  await until(opened.page, isSettled);
  await opened.page.locator('[data-part=select]').first().waitFor({ state: 'attached' });
  return opened;
}

describe('a selection', { skip: NO_CHROMIUM }, () => {
  let gallery: Gallery;
  before(async () => {
    const bytes = await testImage({ type: 'image/jpeg', width: 300, height: 200, seed: 1 });
    const seeded = {
      count: COUNT,
      at: () => new Date(NEWEST),
      takenAt: clockOf,
      pictures: [{ bytes, filename: 'p.jpg' }],
    };
    gallery = await startGallery({ LOG_LEVEL: 'warn' }, (folder) => seedLibrary(folder, seeded));
  });
  after(() => gallery[Symbol.asyncDispose]());

  for (const [width, colorScheme] of [
    [390, 'light'],
    [390, 'dark'],
    [1_440, 'light'],
    [1_440, 'dark'],
  ] as const)
    it(`has no barriers, ${width} pixels wide and ${colorScheme}`, async () => {
      const { page } = await openGrid(gallery, '/?user=me', { viewport: { width, height: 844 }, colorScheme });
      assert.deepEqual(await barriersOf(page), []);
      await tile(page, 1).press('x');
      await tile(page, 1).press('Shift+ArrowRight');
      await says(page, '2 pictures, ');
      assert.deepEqual(await barriersOf(page), []);
      for (const action of ['Tag', 'Remove tag', 'Visibility', 'Dates', 'Share', 'Download']) {
        await bar(page).getByRole('button', { name: action, exact: true }).click();
        await page.getByRole('dialog').waitFor();
        assert.deepEqual(await barriersOf(page), [], action);
        await page.keyboard.press('Escape');
        await page.getByRole('dialog').waitFor({ state: 'detached' });
      }
      assert.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'));
      await page.context().close();
    });

  it('ends with /, which shows the field that finds, and Escape there selects nothing again', async () => {
    for (const viewport of [
      { width: 1_440, height: 900 },
      { width: 390, height: 844 },
    ]) {
      const { page, complaints } = await openGrid(gallery, '/?user=me', { viewport });
      await tile(page, 1).press('x');
      await says(page, '1 picture, ');
      await page.keyboard.press('/');
      const field = page.getByRole('combobox', { name: 'Find' });
      await field.waitFor();
      await ended(page);
      await field.and(page.locator(':focus')).waitFor();
      await page.keyboard.type('tag:/');
      assert.equal(await field.inputValue(), 'tag:/');
      await page.keyboard.press('Escape');
      await field.waitFor({ state: 'detached' });
      assert.equal(await selected(page).count(), 0);
      assert.deepEqual(complaints, []);
      await page.context().close();
    }
  });

  it('begins with the mark of a picture, and a click, Shift and a drag go on', async () => {
    const { page, complaints } = await openGrid(gallery, '/?user=me');
    await tile(page, 1).hover();
    await page.getByRole('checkbox', { name: 'Select 000001-p.jpg' }).click();
    await says(page, '1 picture, ');
    await tile(page, 4).click();
    await says(page, '2 pictures, ');
    await tile(page, 4).click();
    await tile(page, 3).click();
    await tile(page, 7).click({ modifiers: ['Shift'] });
    await says(page, '6 pictures, ');
    assert.equal(await selected(page).count(), 6);
    assert.equal(new URL(page.url()).searchParams.get('image'), null);

    await page.keyboard.down('Shift');
    await tile(page, 9).hover();
    await page.mouse.down();
    await tile(page, 11).hover();
    await tile(page, 10).hover();
    await page.mouse.up();
    await page.keyboard.up('Shift');
    await says(page, '8 pictures, ');
    await tile(page, 10).click();
    await says(page, '7 pictures, ');

    await bar(page).getByRole('button', { name: 'End the selection' }).click();
    await ended(page);
    assert.equal(await selected(page).count(), 0);
    await tile(page, 2).click();
    await page.getByRole('dialog', { name: '000002-p.jpg' }).waitFor();
    assert.deepEqual(complaints, []);
    await page.context().close();
  });

  it('begins with Shift and a drag, which scrolls at the edge of the screen', async () => {
    const { page } = await openGrid(gallery, '/?user=me');
    await page.keyboard.down('Shift');
    await tile(page, 5).hover();
    await page.mouse.down();
    await page.mouse.move(700, 899, { steps: 5 });
    await until(page, 'scrollY > 1_500');
    await page.mouse.move(700, 500);
    await page.mouse.up();
    await page.keyboard.up('Shift');
    const text = (await bar(page).getByRole('status').textContent()) ?? '';
    assert.ok(Number(/^\d+/.exec(text)?.[0]) > 15, text);
    await page.context().close();
  });

  it('is made by keyboard alone', async () => {
    const { page } = await openGrid(gallery, '/?user=me');
    const { keyboard } = page;
    await tile(page, 1).focus();
    await keyboard.press('Shift+ArrowRight');
    await says(page, '2 pictures, ');
    await keyboard.press('Shift+ArrowRight');
    await says(page, '3 pictures, ');
    await keyboard.press('Shift+ArrowLeft');
    await says(page, '2 pictures, ');
    await keyboard.press('ArrowRight');
    await keyboard.press('ArrowRight');
    await page.locator('[data-image]:focus').and(tile(page, 4)).waitFor();
    await keyboard.press('x');
    await says(page, '3 pictures, ');
    await page.getByRole('checkbox', { name: 'Select 000004-p.jpg', checked: true }).waitFor();
    await keyboard.press('x');
    await says(page, '2 pictures, ');
    await keyboard.press('Tab');
    await keyboard.press('Space');
    await says(page, '3 pictures, ');
    await keyboard.press('Control+a');
    await until(page, `!document.querySelector('[data-image]:not([data-selected])')`);
    const loaded = (await bar(page).getByRole('status').textContent()) ?? '';
    assert.ok(Number(/^\d+/.exec(loaded)?.[0]) >= 80, loaded);
    await keyboard.press('Escape');
    await ended(page);
    await tile(page, 4).press('Enter');
    await page.getByRole('dialog', { name: '000004-p.jpg' }).waitFor();
    await keyboard.press('Control+a');
    await keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.equal(await bar(page).count(), 0);
    await page.context().close();
  });

  it('is made by a finger that rests on a picture, and then by touches', async () => {
    const options = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
    const { page, complaints } = await openGrid(gallery, '/?user=me', options);
    const session = await page.context().newCDPSession(page);
    const { x = 0, y = 0 } = (await tile(page, 2).boundingBox()) ?? {};
    const touchPoints = [{ x: x + 40, y: y + 40 }];
    await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints });
    await says(page, '1 picture, ');
    await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    await tile(page, 4).tap();
    await says(page, '2 pictures, ');
    await tile(page, 2).tap();
    await says(page, '1 picture, ');
    const targets = await bar(page)
      .locator('button')
      .evaluateAll((all) => all.map((one) => one.getBoundingClientRect()).map(({ width, height }) => [width, height]));
    assert.deepEqual(
      targets.flat().filter((length) => length < 44),
      [],
    );
    await tile(page, 4).tap();
    await ended(page);
    await tile(page, 4).tap();
    await page.getByRole('dialog').waitFor();
    assert.deepEqual(complaints, []);
    await page.context().close();
  });

  it('takes a day and a month by their heading, and stays while the page scrolls', async () => {
    const { page } = await openGrid(gallery, '/?user=me');
    const day = page.getByRole('checkbox', { name: 'Select Sat, 13 Jul 2024' });
    await page.getByRole('heading', { name: 'Sat, 13 Jul 2024' }).hover();
    await day.click();
    await says(page, `${numberOf('2024-07-13')} pictures, `);
    await page.getByRole('button', { name: 'All of July 2024' }).click();
    await says(page, `${numberOf('2024-07')} pictures, `);
    await page.evaluate('scrollTo({ top: 1e6, behavior: "instant" })');
    await until(page, `${isSettled} && !document.querySelector('[data-image][data-selected]')`);
    await page.evaluate('scrollTo({ top: 0, behavior: "instant" })');
    await until(page, `${isSettled} && document.querySelector('[data-image][data-selected]')`);
    await says(page, `${numberOf('2024-07')} pictures, `);
    await day.and(page.locator('[aria-checked=true]')).click();
    await says(page, `${numberOf('2024-07') - numberOf('2024-07-13')} pictures, `);
    await page.context().close();
  });

  it('takes all that match, of which most are not loaded', async () => {
    const { page } = await openGrid(gallery, '/?user=me&month=2024-06');
    await tile(page, 0).focus();
    await page.keyboard.press('x');
    let hold = Promise.withResolvers<void>();
    await page.route('**/images?*', async (route) => {
      await hold.promise;
      await route.continue();
    });
    await bar(page).getByRole('button', { name: 'Select all that match' }).click();
    await says(page, 'so far…');
    await bar(page).getByRole('button', { name: 'Stop' }).click();
    const some = (await bar(page).getByRole('status').textContent()) ?? '';
    assert.ok(Number(/^\d+/.exec(some)?.[0]) < 720, some);
    hold.resolve();
    hold = Promise.withResolvers();
    hold.resolve();
    await bar(page).getByRole('button', { name: 'Select all that match' }).click();
    await says(page, `${numberOf('2024-06')} pictures, `);
    assert.equal(await bar(page).getByRole('button', { name: 'Select all that match' }).count(), 0);
    await tile(page, 1).click();
    await says(page, `${numberOf('2024-06') - 1} pictures, `);
    await page.context().close();
  });

  const toast = (page: Page, text: string) => page.getByRole('status').filter({ hasText: text });
  const idsOf = (page: Page): Promise<readonly string[]> =>
    page.locator('[data-image]').evaluateAll((all) => all.map((one) => one.dataset['image'] ?? ''));
  const imageOf = (id: string) => call(gallery, 'GET', `/images/${id}/metadata`) as Promise<Image>;
  async function countOf(query: string): Promise<number> {
    const answer = await call(gallery, 'GET', `/images?user_id=me&limit=1&count_total=true&${query}`);
    return (answer as { readonly total: number }).total;
  }
  async function select(page: Page, first: number, last: number): Promise<void> {
    await tile(page, first).focus();
    await page.keyboard.press('x');
    await tile(page, last).click({ modifiers: ['Shift'] });
    await says(page, `${last - first + 1} pictures, `);
  }

  it('is tagged, apart from what fails, which is tried again; Undo takes back exactly what was gained', async () => {
    const { page, complaints } = await openGrid(gallery, '/?user=me');
    const ids = (await idsOf(page)).slice(0, 10);
    const [had = '', full = '', rival = '', changed = ''] = ids;
    const twenty = Array.from({ length: 20 }, (_, index) => `tag ${index}`);
    await call(gallery, 'PATCH', `/images/${had}`, { tags: ['sea', 'old'] });
    await call(gallery, 'PATCH', `/images/${full}`, { tags: twenty });
    await select(page, 0, 9);
    await page.keyboard.press('t');
    await call(gallery, 'PATCH', `/images/${changed}`, { tags: ['theirs'] });
    await page.route('**/images/change', conflictOf(rival), { times: 1 });
    await page.getByRole('textbox', { name: 'Tag' }).fill('sea');
    await page.keyboard.press('Enter');
    const failures = page.getByRole('alert', { name: 'What failed' });
    await failures.getByText('2 of 10 pictures failed.').waitFor();
    assert.deepEqual((await failures.getByRole('listitem').allTextContents()).toSorted(), [
      '1: A picture has at most 20 tags.',
      '1: Somebody else changed this. Look at it, and repeat your change.',
    ]);
    await toast(page, 'Tagged 7 pictures').waitFor();
    await failures.getByRole('button', { name: 'Retry' }).click();
    await failures.getByText('1 of 2 pictures failed.').waitFor();
    await toast(page, 'Tagged 8 pictures').waitFor();
    assert.deepEqual((await imageOf(rival)).tags, ['sea']);
    assert.deepEqual(new Set((await imageOf(changed)).tags), new Set(['theirs', 'sea']));
    assert.deepEqual((await imageOf(full)).tags, twenty);
    await failures.getByRole('button', { name: 'Close' }).click();
    await says(page, '10 pictures, ');

    await page.keyboard.press('Control+z');
    await toast(page, 'Undone for 8 pictures').waitFor();
    const after = await Promise.all(ids.map(async (id) => (await imageOf(id)).tags));
    assert.deepEqual(after, [['sea', 'old'], twenty, [], ['theirs'], [], [], [], [], [], []]);
    assert.deepEqual(complaints, []);
    await page.context().close();
  });

  it('loses a tag that is offered, leaves the filter by it, and is back after Undo', async () => {
    const hostile = '"><img src=x onerror=globalThis.ran=1>';
    const { page } = await openGrid(gallery, '/?user=me');
    const ids = (await idsOf(page)).slice(12, 16);
    const tagging = { user_id: 'me', image_ids: ids, add_tags: [hostile] };
    await call(gallery, 'POST', '/images/change', tagging);
    await page.goto(`${gallery.service.origin}/?user=me&tag=${encodeURIComponent(hostile)}`);
    await page.locator('[data-part=select]').nth(3).waitFor({ state: 'attached' });
    await select(page, 1, 2);
    await bar(page).getByRole('button', { name: 'Remove tag' }).click();
    await page.getByRole('dialog').getByRole('button', { name: hostile }).click();
    await toast(page, 'Removed the tag from 2 pictures').waitFor();
    await ended(page);
    assert.equal(await page.locator('[data-image]').count(), 2);
    await page.keyboard.press('Control+z');
    await toast(page, 'Undone for 2 pictures').waitFor();
    await tile(page, 3).waitFor();
    assert.deepEqual(await idsOf(page), ids);
    for (const id of ids) assert.deepEqual((await imageOf(id)).tags, [hostile]);
    assert.equal(await page.evaluate('globalThis.ran'), undefined);
    await page.context().close();
  });

  it('changes its visibility after it has said how many links end', async () => {
    const { page } = await openGrid(gallery, '/?user=me');
    const [first = '', second = ''] = (await idsOf(page)).slice(10);
    await call(gallery, 'POST', `/images/${first}/links`, { what: 'original' });
    await select(page, 10, 11);
    await bar(page).getByRole('button', { name: 'Visibility' }).click();
    const dialog = page.getByRole('dialog', { name: 'Visibility of 2 pictures' });
    await dialog.getByText("2 pictures will change. 1 link ends. This can't be undone.").waitFor();
    await dialog.getByRole('button', { name: 'Make public' }).click();
    await toast(page, 'Made 2 pictures public. 1 link has ended').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Undo' }).count(), 0);
    assert.deepEqual([(await imageOf(first)).visibility, (await imageOf(second)).visibility], ['public', 'public']);
    await bar(page).getByRole('button', { name: 'Visibility' }).click();
    await dialog.getByLabel('Who may see them').selectOption('Private');
    await dialog.getByText('2 pictures will change. No link ends.').waitFor();
    await dialog.getByRole('button', { name: 'Make private' }).click();
    await toast(page, 'Made 2 pictures private').waitFor();
    await page.context().close();
  });

  it('has its dates moved, also of a picture that somebody has changed meanwhile, and back', async () => {
    const { page } = await openGrid(gallery, '/?user=me');
    const ids = (await idsOf(page)).slice(4, 7);
    const dates = async () => Promise.all(ids.map(async (id) => (await imageOf(id)).facts.taken_at));
    const before = await dates();
    assert.deepEqual(before, [4, 5, 6].map(clockOf));
    await select(page, 4, 6);
    await call(gallery, 'PATCH', `/images/${ids[1]}`, { description: 'theirs' });
    await bar(page).getByRole('button', { name: 'Dates' }).click();
    const dialog = page.getByRole('dialog', { name: 'Dates of 3 pictures' });
    await dialog.getByRole('button', { name: 'Change dates' }).click();
    await dialog.getByText('Say by how much.').waitFor();
    await dialog.getByLabel('What to do').selectOption('Move earlier');
    await dialog.getByLabel('Hours').fill('1');
    await page.keyboard.press('Enter');
    await toast(page, 'Moved the dates of 3 pictures').waitFor();
    assert.deepEqual(await dates(), [5, 6, 7].map(clockOf));
    await page.keyboard.press('Control+z');
    await toast(page, 'Undone for 3 pictures').waitFor();
    assert.deepEqual(await dates(), before);

    await bar(page).getByRole('button', { name: 'Dates' }).click();
    await dialog.getByLabel('What to do').selectOption('Set one date for all');
    await dialog.getByLabel('Date and time').fill('2020-02-29T12:30:00');
    await page.keyboard.press('Enter');
    await toast(page, 'Set the date of 3 pictures').waitFor();
    assert.deepEqual(await dates(), Array(3).fill('2020-02-29T12:30:00.000'));
    await page.keyboard.press('Control+z');
    await toast(page, 'Undone for 3 pictures').waitFor();
    assert.deepEqual(await dates(), before);
    await page.context().close();
  });

  it('of 300 dates gets one for all after a word about Undo, which gives each its own back', async () => {
    const { page, complaints } = await openGrid(gallery, '/?user=me&month=2024-05');
    await tile(page, 0).press('x');
    await bar(page).getByRole('button', { name: 'Select all that match' }).click();
    await says(page, `${numberOf('2024-05')} pictures, `);
    const count = numberOf('2024-05');
    await bar(page).getByRole('button', { name: 'Dates' }).click();
    const dialog = page.getByRole('dialog', { name: `Dates of ${count} pictures` });
    await dialog.getByLabel('What to do').selectOption('Set one date for all');
    await dialog.getByText(`They have ${count} different dates. Undo gives each its own back`).waitFor();
    assert.deepEqual(await barriersOf(page), []);
    await dialog.getByLabel('Date and time').fill('2024-05-02T03:04:05');
    await page.keyboard.press('Enter');
    await toast(page, `Set the date of ${count} pictures`).waitFor();
    let running = 0;
    let most = 0;
    page.on('request', (request) => {
      if (!request.url().endsWith('/images/change')) return;
      running += 1;
      most = Math.max(most, running);
    });
    page.on('requestfinished', (request) => {
      if (request.url().endsWith('/images/change')) running -= 1;
    });
    await page.keyboard.press('Control+z');
    await toast(page, `Undone for ${count} pictures`).waitFor();
    assert.ok(most <= 4, `${most} requests at a time`);
    const listed = (await call(
      gallery,
      'GET',
      '/images?user_id=me&order=taken-newest&taken_from=2024-05&taken_to=2024-05&limit=1000&fields=facts',
    )) as {
      readonly images: readonly { readonly facts: { readonly taken_at: string } }[];
    };
    assert.deepEqual(
      listed.images.map(({ facts }) => facts.taken_at),
      Array.from({ length: COUNT }, (_, index) => clockOf(index)).filter((clock) => clock.startsWith('2024-05')),
    );
    assert.deepEqual(complaints, []);
    await page.context().close();
  });

  it('of more than 300 is trashed, undone, trashed again, and restored from the trash', async () => {
    const july = numberOf('2024-07');
    const { page, complaints } = await openGrid(gallery, '/?user=me');
    const trashJuly = async (): Promise<void> => {
      await tile(page, 0).focus();
      await page.keyboard.press('x');
      await page.getByRole('button', { name: 'All of July 2024' }).click();
      await says(page, `${july} pictures, `);
      await page.keyboard.press('Delete');
      await toast(page, `Moved ${july} pictures to the trash`).waitFor();
      assert.equal(await countOf('status=trashed'), july);
    };
    await trashJuly();
    await ended(page);
    await page
      .getByRole('heading', { name: /Jun 2024$/ })
      .first()
      .waitFor();
    await page.keyboard.press('Control+z');
    await toast(page, `Restored ${july} pictures`).waitFor();
    assert.equal(await countOf('status=trashed'), 0);
    await page.getByRole('heading', { name: 'Sun, 14 Jul 2024' }).waitFor();
    await page.evaluate('scrollTo({ top: 0, behavior: "instant" })');
    await until(page, isSettled);

    await trashJuly();
    await page.getByRole('link', { name: 'Trash', exact: true }).click();
    await page.locator('[data-part=select]').first().waitFor({ state: 'attached' });
    await tile(page, 0).focus();
    await page.keyboard.press('x');
    await bar(page).getByRole('button', { name: 'Select all' }).click();
    await says(page, `${july} pictures, `);
    await tile(page, 2).click();
    await says(page, `${july - 1} pictures, `);
    const [left = ''] = (await idsOf(page)).slice(2);
    await bar(page).getByRole('button', { name: 'Restore' }).click();
    await toast(page, `Restored ${july - 1} pictures`).waitFor();
    assert.equal(await countOf('status=trashed'), 1);
    await page.locator(`[data-image="${left}"]`).focus();
    await page.keyboard.press('x');
    await page.keyboard.press('Delete');
    await page.getByRole('dialog', { name: 'Delete forever?' }).getByText("1 picture can't be restored").waitFor();
    await page.getByRole('button', { name: 'Delete forever' }).last().click();
    await page.getByText('The trash is empty.').waitFor();
    await toast(page, 'Deleted 1 picture').waitFor();
    assert.deepEqual([await countOf('status=trashed'), await countOf('')], [0, COUNT - 1]);
    await page.getByRole('link', { name: 'Photos', exact: true }).click();
    await page.getByRole('heading', { name: 'Sun, 14 Jul 2024' }).waitFor();
    assert.deepEqual(complaints, []);
    await page.context().close();
  });

  it('stops when it is told to, and Undo takes back what was done until then', async () => {
    const { page } = await openGrid(gallery, '/?user=me&month=2024-06');
    await tile(page, 0).focus();
    await page.keyboard.press('x');
    await bar(page).getByRole('button', { name: 'Select all that match' }).click();
    await says(page, `${numberOf('2024-06')} pictures, `);
    const hold = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    await page.route('**/images/change', async (route) => {
      asked.resolve();
      await hold.promise;
      await route.continue();
    });
    await page.keyboard.press('t');
    await page.getByRole('textbox', { name: 'Tag' }).fill('stopped');
    await page.keyboard.press('Enter');
    await asked.promise;
    const progress = page.getByRole('region', { name: 'Tagging' });
    await progress.getByText(`Tagging… 0 of ${numberOf('2024-06')}`).waitFor();
    await progress.getByRole('button', { name: 'Stop' }).click();
    await progress.getByText('Stopping…').waitFor();
    hold.resolve();
    await toast(page, `Tagged 250 pictures. Stopped before ${numberOf('2024-06') - 250} pictures`).waitFor();
    assert.equal(await countTagged('stopped'), 250);
    await page.keyboard.press('Control+z');
    await toast(page, 'Undone for 250 pictures').waitFor();
    assert.equal(await countTagged('stopped'), 0);
    await page.context().close();
  });

  async function countTagged(tag: string): Promise<number> {
    const answer = (await call(gallery, 'GET', `/images?user_id=me&limit=1000&fields=tags&tag=${tag}`)) as {
      readonly images: readonly unknown[];
    };
    return answer.images.length;
  }
});

interface Image {
  readonly tags: readonly string[];
  readonly visibility: string;
  readonly facts: { readonly taken_at: string };
}

/** The service isn't asked to change that picture, and seems to say that somebody else has changed it. */
const conflictOf = (id: string) => async (route: Route) => {
  const body = route.request().postDataJSON() as { readonly image_ids: readonly string[] };
  const place = body.image_ids.indexOf(id);
  const response = await route.fetch({
    postData: JSON.stringify({ ...body, image_ids: body.image_ids.filter((one) => one !== id) }),
  });
  const { results } = (await response.json()) as { readonly results: readonly unknown[] };
  const error = { code: 'revision-conflict', status: 412, detail: 'expected one revision; got another' };
  await route.fulfill({ response, json: { results: results.toSpliced(place, 0, { image_id: id, error }) } });
};
