import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { barriersOf } from './axe.fixture.ts';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { createAlbum, linkTo } from './guests.fixture.ts';
import { addPicture, call } from './pictures.fixture.ts';
import { refusedIn } from './policy.fixture.ts';
import { chooseByArrows, openAt, until } from './viewer.fixture.ts';

interface Link {
  readonly page_url: string;
  readonly allow: readonly string[];
  readonly originals: boolean;
  readonly card: boolean;
  readonly has_password: boolean;
  readonly max_images: number | null;
  readonly approve: boolean;
  readonly created_at: string;
  readonly expires_at: string;
}

/** A dialog gives the focus back a moment after it has gone. */
const untilFocused = (page: Page, name: string): Promise<void> =>
  until(
    page,
    `(document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent) === '${name}'`,
  );

describe('sharing an album', { skip: NO_CHROMIUM }, () => {
  let gallery: Gallery;
  let album: string;
  before(async () => {
    gallery = await startGallery({ RATE_LIMITS: 'off' });
    album = await createAlbum(gallery, {}, [await addPicture(gallery, { filename: 'beach.jpg' })]);
  });
  after(() => gallery[Symbol.asyncDispose]());

  const linksOf = async (id: string): Promise<readonly Link[]> =>
    ((await call(gallery, 'GET', `/albums/${id}/links`)) as { readonly links: readonly Link[] }).links;
  const openDialog = async (id: string, options: Parameters<Gallery['open']>[0] = {}) => {
    const opened = await openAt(gallery, `/?view=albums&album=${id}&user=me`, options);
    const { page } = opened;
    await page.getByRole('button', { name: 'Share album' }).press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Share album' });
    await dialog.waitFor();
    return { ...opened, dialog };
  };

  it('makes links with what guests may do, lists them in words, and revokes them, by keyboard alone', async () => {
    const { page, dialog, complaints } = await openDialog(album);
    assert.deepEqual(await barriersOf(page), []);
    const create = dialog.getByRole('button', { name: 'Create link' });
    await create.press('Enter');
    const url = dialog.getByLabel('The new link');
    await url.waitFor();
    const [first] = await linksOf(album);
    assert.equal(await url.inputValue(), first?.page_url);
    assert.deepEqual(
      [first?.allow, first?.originals, first?.card, first?.has_password],
      [['view'], false, false, false],
    );
    const seconds = (Date.parse(first?.expires_at ?? '') - Date.parse(first?.created_at ?? '')) / 1_000;
    assert.equal(Math.floor(seconds), 604_800);
    assert.equal((await fetch(first?.page_url ?? '')).status, 200);

    const WARNING = 'Originals may tell where and when they were taken, and with which camera.';
    assert.equal(await dialog.getByText(WARNING).count(), 0);
    await dialog.getByLabel('Guests may', { exact: true }).focus();
    await chooseByArrows(page, 'Download the o');
    await dialog.getByText(WARNING).waitFor();
    for (const _ of ['Guests may add pictures', 'Ends after']) await page.keyboard.press('Tab');
    await chooseByArrows(page, '30 days');
    await page.keyboard.press('Tab');
    await page.keyboard.type('short');
    await page.keyboard.press('Enter');
    await dialog.getByText('A password has at least 8 characters.').waitFor();
    await page.keyboard.type(' words');
    const card = dialog.getByRole('checkbox', { name: 'Show title and cover' });
    assert.equal(await card.isDisabled(), true, 'no card with a password');
    assert.deepEqual(await barriersOf(page), []);
    await page.keyboard.press('Enter');
    const words = 'Look and download, also originals, with a password';
    await dialog.getByRole('listitem').filter({ hasText: words }).waitFor();
    const [, second] = await linksOf(album);
    assert.deepEqual([second?.allow, second?.originals, second?.has_password], [['view', 'download'], true, true]);
    assert.equal(await url.inputValue(), second?.page_url);

    await dialog.getByRole('button', { name: `Revoke: ${words}` }).press('Enter');
    await dialog.getByRole('listitem').filter({ hasText: words }).waitFor({ state: 'detached' });
    assert.equal(await url.count(), 0);
    assert.equal((await fetch(second?.page_url ?? '')).status, 404);
    await until(page, "document.activeElement.ariaLabel?.startsWith('Revoke: Look only')");
    await page.keyboard.press('Enter');
    await untilFocused(page, 'Create link'); // not lost with the last link
    assert.deepEqual(await linksOf(album), []);
    await page.keyboard.press('Escape');
    await untilFocused(page, 'Share album');
    assert.deepEqual([complaints, await refusedIn(page)], [[], []]);
    await page.context().close();
  });

  it('shows the links that exist, copies one, and makes one with a card', async () => {
    const { page_url } = await linkTo(gallery, album, { allow: ['view', 'download'] });
    const { page, dialog } = await openDialog(album, { permissions: ['clipboard-read', 'clipboard-write'] });
    await dialog.getByRole('button', { name: /^Copy the link: Look and download, ends / }).click();
    assert.equal(await page.evaluate('navigator.clipboard.readText()'), page_url);
    await dialog.getByRole('checkbox', { name: 'Show title and cover where the link is posted' }).check();
    await dialog.getByRole('button', { name: 'Create link' }).click();
    await dialog.getByRole('listitem').filter({ hasText: 'Look only, with a preview' }).waitFor();
    assert.equal((await linksOf(album)).at(-1)?.card, true);
    await page.context().close();
  });

  it('says that an album has as many links as it can', async () => {
    const full = await createAlbum(gallery, { title: 'Full' }, []);
    for (let made = 0; made < 50; made += 1) await linkTo(gallery, full);
    const { page, dialog } = await openDialog(full, { viewport: { width: 390, height: 844 }, hasTouch: true });
    await dialog.getByRole('listitem').nth(49).waitFor();
    await dialog.getByRole('button', { name: 'Create link' }).tap();
    await dialog.getByText('This album has as many links as it can. Revoke one first.').waitFor();
    const isWhole =
      "[...document.querySelectorAll('main header p')].every((one) => one.scrollWidth <= one.clientWidth)";
    assert.equal(await page.evaluate(`${isWhole} && document.documentElement.scrollWidth <= innerWidth`), true);
    assert.deepEqual(await barriersOf(page), []);
    await page.context().close();
  });

  it('makes links by which guests add pictures, with how many, also without seeing any', async () => {
    const id = await createAlbum(gallery, { title: 'Wedding' }, []);
    const { page, dialog, complaints } = await openDialog(id);
    await dialog.getByRole('checkbox', { name: 'Guests may add pictures' }).press('Space');
    assert.equal(await dialog.getByText('I look at each picture first').count(), 0, 'in open mode everybody decides');
    const most = dialog.getByLabel('Pictures at most, of all guests together');
    assert.equal(await most.inputValue(), '500');
    await most.fill('many');
    await most.press('Enter');
    await dialog.getByText('Type a number from 1 to 10,000, or nothing for any number.').waitFor();
    assert.deepEqual(await barriersOf(page), []);
    await most.fill('60');
    await most.press('Enter');
    await dialog.getByRole('listitem').filter({ hasText: 'Look and add pictures, at most 60 pictures' }).waitFor();
    await dialog.getByLabel('Guests may', { exact: true }).selectOption('Only add pictures, and see none');
    await dialog.getByRole('checkbox', { name: 'Guests may add pictures' }).waitFor({ state: 'detached' });
    await most.fill('');
    await most.press('Enter');
    await dialog.getByRole('listitem').filter({ hasText: 'Only add pictures' }).waitFor();
    const terms = (await linksOf(id)).map(({ allow, max_images, approve }) => [allow, max_images, approve]);
    assert.deepEqual(terms, [
      [['view', 'contribute'], 60, false],
      [['contribute'], null, false],
    ]);
    assert.deepEqual([complaints, await barriersOf(page)], [[], []]);
    await page.context().close();
  });

  it('changes links, whose URL stays, by keyboard alone', async () => {
    const id = await createAlbum(gallery, { title: 'Changed' }, []);
    const { page_url } = await linkTo(gallery, id, { expires_in: 3_600 });
    const { page, dialog, complaints } = await openDialog(id);
    const openForm = async (words: string) => {
      await dialog.getByRole('button', { name: `Change: ${words}` }).press('Enter');
      return dialog.getByRole('form', { name: 'Change the link' });
    };
    let form = await openForm('Look only');
    assert.deepEqual(await barriersOf(page), []);
    await form.getByRole('checkbox', { name: 'Guests may add pictures' }).press('Space');
    await form.getByLabel('Ends').selectOption('30 days from now');
    await form.getByLabel('Password, if guests need one').fill('short');
    await page.keyboard.press('Enter');
    await form.getByText('A password has at least 8 characters.').waitFor();
    await page.keyboard.type(' words');
    await page.keyboard.press('Enter');
    const words = 'Look and add pictures, at most 500 pictures, with a password';
    await dialog.getByRole('listitem').filter({ hasText: words }).waitFor();
    await until(page, `document.activeElement.ariaLabel?.startsWith('Change: ${words}')`);
    const [opened] = await linksOf(id);
    assert.deepEqual([opened?.allow, opened?.max_images, opened?.page_url], [['view', 'contribute'], 500, page_url]);
    assert.ok(Date.parse(opened?.expires_at ?? '') - Date.now() > 29 * 86_400_000);

    form = await openForm(words);
    await form.getByRole('checkbox', { name: 'Guests may add pictures' }).press('Space');
    await form.getByRole('checkbox', { name: 'Ask guests for no password any more' }).press('Space');
    await form.getByRole('button', { name: 'Save' }).press('Enter');
    await dialog.getByRole('button', { name: 'Change: Look only' }).waitFor();
    const [closed] = await linksOf(id);
    assert.deepEqual([closed?.allow, closed?.has_password, closed?.page_url], [['view'], false, page_url]);
    assert.equal(closed?.expires_at, opened?.expires_at);
    form = await openForm('Look only');
    await form.getByRole('button', { name: 'Save' }).press('Enter');
    await form.waitFor({ state: 'detached' });
    assert.deepEqual([complaints, await refusedIn(page)], [[], []]);
    await page.context().close();
  });
});
