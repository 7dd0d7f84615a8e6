import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Page, Request } from 'playwright-core';
import { testImage } from '../../../test/pictures/test-images.ts';
import { signIn, startClosedGallery } from './closed-gallery.fixture.ts';
import { type Gallery, NO_CHROMIUM, type OpenGallery, startGallery } from './gallery.fixture.ts';
import { addPicture, call } from './pictures.fixture.ts';
import { isSettled, until } from './timeline.fixture.ts';

const isStream = (request: Request) => new URL(request.url()).pathname === '/events';
const tiles = (page: Page) =>
  page.evaluate<string[]>("[...document.querySelectorAll('[data-image]')].map((one) => one.dataset.image)");

/** A gallery whose stream has begun: it hears of each change from now on, and another tab gets no stream. */
async function openFollowing(gallery: Gallery): Promise<OpenGallery> {
  const opened = await gallery.open({ path: 'about:blank' });
  const following = opened.page.waitForResponse((response) => isStream(response.request()));
  await opened.page.goto(gallery.service.origin);
  await following;
  await until(opened.page, isSettled);
  return opened;
}

describe('the gallery of a service with events', { skip: NO_CHROMIUM }, () => {
  let gallery: Gallery;
  before(async () => {
    gallery = await startGallery({ EVENTS: 'on' });
    for (let seed = 0; seed < 3; seed += 1) await addPicture(gallery, { seed });
  });
  after(() => gallery[Symbol.asyncDispose]());

  it('shows what others add, in each tab, over one stream', async () => {
    const { page, context } = await openFollowing(gallery);
    const other = await context.newPage();
    const streams: unknown[] = [];
    other.on('request', (request) => isStream(request) && streams.push(request));
    await other.goto(page.url());
    await until(other, isSettled);
    const id = await addPicture(gallery, { seed: 100 });
    await Promise.all([page, other].map((one) => one.locator(`[data-image="${id}"]`).waitFor()));
    assert.equal(streams.length, 0, 'the second tab has no stream of its own');

    assert.equal((await tiles(page))[0], id);
    const taken = other.waitForResponse((response) => isStream(response.request()));
    await page.close(); // the stream of all tabs ends with it, and the other one goes on
    await taken;
    const next = await addPicture(gallery, { seed: 101 });
    await other.locator(`[data-image="${next}"]`).waitFor();
    assert.equal(streams.length, 1);
    await context.close();
  });

  it('shows the other bytes of a picture that others replaced, in its place', async () => {
    const { page, context } = await openFollowing(gallery);
    const id = await addPicture(gallery, { seed: 102 });
    const shown = page.locator(`[data-image="${id}"] img`);
    await shown.waitFor();
    const before = await shown.getAttribute('src');
    const body = new Uint8Array(await testImage({ type: 'image/png', width: 300, height: 500, seed: 103 }));
    const replaced = await fetch(`${gallery.service.origin}/images/${id}/content`, {
      method: 'PUT',
      headers: { 'x-user-id': 'me' },
      body,
    });
    assert.equal(replaced.status, 200, await replaced.text());
    await until(
      page,
      `document.querySelector('[data-image="${id}"] img')?.getAttribute('src') !== ${JSON.stringify(before)}`,
    );
    assert.equal((await tiles(page)).filter((one) => one === id).length, 1);
    await context.close();
  });

  it('no longer shows what others have taken', async () => {
    const { page, context } = await openFollowing(gallery);
    const [newest = ''] = await tiles(page);
    await call(gallery, 'DELETE', `/images/${newest}`);
    await page.locator(`[data-image="${newest}"] img`).waitFor({ state: 'detached' });
    await context.close();
  });
});

/** More than one list of the newest. */
const MATCHING = 104;

