import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { BrowserContext, Page } from 'playwright-core';
import { type ClosedGallery, signIn, startClosedGallery } from './closed-gallery.fixture.ts';
import { NO_CHROMIUM } from './gallery.fixture.ts';
import { knows, untilShown } from './shown-pictures.fixture.ts';
import { until } from './viewer.fixture.ts';

/** In the page: how many tabs say that they are signed in. */
const TABS_HERE = `navigator.locks.query().then(({ held }) =>
  held.filter(({ name }) => name.startsWith('safelight-signed-in')).length)`;

describe('the tabs of a browser', { skip: NO_CHROMIUM }, () => {
  let gallery: ClosedGallery;
  let [ada, bob] = ['', ''];
  let [imageOfAda, imageOfBob] = ['', ''];
  before(async () => {
    gallery = await startClosedGallery();
    [ada, bob] = [await gallery.keyOf('ada'), await gallery.keyOf('bob')];
    [imageOfAda, imageOfBob] = [await gallery.seedAs(ada, 1), await gallery.seedAs(bob, 2)];
  });
  after(() => gallery?.[Symbol.asyncDispose]());

  const form = (page: Page) => page.getByLabel('API key or token');
  const untilTabs = (page: Page, count: number) => until(page, `${TABS_HERE}.then((tabs) => tabs === ${count})`);
  async function openTab(context: BrowserContext, path = '/'): Promise<Page> {
    const page = await context.newPage();
    await page.goto(new URL(path, gallery.service.origin).href);
    return page;
  }
  async function signOut(page: Page): Promise<void> {
    await page.getByRole('button', { name: 'Account' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await form(page).waitFor();
  }

  it('share a sign-in, which ends in all of them with a sign-out in one, and with the last tab', async () => {
    const { page: first, context } = await gallery.open();
    await signIn(first, ada);
    await untilShown(first, imageOfAda);
    await untilTabs(first, 1);
    const second = await openTab(context, `/?image=${imageOfAda}`);
    await second.getByRole('dialog').waitFor();
    await untilTabs(first, 2);
    await first.close();
    const third = await openTab(context);
    await untilShown(third, imageOfAda);
    await untilTabs(third, 2);

    await signOut(third);
    await form(second).waitFor();
    assert.equal(await knows(second, imageOfAda), false);
    assert.deepEqual(await second.evaluate<unknown>('({ ...sessionStorage })'), {});
    await form(await openTab(context)).waitFor();

    await signIn(third, ada);
    await untilShown(third, imageOfAda);
    await third.close();
    await form(await openTab(context)).waitFor();
    await context.close();
  });

  it('of two users stay as they are, a new one asks whom, and a sign-out ends one user', async () => {
    const { page: ofAda, context } = await gallery.open();
    await signIn(ofAda, ada);
    await untilShown(ofAda, imageOfAda);
    const ofBob = await context.newPage();
    await ofBob.addInitScript('Object.defineProperty(navigator, "locks", { get: () => undefined })'); // alone
    await ofBob.goto(gallery.service.origin);
    await signIn(ofBob, bob);
    await untilShown(ofBob, imageOfBob);
    const joined = await openTab(context);
    await untilShown(joined, imageOfAda);
    await signOut(joined);
    await form(ofAda).waitFor();
    assert.ok(await knows(ofBob, imageOfBob));
    await signIn(ofAda, ada);
    await untilShown(ofAda, imageOfAda);
    await untilTabs(ofAda, 1);
    await signIn(joined, bob);
    await untilShown(joined, imageOfBob);
    await untilTabs(joined, 2);

    await form(await openTab(context)).waitFor();
    await signOut(joined);
    assert.ok(await knows(ofAda, imageOfAda), 'ada is still there');
    const again = await openTab(context);
    await untilShown(again, imageOfAda);
    assert.equal(await knows(again, imageOfBob), false);
    await context.close();
  });

  it('of another browser know nothing of it, nor does a page of another origin', async () => {
    const { page, context } = await gallery.open();
    await signIn(page, ada);
    await untilTabs(page, 1);
    const { page: elsewhere, context: other } = await gallery.open();
    await form(elsewhere).waitFor();
    const port = new URL(gallery.service.origin).port;
    const foreign = await context.newPage();
    await foreign.goto(`http://localhost:${port}/docs`);
    assert.equal(await foreign.evaluate(TABS_HERE), 0);
    await other.close();
    await context.close();
  });

  it('wait a second for a tab that never answers', async () => {
    const { page, context } = await gallery.open({ path: '/docs' });
    await page.evaluate(`void navigator.locks.request('safelight-signed-in somebody', () => new Promise(() => {}))`);
    await form(await openTab(context)).waitFor();
    await context.close();
  });
});
