import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { testImage } from '../../../test/pictures/test-images.ts';
import { type PictureHost, says, sends, startPictureHost } from '../../../test/servers/picture-host.ts';
import { barriersOf } from './axe.fixture.ts';
import { signIn, startClosedGallery } from './closed-gallery.fixture.ts';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { heard, listed, reasonsIn, saying, trayOf, untilReady } from './uploads.fixture.ts';
import { until } from './viewer.fixture.ts';

const picture = (seed: number): Promise<Buffer> => testImage({ type: 'image/jpeg', width: 48, height: 32, seed });

/** The paste that the keyboard makes, into what has the focus. Returns whether the page left it to the browser. */
async function paste(page: Page, text: string): Promise<boolean> {
  await untilReady(page);
  return page.evaluate<boolean>(`(() => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', ${JSON.stringify(text)});
    const event = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true });
    return document.activeElement.dispatchEvent(event);
  })()`);
}

const tilesIn = (page: Page, count: number): Promise<void> =>
  until(page, `document.querySelectorAll('[data-image] img').length === ${count}`);

describe('a pasted link', { skip: NO_CHROMIUM }, () => {
  let host: PictureHost;
  let gallery: Gallery;
  before(async () => {
    host = await startPictureHost();
    gallery = await startGallery({ LOG_LEVEL: 'silent', ...host.environment });
  });
  after(async () => {
    await gallery?.[Symbol.asyncDispose]();
    await host?.[Symbol.asyncDispose]();
  });
  afterEach(async () => {
    for (const context of gallery.browser.contexts()) await context.close();
    for (const { image_id } of await listed(gallery.service.origin))
      await fetch(`${gallery.service.origin}/images/${image_id}?user_id=me&permanent=true`, { method: 'DELETE' });
  });

  /** Answers no request until `open` is called. */
  async function holds(path: string, seed: number) {
    const bytes = await picture(seed);
    const gate = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    host.answers.set(path, async (response, request) => {
      asked.resolve();
      await gate.promise;
      sends(bytes)(response, request);
    });
    return { asked: asked.promise, open: () => gate.resolve() };
  }

  it('becomes a picture, and its name stays text', async () => {
    const name = '<img src=x onerror=ran=1>.jpg';
    const path = `/${encodeURIComponent(name)}`;
    const held = await holds(path, 1);
    const { page, complaints } = await gallery.open();
    assert.equal(await paste(page, ` ${host.at(path)}?w=2 `), false);
    await held.asked;
    await saying(page, '0 of 1');
    await heard(page, 'Uploading 1 picture.');
    await trayOf(page).getByRole('button', { name: 'Show the list' }).click();
    const row = trayOf(page).getByRole('listitem');
    await row.filter({ hasText: 'Fetching' }).waitFor();
    assert.equal(await row.locator('bdi').innerText(), name);
    assert.deepEqual(await barriersOf(page), []);
    held.open();
    await saying(page, '1 uploaded');
    await heard(page, '1 picture uploaded.');
    await tilesIn(page, 1);
    assert.deepEqual([await page.evaluate('globalThis.ran'), complaints], [undefined, []]);
    assert.equal((await listed(gallery.service.origin)).length, 1);
  });

  it('that brings nothing says why, beside others, and is tried again', async () => {
    host.answers.set('/a.jpg', sends(await picture(2)));
    host.answers.set('/b.jpg', says(404));
    host.answers.set('/c.jpg', sends(await picture(3)));
    const { page } = await gallery.open();
    const urls = ['/a.jpg', '/b.jpg', '/c.jpg'].map(host.at);
    await paste(page, [...urls, 'https://elsewhere.test/d.jpg'].join('\r\n'));
    await saying(page, '2 uploaded · 2 not uploaded');
    await heard(page, "2 pictures uploaded. 2 files weren't uploaded.");
    assert.deepEqual(await reasonsIn(page), {
      'b.jpg': 'There is no picture at this link. Check it.',
      'd.jpg': "This link isn't accepted here. Choose another one.",
    });
    assert.deepEqual(await barriersOf(page), []);
    assert.equal(await trayOf(page).getByRole('button', { name: 'Try d.jpg again' }).count(), 0);

    await page.reload();
    await untilReady(page);
    await saying(page, '2 not uploaded');
    host.answers.set('/b.jpg', sends(await picture(4)));
    await trayOf(page).getByRole('button', { name: 'Try b.jpg again' }).click();
    await saying(page, '1 uploaded · 1 not uploaded');
    await trayOf(page).getByRole('button', { name: 'Remove d.jpg from the list' }).click();
    await saying(page, /^1 uploaded/);
    await tilesIn(page, 3);
  });

  it('that is canceled leaves nothing', async () => {
    const held = await holds('/slow.jpg', 5);
    const { page } = await gallery.open();
    await paste(page, host.at('/slow.jpg'));
    await held.asked;
    const gone = page.waitForResponse((answer) => answer.request().method() === 'DELETE');
    await trayOf(page).getByRole('button', { name: 'Show the list' }).click();
    await trayOf(page).getByText('Fetching').waitFor();
    await trayOf(page).getByRole('button', { name: 'Cancel slow.jpg' }).click();
    const answer = await gone;
    assert.ok(answer.ok(), String(answer.status()));
    await trayOf(page).waitFor({ state: 'detached' });
    held.open();
    assert.equal((await fetch(`${answer.url()}/metadata?user_id=me`)).status, 404);
    await page.reload();
    await untilReady(page);
    assert.equal(await trayOf(page).count(), 0);
  });

  it('survives a reload while it is fetched, as one picture', async () => {
    const held = await holds('/kept.jpg', 6);
    const { page } = await gallery.open();
    await paste(page, host.at('/kept.jpg'));
    await held.asked;
    await page.reload();
    await saying(page, '0 of 1');
    held.open();
    await saying(page, '1 uploaded');
    await tilesIn(page, 1);
    assert.equal((await listed(gallery.service.origin)).length, 1);
  });

  it('is text in a text field, and so are other texts everywhere', async () => {
    const { page } = await gallery.open();
    await untilReady(page);
    assert.equal(await paste(page, `see ${host.at('/a.jpg')}`), true);
    await page.keyboard.press('/');
    await page.locator('input:focus').waitFor();
    assert.equal(await paste(page, host.at('/a.jpg')), true);
    assert.equal(await page.evaluate("sessionStorage.getItem('safelight-links gallery open me')"), null);
  });

  it('is one of a hundred at most', async () => {
    const { page } = await gallery.open();
    await paste(page, Array.from({ length: 101 }, (_, index) => host.at(`/${index}.jpg`)).join('\n'));
    await page.getByText('At most 100 links can be pasted at once.').waitFor();
    assert.equal(await trayOf(page).count(), 0);
  });

  it('by an upload token is fetched, and nothing stays in the tab after a sign-out', async () => {
    host.answers.set('/a.jpg', sends(await picture(7)));
    host.answers.set('/none.jpg', says(404));
    await using closed = await startClosedGallery({ LOG_LEVEL: 'silent', ...host.environment });
    const minted = await closed.as(await closed.keyOf('ada'), '/upload-tokens', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ max_images: 5 }),
    });
    const { token } = (await minted.json()) as { readonly token: string };
    const { page } = await closed.open();
    await signIn(page, token);
    await paste(page, `${host.at('/a.jpg')}\n${host.at('/none.jpg')}`);
    await saying(page, '1 uploaded · 1 not uploaded');
    await page.getByRole('button', { name: 'Account' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('API key or token').waitFor();
    assert.equal(await page.evaluate('Object.keys(sessionStorage).filter((key) => /links/.test(key)).length'), 0);
  });

  it('is only text where the service fetches nothing', async () => {
    await using off = await startGallery({ LOG_LEVEL: 'silent' });
    const { page } = await off.open();
    assert.equal(await paste(page, host.at('/a.jpg')), true);
    assert.equal(await page.evaluate("sessionStorage.getItem('safelight-links gallery open me')"), null);
  });
});