describe('a filtered gallery of a service with events', { skip: NO_CHROMIUM }, () => {
  it('offers an old picture that others have given the tag, without a list of all', async () => {
    await using gallery = await startGallery({ EVENTS: 'on' });
    const old = await addPicture(gallery, { seed: 500, filename: 'old.jpg' });
    for (let seed = 0; seed < MATCHING; seed += 1) await addPicture(gallery, { seed, tags: ['wind'] });
    const { page, context } = await gallery.open({ path: 'about:blank' });
    const following = page.waitForResponse((response) => isStream(response.request()));
    await page.goto(`${gallery.service.origin}/?user=me&tag=wind`);
    await following;
    await until(page, isSettled);
    await until(page, "scrollTo({ top: 1e6, behavior: 'instant' }), document.body.innerText.length > 0");
    await until(page, `scrollY > 0 && ${isSettled}`);
    await page.locator('[data-image]').last().waitFor();
    const lists: unknown[] = [];
    page.on('request', (request) => new URL(request.url()).pathname === '/images' && lists.push(request));
    // Those that the scroll asks for come first, some of them a moment later.
    for (let before = -1; before !== lists.length; await page.waitForTimeout(1_500)) before = lists.length;
    const scrolled = lists.length;
    await call(gallery, 'PATCH', `/images/${old}`, { tags: ['wind'] });
    await page.getByRole('button', { name: '1 new' }).click();
    await page.locator(`[data-image="${old}"]`).waitFor({ state: 'attached' });
    assert.equal(lists.length, scrolled);
    await context.close();
  });
});

describe('the gallery of a service without events', { skip: NO_CHROMIUM }, () => {
  it('asks for uploads every 30 s while it is seen, by one short list', async () => {
    await using gallery = await startGallery();
    const known = await addPicture(gallery, { seed: 1 });
    const { page, context } = await gallery.open({ path: 'about:blank' });
    await page.clock.install();
    await page.goto(gallery.service.origin);
    await until(page, isSettled);
    await page.locator(`[data-image="${known}"] img[data-loaded]`).waitFor();
    await page.waitForLoadState('networkidle');
    const lists: URLSearchParams[] = [];
    page.on('request', (request) => {
      const { pathname, searchParams } = new URL(request.url());
      if (pathname === '/images') lists.push(searchParams);
    });
    const id = await addPicture(gallery, { seed: 2 });
    await page.clock.runFor(30_000);
    await page.locator(`[data-image="${id}"]`).waitFor();
    assert.equal(lists.length, 1);
    assert.deepEqual(
      ['order', 'limit'].map((name) => lists[0]?.get(name)),
      ['newest', '20'],
    );
    await page.evaluate("Object.defineProperty(document, 'visibilityState', { value: 'hidden' })");
    await page.clock.runFor(90_000);
    assert.equal(lists.length, 1);
    await context.close();
  });
});

describe('the gallery of signed-in people, with events', { skip: NO_CHROMIUM }, () => {
  it('goes on in another tab when the key of the tab that follows them is revoked', async () => {
    await using gallery = await startClosedGallery({ EVENTS: 'on' });
    const headers = { 'Content-Type': 'application/json' };
    const body = JSON.stringify({ name: 'ada', owner: 'ada', scopes: ['images:read', 'images:write'] });
    const made = await (await gallery.as(gallery.admin, '/keys', { method: 'POST', headers, body })).json();
    const { key: endingKey, key_id: id } = made as { readonly key: string; readonly key_id: string };
    const key = await gallery.keyOf('ada');
    await gallery.seedAs(key, 1);
    const { page, context } = await gallery.open();
    const other = await context.newPage(); // before the sign-in, which it would take over
    await other.goto(page.url());
    await other.getByLabel('API key or token').waitFor();
    const following = page.waitForRequest(isStream);
    await signIn(page, endingKey);
    await following;
    await signIn(other, key);
    await until(other, isSettled);
    const taken = other.waitForResponse((response) => isStream(response.request()));
    assert.equal((await gallery.as(gallery.admin, `/keys/${id}`, { method: 'DELETE' })).status, 200);
    await taken;
    const added = await gallery.seedAs(key, 2);
    await other.locator(`[data-image="${added}"]`).waitFor();
    await context.close();
  });
});
