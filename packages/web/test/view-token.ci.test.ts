import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { testImage } from '../../../test/pictures/test-images.ts';
import { barriersOf } from './axe.fixture.ts';
import { type ClosedGallery, signIn, startClosedGallery } from './closed-gallery.fixture.ts';
import { NO_CHROMIUM } from './gallery.fixture.ts';
import { knows, tileOf, untilShown } from './shown-pictures.fixture.ts';
import { storePicture } from './store-picture.fixture.ts';
import { choose, filesOf } from './uploads.fixture.ts';
import { doubleClick, shownImage, untilImage } from './viewer.fixture.ts';

describe('sign-in by a view token', { skip: NO_CHROMIUM }, () => {
  let gallery: ClosedGallery;
  let ids: { readonly plain: string; readonly tagged: string; readonly bobs: string };
  let key: string;
  before(async () => {
    gallery = await startClosedGallery({ EVENTS: 'on', USAGE: 'on' });
    key = await gallery.keyOf('ada');
    const { origin } = gallery.service;
    ids = {
      plain: await gallery.seedAs(key, 1),
      tagged: await storePicture({ origin, seed: 2, key, fields: { tags: 'sea' } }),
      bobs: await gallery.seedAs(await gallery.keyOf('bob'), 3),
    };
  });
  after(() => gallery[Symbol.asyncDispose]());

  /** The gallery after the sign-in, with every path that the service has refused since. */
  async function openWith(fields: object, until: (page: Page) => Promise<void> = async () => {}) {
    const body = JSON.stringify(fields);
    const headers = { 'Content-Type': 'application/json' };
    const minted = await gallery.as(key, '/view-tokens', { method: 'POST', headers, body });
    const { token } = (await minted.json()) as { readonly token: string };
    const opened = await gallery.open();
    const [asked, refused]: [string[], string[]] = [[], []];
    opened.page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    opened.page.on('response', (answer) => {
      if (answer.status() >= 400) refused.push(`${answer.status()} ${answer.url()}`);
    });
    await Promise.all([until(opened.page), signIn(opened.page, token)]);
    return { ...opened, asked, refused };
  }

  const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

  /** Opens the picture, zooms, and tries the keys of what isn't offered. */
  async function look(page: Page, id: string, { offersDownload = false } = {}): Promise<void> {
    await tileOf(page, id).locator('xpath=ancestor-or-self::a').focus();
    await page.keyboard.press('Delete');
    await page.keyboard.press('Enter');
    await button(page, 'Details').waitFor();
    await untilImage(page, 'image.naturalWidth > 0');
    for (const pressed of ['s', 'Delete']) await page.keyboard.press(pressed);
    for (const name of ['Share', 'Move to trash']) assert.equal(await button(page, name).count(), 0, name);
    assert.equal(await button(page, 'Download').count(), offersDownload ? 1 : 0);
    await doubleClick(page, shownImage(page));
    await button(page, 'Details').click();
    await page.getByText('picture-1.jpg').last().waitFor();
    assert.deepEqual(await barriersOf(page), []);
  }

  it('shows the pictures of its user, and offers no change', async () => {
    const { page, context, complaints, refused } = await openWith({});
    await untilShown(page, ids.plain);
    await untilShown(page, ids.tagged);
    assert.equal(await knows(page, ids.bobs), false);
    assert.equal(await button(page, 'Upload').count(), 0);
    assert.equal(await page.locator('[data-chooser=files]').count(), 0);
    assert.equal(await page.getByRole('link', { name: 'Trash' }).count(), 0);
    assert.deepEqual(await barriersOf(page), []);
    await button(page, 'Account').click();
    await page.getByText('Signed in as ada.').waitFor();
    await page.keyboard.press('Escape');
    await look(page, ids.plain);
    assert.deepEqual([complaints, refused], [[], []]);
    await context.close();
  });

  it('hears of new pictures', async () => {
    const { page, context, complaints, refused } = await openWith({}, async (page) => {
      await page.waitForResponse((answer) => new URL(answer.url()).pathname === '/events');
    });
    await untilShown(page, ids.plain);
    const id = await gallery.seedAs(key, 4);
    await untilShown(page, id);
    assert.deepEqual([complaints, refused], [[], []]);
    await context.close();
  });

  it('with only_tags shows the pictures that have them, and follows no events', async () => {
    const { page, context, complaints, asked, refused } = await openWith({ only_tags: ['sea'] });
    await untilShown(page, ids.tagged);
    await page.waitForLoadState('networkidle');
    assert.equal(await knows(page, ids.plain), false);
    assert.ok(!asked.includes('/events'));
    assert.deepEqual([complaints, refused], [[], []]);
    await context.close();
  });

  it('with upload takes pictures of its own, and offers no other change', async () => {
    await using files = await filesOf({
      'own.jpg': await testImage({ type: 'image/jpeg', width: 320, height: 240, seed: 5 }),
    });
    const { page, context, complaints, refused } = await openWith({ upload: {} });
    await untilShown(page, ids.plain);
    await choose(page, files.paths);
    await page.getByRole('link', { name: 'own.jpg' }).waitFor();
    assert.equal(await page.getByRole('link', { name: 'Trash' }).count(), 0);
    await look(page, ids.plain);
    assert.deepEqual([complaints, refused], [[], []]);
    await context.close();
  });

  it('with originals offers them', async () => {
    const { page, context, complaints, refused } = await openWith({ originals: true });
    await untilShown(page, ids.plain);
    await look(page, ids.plain, { offersDownload: true });
    await button(page, 'Download').click();
    const dialog = page.getByRole('dialog', { name: 'Download' });
    await dialog.getByRole('button', { name: /^Original/ }).waitFor();
    assert.equal(await dialog.getByRole('button', { name: /^(?:Thumb|Medium|Large)/ }).count(), 0);
    assert.deepEqual([complaints, refused], [[], []]);
    await context.close();
  });
});
