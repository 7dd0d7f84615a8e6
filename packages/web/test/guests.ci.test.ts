import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { barriersOf } from './axe.fixture.ts';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { comeBack, createAlbum, linkTo, openLink } from './guests.fixture.ts';
import { addPicture, call } from './pictures.fixture.ts';
import { refusedIn } from './policy.fixture.ts';
import { swipe, until, untilImage } from './viewer.fixture.ts';

const HOSTILE = '<img src=x onerror=globalThis.ran=1>';
const PASSWORD = 'correct horse';
const NEW_PASSWORD = 'battery staple';

describe("the page of an album's link", { skip: NO_CHROMIUM }, () => {
  let gallery: Gallery;
  /** By name, in the order of their uploads. */
  const ids = new Map<string, string>();
  /** All pictures, in their order. */
  let album: string;
  before(async () => {
    gallery = await startGallery({ RATE_LIMITS: 'off' });
    for (const [seed, name] of ['one', 'two', 'three'].entries())
      ids.set(name, await addPicture(gallery, { seed, filename: `${name}.jpg`, width: 2_400, height: 1_600 }));
    album = await createAlbum(gallery, {}, all());
  });
  after(() => gallery[Symbol.asyncDispose]());

  const all = (): readonly string[] => [...ids.values()];
  const idOf = (name: string): string => ids.get(name) ?? '';
  const untilTiles = (page: Page, count: number): Promise<void> =>
    until(page, `document.querySelectorAll('[data-image] img[data-loaded]').length === ${count}`);
  const tile = (page: Page, name: string) => page.getByRole('link', { name: `${name}.jpg` });
  const toast = (page: Page, text: string) => page.locator('[data-toast]').filter({ hasText: text });

  it('shows title, description and pictures in their order, and nothing of the owner', async () => {
    const trip = await createAlbum(gallery, { description: 'A week\nby the sea', order: 'manual' }, all());
    await call(gallery, 'POST', `/albums/${trip}/images`, { move: { image_ids: [idOf('three')], after: null } });
    const { page, complaints, context } = await openGuest(trip);
    await page.getByRole('heading', { name: 'Lisbon', level: 1 }).waitFor();
    await page.getByText('A week\nby the sea').waitFor();
    await page.getByText('3 pictures · shared until').waitFor();
    await untilTiles(page, 3);
    const names = await page.locator('[data-image]').evaluateAll((tiles) => tiles.map((one) => one.ariaLabel));
    assert.deepEqual(
      names.map((name) => String(name).split(',')[0]),
      ['three.jpg', 'one.jpg', 'two.jpg'],
    );
    assert.equal(await page.title(), 'Lisbon · Shared pictures');
    assert.equal(await page.getByRole('button').count(), 0, 'neither sign-in nor upload');
    const asked = await page.evaluate<readonly string[]>(
      "performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname)",
    );
    const foreign = asked.filter((path) => !/^\/(?:assets\/|lamp\.svg$|albums\/[^/]+\/links\/)/.test(path));
    assert.deepEqual(foreign, [], 'no request of a session');
    const heard = await Promise.all(
      (await context.pages()).map((one) => one.evaluate<string>('document.documentElement.outerHTML')),
    );
    assert.doesNotMatch(heard.join(), /"me"|user/);
    assert.deepEqual([complaints, await refusedIn(page), await barriersOf(page)], [[], [], []]);
    await context.close();
  });

  async function openGuest(album: string, terms: object = {}, options: Parameters<typeof openLink>[2] = {}) {
    const link = await linkTo(gallery, album, terms);
    const opened = await openLink(gallery, link, options);
    return { ...opened, link, context: opened.page.context() };
  }

  it('opens a picture by keyboard, moves, zooms, and comes back to the tile; a reload keeps the picture', async () => {
    const { page, shows, complaints, context } = await openGuest(album);
    await untilTiles(page, 3);
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).getByText('First, last').waitFor();
    await page.keyboard.press('Escape');
    await tile(page, 'one').press('ArrowRight');
    await until(page, `document.activeElement.dataset.image === '${idOf('two')}'`);
    await page.keyboard.press('Enter');
    await shows('two.jpg');
    await untilImage(page, "image.naturalWidth > 1000 && image.currentSrc.includes('/renditions/')");
    assert.equal(await page.getByRole('button', { name: 'Download' }).count(), 0);
    await page.keyboard.press('ArrowRight');
    const viewer = await shows('three.jpg');
    assert.deepEqual(await barriersOf(page), []);
    await page.reload();
    await shows('three.jpg');
    await page.keyboard.press('z');
    await until(page, "document.querySelector('.pswp--zoomed-in')");
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await viewer.waitFor({ state: 'detached' });
    await until(page, `document.activeElement.dataset.image === '${idOf('three')}'`);
    assert.match(page.url(), /\/s\/albums\/[^/]+\/[^/]+\?exp=\d+&kid=\w+&sig=[\w-]+$/);
    assert.deepEqual([complaints, await refusedIn(page)], [[], []]);
    await context.close();
  });

  it('is swiped on a phone', async () => {
    const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
    const { page, shows, context } = await openGuest(album, {}, phone);
    await untilTiles(page, 3);
    assert.equal(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true);
    await tile(page, 'one').tap();
    await shows('one.jpg');
    await untilImage(page, 'image.naturalWidth > 0');
    await swipe(page, [300, 400], [60, 400]);
    const viewer = await shows('two.jpg');
    await swipe(page, [195, 300], [195, 700]);
    await viewer.waitFor({ state: 'detached' });
    await context.close();
  });

  it('asks for a password, says what is wrong with it, and asks again once it has another one', async () => {
    const { page, shows, complaints, context, link } = await openGuest(album, { password: PASSWORD });
    await page.getByRole('heading', { name: 'These pictures have a password' }).waitFor();
    await until(page, "document.activeElement.type === 'password'");
    assert.deepEqual(await barriersOf(page), []);
    assert.equal(await page.getByText('Lisbon').count(), 0);
    await page.keyboard.press('Enter');
    await page.getByText('Enter the password.').waitFor();
    for (const wrong of ['no', 'Correct horse']) {
      await page.getByLabel('Password').fill(wrong);
      await page.keyboard.press('Enter');
      await page.getByText('This is not the password.').waitFor();
    }
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Show pictures' }).click();
    await untilTiles(page, 3);
    const kept = await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])');
    assert.doesNotMatch(String(kept), /slg_|horse/);

    await call(gallery, 'PATCH', `/albums/${album}/links/${link.link_id}`, { password: NEW_PASSWORD });
    await tile(page, 'two').click();
    const viewer = await shows('two.jpg');
    const again = page.getByRole('dialog', { name: 'Enter the password again' });
    await again.waitFor();
    assert.deepEqual(await barriersOf(page), []);
    await again.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('button', { name: 'Enter it' }).click();
    await until(page, "document.activeElement.type === 'password'");
    await page.keyboard.type(NEW_PASSWORD);
    await page.keyboard.press('Enter');
    await again.waitFor({ state: 'detached' });
    await untilImage(page, "image.naturalWidth > 1000 && image.currentSrc.includes('/renditions/')");
    assert.equal(await viewer.count(), 1, 'the same picture is still open');
    assert.deepEqual([complaints, await refusedIn(page)], [[], []]);
    await context.close();
  });

  it('says in words how long to wait after too many passwords', async () => {
    const { page, context, link } = await openGuest(album, { password: PASSWORD });
    const guess = () =>
      fetch(link.url.replace('?', '/unlock?'), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ password: 'wrong horse' }),
      });
    for (let answer = await guess(); answer.status !== 429; answer = await guess())
      assert.equal(answer.status, 403, await answer.text());
    await page.getByLabel('Password').fill(PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByText(/^Too many attempts\. The service asks us to wait \d+ s\.$/).waitFor();
    await context.close();
  });

  it('shows what is added, and leaves out what is removed, once somebody comes back', async () => {
    const trip = await createAlbum(gallery, {}, all().slice(0, 2));
    const { page, context } = await openGuest(trip);
    await untilTiles(page, 2);
    await call(gallery, 'POST', `/albums/${trip}/images`, { add: [idOf('three')] });
    await call(gallery, 'POST', `/albums/${trip}/images`, { remove: [idOf('one')] });
    await call(gallery, 'PATCH', `/albums/${trip}`, { title: 'Porto' });
    await comeBack(page);
    await tile(page, 'three').waitFor();
    await tile(page, 'one').waitFor({ state: 'detached' });
    await page.getByRole('heading', { name: 'Porto' }).waitFor();
    await context.close();
  });

  it('says that the pictures are no longer shared, also in the middle of a look', async () => {
    const { page, shows, context, link } = await openGuest(album);
    await untilTiles(page, 3);
    await tile(page, 'one').click();
    await shows('one.jpg');
    await call(gallery, 'DELETE', `/albums/${album}/links/${link.link_id}`);
    await comeBack(page);
    await page.getByRole('alert').getByText('These pictures are no longer shared.').waitFor();
    assert.equal(await page.locator('[data-image], [role=dialog]').count(), 0);
    assert.deepEqual(await barriersOf(page), []);
    await page.reload();
    await page.getByText('These pictures are no longer shared.').waitFor();
    for (const broken of [link.page_url.slice(0, -4), link.page_url.split('?')[0] ?? '']) {
      await page.goto(broken);
      await page.getByText('This link is not valid. Perhaps a part of it is missing.').waitFor();
    }
    await context.close();
  });

  it('loads a long album as it is scrolled, also after a change that ended what was signed before', async () => {
    const many: string[] = [];
    for (let seed = 0; seed < 320; seed += 1)
      many.push(await addPicture(gallery, { seed: 20 + (seed % 9), filename: `${seed}.jpg`, width: 90, height: 60 }));
    const long = await createAlbum(gallery, { title: 'Long' }, many);
    const terms = { allow: ['view', 'download'] };
    const { page, shows, complaints, context, link } = await openGuest(long, terms, { image: many.at(150) ?? '' });
    await shows('150.jpg');
    await page.keyboard.press('Escape');
    await until(page, `document.activeElement.dataset.image === '${many.at(150)}'`);
    assert.ok((await page.locator('[data-image]').count()) < 250, 'only what is near the screen is in the document');
    await call(gallery, 'PATCH', `/albums/${long}/links/${link.link_id}`, { allow: ['view'] });
    await page.keyboard.press('End');
    await until(page, `document.activeElement.dataset.image === '${many.at(-1)}'`);
    await until(page, `document.querySelector('[data-image="${many.at(-1)}"] img[data-loaded]')`);
    assert.deepEqual([complaints, await refusedIn(page)], [[], []]);
    await context.close();
  });

  it('says that a picture is gone that its address names', async () => {
    const pair = await createAlbum(gallery, {}, all().slice(0, 2));
    const { page, context } = await openGuest(pair, {}, { image: idOf('three') });
    await toast(page, 'This picture is not in the album any more.').waitFor();
    await until(page, "!location.search.includes('image=')");
    await untilTiles(page, 2);
    await context.close();
  });

  it('saves the JPEG, and the original where the link gives it', async () => {
    const { page, shows, complaints, context } = await openGuest(album, { allow: ['view', 'download'] });
    await untilTiles(page, 3);
    await tile(page, 'one').click();
    await shows('one.jpg');
    const begun = page.waitForEvent('download');
    await page.keyboard.press('d');
    assert.match((await begun).suggestedFilename(), /^one.*\.jpe?g$/);
    assert.deepEqual(complaints, []);
    await context.close();

    const whole = await openGuest(album, { allow: ['view', 'download'], originals: true }, { image: idOf('two') });
    await whole.shows('two.jpg');
    await whole.page.getByRole('button', { name: 'Download' }).click();
    const dialog = whole.page.getByRole('dialog', { name: 'Download' });
    await dialog.getByText('The original may tell where and when it was taken').waitFor();
    assert.deepEqual(await barriersOf(whole.page), []);
    const saved = whole.page.waitForEvent('download');
    await dialog.getByRole('button', { name: 'Original, JPEG' }).click();
    assert.equal((await saved).suggestedFilename(), 'two.jpg');
    await dialog.waitFor({ state: 'detached' });
    await call(gallery, 'PATCH', `/albums/${album}/links/${whole.link.link_id}`, { allow: ['view'], originals: false });
    await whole.page.keyboard.press('d');
    await dialog.getByRole('button', { name: 'Original, JPEG' }).click();
    await toast(whole.page, 'This picture can be looked at only.').waitFor();
    await whole.context.close();
  });

  it('takes title, description and names for text, also in its card', async () => {
    const id = await addPicture(gallery, { seed: 9, filename: `${HOSTILE}.jpg`, description: HOSTILE });
    const fields = { title: HOSTILE, description: `"><script>globalThis.ran=1</script>` };
    const hostile = await createAlbum(gallery, fields, [id]);
    await call(gallery, 'PATCH', `/albums/${hostile}`, { cover_id: id });
    const { page, shows, complaints, context, link } = await openGuest(hostile, { card: true });
    await page.getByRole('heading', { name: HOSTILE }).waitFor();
    await untilTiles(page, 1);
    await page.locator('[data-image]').click();
    await shows(HOSTILE);
    assert.equal(await page.evaluate('globalThis.ran'), undefined);
    const cardOf = (name: string) => page.locator(`meta[property="og:${name}"]`).getAttribute('content');
    assert.equal(await cardOf('title'), HOSTILE);
    assert.equal((await fetch((await cardOf('image')) ?? '')).status, 200);
    const { headers } = await fetch(link.page_url);
    const told = ['cache-control', 'x-robots-tag', 'referrer-policy'].map((name) => headers.get(name));
    assert.deepEqual(told, ['no-store', 'noindex', 'no-referrer']);
    assert.deepEqual([complaints, await refusedIn(page)], [[], []]);
    await context.close();
  });

  it('has no card unless its link does', async () => {
    const html = await (await fetch((await linkTo(gallery, album)).page_url)).text();
    assert.doesNotMatch(html, /og:|Lisbon/);
  });

  it('says that there is no connection, and goes on once it is back', async () => {
    const { page, context } = await openGuest(album);
    await untilTiles(page, 3);
    await context.setOffline(true);
    await page.getByText("You're offline.").waitFor();
    assert.deepEqual(await barriersOf(page), []);
    await context.setOffline(false);
    await page.getByText("You're offline.").waitFor({ state: 'detached' });
    await untilTiles(page, 3);
    await context.close();
  });
});
