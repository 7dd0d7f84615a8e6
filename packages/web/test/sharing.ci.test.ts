import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { barriersOf } from './axe.fixture.ts';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { addPicture, call } from './pictures.fixture.ts';
import { refusedIn } from './policy.fixture.ts';
import { chooseByArrows, openAt, until } from './viewer.fixture.ts';

interface Link {
  readonly url: string;
  readonly page_url: string;
  readonly preset: string | null;
  readonly created_at: string;
  readonly expires_at: string;
}

/** A dialog gives the focus back a moment after it has gone. */
const untilFocused = (page: Page, name: string): Promise<void> =>
  until(
    page,
    `(document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent) === '${name}'`,
  );

describe('sharing and downloading', { skip: NO_CHROMIUM }, () => {
  let gallery: Gallery;
  let id: string;
  before(async () => {
    gallery = await startGallery();
    id = await addPicture(gallery, { filename: 'beach.jpg', width: 2_400, height: 1_600 });
  });
  after(() => gallery[Symbol.asyncDispose]());

  const linksOf = async (): Promise<readonly Link[]> =>
    ((await call(gallery, 'GET', `/images/${id}/links`)) as { readonly links: readonly Link[] }).links;

  it('makes a link that ends when it says, and revokes it, by keyboard alone', async () => {
    const { page, shows, complaints } = await openAt(gallery, `/?image=${id}`);
    await shows('beach.jpg');
    await page.keyboard.press('s');
    const dialog = page.getByRole('dialog', { name: 'Share' });
    const WARNING = 'The original may tell where and when it was taken, and with which camera.';
    const options = await dialog.getByLabel('Show').getByRole('option').allInnerTexts();
    assert.match(options[0] ?? '', /^Large/);
    assert.match(options.at(-1) ?? '', /^Original/);
    assert.equal(await dialog.getByText(WARNING).count(), 0);
    await dialog.getByLabel('Show').selectOption({ label: options.at(-1) ?? '' });
    await dialog.getByText(WARNING).waitFor();
    await dialog.getByLabel('Show').focus();
    await chooseByArrows(page, 'Medium');
    await page.keyboard.press('Tab');
    await chooseByArrows(page, '1 day');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    const page_url = await dialog.getByLabel('The new link').inputValue();
    const url = await dialog.getByRole('textbox', { name: "The picture's own address" }).inputValue();
    const [link] = await linksOf();
    assert.deepEqual([link?.url, link?.page_url, link?.preset], [url, page_url, 'medium']);
    const answered = await fetch(page_url, { headers: { Accept: 'text/html' } });
    assert.match(await answered.text(), /beach\.jpg/);
    const seconds = (Date.parse(link?.expires_at ?? '') - Date.parse(link?.created_at ?? '')) / 1_000;
    assert.equal(Math.floor(seconds), 86_400);
    const shared = await fetch(url);
    assert.deepEqual([shared.status, shared.headers.get('content-type')?.startsWith('image/')], [200, true]);
    assert.deepEqual(await barriersOf(page), []);

    await dialog.getByRole('button', { name: /^Revoke: Medium/ }).focus();
    await page.keyboard.press('Enter');
    await dialog.getByRole('button', { name: /^Revoke: Medium/ }).waitFor({ state: 'detached' });
    assert.equal((await fetch(url)).status, 404);
    assert.equal(await dialog.getByLabel('The new link').count(), 0);
    await untilFocused(page, 'Create link'); // not lost with the last link
    assert.deepEqual([complaints, await refusedIn(page)], [[], []]);
    await page.context().close();
  });

  it('lists the links that exist, and revokes all of them', async () => {
    for (const expires_in of [3_600, 7_200])
      await call(gallery, 'POST', `/images/${id}/links`, { what: 'original', expires_in });
    const urls = (await linksOf()).map(({ url }) => url);
    const { page, shows } = await openAt(gallery, `/?image=${id}`);
    const viewer = await shows('beach.jpg');
    await viewer.getByRole('button', { name: 'Share' }).click();
    const dialog = page.getByRole('dialog', { name: 'Share' });
    await dialog.getByRole('listitem').nth(1).waitFor();
    await dialog.getByRole('button', { name: 'Revoke all' }).click();
    await page.getByRole('dialog', { name: 'Revoke all links?' }).getByRole('button', { name: 'Revoke all' }).click();
    await dialog.getByRole('listitem').first().waitFor({ state: 'detached' });
    assert.deepEqual(await Promise.all(urls.map(async (url) => (await fetch(url)).status)), [404, 404]);
    await untilFocused(page, 'Create link');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await untilFocused(page, 'Share'); // where it was
    await page.context().close();
  });

  it("copies the page of a link, or the picture's own address, of a new link and in the list", async () => {
    const { page, shows } = await openAt(gallery, `/?image=${id}`, {
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    await shows('beach.jpg');
    await page.keyboard.press('s');
    const dialog = page.getByRole('dialog', { name: 'Share' });
    await dialog.getByRole('button', { name: 'Create link' }).click();
    await dialog.getByLabel('The new link').waitFor();
    const link = (await linksOf()).at(-1);
    for (const [name, text] of [
      ['Copy the link', link?.page_url],
      ["Copy the picture's own address", link?.url],
      [/^Copy the link to: Large/, link?.page_url],
      [/^Copy the picture's own address: Large/, link?.url],
    ] as const) {
      await page.evaluate(`navigator.clipboard.writeText('')`);
      await dialog.getByRole('button', { name, exact: true }).click();
      await until(page, `await navigator.clipboard.readText()`);
      assert.equal(await page.evaluate('navigator.clipboard.readText()'), text, String(name));
    }
    await page.context().close();
  });

  it('says in words that no link could be made', async () => {
    const { page, shows } = await openAt(gallery, `/?image=${id}`);
    await shows('beach.jpg');
    await page.keyboard.press('s');
    const dialog = page.getByRole('dialog', { name: 'Share' });
    await page.route('**/links', (route) => (route.request().method() === 'POST' ? route.abort() : route.continue()));
    await dialog.getByRole('button', { name: 'Create link' }).click();
    await dialog.getByRole('alert').filter({ hasText: "We can't be reached." }).waitFor();
    await page.context().close();
  });

  it('downloads the original, and a size', async () => {
    const { page, shows, complaints } = await openAt(gallery, `/?image=${id}`);
    await shows('beach.jpg');
    for (const [name, file] of [
      [/^Original/, /^beach\.jpg$/],
      [/^Thumb/, /^beach-thumb\./],
    ] as const) {
      await page.keyboard.press('d');
      const dialog = page.getByRole('dialog', { name: 'Download' });
      const started = page.waitForEvent('download');
      await dialog.getByRole('button', { name }).click();
      const download = await started;
      assert.match(download.suggestedFilename(), file);
      assert.equal(await download.failure(), null);
      await dialog.waitFor({ state: 'detached' });
    }
    await shows('beach.jpg');
    assert.deepEqual([complaints, await refusedIn(page)], [[], []]);
    await page.context().close();
  });
});
