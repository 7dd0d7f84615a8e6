import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Image } from '@safelight/client';
import type { Locator, Page } from 'playwright-core';
import { eventually } from '../../../test/acceptance/eventually.ts';
import { says, startReceiver } from '../../server/test/gates/gate-receiver.ts';
import { barriersOf } from './axe.fixture.ts';
import { type ClosedGallery, signIn, startClosedGallery } from './closed-gallery.fixture.ts';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { addPicture, call } from './pictures.fixture.ts';
import { refusedIn } from './policy.fixture.ts';
import { type OpenViewer, openAt, swipe, until } from './viewer.fixture.ts';

const CLIPBOARD = { permissions: ['clipboard-read', 'clipboard-write'] };
const HOSTILE = `"><img src=x onerror=globalThis.ran=1>'&amp;`;

const assertQuiet = async ({ page, complaints }: OpenViewer): Promise<void> => {
  assert.equal(await page.evaluate('globalThis.ran'), undefined);
  assert.deepEqual([complaints, await refusedIn(page)], [[], []]);
  await page.context().close();
};

/** What the button copies. */
async function copied(page: Page, button: Locator): Promise<string> {
  await page.evaluate(`navigator.clipboard.writeText('')`);
  await button.and(page.locator(':not([aria-disabled=true])')).click();
  await until(page, `await navigator.clipboard.readText()`);
  return page.evaluate('navigator.clipboard.readText()');
}

/** The HTML in a page of nobody, without a credential: the width of what its one `<img>` shows. */
async function pasted(gallery: Gallery, html: string) {
  const context = await gallery.browser.newContext({ viewport: { width: 700, height: 600 } });
  const page = await context.newPage();
  await page.setContent(html);
  const image = await page.evaluate<{
    readonly natural: number;
    readonly width: number;
    readonly alt: string;
  }>(`(async () => {
    const [one, ...others] = document.images;
    if (others.length > 0) throw new Error('more than one image');
    await one.decode();
    return { natural: one.naturalWidth, width: one.getBoundingClientRect().width, alt: one.alt };
  })()`);
  assert.equal(await page.evaluate('globalThis.ran'), undefined);
  await context.close();
  return image;
}

describe('favorites', { skip: NO_CHROMIUM }, () => {
  let gallery: Gallery;
  before(async () => {
    gallery = await startGallery();
  });
  after(() => gallery[Symbol.asyncDispose]());

  const hasTags = (id: string, tags: string): Promise<void> =>
    eventually(async () =>
      assert.equal(((await call(gallery, 'GET', `/images/${id}/metadata`)) as Image).tags.join(), tags),
    );

  it('are made by f on a tile and in the viewer, and have a star in both', async () => {
    const id = await addPicture(gallery, { seed: 1, filename: 'star.jpg', tags: ['sea'] });
    const opened = await openAt(gallery, '/?user=me');
    const { page } = opened;
    const tile = page.locator(`[data-image="${id}"]`);
    await tile.focus();
    await page.keyboard.press('f');
    await page.getByRole('link', { name: /star\.jpg, .*, favorite$/ }).waitFor();
    await tile.locator('svg').waitFor();
    await hasTags(id, 'sea,favorite');
    for (let count = 0; count < 3; count += 1) await page.keyboard.press('f'); // fast: the last one counts
    await hasTags(id, 'sea');
    await tile.locator('svg').waitFor({ state: 'detached' });

    await page.keyboard.press('Enter');
    await opened.shows('star.jpg');
    const star = page.getByRole('button', { name: 'Favorite' });
    assert.equal(await star.getAttribute('aria-pressed'), 'false');
    await page.keyboard.press('f');
    await star.and(page.locator('[aria-pressed=true]')).waitFor();
    await hasTags(id, 'sea,favorite');
    assert.deepEqual(await barriersOf(page), []);
    await star.click();
    await hasTags(id, 'sea');
    await star.click();
    await hasTags(id, 'sea,favorite');
    await page.keyboard.press('Escape');
    await tile.locator('svg').waitFor();
    await assertQuiet(opened);
  });

  it('are found by their name, and one that no longer is one leaves, with Undo', async () => {
    const id = await addPicture(gallery, { seed: 2, filename: 'found.jpg', tags: ['favorite'] });
    const other = await addPicture(gallery, { seed: 3, filename: 'plain.jpg' });
    const opened = await openAt(gallery, '/?user=me');
    const { page } = opened;
    await page.locator(`[data-image="${other}"]`).waitFor();
    await page.keyboard.press('/');
    await page.getByRole('option', { name: /^Favorites/ }).click();
    await page.locator(`[data-image="${other}"]`).waitFor({ state: 'detached' });
    assert.equal(new URL(page.url()).searchParams.get('tag'), 'favorite');
    const tile = page.locator(`[data-image="${id}"]`);
    await tile.focus();
    await page.keyboard.press('f');
    await tile.waitFor({ state: 'detached' });
    await hasTags(id, '');
    await page.keyboard.press('Control+z');
    await tile.waitFor();
    await hasTags(id, 'favorite');
    await assertQuiet(opened);
  });

  it('say why one can not be made, and take the star back', async () => {
    const tags = Array.from({ length: 20 }, (_, n) => `t${n}`);
    const id = await addPicture(gallery, { seed: 4, filename: 'full.jpg', tags });
    const opened = await openAt(gallery, '/?user=me');
    const { page } = opened;
    await page.locator(`[data-image="${id}"]`).focus();
    await page.keyboard.press('f');
    await page.getByText('This picture has 20 tags, as many as it can.').waitFor();
    await page.locator(`[data-image="${id}"] svg`).waitFor({ state: 'detached' });
    await hasTags(id, tags.join());
    await assertQuiet(opened);
  });

  it('are as the service has them after two that failed', async () => {
    const id = await addPicture(gallery, { seed: 5, filename: 'twice.jpg' });
    const { page } = await openAt(gallery, '/?user=me');
    await page.route('**/images/change', (route) => route.fulfill({ status: 403, body: '{}' }));
    await page.locator(`[data-image="${id}"]`).focus();
    await page.keyboard.press('f');
    await page.keyboard.press('f');
    await page.getByRole('link', { name: /^twice\.jpg, .*, favorite$/ }).waitFor({ state: 'detached' });
    await page.waitForLoadState('networkidle');
    assert.equal(await page.getByRole('link', { name: /^twice\.jpg, .*, favorite$/ }).count(), 0);
    await page.unroute('**/images/change');
    await page.keyboard.press('f');
    await page.getByRole('link', { name: /^twice\.jpg, .*, favorite$/ }).waitFor();
    await hasTags(id, 'favorite');
    await page.context().close();
  });
});

