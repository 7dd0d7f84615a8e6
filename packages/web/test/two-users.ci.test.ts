import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { type ClosedGallery, signIn, startClosedGallery } from './closed-gallery.fixture.ts';
import { NO_CHROMIUM } from './gallery.fixture.ts';
import { knows, untilShown } from './shown-pictures.fixture.ts';
import { untilImage } from './viewer.fixture.ts';

describe('two users', { skip: NO_CHROMIUM }, () => {
  let gallery: ClosedGallery;
  const [keys, ids] = [new Map<string, string>(), new Map<string, string>()];
  before(async () => {
    gallery = await startClosedGallery();
    for (const [index, user] of ['ada', 'bob'].entries()) {
      const key = await gallery.keyOf(user);
      keys.set(user, key);
      ids.set(user, await gallery.seedAs(key, 10 + index));
    }
  });
  after(() => gallery[Symbol.asyncDispose]());

  const keyOf = (user: string): string => keys.get(user) ?? '';
  const imageOf = (user: string): string => ids.get(user) ?? '';

  /** What the page gets while it is open: the ids of images in every answer to it. */
  function listen(page: Page): string[] {
    const bodies: string[] = [];
    page.on('response', (answer) => {
      if (answer.headers()['content-type']?.includes('json'))
        answer.text().then(
          (text) => bodies.push(text),
          () => {},
        );
    });
    return bodies;
  }

  it('in two browsers see their own pictures, also at an address that was copied', async () => {
    const [ada, bob] = [await gallery.open(), await gallery.open({ path: `/?image=${imageOf('ada')}` })];
    const seenByBob = listen(bob.page);
    await signIn(ada.page, keyOf('ada'));
    await untilShown(ada.page, imageOf('ada'));
    await signIn(bob.page, keyOf('bob'));
    await untilShown(bob.page, imageOf('bob'));
    await bob.page.waitForLoadState('networkidle');
    assert.ok(!seenByBob.some((body) => body.includes(`"image_id":"${imageOf('ada')}"`)));
    assert.equal(await knows(ada.page, imageOf('bob')), false);
    const ofAda = bob.page.locator(`img[src*="/images/${imageOf('ada')}/"]`);
    for (const image of await ofAda.all())
      assert.equal(
        await image.evaluate((one: { readonly naturalWidth: number }) => one.naturalWidth),
        0,
        'no picture of ada',
      );
    await ada.context.close();
    await bob.context.close();
  });

  it('see only pictures of their own trash, which nobody has after the sign-out', async () => {
    const id = await gallery.seedAs(keyOf('ada'), 30);
    assert.equal((await gallery.as(keyOf('ada'), `/images/${id}/trash`, { method: 'POST' })).status, 200);
    const path = `/images/${id}/renditions/thumb?trashed=true`;
    assert.equal((await gallery.as(keyOf('bob'), path)).status, 404);
    assert.equal((await fetch(`${gallery.service.origin}${path}`)).status, 401);
    const { page, context } = await gallery.open({ path: '/?view=trash' });
    await signIn(page, keyOf('ada'));
    await page.locator(`[data-image="${id}"] img`).waitFor();
    await page.locator(`[data-image="${id}"]`).click();
    await untilImage(page, 'image.naturalWidth > 0');
    const urls = await page.evaluate<string[]>(
      "[...document.images].map(({ src }) => src).filter((src) => src.startsWith('blob:'))",
    );
    assert.ok(urls.length >= 2, `${urls}`);
    const isThere = (url: string) => page.evaluate(`fetch('${url}').then(({ ok }) => ok, () => false)`);
    // The policy permits images of blob URLs only, so another image tells whether one is there.
    const isShown = (url: string) =>
      page.evaluate(
        `(async (one) => { one.src = '${url}'; return one.decode().then(() => true, () => false); })(new Image())`,
      );
    for (const url of urls) assert.deepEqual([await isThere(url), await isShown(url)], [false, true]);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Account' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('API key or token').waitFor();
    for (const url of urls) assert.equal(await isShown(url), false);
    assert.equal(await knows(page, id), false);
    await signIn(page, keyOf('bob'));
    await untilShown(page, imageOf('bob'));
    await page.getByRole('link', { name: 'Trash' }).click();
    await page.getByText('The trash is empty.').waitFor();
    assert.equal(await knows(page, id), false);
    await context.close();
  });

  it('see only albums of their own, which nobody has after the sign-out', async () => {
    const asAda = async (path: string, body: object): Promise<{ readonly album_id: string }> => {
      const headers = { 'Content-Type': 'application/json' };
      const answer = await gallery.as(keyOf('ada'), path, { method: 'POST', headers, body: JSON.stringify(body) });
      return (await answer.json()) as { readonly album_id: string };
    };
    const { album_id: id } = await asAda('/albums', { title: 'A secret of ada' });
    await asAda(`/albums/${id}/images`, { add: [imageOf('ada')] });
    const { page, context } = await gallery.open({ path: '/?view=albums' });
    await signIn(page, keyOf('ada'));
    await page.getByRole('link', { name: 'A secret of ada' }).click();
    await untilShown(page, imageOf('ada'));
    const path = new URL(page.url()).search;
    await page.getByRole('button', { name: 'Account' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('API key or token').waitFor();
    assert.equal(await page.getByText('A secret of ada').count(), 0);
    assert.equal(await knows(page, imageOf('ada')), false);
    const seen = listen(page);
    await page.goto(`${gallery.service.origin}/${path}`);
    await signIn(page, keyOf('bob'));
    await page.getByText('There is no such album.').waitFor();
    await page.getByRole('button', { name: 'Show all albums' }).click();
    await page.getByText('There are no albums yet.').waitFor();
    assert.ok(!seen.some((body) => body.includes('A secret of ada') || body.includes(imageOf('ada'))));
    await context.close();
  });

  it('who follow each other in one tab leave nothing behind, also not for the back button', async () => {
    const { page, context } = await gallery.open();
    await signIn(page, keyOf('ada'));
    await untilShown(page, imageOf('ada'));
    await page.getByRole('link', { name: 'Trash' }).click();
    await page.getByRole('link', { name: 'Photos' }).click();
    await untilShown(page, imageOf('ada'));
    await page.getByRole('button', { name: 'Account' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('API key or token').waitFor();
    assert.equal(await knows(page, imageOf('ada')), false);
    await page.reload();
    await page.getByLabel('API key or token').waitFor();

    await signIn(page, keyOf('bob'));
    await untilShown(page, imageOf('bob'));
    const seen = listen(page);
    for (let step = 0; step < 2; step += 1) {
      await page.evaluate('history.back()');
      await page.waitForLoadState('networkidle');
      assert.equal(await knows(page, imageOf('ada')), false);
    }
    await page.reload();
    await page.waitForLoadState('networkidle');
    assert.equal(await knows(page, imageOf('ada')), false);
    assert.ok(!seen.some((body) => body.includes(imageOf('ada'))));
    assert.ok(seen.length > 0);
    await context.close();
  });
});
