import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createClient, type Image, type SafelightClient } from '@safelight/client';
import type { Browser, Locator, Page, Request } from 'playwright-core';
import { testImage, truncated } from '../../../../test/pictures/test-images.ts';
import { tellingPicture } from '../../../server/test/pictures/telling-picture.ts';
import { launchChromium, NO_CHROMIUM } from '../../../server/test/services/chromium.ts';
import { type RunningService, startService } from '../../../server/test/services/running-service.ts';
import { json } from '../../../server/test/services/service.ts';
import { type PageServer, servePage } from './page-server.ts';

interface File {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

describe('@safelight/client/react in Chromium', { skip: NO_CHROMIUM }, () => {
  let service: RunningService;
  let pages: PageServer;
  let browser: Browser;
  let token: string;
  let client: SafelightClient;
  before(async () => {
    service = await startService({ LOG_LEVEL: 'silent', AUTH: 'api-key', EVENTS: 'on' });
    const admin = (await readFile(join(service.folder, 'data/admin-key'), 'utf8')).trim();
    const terms = json({ name: 'ada', owner: 'ada', scopes: ['images:read', 'images:write'] }, bearer(admin));
    token = ((await (await fetch(`${service.origin}/keys`, terms)).json()) as { key: string }).key;
    client = createClient({ baseUrl: service.origin, token });
    pages = await servePage({ entryPoints: [join(import.meta.dirname, 'views.tsx')] });
    browser = await launchChromium();
  });
  after(async () => {
    await browser?.close();
    await pages?.[Symbol.asyncDispose]();
    await service?.[Symbol.asyncDispose]();
  });

  /** In a context of its own, so that no picture is in the browser's cache. */
  async function open(view: string, more: Readonly<Record<string, string>> = {}): Promise<Page> {
    const page = await blank();
    await page.goto(addressOf(view, more));
    return page;
  }

  /** A list whose stream has begun: it hears of each change from now on. */
  async function openFollowing(view = 'list'): Promise<Page> {
    const page = await blank();
    const following = page.waitForResponse((answer) => new URL(answer.url()).pathname === '/events');
    await page.goto(addressOf(view));
    await following;
    await until(page, 'status', 'idle, more');
    return page;
  }

  const blank = async () => (await browser.newContext({ viewport: { width: 600, height: 600 } })).newPage();
  const addressOf = (view: string, more: Readonly<Record<string, string>> = {}): string =>
    `${pages.origin}/?${new URLSearchParams({ view, base: service.origin, token, ...more })}`;

  const picture = async (name: string, seed: number): Promise<File> => ({
    name,
    mimeType: 'image/jpeg',
    buffer: Buffer.from(await testImage({ type: 'image/jpeg', width: 640, height: 480, seed })),
  });
  const stored = (name: string, tag: string, seed: number): Promise<Image> =>
    testImage({ type: 'image/jpeg', width: 640, height: 480, seed }).then((bytes) =>
      client.upload(new Blob([new Uint8Array(bytes)]), { filename: name, tags: [tag] }),
    );

  const choose = (page: Page, files: readonly File[]) => page.getByLabel('Files').setInputFiles([...files]);
  const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
  const until = (page: Page, role: 'status' | 'alert', hasText: string | RegExp) =>
    page.getByRole(role).filter({ hasText }).waitFor({ state: 'attached' });
  const items = (page: Page) => page.getByRole('listitem').allTextContents();

  describe('useUpload', () => {
    it('uploads several files, and says what became of each', async () => {
      const page = await open('upload');
      const broken = await picture('broken.jpg', 1);
      const files = [
        await picture('one.jpg', 2),
        { ...broken, buffer: Buffer.from(truncated(broken.buffer)) },
        await picture('two.jpg', 3),
      ];
      await choose(page, files);
      await until(page, 'alert', 'This file is damaged: the picture ends too early. Try exporting it again.');
      await until(page, 'status', 'idle');
      assert.deepEqual(await items(page), ['one.jpg: ready', 'broken.jpg: failed', 'two.jpg: ready']);
      assert.match(await page.locator('output').innerText(), /^(?:one|two)\.jpg$/);
      const { images } = (await client.request('/images', { query: { tag: 'react' } })) as { images: Image[] };
      assert.deepEqual(images.map(({ filename }) => filename).sort(), ['one.jpg', 'two.jpg']);

      await choose(page, [await picture('three.jpg', 4)]);
      await page.getByText('three.jpg: ready').waitFor();
      assert.deepEqual(await items(page), ['three.jpg: ready'], 'a new batch starts anew');
      assert.equal(await page.getByRole('progressbar').getAttribute('value'), '1');
      assert.equal(await page.getByRole('alert').textContent(), '');
      await page.context().close();
    });

    /** An upload whose bytes don't arrive until `finish` is called. */
    async function held(view: string): Promise<{ page: Page; sending: Request; finish(): void }> {
      const page = await open(view);
      const { promise, resolve } = Promise.withResolvers<void>();
      await page.route('**/objects/**', async (route) => {
        await promise;
        await route.continue().catch(() => undefined); // canceled meanwhile
      });
      const sent = page.waitForRequest((request) => request.method() === 'PUT');
      await choose(page, [await picture('held.jpg', 5)]);
      return { page, sending: await sent, finish: resolve };
    }

    it('cancels by its function', async () => {
      const { page, finish } = await held('upload');
      await press(page, 'Cancel');
      await page.getByText('held.jpg: canceled').waitFor();
      assert.equal(await page.getByRole('alert').textContent(), '');
      finish();
      await page.context().close();
    });

    it('cancels when its component unmounts', async () => {
      const { page, sending, finish } = await held('upload');
      const failed = page.waitForEvent('requestfailed', (one) => one === sending);
      await press(page, 'Unmount');
      await failed;
      finish();
      await page.context().close();
    });

    it('continues after its component unmounts, if it shall', async () => {
      const { page, sending, finish } = await held('upload-on');
      const completed = page.waitForResponse((answer) => answer.url().endsWith('/complete'));
      const finished = page.waitForEvent('requestfinished', (one) => one === sending);
      await press(page, 'Unmount');
      finish();
      await finished;
      assert.equal((await completed).status(), 200);
      await page.context().close();
    });
  });

  describe('useImages', () => {
    before(async () => {
      for (const [index, name] of ['a.jpg', 'b.jpg', 'c.jpg', 'd.jpg', 'e.jpg'].entries())
        await stored(name, 'first', 10 + index);
      await stored('other.jpg', 'second', 20);
    });

    it('lists page by page, and refreshes as many as it shows', async () => {
      const page = await open('list');
      await until(page, 'status', 'idle, more');
      assert.deepEqual(await items(page), ['e.jpg', 'd.jpg']);
      await press(page, 'More');
      await page.getByText('b.jpg').waitFor();
      await press(page, 'More');
      await page.getByText('a.jpg').waitFor();
      await until(page, 'status', /^idle$/);
      assert.deepEqual(await items(page), ['e.jpg', 'd.jpg', 'c.jpg', 'b.jpg', 'a.jpg']);

      const { image_id } = await stored('f.jpg', 'first', 21);
      await press(page, 'Refresh');
      await page.getByText('f.jpg').waitFor();
      await until(page, 'status', /^idle/);
      assert.deepEqual(await items(page), ['f.jpg', 'e.jpg', 'd.jpg', 'c.jpg', 'b.jpg']);
      await client.images.delete(image_id);
      await page.context().close();
    });

    it('changes by itself when images do', async () => {
      const page = await openFollowing();
      const { image_id } = await stored('live.jpg', 'first', 22);
      await page.getByText('live.jpg').waitFor();
      assert.deepEqual(await items(page), ['live.jpg', 'e.jpg']);
      await client.images.delete(image_id);
      await page.getByText('d.jpg').waitFor();
      assert.deepEqual(await items(page), ['e.jpg', 'd.jpg']);
      await page.context().close();
    });

    it('lists by capture, and moves an image whose date changes to its place', async () => {
      const [old, recent] = [await stored('2019.jpg', 'captured', 23), await stored('2024.jpg', 'captured', 24)];
      await stored('undated.jpg', 'captured', 25);
      await client.images.update(old.image_id, { taken_at: '2019-05-04' });
      await client.images.update(recent.image_id, { taken_at: '2024-01-31' });
      const page = await openFollowing('captured');
      assert.deepEqual(await items(page), ['undated.jpg', '2024.jpg']);
      await press(page, 'More');
      await page.getByText('2019.jpg').waitFor();

      const bytes = new Blob([new Uint8Array(await tellingPicture())]);
      await client.upload(bytes, { filename: '2024-07.jpg', tags: ['captured'] });
      await page.getByText('2024-07.jpg').waitFor();
      assert.deepEqual(await items(page), ['undated.jpg', '2024-07.jpg', '2024.jpg']);
      await client.images.update(old.image_id, { taken_at: '2099-12-31T23:59' });
      await page.getByText('2019.jpg').waitFor();
      assert.deepEqual(await items(page), ['2019.jpg', 'undated.jpg', '2024-07.jpg']);
      await page.context().close();
    });

    it('says in words why a page did not come, keeps the others, and tries again', async () => {
      const page = await open('list');
      await until(page, 'status', 'idle, more');
      await page.route('**/images?*', (route) => route.abort());
      await press(page, 'More');
      await until(page, 'alert', "We can't be reached. Check your connection and try again.");
      assert.deepEqual(await items(page), ['e.jpg', 'd.jpg']);
      await page.unroute('**/images?*');
      await press(page, 'More');
      await page.getByText('b.jpg').waitFor();
      assert.equal(await page.getByRole('alert').textContent(), '');
      await page.context().close();
    });

    it('shows the images of the latest options, whichever answer comes last', async () => {
      const page = await open('list');
      await until(page, 'status', 'idle, more');
      const { promise, resolve } = Promise.withResolvers<void>();
      await page.route('**/images?*tag=first*', async (route) => {
        await promise;
        await route.continue().catch(() => undefined);
      });
      const late = page.waitForRequest('**/images?*tag=first*');
      await press(page, 'Refresh');
      const canceled = page.waitForEvent('requestfailed', (request) => request.url().includes('tag=first'));
      await late;
      await press(page, 'Other tag');
      await page.getByText('other.jpg').waitFor();
      await canceled;
      resolve();
      await until(page, 'status', /^idle$/);
      assert.deepEqual(await items(page), ['other.jpg']);
      await page.context().close();
    });

    it('ends its request when its component unmounts', async () => {
      const page = await openFollowing();
      await page.route('**/images?*', () => undefined); // never answered
      const sent = page.waitForRequest('**/images?*');
      await press(page, 'More');
      const failed = page.waitForEvent('requestfailed', (request) => /\/images\?/.test(request.url()));
      const left = page.waitForEvent('requestfailed', (request) => request.url().includes('/events'));
      await sent;
      await press(page, 'Unmount');
      await Promise.all([failed, left]);
      await page.context().close();
    });
  });

  describe('useAlbum', () => {
    const untilItems = async (page: Page, expected: readonly string[]): Promise<void> => {
      const shown = expected.map((name) => `<li>${name}</li>`).join('');
      await page.waitForFunction(`document.querySelector('ol')?.innerHTML === ${JSON.stringify(shown)}`);
    };
    const title = (page: Page) => page.getByRole('heading').textContent();

    it('shows the album in its order, and changes it by its functions', async () => {
      const images = await Promise.all(
        ['one.jpg', 'two.jpg', 'three.jpg'].map((name, at) => stored(name, 'album', 40 + at)),
      );
      const ids = images.map(({ image_id }) => image_id);
      const { album_id: id } = await client.albums.create({ title: 'Lisbon', order: 'manual' });
      await client.albums.addImages(id, ids);
      const page = await open('album', { id });
      await untilItems(page, ['one.jpg', 'two.jpg']);
      assert.equal(await title(page), 'Lisbon');
      await until(page, 'status', 'idle, more');
      await press(page, 'More');
      await untilItems(page, ['one.jpg', 'two.jpg', 'three.jpg']);

      await press(page, 'Move to the beginning');
      await untilItems(page, ['three.jpg', 'one.jpg', 'two.jpg']);
      await press(page, 'Remove');
      await untilItems(page, ['three.jpg', 'one.jpg']);
      await press(page, 'Bring back');
      await untilItems(page, ['three.jpg', 'one.jpg', 'two.jpg']);
      await press(page, 'Rename');
      await page.getByRole('heading', { name: '<i>Porto</i>' }).waitFor();
      assert.equal(await page.getByRole('alert').textContent(), '');

      await press(page, 'Add a stranger');
      await until(page, 'alert', "This picture isn't there any more.");
      await press(page, 'Rename to nothing');
      await until(page, 'alert', 'mistake on our side');
      await press(page, 'Rename');
      await page.waitForFunction(`document.querySelector('[role=alert]').textContent === ''`);
      await untilItems(page, ['three.jpg', 'one.jpg', 'two.jpg']);
      await page.context().close();
    });

    it('hears of changes of its images, and says that the album is gone', async () => {
      const { image_id } = await stored('heard.jpg', 'album', 50);
      const { album_id: id } = await client.albums.create({ title: 'Lisbon' });
      await client.albums.addImages(id, [image_id]);
      const page = await blank();
      const following = page.waitForResponse((answer) => new URL(answer.url()).pathname === '/events');
      await page.goto(addressOf('album', { id }));
      await following;
      await untilItems(page, ['heard.jpg']);
      await client.images.trash(image_id);
      await untilItems(page, []);
      await client.images.restore(image_id);
      await untilItems(page, ['heard.jpg']);

      await client.albums.delete(id);
      await press(page, 'Rename');
      await until(page, 'alert', "This album isn't there any more.");
      await page.context().close();
      const gone = await open('album', { id });
      await until(gone, 'alert', "This album isn't there any more.");
      await gone.context().close();
    });
  });

  describe('<Picture>', () => {
    const stateOf = (shown: Locator, state: string) =>
      shown.and(shown.page().locator(`[data-state=${state}]`)).waitFor();

    it('shows the ThumbHash in the shape of the picture, then the picture, and nothing moves', async () => {
      const { image_id } = await stored('still.jpg', 'pictures', 30);
      const page = await open('picture', { id: image_id });
      const { promise, resolve } = Promise.withResolvers<void>();
      await page.route('**/renditions/**', async (route) => {
        await promise;
        await route.continue();
      });
      await press(page, 'Show');
      const shown = page.getByAltText('still.jpg');
      await stateOf(shown, 'loading');
      const before = await shown.boundingBox();
      assert.deepEqual([before?.width, before?.height], [256, 192]);
      assert.match((await shown.getAttribute('style')) ?? '', /url\("data:image\/png.*rgb/);
      assert.equal(await shown.getAttribute('loading'), 'lazy');
      assert.ok(await isDrawable(page, shown), 'the ThumbHash is a picture');
      const below = await page.getByRole('status').boundingBox();

      resolve();
      await stateOf(shown, 'loaded');
      assert.deepEqual(await shown.boundingBox(), before);
      assert.deepEqual(await page.getByRole('status').boundingBox(), below);
      assert.doesNotMatch((await shown.getAttribute('style')) ?? '', /url/);
      await page.context().close();
    });

    it('reads the image once more if its signed URL has ended, and shows it', async () => {
      const { image_id } = await stored('ended.jpg', 'pictures', 31);
      const page = await open('picture', { id: image_id });
      await page.getByRole('button', { name: 'Show', disabled: false }).waitFor();
      await client.images.revokeLinks(image_id);
      await press(page, 'Show');
      await stateOf(page.getByAltText('ended.jpg'), 'loaded');
      await until(page, 'status', '0 failures');
      await page.context().close();
    });

    it('keeps the ThumbHash and its place if the picture cannot be shown, after one more reading', async () => {
      const { image_id } = await stored('gone.jpg', 'pictures', 32);
      const page = await open('picture', { id: image_id });
      await page.getByRole('button', { name: 'Show', disabled: false }).waitFor();
      await page.route('**/renditions/**', (route) => route.abort());
      const readings: string[] = [];
      page.on('request', (request) => {
        if (request.url().endsWith('/metadata') && request.method() === 'GET') readings.push(request.url());
      });
      await press(page, 'Show');
      const shown = page.getByAltText('gone.jpg');
      await stateOf(shown, 'failed');
      await until(page, 'status', '1 failures');
      assert.equal(readings.length, 1);
      assert.match((await shown.getAttribute('src')) ?? '', /^data:image\/png/);
      const box = await shown.boundingBox();
      assert.deepEqual([box?.width, box?.height], [256, 192]);
      await page.context().close();
    });
  });

  /** Whether the browser can decode the background of an element. */
  const isDrawable = (page: Page, shown: Locator): Promise<boolean> =>
    shown
      .evaluate((one: { style: { backgroundImage: string } }) => one.style.backgroundImage.slice(5, -2))
      .then((url) =>
        page.evaluate(`Object.assign(new Image(), { src: ${JSON.stringify(url)} }).decode().then(() => true)`),
      );
});

const bearer = (key: string) => ({ Authorization: `Bearer ${key}` });
