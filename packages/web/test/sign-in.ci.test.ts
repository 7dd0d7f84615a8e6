import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { BrowserContext, Page, Route } from 'playwright-core';
import { testImage } from '../../../test/pictures/test-images.ts';
import { barriersOf } from './axe.fixture.ts';
import { type ClosedGallery, signIn, startClosedGallery } from './closed-gallery.fixture.ts';
import { NO_CHROMIUM } from './gallery.fixture.ts';
import { tileOf, untilShown } from './shown-pictures.fixture.ts';
import { saying, trayOf } from './uploads.fixture.ts';

describe('sign-in by a key', { skip: NO_CHROMIUM }, () => {
  let gallery: ClosedGallery;
  before(async () => {
    gallery = await startClosedGallery({ USAGE: 'on' });
  });
  after(() => gallery[Symbol.asyncDispose]());

  const stored = async (context: BrowserContext) => {
    const [page] = context.pages();
    assert.ok(page);
    const session = await page.evaluate<string>('JSON.stringify({ ...sessionStorage })');
    const elsewhere = await page.evaluate<string>(
      'JSON.stringify({ ...localStorage }) + location.href + document.cookie',
    );
    return { session, elsewhere: elsewhere + JSON.stringify(await context.cookies()) };
  };

  const signOut = async (page: Page): Promise<void> => {
    await page.getByRole('button', { name: 'Account' }).click();
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  };

  const chooseTwo = async (page: Page): Promise<void> => {
    const files = await Promise.all(
      [31, 32].map((seed) => testImage({ type: 'image/jpeg', width: 40, height: 30, seed })),
    );
    await page
      .locator('[data-chooser=files]')
      .setInputFiles(files.map((buffer, index) => ({ name: `${index}.jpg`, mimeType: 'image/jpeg', buffer })));
  };

  /** The queues that the browser keeps, and how many uploads each has. */
  const keptBy = (page: Page): Promise<readonly { readonly name: string; readonly items: number }[]> =>
    page.evaluate(`(async () => {
      const answer = (request) =>
        new Promise((resolve, reject) => {
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error);
        });
      const kept = [];
      for (const { name } of await indexedDB.databases()) {
        const opening = indexedDB.open(name);
        opening.onupgradeneeded = () => opening.transaction.abort(); // it was deleted since it was listed
        const base = await answer(opening).catch(() => undefined);
        if (!base) continue;
        kept.push({ name, items: await answer(base.transaction('items').objectStore('items').count()) });
        base.close();
      }
      return kept;
    })()`);

  it('says what to do after a wrong key, shows pictures after the right one, and keeps it in its tabs only', async () => {
    const key = await gallery.keyOf('ada');
    const id = await gallery.seedAs(key, 1);
    const { page, context } = await gallery.open();
    for (const wrong of ['wrong', `${key.slice(0, -6)}000000`, 'ключ']) {
      await signIn(page, wrong);
      await page.getByText("This sign-in isn't accepted.").waitFor();
      assert.ok(!(await stored(context)).session.includes(wrong));
    }
    assert.deepEqual(await barriersOf(page), []);
    await signIn(page, ` ${key}\n`);
    await untilShown(page, id);
    const kept = await stored(context);
    assert.ok(kept.session.includes(key) && !kept.elsewhere.includes(key));

    await page.reload();
    await untilShown(page, id);
    const { page: other, context: elsewhere } = await gallery.open();
    await other.getByLabel('API key or token').waitFor();
    await elsewhere.close();

    await page.getByRole('button', { name: 'Account' }).click();
    await page.getByText('Signed in as ada.').waitFor();
    assert.deepEqual(await barriersOf(page), []);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('API key or token').waitFor();
    assert.equal(await tileOf(page, id).count(), 0);
    assert.deepEqual(await stored(context), { session: '{}', elsewhere: kept.elsewhere });
    await context.close();
  });

  it('asks again when the key ends in the middle, and goes on where it was', async () => {
    const [first, second] = [await gallery.keyOf('bob'), await gallery.keyOf('bob')];
    const id = await gallery.seedAs(first, 2);
    const { page, context } = await gallery.open();
    await signIn(page, first);
    await untilShown(page, id);
    const keyId = /^safelight_([0-9A-Za-z]{16})_/.exec(first)?.[1];
    await gallery.as(gallery.admin, `/keys/${keyId}`, { method: 'DELETE' });
    while ((await gallery.as(first, '/whoami')).status !== 401)
      await new Promise((resolve) => setTimeout(resolve, 100));

    const trashed = await gallery.as(second, `/images/${await gallery.seedAs(second, 3)}/trash`, { method: 'POST' });
    assert.equal(trashed.status, 200);
    await page.getByRole('link', { name: 'Trash' }).click();
    const dialog = page.getByRole('dialog', { name: 'Sign in again' });
    await dialog.getByText('Your sign-in has ended.').waitFor();
    assert.deepEqual(await barriersOf(page), []);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'Photos' }).click();
    await page.getByRole('link', { name: 'Trash' }).click();
    await page.getByRole('region', { name: 'Trash' }).waitFor();
    assert.equal(await dialog.count(), 0); // what is asked meanwhile fails, and nobody is asked again
    await page.getByRole('button', { name: 'Sign in' }).click();
    await signIn(page, second);
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('region', { name: 'Trash' }).getByRole('link', { name: 'picture-3.jpg' }).waitFor();
    assert.equal(new URL(page.url()).search, '?view=trash');
    await context.close();
  });

  it('lets an administrator choose whose pictures are shown, and as whom to upload', async () => {
    const [ada, eve] = [await gallery.keyOf('ada'), await gallery.keyOf('eve')];
    const [ofAda, ofEve] = [await gallery.seedAs(ada, 4), await gallery.seedAs(eve, 5)];
    const { page, context } = await gallery.open();
    await signIn(page, gallery.admin);
    await untilShown(page, ofAda);
    await untilShown(page, ofEve);
    await page.getByRole('button', { name: 'Account' }).click();
    await page.locator('datalist option[value="eve"]').first().waitFor({ state: 'attached' });
    await page.getByLabel('Whose pictures').fill('eve');
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await tileOf(page, ofAda).waitFor({ state: 'detached' });
    await untilShown(page, ofEve);
    assert.deepEqual(await barriersOf(page), []);
    await page.reload();
    await untilShown(page, ofEve);
    assert.equal(await tileOf(page, ofAda).count(), 0);
    await context.close();
  });

  it('tells the holder of an upload token calmly that it can only upload', async () => {
    const key = await gallery.keyOf('ada');
    const minted = await gallery.as(key, '/upload-tokens', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ max_images: 1 }),
    });
    const { token } = (await minted.json()) as { readonly token: string };
    const { page, context, complaints } = await gallery.open();
    await signIn(page, token);
    await page.getByRole('heading', { name: 'You can add pictures here' }).waitFor();
    await page.getByRole('main').getByRole('button', { name: 'Upload' }).waitFor();
    assert.equal(await page.getByRole('link').count(), 0); // to no view
    const files = await Promise.all(
      [21, 22].map((seed) => testImage({ type: 'image/jpeg', width: 40, height: 30, seed })),
    );
    await page
      .locator('[data-chooser=files]')
      .setInputFiles(files.map((buffer, index) => ({ name: `${index}.jpg`, mimeType: 'image/jpeg', buffer })));
    await page.getByText('1 uploaded · 1 not uploaded').waitFor();
    await page.getByText('You have uploaded as many pictures as this page allows.').waitFor();
    assert.equal(await page.getByRole('dialog').count(), 0);
    assert.deepEqual(await barriersOf(page), []);
    assert.deepEqual(complaints, []);
    await context.close();
  });

  it('keeps the session of a tab while the service can’t say whose key it is', async () => {
    const key = await gallery.keyOf('dora');
    const id = await gallery.seedAs(key, 8);
    const { page, context } = await gallery.open();
    await signIn(page, key);
    await untilShown(page, id);
    for (const answer of [(route: Route) => route.fulfill({ status: 503 }), () => undefined /* none */]) {
      await page.route('**/whoami', answer);
      await page.reload();
      await page.getByText("The pictures can't be reached.").waitFor();
      assert.equal(await page.getByLabel('API key or token').count(), 0);
      await page.unroute('**/whoami');
    }
    await page.getByRole('button', { name: 'Try again' }).click();
    await untilShown(page, id);
    await context.close();
  });

  it('ends with all that was begun: nothing of it can be done afterwards', async () => {
    const key = await gallery.keyOf('finn');
    const id = await gallery.seedAs(key, 9);
    const { page, context } = await gallery.open();
    await signIn(page, key);
    await untilShown(page, id);
    await tileOf(page, id).locator('xpath=ancestor-or-self::a').focus();
    await page.keyboard.press('Delete');
    await page.getByRole('button', { name: 'Undo' }).waitFor();
    await page.getByRole('button', { name: 'Account' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('API key or token').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Undo' }).count(), 0);
    await context.close();
  });

  it('asks before it forgets uploads that are not finished, and leaves nothing of them', async () => {
    const { page, context } = await gallery.open();
    await signIn(page, await gallery.keyOf('kim'));
    await page.locator('#upload').waitFor();
    await page.route('**/uploads', (route) => route.abort());
    await chooseTwo(page);
    await saying(page, '2 uploads continue');
    await signOut(page);
    const question = page.getByRole('dialog', { name: 'Sign out?' });
    await question.getByText("2 uploads aren't finished.").waitFor();
    assert.deepEqual(await barriersOf(page), []);
    await question.getByRole('button', { name: 'Cancel' }).click();
    await saying(page, '2 uploads continue');
    await signOut(page);
    await question.getByRole('button', { name: 'Sign out and forget them' }).click();
    await page.getByLabel('API key or token').waitFor();
    assert.deepEqual(await keptBy(page), []);
    assert.equal((await stored(context)).session, '{}');
    await context.close();
  });

  it('shows one kind of caller no uploads of another, though both act for the same user', async () => {
    const key = await gallery.keyOf('lou');
    const { page, context } = await gallery.open();
    await context.route('**/uploads', (route) => route.abort());
    await signIn(page, key);
    await page.locator('#upload').waitFor();
    await chooseTwo(page);
    await saying(page, '2 uploads continue');
    while ((await keptBy(page))[0]?.items !== 2) await page.waitForTimeout(50);
    await page.close(); // without a sign-out

    const other = await context.newPage();
    await other.goto(gallery.service.origin);
    await signIn(other, gallery.admin);
    await other.getByRole('button', { name: 'Account' }).click();
    await other.getByLabel('Upload as').fill('lou');
    await other.getByRole('button', { name: 'Set' }).click();
    while (!(await keptBy(other)).some(({ name }) => name.endsWith(' gallery admin lou')))
      await other.waitForTimeout(50);
    assert.equal(await trayOf(other).count(), 0);
    await other.keyboard.press('Escape');
    await signOut(other);
    await context.unroute('**/uploads');
    await signIn(other, key);
    await saying(other, '2 uploaded');
    await context.close();
  });

  it('offers no change to a key that may only look', async () => {
    const id = await gallery.seedAs(await gallery.keyOf('gus'), 10);
    const { page, context } = await gallery.open();
    await signIn(page, await gallery.keyOf('gus', ['images:read']));
    await untilShown(page, id);
    assert.equal(await page.getByRole('button', { name: 'Upload' }).count(), 0);
    await tileOf(page, id).locator('xpath=ancestor-or-self::a').focus();
    await page.keyboard.press('Delete');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Details' }).waitFor();
    for (const name of ['Share', 'Move to trash']) assert.equal(await page.getByRole('button', { name }).count(), 0);
    assert.deepEqual(await barriersOf(page), []);
    await context.close();
  });

  it('leaves words and a way on after a mistake in the page', async () => {
    const key = await gallery.keyOf('hal');
    const id = await gallery.seedAs(key, 11);
    const { page, context } = await gallery.open();
    await page.evaluate("ResizeObserver.prototype.observe = () => { throw new Error('planted') }");
    await signIn(page, key);
    await page.getByText('Something went wrong on this page.').waitFor();
    assert.deepEqual(await barriersOf(page), []);
    await page.getByRole('button', { name: 'Reload' }).click();
    await untilShown(page, id);
    await context.close();
  });

  it('waits for a service that is away', async () => {
    const context = await gallery.browser.newContext();
    const page = await context.newPage();
    await page.route('**/app.json', (route) => route.abort());
    await page.goto(gallery.service.origin);
    await page.getByText("The pictures can't be reached.").waitFor();
    assert.deepEqual(await barriersOf(page), []);
    await page.unroute('**/app.json');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByLabel('API key or token').waitFor();
    await context.close();
  });
});