describe('using a picture', { skip: NO_CHROMIUM }, () => {
  let gallery: Gallery;
  let id: string;
  before(async () => {
    gallery = await startGallery();
    id = await addPicture(gallery, { filename: 'use.jpg', width: 2_400, height: 1_600, description: HOSTILE });
  });
  after(() => gallery[Symbol.asyncDispose]());

  const openUse = async (options: Parameters<typeof openAt>[2] = {}) => {
    const opened = await openAt(gallery, `/?user=me&image=${id}`, { ...CLIPBOARD, ...options });
    await opened.page.locator('[data-is-ready=true]').waitFor();
    await opened.page.keyboard.press('c');
    const dialog = opened.page.getByRole('dialog', { name: 'Use' });
    await dialog
      .getByRole('button', { name: 'Copy <img>', exact: true })
      .and(dialog.locator(':not([aria-disabled=true])'))
      .waitFor();
    return { ...opened, dialog };
  };

  it('takes three clicks from the grid to an <img> that any page shows', async () => {
    const opened = await openAt(gallery, '/?user=me', CLIPBOARD);
    const { page } = opened;
    await page.locator(`[data-image="${id}"]`).click();
    await page.getByRole('button', { name: 'Use', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'Use' });
    const html = await copied(page, dialog.getByRole('button', { name: 'Copy <img>', exact: true }));
    const image = await pasted(gallery, html);
    assert.deepEqual([image.alt, image.width < 700, image.natural > 0], [HOSTILE, true, true]);
    assert.match(html, / 256w, .* 2048w"/);
    await assertQuiet(opened);
  });

  it('has the id, addresses of sizes that end when one says, and code of <Picture>', async () => {
    const { page, dialog, ...opened } = await openUse();
    assert.equal(await copied(page, dialog.getByRole('button', { name: 'Copy Id' })), id);
    const code = await copied(page, dialog.getByRole('button', { name: 'Copy React' }));
    assert.match(code, new RegExp(`createClient\\(\\{ baseUrl: '${gallery.service.origin}' \\}\\)`));
    assert.match(code, new RegExp(`images\\.get\\('${id}'\\)`));
    await dialog.getByLabel('Size of the address').selectOption('Thumb');
    await dialog.getByLabel('The addresses end').selectOption('In a day');
    await dialog.getByText(/^They work until/).waitFor();
    const url = await copied(page, dialog.getByRole('button', { name: 'Copy Address', exact: true }));
    assert.match(url, /w=256&h=256&exp=\d+/);
    const answer = await fetch(url);
    assert.deepEqual([answer.status, answer.headers.get('content-type')?.startsWith('image/')], [200, true]);
    await assertQuiet({ page, ...opened });
  });

  it('builds any size, with its picture and its bytes', async () => {
    const { page, dialog, ...opened } = await openUse();
    const builder = dialog.getByRole('region', { name: 'Another size' });
    await builder.getByText(/^800 × 533, \w+, /).waitFor();
    await builder.getByLabel('Width', { exact: true }).fill('300');
    await builder.getByLabel('Fit').selectOption('Fill, and crop');
    await builder.getByText('“Fill, and crop” needs a width and a height.').waitFor();
    await builder.getByLabel('Height', { exact: true }).fill('300');
    await builder.getByLabel('Format').selectOption('JPEG');
    await builder.getByLabel('Quality, 1 to 100').fill('40');
    const said = builder.getByText(/^300 × 300, JPEG, /);
    await said.waitFor();
    await until(page, `document.querySelector('[alt="What this address shows"]').naturalWidth === 300`);
    const url = await copied(page, builder.getByRole('button', { name: 'Copy Address of this size' }));
    assert.match(url, /w=300&h=300&fit=cover&format=jpeg&q=40/);
    const bytes = (await (await fetch(url)).arrayBuffer()).byteLength;
    assert.match((await said.textContent()) ?? '', new RegExp(bytes < 1_024 ? `${bytes} bytes` : 'KB$'));
    const html = await copied(page, builder.getByRole('button', { name: 'Copy <img> of this size' }));
    assert.deepEqual(await pasted(gallery, html), { natural: 300, width: 300, alt: HOSTILE });
    await builder.getByLabel('Width', { exact: true }).fill('5000');
    await builder.getByText('Width and height are whole numbers from 1 to 4,096.').waitFor();
    assert.deepEqual(await barriersOf(page), []);
    await assertQuiet({ page, ...opened });
  });

  it('crops by a drag on the picture, by mouse and by finger, and by numbers', async () => {
    for (const options of [{}, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }]) {
      const { page, dialog, ...opened } = await openUse(options);
      const builder = dialog.getByRole('region', { name: 'Another size' });
      await builder.locator('summary').click();
      const area = builder.locator('[data-crop-area]');
      await area.scrollIntoViewIfNeeded();
      const { x, y, width, height } = (await area.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
      const [from, to] = [
        [x + width * 0.25, y + height * 0.25],
        [x + width * 0.75, y + height * 0.75],
      ] as const;
      if ('hasTouch' in options) await swipe(page, from, to);
      else {
        await page.mouse.move(...from);
        await page.mouse.down();
        await page.mouse.move(...to, { steps: 4 });
        await page.mouse.up();
      }
      const left = Number(await builder.getByLabel('Left').inputValue());
      assert.ok(Math.abs(left - 600) < 30, String(left));
      await builder.getByLabel('Left').fill('600');
      await builder.getByLabel('Top').fill('400');
      await builder.getByLabel('Crop width').fill('1200');
      await builder.getByLabel('Crop height').fill('2000');
      await builder.getByText('The crop must lie within 2400 × 1600 pixels.').waitFor();
      await builder.getByLabel('Crop height').fill('800');
      await builder.getByText(/^800 × 533, /).waitFor();
      const url = await copied(page, builder.getByRole('button', { name: 'Copy Address of this size' }));
      assert.match(url, /crop=600(?:,|%2C)400(?:,|%2C)1200(?:,|%2C)800/);
      await builder.getByRole('button', { name: 'No crop' }).click();
      assert.equal(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true);
      await assertQuiet({ page, ...opened });
    }
  });

  it('says in words that a size can not be reached', async () => {
    const { page, dialog } = await openUse();
    await page.route('**/render-url', (route) => route.abort());
    await dialog.getByLabel('Width', { exact: true }).fill('301');
    await dialog.getByRole('alert').filter({ hasText: "We can't be reached." }).waitFor();
    await page.context().close();
  });

  it('gives a public picture addresses without a signature', async () => {
    id = await addPicture(gallery, { seed: 7, filename: 'public.jpg' });
    await call(gallery, 'PATCH', `/images/${id}`, { visibility: 'public' });
    const { page, dialog, ...opened } = await openUse();
    await dialog.getByText('These addresses work until the picture is private, or deleted.').waitFor();
    const html = await copied(page, dialog.getByRole('button', { name: 'Copy <img>', exact: true }));
    assert.doesNotMatch(html, /\?/);
    assert.ok((await pasted(gallery, html)).natural > 0);
    await assertQuiet({ page, ...opened });
  });

  for (const colorScheme of ['light', 'dark'] as const)
    for (const width of [390, 1_440])
      it(`has no barriers, ${colorScheme}, ${width} pixels wide`, async () => {
        const { page, dialog, ...opened } = await openUse({ colorScheme, viewport: { width, height: 844 } });
        await dialog.locator('summary').click();
        await dialog.getByAltText('What this address shows').waitFor();
        assert.deepEqual(await barriersOf(page), []);
        await assertQuiet({ page, ...opened });
      });
});

describe('a picture of a closed service', { skip: NO_CHROMIUM }, () => {
  let gallery: ClosedGallery;
  let id: string;
  let key: string;
  before(async () => {
    gallery = await startClosedGallery({ EVENTS: 'on' });
    key = await gallery.keyOf('ada');
    id = await gallery.seedAs(key, 1);
  });
  after(() => gallery[Symbol.asyncDispose]());

  const openAs = async (credential: string) => {
    const opened = await gallery.open({ ...CLIPBOARD, path: `/?image=${id}` });
    await signIn(opened.page, credential);
    await opened.page.locator('[data-is-ready=true]').waitFor();
    return opened;
  };
  const send = (path: string, body: object, method = 'POST') =>
    gallery.as(key, path, {
      method,
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });

  it('is used in pages of people without a credential', async () => {
    const { page, context, complaints } = await openAs(key);
    await page.keyboard.press('c');
    const dialog = page.getByRole('dialog', { name: 'Use' });
    const html = await copied(page, dialog.getByRole('button', { name: 'Copy <img>', exact: true }));
    assert.ok((await pasted(gallery, html)).natural > 0);
    const code = await copied(page, dialog.getByRole('button', { name: 'Copy React' }));
    assert.match(code, /token: fetchToken/);
    await dialog.getByText(/^360 × 240, /).waitFor();
    assert.deepEqual(complaints, []);
    await context.close();
  });

  it('has its links and events in its history, and links are revoked there', async () => {
    const links: string[] = [];
    for (const preset of ['small', 'medium']) {
      const made = await send(`/images/${id}/links`, { what: 'preset', preset });
      links.push(((await made.json()) as { readonly url: string }).url);
    }
    await send(`/images/${id}`, { description: HOSTILE, tags: ['sea'] }, 'PATCH');
    const { page, context, complaints } = await openAs(key);
    await page.keyboard.press('i');
    const details = page.getByRole('complementary', { name: 'Details' });
    await details.getByLabel('Description').waitFor();
    await details.locator('summary', { hasText: 'History' }).click();
    const entries = details.getByRole('list', { name: 'History' }).getByRole('listitem');
    await entries.filter({ hasText: 'Uploaded' }).waitFor();
    const texts = await entries.evaluateAll((all) => all.map((one) => one.querySelector('bdi')?.textContent));
    assert.deepEqual(texts, ['Changed', 'Link to: Medium', 'Link to: Small', 'Accepted', 'Uploaded']);
    await entries.filter({ hasText: 'Tags' }).waitFor();
    assert.deepEqual(await barriersOf(page), []);
    await details.getByRole('button', { name: /^Revoke: Link to: Medium/ }).press('Enter');
    await entries.filter({ hasText: 'Link to: Medium' }).waitFor({ state: 'detached' });
    const [small, medium] = await Promise.all(links.map(async (url) => (await fetch(url)).status));
    assert.deepEqual([small, medium], [200, 404]);
    await until(page, `document.activeElement.ariaLabel === 'History'`);
    assert.deepEqual(complaints, []);
    await context.close();
  });

  it('is asked about before a sign-out, if a change of it is not saved', async () => {
    const { page, context } = await openAs(key);
    await page.keyboard.press('i');
    const details = page.getByRole('complementary', { name: 'Details' });
    await details.getByLabel('Description').fill('too long '.repeat(300));
    await page.getByRole('button', { name: 'Back', exact: true }).click();
    await page.getByText(/^Not saved yet: the description of/).waitFor();
    await page.getByRole('button', { name: 'Account' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    const question = page.getByRole('dialog', { name: 'Sign out?' });
    await question.getByText("Changes of pictures aren't saved.").waitFor();
    await question.getByRole('button', { name: 'Sign out and forget them' }).click();
    await page.getByLabel('API key or token').waitFor();
    await signIn(page, key);
    await page.locator(`[data-image="${id}"]`).click();
    await page.getByRole('button', { name: 'Details' }).click();
    assert.notEqual(await details.getByLabel('Description').inputValue(), 'too long '.repeat(300));
    await context.close();
  });

  it('tells nobody after a sign-out in another tab what was not saved', async () => {
    const { page, context } = await openAs(key);
    await page.keyboard.press('i');
    const details = page.getByRole('complementary', { name: 'Details' });
    await details.getByLabel('Description').fill('too long '.repeat(300));
    const other = await context.newPage();
    await other.goto(gallery.service.origin);
    await other.getByRole('button', { name: 'Account' }).click();
    await other.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('API key or token').waitFor();
    assert.equal(await page.getByText('Not saved').count(), 0);
    const closed = page.waitForEvent('close'); // the page asks nothing before it is left
    await page.close({ runBeforeUnload: true });
    await closed;
    await context.close();
  });

  it('shows nothing to change or to sign to whom the credential does not let', async () => {
    const reader = await gallery.keyOf('ada', ['images:read']);
    const minted = await send('/view-tokens', {});
    const { token } = (await minted.json()) as { readonly token: string };
    for (const [credential, mayUse] of [
      [reader, true],
      [token, false],
    ] as const) {
      const { page, context } = await openAs(credential);
      const refused: string[] = [];
      page.on('response', (answer) => {
        if (answer.status() >= 400) refused.push(`${answer.status()} ${answer.url()}`);
      });
      await page.keyboard.press('f');
      await page.keyboard.press('i');
      const details = page.getByRole('complementary', { name: 'Details' });
      await details.getByText('Dimensions').waitFor();
      await details.getByText('sea', { exact: true }).waitFor();
      await details.locator('summary', { hasText: 'History' }).click();
      await details.getByText('Uploaded').last().waitFor();
      assert.equal(await details.locator('input, textarea, select').count(), 0);
      assert.equal(await page.getByRole('button', { name: /Favorite|Remove|Revoke/ }).count(), 0);
      assert.equal(await page.getByRole('button', { name: 'Use', exact: true }).count(), mayUse ? 1 : 0);
      assert.deepEqual(refused, []);
      await context.close();
    }
  });
});

describe('a picture that a gate has looked at', { skip: NO_CHROMIUM }, () => {
  it('has its decisions in its history, for moderators alone', async () => {
    await using receiver = await startReceiver(says(200, { verdict: 'pass', private_reason: HOSTILE }));
    await using gallery = await startClosedGallery(receiver.environment);
    const key = await gallery.keyOf('ada');
    const id = await gallery.seedAs(key, 1);
    for (const [credential, isTold] of [
      [gallery.admin, true],
      [key, false],
    ] as const) {
      const { page, context, complaints } = await gallery.open({ path: `/?image=${id}` });
      await signIn(page, credential);
      await page.locator('[data-is-ready=true]').waitFor();
      await page.keyboard.press('i');
      const details = page.getByRole('complementary', { name: 'Details' });
      await details.locator('summary', { hasText: 'History' }).click();
      const entries = details.getByRole('list', { name: 'History' }).getByRole('listitem');
      await entries.filter({ hasText: 'Uploaded' }).waitFor();
      assert.equal(await entries.filter({ hasText: 'Passed: review' }).count(), isTold ? 1 : 0);
      assert.equal(await page.evaluate('globalThis.ran'), undefined);
      assert.equal(await details.getByRole('alert').count(), 0);
      assert.deepEqual(complaints, []);
      await context.close();
    }
  });
});

describe('a picture of a closed service with PRESETS_ONLY', { skip: NO_CHROMIUM }, () => {
  it("is used by its presets' own addresses, until they end", async () => {
    await using gallery = await startClosedGallery({ PRESETS_ONLY: 'true' });
    const key = await gallery.keyOf('ada');
    const id = await gallery.seedAs(key, 1);
    const { page, complaints } = await gallery.open({ ...CLIPBOARD, path: `/?image=${id}` });
    await signIn(page, key);
    await page.locator('[data-is-ready=true]').waitFor();
    await page.keyboard.press('c');
    const dialog = page.getByRole('dialog', { name: 'Use' });
    await dialog.getByText(/^They work until/).waitFor();
    const html = await copied(page, dialog.getByRole('button', { name: 'Copy <img>', exact: true }));
    assert.ok((await pasted(gallery, html)).natural > 0);
    assert.equal(await dialog.getByText('Another size').count(), 0);
    assert.deepEqual(complaints, []);
  });
});
