import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { eventually } from '../../../test/acceptance/eventually.ts';
import { barriersOf } from './axe.fixture.ts';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { addPicture, call } from './pictures.fixture.ts';
import { refusedIn } from './policy.fixture.ts';
import { openAt, until } from './viewer.fixture.ts';

async function statusOf(gallery: Gallery, id: string): Promise<string> {
  for (const status of ['ready', 'trashed']) {
    const list = await call(gallery, 'GET', `/images?status=${status}&user_id=me`);
    const { images } = list as { readonly images: readonly { readonly image_id: string }[] };
    if (images.some(({ image_id }) => image_id === id)) return status;
  }
  return 'gone';
}

/** The accessible name of what has the focus, once it is that. */
const untilFocused = (page: Page, name: string): Promise<void> =>
  until(
    page,
    `(document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent) === '${name}'`,
  );

const toast = (page: Page, text: string) => page.getByRole('status').filter({ hasText: text });

describe('the trash', { skip: NO_CHROMIUM }, () => {
  let gallery: Gallery;
  before(async () => {
    gallery = await startGallery();
  });
  after(() => gallery[Symbol.asyncDispose]());
  const add = (seed: number, filename: string) => addPicture(gallery, { seed, filename });

  it('takes the picture that is shown, shows the next one, and gives it back, by keyboard alone', async () => {
    const [older, newer] = [await add(1, 'older.jpg'), await add(2, 'newer.jpg')];
    const { page, shows, complaints } = await openAt(gallery, `/?image=${newer}`);
    await shows('newer.jpg');
    await page.keyboard.press('Delete');
    await shows('older.jpg');
    await toast(page, 'Moved to trash').waitFor();
    assert.equal(new URL(page.url()).searchParams.get('image'), older);
    assert.equal(await statusOf(gallery, newer), 'trashed');
    await page.getByRole('button', { name: 'Undo' }).focus();
    await page.keyboard.press('Enter');
    await shows('newer.jpg');
    assert.equal(await statusOf(gallery, newer), 'ready');
    assert.ok(
      await page.evaluate('document.activeElement.closest("[role=dialog]") !== null'),
      'the focus is in the viewer',
    );
    await page.keyboard.press('ArrowRight');
    await shows('older.jpg');
    await page.keyboard.press('Delete'); // the last one: its neighbour is the newer
    await shows('newer.jpg');
    await page.keyboard.press('Delete');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.equal(new URL(page.url()).search, '');
    // The page leaves before the service has answered.
    for (const id of [older, newer]) await eventually(async () => assert.equal(await statusOf(gallery, id), 'trashed'));
    assert.deepEqual([complaints, await refusedIn(page)], [[], []]);
    await page.context().close();
  });

  it('gives a picture back while another one is opened, which stays', async () => {
    const [opened, taken] = [await add(31, 'opened.jpg'), await add(32, 'taken.jpg')];
    const { page, shows } = await openAt(gallery, '/');
    const answer = Promise.withResolvers<void>();
    await page.route('**/restore', async (route) => {
      await answer.promise;
      await route.continue();
    });
    await page.locator(`[data-image="${taken}"]`).press('Delete');
    await page.getByRole('button', { name: 'Undo' }).press('Enter');
    await page.locator(`[data-image="${opened}"]`).press('Enter');
    await shows('opened.jpg');
    answer.resolve();
    await page.locator(`[data-image="${taken}"]`).waitFor({ state: 'attached' });
    await shows('opened.jpg');
    assert.equal(new URL(page.url()).searchParams.get('image'), opened);
    for (const id of [opened, taken]) await call(gallery, 'DELETE', `/images/${id}?permanent=true`);
    await page.context().close();
  });

  it('restores and deletes forever, and the focus goes to the neighbour', async () => {
    const { page, complaints } = await openAt(gallery, '/?view=trash', { colorScheme: 'light' });
    await page.getByRole('button', { name: 'Restore newer.jpg' }).waitFor();
    assert.deepEqual(await page.getByText(/^\d+ days left$/).allTextContents(), ['30 days left', '30 days left']);
    assert.deepEqual(await barriersOf(page), []);
    await page.getByRole('button', { name: 'Restore newer.jpg' }).focus();
    await page.keyboard.press('Enter');
    await untilFocused(page, 'Restore older.jpg');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Delete forever?' });
    await dialog.getByText('older.jpg').waitFor();
    assert.deepEqual(await barriersOf(page), []);
    await page.keyboard.press('Escape');
    await untilFocused(page, 'Delete older.jpg forever');
    await page.keyboard.press('Enter');
    await dialog.getByRole('button', { name: 'Delete forever' }).click();
    await page.getByText('The trash is empty.').waitFor();
    await untilFocused(page, 'Trash');
    const left = (await call(gallery, 'GET', '/images?status=trashed&user_id=me')) as {
      readonly images: readonly unknown[];
    };
    assert.deepEqual(left.images, []);
    await page.getByRole('link', { name: 'Photos' }).click();
    await page.getByRole('link', { name: 'newer.jpg' }).waitFor();
    assert.deepEqual([complaints, await refusedIn(page)], [[], []]);
    await page.context().close();
  });

  it('is emptied at once, after a question', async () => {
    const ids = [await add(11, 'a.jpg'), await add(12, 'b.jpg'), await add(13, 'c.jpg')];
    for (const id of ids) await call(gallery, 'POST', `/images/${id}/trash`);
    const { page } = await openAt(gallery, '/?view=trash', { colorScheme: 'dark' });
    await page.getByRole('button', { name: 'Restore c.jpg' }).waitFor();
    assert.deepEqual(await barriersOf(page), []);
    await page.route('**/images/delete', (route) =>
      route.fulfill({ json: { results: [{ image_id: ids[0], error: { status: 503 } }, { image_id: ids[1] }] } }),
    );
    await page.getByRole('button', { name: 'Empty trash…' }).click();
    await page.getByRole('button', { name: 'Delete all forever' }).click();
    await toast(page, "1 picture couldn't be deleted. Try again.").waitFor();
    await page.unroute('**/images/delete');
    await page.getByRole('button', { name: 'Empty trash…' }).click();
    await page.getByRole('dialog').getByText('3 pictures in the trash of the user').waitFor();
    await page.getByRole('button', { name: 'Delete all forever' }).click();
    await page.getByText('The trash is empty.').waitFor();
    assert.deepEqual(new Set(await Promise.all(ids.map((id) => statusOf(gallery, id)))), new Set(['gone']));
    await page.context().close();
  });

  it('says it in words if the picture is gone, or may not be changed', async () => {
    const [rest, gone] = [await add(21, 'rest.jpg'), await add(22, 'gone.jpg')];
    const { page, shows } = await openAt(gallery, `/?image=${gone}`);
    await shows('gone.jpg');
    await call(gallery, 'DELETE', `/images/${gone}`); // in another tab
    await page.keyboard.press('Delete');
    await shows('rest.jpg');
    await toast(page, "This picture isn't there any more.").waitFor();

    await page.route('**/trash', (route) =>
      route.fulfill({
        status: 403,
        contentType: 'application/problem+json',
        json: { code: 'forbidden', detail: 'no' },
      }),
    );
    await page.keyboard.press('Delete');
    await toast(page, "You aren't allowed to do that.").waitFor();
    assert.equal(await statusOf(gallery, rest), 'ready');
    await page.context().close();

    await call(gallery, 'POST', `/images/${rest}/trash`);
    const other = await gallery.open({ path: '/?view=trash' });
    await other.page.route('**/restore', async (route) => {
      await call(gallery, 'POST', `/images/${rest}/restore`); // in another tab, just before: the list can't lose the picture before the click
      await route.continue();
    });
    await other.page.getByRole('button', { name: 'Restore rest.jpg' }).click();
    await toast(other.page, "This picture isn't in the trash any more.").waitFor();
    await other.page.getByRole('button', { name: 'Restore rest.jpg' }).waitFor({ state: 'detached' });
    await other.page.context().close();
  });

  it('takes a picture at once, while its neighbours are still being read, and shows the next one then', async () => {
    const [next, taken] = [await add(61, 'next.jpg'), await add(62, 'taken.jpg')];
    const { page } = await gallery.open({ path: 'about:blank' });
    const held = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    await page.route('**/images?*', async (route) => {
      const response = await route.fetch(); // the answer still has the picture
      asked.resolve();
      await held.promise;
      await route.fulfill({ response });
    });
    const trashed = Promise.withResolvers<void>();
    await page.route(`**/images/${taken}/renditions/**`, async (route) => {
      await trashed.promise; // from now on nobody gets it
      await route.continue();
    });
    await page.goto(`${gallery.service.origin}/?image=${taken}`);
    await page.getByRole('dialog', { name: 'taken.jpg' }).waitFor();
    await asked.promise;
    await page.keyboard.press('Delete');
    await toast(page, 'Moved to trash').waitFor();
    await page.keyboard.press('Delete'); // once more, because it is still shown
    assert.equal(await statusOf(gallery, taken), 'trashed');
    const readAgain = page.waitForResponse((response) => response.url().includes(`${taken}/metadata`));
    trashed.resolve();
    assert.equal((await readAgain).status(), 404);
    held.resolve();
    await page.getByRole('dialog', { name: 'next.jpg' }).waitFor();
    await toast(page, 'Moved to trash').waitFor();
    await page.keyboard.press('Escape');
    await page.locator(`[data-image="${next}"]`).waitFor();
    assert.equal(await page.locator(`[data-image="${taken}"]`).count(), 0);
    for (const id of [next, taken]) await call(gallery, 'DELETE', `/images/${id}?permanent=true`);
    await page.context().close();
  });

  it('goes on to show a picture that is back before its successor is known, and takes it again', async () => {
    const [next, taken] = [await add(63, 'next.jpg'), await add(64, 'taken.jpg')];
    const { page } = await gallery.open({ path: 'about:blank' });
    const held = Promise.withResolvers<void>();
    await page.route('**/images?*', async (route) => {
      const response = await route.fetch();
      await held.promise;
      await route.fulfill({ response });
    });
    const forbidden = {
      status: 403,
      contentType: 'application/problem+json',
      json: { code: 'forbidden', detail: 'no' },
    };
    await page.route('**/trash', (route) => route.fulfill(forbidden), { times: 1 });
    await page.goto(`${gallery.service.origin}/?image=${taken}`);
    const viewer = page.getByRole('dialog', { name: 'taken.jpg' });
    await viewer.waitFor();
    await page.keyboard.press('Delete');
    await toast(page, "You aren't allowed to do that.").waitFor();
    await page.keyboard.press('Delete');
    await toast(page, 'Moved to trash').waitFor();
    const restored = page.waitForEvent('requestfinished', (request) => request.url().endsWith('/restore'));
    await page.getByRole('button', { name: 'Undo' }).press('Enter');
    await restored;
    held.resolve();
    // It is the newest, so this button tells that both neighbours are known.
    await viewer.locator('[aria-label="Previous picture"][aria-disabled=true]').waitFor();
    assert.equal(await statusOf(gallery, taken), 'ready');
    for (const id of [next, taken]) await call(gallery, 'DELETE', `/images/${id}?permanent=true`);
    await page.context().close();
  });

  it('takes several pictures, one after another, and gives back all of them by one Undo', async () => {
    const ids = [await add(51, 'first.jpg'), await add(52, 'second.jpg'), await add(53, 'third.jpg')];
    const { page } = await openAt(gallery, '/');
    await page.getByRole('link', { name: 'third.jpg' }).focus();
    for (const [index, id] of ids.toReversed().entries()) {
      await page.keyboard.press('Delete');
      await page.locator(`[data-image="${id}"]`).waitFor({ state: 'detached' });
      await toast(page, index === 0 ? 'Moved to trash' : `${index + 1} moved to trash`).waitFor();
    }
    await page.getByRole('button', { name: 'Undo' }).press('Enter');
    for (const id of ids) {
      await page.locator(`[data-image="${id}"]`).waitFor();
      assert.equal(await statusOf(gallery, id), 'ready');
      await call(gallery, 'DELETE', `/images/${id}?permanent=true`);
    }
    await page.context().close();
  });

  it('keeps a picture away that was trashed while the newest were read again', async () => {
    const id = await add(41, 'read-again.jpg');
    const { page } = await openAt(gallery, '/');
    const tile = page.getByRole('link', { name: 'read-again.jpg' });
    await tile.focus();
    const held = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    await page.route('**/images?*', async (route) => {
      const answer = await route.fetch();
      asked.resolve();
      await held.promise;
      await route.fulfill({ response: answer });
    });
    await page.evaluate("dispatchEvent(new Event('online'))");
    await asked.promise;
    await page.keyboard.press('Delete');
    await toast(page, 'Moved to trash').waitFor();
    const answered = page.waitForEvent('requestfinished', (request) => request.url().includes('/images?'));
    held.resolve();
    await answered;
    await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 100)))');
    assert.equal(await tile.count(), 0);
    assert.equal(await statusOf(gallery, id), 'trashed');
    await page.context().close();
  });

  it('asks before it deletes, where the service has no trash', async () => {
    await using without = await startGallery({ TRASH_DAYS: '0' });
    const id = await addPicture(without, { filename: 'only.jpg' });
    const { page, shows } = await openAt(without, `/?image=${id}`);
    await shows('only.jpg');
    await page.keyboard.press('Delete');
    const dialog = page.getByRole('dialog', { name: 'Delete forever?' });
    await dialog.waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await shows('only.jpg');
    await page.keyboard.press('Delete');
    await dialog.getByRole('button', { name: 'Delete forever' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.equal(await statusOf(without, id), 'gone');
    await page.getByRole('link', { name: 'Photos' }).waitFor();
    assert.equal(await page.getByRole('link', { name: 'Trash' }).count(), 0);
  });
});
