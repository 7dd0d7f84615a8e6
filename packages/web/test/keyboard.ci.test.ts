import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { testImage } from '../../../test/pictures/test-images.ts';
import { startClosedGallery } from './closed-gallery.fixture.ts';
import { assertTabVisitsAll, tabTo, untilFocused } from './focus.fixture.ts';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { call } from './pictures.fixture.ts';
import { chooseBy, faultsAmong, filesOf, trayOf } from './uploads.fixture.ts';
import { chooseByArrows } from './viewer.fixture.ts';

interface Image {
  readonly image_id: string;
  readonly filename: string;
}

describe('the keyboard alone', { skip: NO_CHROMIUM }, () => {
  let gallery: Gallery;
  before(async () => {
    gallery = await startGallery({ LOG_LEVEL: 'silent' });
  });
  after(() => gallery?.[Symbol.asyncDispose]());

  const imagesOf = async (status: 'ready' | 'trashed'): Promise<readonly Image[]> =>
    ((await call(gallery, 'GET', `/images?status=${status}&user_id=me`)) as { readonly images: readonly Image[] })
      .images;
  const namesOf = async (status: 'ready' | 'trashed'): Promise<readonly string[]> =>
    (await imagesOf(status)).map(({ filename }) => filename).toSorted();

  it('uploads, views, shares, trashes and restores, and the focus is always seen', async () => {
    const picture = (seed: number) => testImage({ type: 'image/jpeg', width: 480, height: 320, seed });
    await using files = await filesOf({ 'first.jpg': await picture(1), 'second.jpg': await picture(2) });
    const [first = '', second = ''] = files.paths;
    const { page, complaints } = await gallery.open({ permissions: ['clipboard-read', 'clipboard-write'] });
    const { keyboard } = page;
    await page.getByRole('heading', { name: 'Drop photographs here' }).waitFor();
    await assertTabVisitsAll(page);

    // The button goes with the first picture, and the focus stays on the page.
    await tabTo(page, 'Upload');
    await tabTo(page, 'Upload');
    await chooseBy(page, 'Enter', [first]);
    await page.getByRole('link', { name: 'first.jpg' }).waitFor();
    await trayOf(page).getByRole('button', { name: 'Clear' }).waitFor(); // its upload is over
    await untilFocused(page, 'main');
    await chooseBy(page, 'u', [second]);
    await page.getByRole('link', { name: 'second.jpg' }).waitFor();
    await untilFocused(page, 'main');
    await tabTo(page, 'Show');
    await keyboard.press('Enter');
    await untilFocused(page, 'second.jpg');
    await tabTo(page, 'Clear');
    await keyboard.press('Enter');
    await untilFocused(page, 'Upload');

    await tabTo(page, 'More ways to upload');
    await keyboard.press('Enter');
    await tabTo(page, 'Choose pictures');
    await keyboard.press('Escape');
    await untilFocused(page, 'More ways to upload');

    await keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).getByText('Upload pictures').waitFor();
    await untilFocused(page, 'Close');
    await keyboard.press('Escape');
    await untilFocused(page, 'More ways to upload');

    await tabTo(page, 'second.jpg');
    await keyboard.press('ArrowRight');
    await untilFocused(page, 'first.jpg');
    await keyboard.press('ArrowLeft');
    await untilFocused(page, 'second.jpg');
    await keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'second.jpg' }).waitFor();
    await untilFocused(page, 'second.jpg');

    // The button that closes the details goes with them.
    await keyboard.press('i');
    await page.getByRole('complementary', { name: 'Details' }).getByText('Dimensions').waitFor();
    await tabTo(page, 'Close details');
    await keyboard.press('Enter');
    await page.getByRole('complementary', { name: 'Details' }).waitFor({ state: 'detached' });
    await untilFocused(page, 'Details');
    await keyboard.press('i');
    await tabTo(page, 'Copy the hash');

    await keyboard.press('s');
    await untilFocused(page, 'Close');
    await tabTo(page, 'Ends after');
    await chooseByArrows(page, '1 day');
    await tabTo(page, 'Create link');
    await keyboard.press('Enter');
    await page.getByRole('button', { name: 'Copy the link', exact: true }).waitFor();
    await tabTo(page, 'Copy the link');
    await keyboard.press('Enter');
    await untilFocused(page, 'Copied');
    const [shared] = await imagesOf('ready');
    const { links } = (await call(gallery, 'GET', `/images/${shared?.image_id}/links`)) as {
      readonly links: readonly {
        readonly page_url: string;
        readonly created_at: string;
        readonly expires_at: string;
      }[];
    };
    assert.deepEqual(
      links.map(({ page_url }) => page_url),
      [await page.evaluate('navigator.clipboard.readText()')],
    );
    const [link] = links;
    const seconds = (Date.parse(link?.expires_at ?? '') - Date.parse(link?.created_at ?? '')) / 1_000;
    assert.equal(Math.floor(seconds), 86_400);

    await keyboard.press('Escape');
    await untilFocused(page, 'Copy the hash');
    await keyboard.press('Escape');
    await page.getByRole('complementary', { name: 'Details' }).waitFor({ state: 'detached' });
    await untilFocused(page, 'Details');
    await keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await untilFocused(page, 'second.jpg');

    await keyboard.press('Delete');
    await untilFocused(page, 'first.jpg');
    await tabTo(page, 'Undo');
    assert.deepEqual(await namesOf('trashed'), ['second.jpg']);
    await keyboard.press('Enter');
    await untilFocused(page, 'first.jpg');
    await page.getByRole('link', { name: 'second.jpg' }).waitFor();
    assert.deepEqual(await namesOf('ready'), ['first.jpg', 'second.jpg']);

    // The last one takes the grid with it.
    await keyboard.press('Delete');
    await untilFocused(page, 'second.jpg');
    await keyboard.press('Delete');
    await page.getByRole('heading', { name: 'Drop photographs here' }).waitFor();
    await untilFocused(page, 'main');
    await tabTo(page, 'Trash');
    await keyboard.press('Enter');
    await page.getByRole('button', { name: 'Restore first.jpg' }).waitFor();
    await untilFocused(page, 'Trash');
    await tabTo(page, 'Restore second.jpg'); // Tab reaches one picture, as among the photos
    await assertTabVisitsAll(page);
    await tabTo(page, 'Restore second.jpg');
    await keyboard.press('Enter');
    await untilFocused(page, 'Restore first.jpg');
    await keyboard.press('Enter');
    await page.getByText('The trash is empty.').waitFor();
    await untilFocused(page, 'Trash');
    await tabTo(page, 'Photos');
    await keyboard.press('Enter');
    await page.getByRole('link', { name: 'second.jpg' }).waitFor();
    await untilFocused(page, 'Photos');
    await assertTabVisitsAll(page);

    assert.deepEqual([await namesOf('ready'), await namesOf('trashed')], [['first.jpg', 'second.jpg'], []]);
    assert.deepEqual(faultsAmong(complaints), []);
  });

  it('moves to the trash by Backspace too: once while it is held, and not in a text field', async () => {
    for (const seed of [11, 12, 13, 14]) await gallery.seed(seed, { user_id: 'back', filename: `back ${seed}.jpg` });
    const left = async (): Promise<readonly string[]> =>
      ((await call(gallery, 'GET', '/images?user_id=back')) as { readonly images: readonly Image[] }).images.map(
        ({ filename }) => filename,
      );
    const { page, context } = await gallery.open();
    const { keyboard } = page;
    const hold = async (): Promise<void> => {
      for (const _ of [1, 2, 3]) await keyboard.down('Backspace');
      await keyboard.up('Backspace');
    };
    await page.getByRole('link', { name: 'back 14.jpg' }).focus();
    await hold();
    await untilFocused(page, 'back 13.jpg');
    await page.getByText(/^Moved to the trash of /).waitFor();
    await keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'back 13.jpg' }).waitFor();
    await hold();
    await page.getByRole('dialog', { name: 'back 12.jpg' }).waitFor();
    await keyboard.press('Escape');
    await untilFocused(page, 'back 12.jpg');
    await page.getByRole('button', { name: 'Account' }).press('Enter');
    await tabTo(page, 'Upload as');
    await keyboard.press('Backspace');
    assert.equal(await page.getByLabel('Upload as').inputValue(), '');
    while ((await left()).length > 2) await page.waitForTimeout(50); // the page doesn't wait for the answer
    assert.deepEqual(await left(), ['back 12.jpg', 'back 11.jpg']);
    await context.close();
  });

  it('chooses whose pictures are shown', async () => {
    await gallery.seed(3, { user_id: 'ada', filename: 'of ada.jpg' });
    const { page, context } = await gallery.open();
    await page.getByRole('link', { name: 'of ada.jpg' }).waitFor();
    for (const [user, words] of [
      ['new', 'new has no pictures yet.'],
      ['ada', 'Today'],
    ] as const) {
      await tabTo(page, 'Account');
      await page.keyboard.press('Enter');
      await tabTo(page, 'Whose pictures');
      await page.keyboard.type(user); // over the one before
      await tabTo(page, 'Show');
      await page.keyboard.press('Enter');
      await page.getByText(words).waitFor();
      await untilFocused(page, 'Show');
      await page.keyboard.press('Escape');
      await untilFocused(page, 'Account');
    }
    assert.deepEqual(
      await page.locator('[data-image]').evaluateAll((all) => all.map((one) => one.ariaLabel?.split(', ')[0])),
      ['of ada.jpg'],
    );
    await context.close();
  });

  it('signs in, after a wrong key, and out', async () => {
    await using closed = await startClosedGallery();
    const { page } = await closed.open();
    const signIn = async (key: string): Promise<void> => {
      await tabTo(page, 'API key or token');
      await page.keyboard.type(key);
      await tabTo(page, 'Sign in');
      await page.keyboard.press('Enter');
    };
    await page.getByLabel('API key or token').waitFor();
    await signIn('wrong');
    await page.getByText("This sign-in isn't accepted.").waitFor();
    await untilFocused(page, 'Sign in');
    await signIn(await closed.keyOf('ada'));
    await page.getByRole('heading', { name: 'Drop photographs here' }).waitFor();
    await untilFocused(page, 'main');
    await tabTo(page, 'Account');
    await page.keyboard.press('Enter');
    await tabTo(page, 'Sign out');
    await page.keyboard.press('Enter');
    await page.getByLabel('API key or token').waitFor();
    await untilFocused(page, 'main');
  });
});
