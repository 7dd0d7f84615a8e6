import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { testImage } from '../../../test/pictures/test-images.ts';
import { barriersOf } from './axe.fixture.ts';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { choose, filesOf, heard, listed, saying, trayOf } from './uploads.fixture.ts';

const picture = (seed: number): Promise<Buffer> => testImage({ type: 'image/jpeg', width: 48, height: 32, seed });

describe('files whose bytes are there', { skip: NO_CHROMIUM }, () => {
  let gallery: Gallery;
  before(async () => {
    gallery = await startGallery({ LOG_LEVEL: 'silent' });
  });
  after(() => gallery?.[Symbol.asyncDispose]());
  afterEach(async () => {
    for (const context of gallery.browser.contexts()) await context.close();
    for (const { image_id } of await listed(gallery.service.origin))
      await fetch(`${gallery.service.origin}/images/${image_id}?user_id=me&permanent=true`, { method: 'DELETE' });
  });

  /** Bytes that the page put into the store. */
  const counted = (page: Page) => {
    const puts: string[] = [];
    page.on('request', (request) => {
      if (request.method() === 'PUT') puts.push(request.url());
    });
    return puts;
  };

  it('are named and not sent, those in the trash as such, and are sent all the same by a button', async () => {
    await using files = await filesOf({
      'one.jpg': await picture(1),
      '<img src=x onerror=alert(1)>.jpg': await picture(2),
      'three.jpg': await picture(3),
    });
    const { page, complaints } = await gallery.open();
    const tray = trayOf(page);
    await choose(page, files.paths.slice(0, 2));
    await tray.getByText('2 uploaded').waitFor();
    await tray.getByRole('button', { name: 'Clear' }).click();
    const [trashed] = await listed(gallery.service.origin);
    const gone = await fetch(`${gallery.service.origin}/images/${trashed?.image_id}/trash?user_id=me`, {
      method: 'POST',
    });
    assert.equal(gone.status, 200, await gone.text());

    const puts = counted(page);
    await choose(page, files.paths);
    await saying(page, '1 uploaded · 2 already here');
    assert.equal(puts.length, 1, 'only the third was sent');
    const there = tray.getByRole('list', { name: 'Already here' });
    await there.getByRole('button', { name: '1 file is already here', exact: true }).waitFor();
    const inTrash = there.getByRole('listitem').filter({ hasText: 'already here, in the trash' });
    await inTrash.getByRole('button', { name: /in the trash/ }).click();
    await inTrash
      .getByRole('list')
      .getByText(trashed?.filename ?? '')
      .waitFor();
    await heard(page, '1 picture uploaded. 2 files are already here.');
    assert.deepEqual(await barriersOf(page), []);

    await inTrash.getByRole('button', { name: 'Upload all the same' }).click();
    await tray.getByText('2 uploaded · 1 already here').waitFor();
    assert.equal(puts.length, 2);
    await there.getByRole('button', { name: 'Remove these files from the list' }).click();
    await tray.getByText('2 uploaded', { exact: true }).waitFor();
    assert.deepEqual(complaints, []);
  });

  it('are all there: nothing is sent, and the tray says so', async () => {
    await using files = await filesOf({ 'seven.jpg': await picture(7) });
    const { page } = await gallery.open();
    const tray = trayOf(page);
    await choose(page, files.paths);
    await tray.getByText('1 uploaded').waitFor();
    await tray.getByRole('button', { name: 'Clear' }).click();
    const puts = counted(page);
    await choose(page, files.paths);
    await saying(page, '1 already here');
    await tray.getByText('Nothing was sent: all of it is here.').waitFor();
    assert.equal(puts.length, 0);
  });

  it('are sent if nobody says that they are there', async () => {
    await using files = await filesOf({ 'one.jpg': await picture(1) });
    const { page } = await gallery.open();
    await choose(page, files.paths);
    await trayOf(page).getByText('1 uploaded').waitFor();
    await page.route('**/images/known', (route) => route.fulfill({ status: 503, body: 'away' }));
    await choose(page, files.paths);
    await trayOf(page).getByText('2 uploaded').waitFor();
  });
});
