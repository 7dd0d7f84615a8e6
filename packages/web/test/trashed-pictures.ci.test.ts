import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { barriersOf } from './axe.fixture.ts';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { addPicture, call } from './pictures.fixture.ts';
import { refusedIn } from './policy.fixture.ts';
import { openAt, until, untilImage } from './viewer.fixture.ts';

describe('pictures in the trash', { skip: NO_CHROMIUM }, () => {
  let gallery: Gallery;
  before(async () => {
    gallery = await startGallery();
  });
  after(() => gallery[Symbol.asyncDispose]());

  async function trashed(seed: number, filename: string, userId = 'me'): Promise<string> {
    const id = await addPicture(gallery, { seed, filename, userId, width: 1_200, height: 900 });
    const answer = await fetch(`${gallery.service.origin}/images/${id}/trash`, { method: 'POST' });
    assert.equal(answer.status, 200);
    return id;
  }

  it('are seen, open in the viewer, and are restored there, and back is the same tile', async () => {
    const ids = [await trashed(1, 'oldest.jpg'), await trashed(2, 'middle.jpg'), await trashed(3, 'newest.jpg')];
    const { page, shows, complaints } = await openAt(gallery, '/?view=trash');
    for (const id of ids) await until(page, `document.querySelector('[data-image="${id}"] img')?.naturalWidth >= 256`);
    await page.keyboard.press('?');
    const shortcuts = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await shortcuts.getByText('Delete forever').waitFor();
    assert.equal(await shortcuts.getByText('Move to the trash').count(), 0);
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: 'newest.jpg' }).press('Enter');
    await shows('newest.jpg');
    await untilImage(page, 'image.naturalWidth === 1200');
    assert.deepEqual(await barriersOf(page), []);
    await page.keyboard.press('ArrowRight');
    await shows('middle.jpg');
    assert.equal(new URL(page.url()).search, `?view=trash&image=${ids[1]}`);
    await page.getByRole('button', { name: 'Restore', exact: true }).click();
    await shows('oldest.jpg');
    await untilImage(page, 'image.naturalWidth === 1200');
    assert.equal(((await call(gallery, 'GET', `/images/${ids[1]}/metadata`)) as { status: string }).status, 'ready');
    await page.keyboard.press('Delete');
    await page.getByRole('dialog', { name: 'Delete forever?' }).getByText('oldest.jpg').waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await until(page, `document.activeElement?.dataset.image === '${ids[0]}'`);
    await page.getByRole('link', { name: 'newest.jpg' }).press('Enter');
    await shows('newest.jpg');
    await page.keyboard.press('r');
    await shows('oldest.jpg');
    await page.keyboard.press('r');
    await page.getByText('The trash is empty.').waitFor();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.deepEqual([complaints, await refusedIn(page)], [[], []]);
    await page.context().close();
  });

  it('open at their address, and one that was restored meanwhile opens among the pictures', async () => {
    const id = await trashed(11, 'by address.jpg');
    const { page, shows } = await openAt(gallery, `/?view=trash&image=${id}`);
    await shows('by address.jpg');
    await untilImage(page, 'image.naturalWidth === 1200');
    await call(gallery, 'POST', `/images/${id}/restore`);
    await page.reload();
    await page.getByRole('dialog', { name: 'by address.jpg' }).waitFor();
    await page.waitForURL(`**/?image=${id}`);
    await page.context().close();
  });

  it('are shown in a smaller size if the service may not send the largest', async () => {
    const id = await trashed(21, 'large.jpg');
    const { page } = await openAt(gallery, 'about:blank');
    await page.route('**/renditions/large?*', (route) =>
      route.fulfill({
        status: 400,
        contentType: 'application/problem+json',
        json: { code: 'invalid-request', detail: 'expected an answer of at most 4,669,440 bytes; got 5,000,000' },
      }),
    );
    await page.goto(`${gallery.service.origin}/?view=trash&image=${id}`);
    await untilImage(page, 'image.naturalWidth === 1024');
    await page.context().close();
  });

  it('of other users are named where everybody’s are shown, and who may choose users sees their trash', async () => {
    const id = await addPicture(gallery, { seed: 31, filename: 'of ada.jpg', userId: 'ada' });
    await trashed(32, 'of bob.jpg', 'bob');
    const { page } = await openAt(gallery, '/');
    await page.getByRole('link', { name: 'of ada.jpg' }).press('Delete');
    await page.getByRole('status').filter({ hasText: 'Moved to the trash of \u2068ada\u2069' }).waitFor();
    await page.getByRole('link', { name: 'Trash' }).click();
    await page.locator(`[data-image="${id}"] img`).waitFor();
    const whose = page.getByLabel('Whose trash');
    assert.equal(await whose.inputValue(), 'ada');
    assert.deepEqual(await barriersOf(page), []);
    await whose.fill('bob');
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await page.getByRole('link', { name: 'of bob.jpg' }).waitFor();
    assert.equal(await page.getByRole('link', { name: 'of ada.jpg' }).count(), 0);
    await page.getByRole('button', { name: 'Empty trash…' }).click();
    await page.getByRole('dialog').getByText('1 picture in the trash of the user \u2068bob\u2069').waitFor();
    await page.context().close();
  });
});
