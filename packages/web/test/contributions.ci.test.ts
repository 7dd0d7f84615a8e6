import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { testImage } from '../../../test/pictures/test-images.ts';
import { addAsGuest, askAsGuest, guestSecret } from '../../client/test/add-as-guest.ts';
import { barriersOf } from './axe.fixture.ts';
import { type ClosedGallery, signIn, startClosedGallery } from './closed-gallery.fixture.ts';
import { NO_CHROMIUM } from './gallery.fixture.ts';
import { noteRefusals, refusedIn } from './policy.fixture.ts';
import { type OpenViewer, openAt, until } from './viewer.fixture.ts';

const HOSTILE = '<img src=x onerror=globalThis.ran=1>';

interface Link {
  readonly link_id: string;
  readonly url: string;
  readonly allow: readonly string[];
  readonly max_images: number | null;
  readonly approve: boolean;
}

describe('pictures from guests', { skip: NO_CHROMIUM }, () => {
  let gallery: ClosedGallery;
  let key: string;
  before(async () => {
    gallery = await startClosedGallery({ RATE_LIMITS: 'off' });
    key = await gallery.keyOf('me');
  });
  after(() => gallery[Symbol.asyncDispose]());

  const ask = async (method: string, path: string, body?: object): Promise<unknown> => {
    const headers = { 'content-type': 'application/json' };
    const answer = await gallery.as(key, path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
    return answer.json();
  };
  const create = async (title: string): Promise<string> =>
    ((await ask('POST', '/albums', { title })) as { readonly album_id: string }).album_id;
  const linkTo = async (album: string, terms: object): Promise<Link> =>
    (await ask('POST', `/albums/${album}/links`, terms)) as Link;
  const linksOf = async (album: string): Promise<readonly Link[]> =>
    ((await ask('GET', `/albums/${album}/links`)) as { readonly links: readonly Link[] }).links;
  const listed = async (album: string): Promise<readonly string[]> => {
    const { images } = (await ask('GET', `/images?album=${album}&order=added`)) as {
      readonly images: readonly { readonly image_id: string }[];
    };
    return images.map(({ image_id: id }) => id);
  };
  /** One guest, who adds pictures of these names. */
  async function add(link: Link, names: readonly string[], name?: string): Promise<readonly string[]> {
    const secret = guestSecret();
    const ids: string[] = [];
    for (const [seed, filename] of names.entries()) {
      const bytes = await testImage({ type: 'image/jpeg', width: 480, height: 320, seed: seed + names.length });
      ids.push((await addAsGuest(link, secret, { bytes, filename, ...(name !== undefined && { name }) })).image_id);
    }
    return ids;
  }
  async function open(path: string, options: Parameters<ClosedGallery['open']>[0] = {}): Promise<OpenViewer> {
    const opened = await openAt(gallery, path, options);
    await noteRefusals(opened.page.context());
    await signIn(opened.page, key);
    return opened;
  }
  const toCovers = (page: Page): Promise<void> => page.getByRole('link', { name: 'All albums' }).press('Enter');
  const nothingRan = async ({ page, complaints }: OpenViewer): Promise<void> =>
    assert.deepEqual([complaints, await page.evaluate('globalThis.ran'), await refusedIn(page)], [[], undefined, []]);

  it('wait for the owner, who accepts one and refuses one by keyboard alone, until the door is closed', async () => {
    const album = await create('Wedding');
    const opened = await open(`/?view=albums&album=${album}`);
    const { page } = opened;
    await page.getByRole('button', { name: 'Share album' }).press('Enter');
    const sharing = page.getByRole('dialog', { name: 'Share album' });
    await sharing.getByRole('checkbox', { name: 'Guests may add pictures' }).press('Space');
    await sharing.getByRole('checkbox', { name: 'I look at each picture first' }).press('Space');
    await sharing.getByText('After 30 days it is refused.').waitFor();
    assert.deepEqual(await barriersOf(page), []);
    await sharing.getByRole('button', { name: 'Create link' }).press('Enter');
    const words = 'Look and add pictures, at most 500 pictures, you look at each first';
    await sharing.getByRole('listitem').filter({ hasText: words }).waitFor();
    const [link] = await linksOf(album);
    assert.ok(link);
    assert.deepEqual([link.allow, link.max_images, link.approve], [['view', 'contribute'], 500, true]);
    await page.keyboard.press('Escape');

    const [accepted = '', refused = ''] = await add(link, ['cake.jpg', 'dance.jpg'], HOSTILE);
    await toCovers(page);
    await page.getByRole('link', { name: /New pictures from guests, in Wedding/ }).press('Enter');
    await page.getByRole('button', { name: '2 pictures wait for you' }).press('Enter');
    const waiting = page.getByRole('dialog', { name: 'Pictures from guests' });
    await waiting.getByText('2 pictures to look at.').waitFor();
    await until(page, `document.querySelectorAll('dialog img').length === 2`);
    await until(page, `[...document.querySelectorAll('dialog img')].every((one) => one.naturalWidth > 0)`);
    assert.equal(await waiting.getByText(HOSTILE).count(), 2);
    assert.deepEqual(await barriersOf(page), []);
    await waiting.getByRole('button', { name: 'Accept: cake.jpg' }).press('Enter');
    await until(page, `document.activeElement.ariaLabel === 'Accept: dance.jpg'`);
    await waiting.getByText('1 picture to look at.').waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await waiting.getByText('No picture waits for you any more.').waitFor();
    await until(page, `document.activeElement.textContent === 'Done'`);
    await page.keyboard.press('Enter');
    await waiting.waitFor({ state: 'detached' });
    await page.getByRole('link', { name: /cake\.jpg/ }).waitFor();
    await page.getByText('1 picture', { exact: true }).waitFor();
    assert.equal(await page.getByRole('button', { name: /wait for you/ }).count(), 0);
    assert.deepEqual(await listed(album), [accepted]);
    assert.equal((await gallery.as(key, `/images/${refused}/original`)).ok, false);

    await page.getByRole('link', { name: /cake\.jpg/ }).press('Enter');
    await opened.shows('cake.jpg');
    await page.keyboard.press('i');
    const details = page.getByRole('complementary', { name: 'Details' });
    await details.getByText(`${HOSTILE} (guest)`).waitFor();
    assert.deepEqual(await barriersOf(page), []);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await toCovers(page);
    await page.getByRole('link', { name: /^Wedding/ }).waitFor();
    assert.equal(await page.getByText('New pictures').count(), 0);

    await page.getByRole('link', { name: /^Wedding/ }).press('Enter');
    await page.getByRole('button', { name: 'Share album' }).press('Enter');
    await sharing.getByRole('button', { name: `Change: ${words}` }).press('Enter');
    const form = sharing.getByRole('form', { name: 'Change the link' });
    await form.getByRole('checkbox', { name: 'Guests may add pictures' }).press('Space');
    await form.getByRole('button', { name: 'Save' }).press('Enter');
    await sharing.getByRole('button', { name: 'Change: Look only' }).waitFor();
    const bytes = await testImage({ type: 'image/jpeg', width: 32, height: 24, seed: 9 });
    assert.equal((await askAsGuest(link, guestSecret(), { bytes, filename: 'late.jpg' })).status, 403);
    assert.equal((await fetch(link.url)).status, 200, 'the album stays visible');
    await nothingRan(opened);
    await page.context().close();
  });

  it('are accepted all at once, and say when somebody else was quicker', async () => {
    const album = await create('Party');
    const link = await linkTo(album, { allow: ['contribute'], approve: true });
    const ids = await add(link, ['1.jpg', '2.jpg', '3.jpg', '4.jpg', '5.jpg', '6.jpg']);
    const opened = await open(`/?view=albums&album=${album}`, {
      viewport: { width: 390, height: 844 },
      hasTouch: true,
    });
    const { page } = opened;
    await page.getByRole('button', { name: '6 pictures wait for you' }).tap();
    const waiting = page.getByRole('dialog', { name: 'Pictures from guests' });
    await waiting.getByText('from a guest').first().waitFor();
    assert.equal(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true);
    assert.deepEqual(await barriersOf(page), []);
    await ask('PUT', `/albums/${album}/contributions/${ids[5]}`, { verdict: 'refuse' });
    await waiting.getByRole('button', { name: 'Accept all' }).tap();
    await waiting.getByText('No picture waits for you any more.').waitFor();
    await waiting.getByRole('button', { name: 'Done' }).tap();
    await page.getByText('5 pictures', { exact: true }).waitFor();
    assert.deepEqual((await listed(album)).toSorted(), ids.slice(0, 5).toSorted());
    await nothingRan(opened);
    await page.context().close();
  });

  it('of one guest are selected together, in an order without dates and in one by dates', async () => {
    for (const order of ['added', 'newest']) {
      const album = await create(`Of Anna and Bob, ${order}`);
      await ask('PATCH', `/albums/${album}`, { order });
      const link = await linkTo(album, { allow: ['view', 'contribute'] });
      const [first = '', second = ''] = await add(link, ['anna-1.jpg', 'anna-2.jpg'], 'Anna');
      await add(link, ['bob-1.jpg', 'bob-2.jpg'], 'Bob');
      const opened = await open(`/?view=albums&album=${album}&image=${second}`);
      const { page } = opened;
      await opened.shows('anna-2.jpg');
      await page.keyboard.press('i');
      await page.getByRole('button', { name: 'Select all from Anna' }).press('Enter');
      const bar = page.getByRole('region', { name: 'Selection' });
      await bar.getByText('2 pictures').waitFor();
      for (const name of ['anna-1.jpg', 'anna-2.jpg'])
        await page.getByRole('checkbox', { name: `Select ${name}`, checked: true }).waitFor();
      await bar.getByRole('button', { name: 'Move to trash' }).press('Enter');
      await page.getByRole('link', { name: /anna/ }).first().waitFor({ state: 'detached' });
      while ((await listed(album)).includes(first) || (await listed(album)).includes(second));
      assert.equal((await listed(album)).length, 2);
      await nothingRan(opened);
      await page.context().close();
    }
  });
});
