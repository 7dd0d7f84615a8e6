import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { barriersOf } from './axe.fixture.ts';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { addPicture } from './pictures.fixture.ts';

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 } as const;

describe('on a phone', { skip: NO_CHROMIUM }, () => {
  let gallery: Gallery;
  before(async () => {
    gallery = await startGallery({ LOG_LEVEL: 'silent' });
  });
  after(() => gallery?.[Symbol.asyncDispose]());

  it("the bar has the name, upload and the account, and the account's menu the views and tools", async () => {
    await addPicture(gallery, { filename: 'one.jpg' });
    const { page, context, complaints } = await gallery.open(PHONE);
    await page.getByRole('link', { name: 'one.jpg' }).waitFor();
    const controls = page.getByRole('banner').locator('a, button').filter({ visible: true });
    const names = await controls.evaluateAll((all) => all.map((one) => one.ariaLabel ?? one.textContent?.trim()));
    assert.deepEqual(names, ['Safelight', 'Upload', 'More ways to upload', 'Account']);

    const menu = page.getByRole('dialog', { name: 'Account' });
    await page.getByRole('button', { name: 'Account' }).tap();
    await menu.getByRole('link', { name: 'API documentation' }).waitFor();
    assert.deepEqual(await barriersOf(page), []);
    await menu.getByRole('button', { name: "Colors: the system's" }).tap();
    await menu.getByRole('button', { name: 'Colors: light' }).waitFor();
    await menu.getByRole('button', { name: 'Keyboard shortcuts' }).tap();
    const list = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await list.getByText('Upload pictures').waitFor();
    await list.getByRole('button', { name: 'Close' }).tap();
    await page.getByRole('button', { name: 'Account' }).tap();
    await menu.getByRole('link', { name: 'Trash' }).tap();
    await page.getByText('The trash is empty.').waitFor();
    await menu.getByRole('link', { name: 'API documentation' }).waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'Safelight' }).tap();
    await page.getByRole('link', { name: 'one.jpg' }).waitFor();
    assert.deepEqual(complaints, []);
    await context.close();
  });
});
