import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { barriersOf } from './axe.fixture.ts';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { addPicture } from './pictures.fixture.ts';
import { openAt } from './viewer.fixture.ts';

describe("everybody's pictures", { skip: NO_CHROMIUM }, () => {
  let gallery: Gallery;
  before(async () => {
    gallery = await startGallery();
    await addPicture(gallery, { filename: 'beach.jpg', userId: 'ada' });
    await addPicture(gallery, { seed: 2, filename: 'wood.jpg' });
  });
  after(() => gallery[Symbol.asyncDispose]());

  it('name their owners, on their tiles and in their details', async () => {
    const { page, shows } = await openAt(gallery, '/');
    for (const [name, owner] of [
      ['beach.jpg', 'ada'],
      ['wood.jpg', 'me'],
    ] as const) {
      const tile = page.getByRole('link', { name });
      await tile.waitFor();
      assert.match((await tile.getAttribute('aria-label')) ?? '', new RegExp(`^${name}, of ${owner}, `));
      assert.equal(await tile.getAttribute('title'), owner);
      await tile.click();
      const viewer = await shows(name);
      await page.keyboard.press('i');
      await page.getByRole('complementary', { name: 'Details' }).getByText(owner, { exact: true }).waitFor();
      assert.deepEqual(await barriersOf(page), []);
      await page.keyboard.press('Escape');
      await page.keyboard.press('Escape');
      await viewer.waitFor({ state: 'detached' });
    }
    await page.context().close();
  });

  it('of one user have an address, which Back and a reload keep, with those of the trash', async () => {
    const { page } = await openAt(gallery, '/');
    const [ada, me] = ['beach.jpg', 'wood.jpg'].map((name) => page.getByRole('link', { name }));
    assert.ok(ada && me);
    await me.waitFor();
    await page.getByRole('button', { name: 'Account' }).click();
    await page.getByLabel('Whose pictures').fill('ada');
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await me.waitFor({ state: 'detached' });
    await ada.waitFor();
    assert.equal(new URL(page.url()).search, '?user=ada');
    assert.equal(await ada.getAttribute('title'), null);
    await page.reload();
    await ada.waitFor();
    assert.equal(await me.count(), 0);
    await page.getByRole('link', { name: 'Trash' }).click();
    await page.getByText('The trash is empty.').waitFor();
    assert.equal(new URL(page.url()).search, '?view=trash&user=ada');
    await page.goBack();
    await ada.waitFor();
    assert.equal(await me.count(), 0);
    await page.goBack();
    await me.waitFor();
    assert.equal(new URL(page.url()).search, '');
    await page.context().close();
  });
});
