import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createClient, type Image } from '@safelight/client';
import type { Browser, Page } from 'playwright-core';
import { testImage, truncated } from '../../../../test/pictures/test-images.ts';
import { launchChromium, NO_CHROMIUM } from '../../../server/test/services/chromium.ts';
import { type RunningService, startService } from '../../../server/test/services/running-service.ts';
import { type ExamplePages, serveExamples } from './example-pages.ts';

const AVATAR = join(import.meta.dirname, '../../../../examples/react-avatar/app.tsx');
const MAX_LINES = 15;
const DAMAGED = 'This file is damaged: the picture ends too early. Try exporting it again.';

describe('the examples that npm run examples serves', { skip: NO_CHROMIUM }, () => {
  let service: RunningService;
  let pages: ExamplePages;
  let browser: Browser;
  before(async () => {
    service = await startService({ LOG_LEVEL: 'silent' });
    pages = await serveExamples(service.origin);
    browser = await launchChromium();
  });
  after(async () => {
    await browser?.close();
    await pages?.[Symbol.asyncDispose]();
    await service?.[Symbol.asyncDispose]();
  });

  async function open(path: string): Promise<{ page: Page; complaints: string[] }> {
    const page = await browser.newPage({ viewport: { width: 800, height: 700 } });
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(new URL(path, pages.url).href);
    return { page, complaints };
  }

  const fileOf = (name: string, bytes: Uint8Array) => ({ name, mimeType: 'image/jpeg', buffer: Buffer.from(bytes) });
  const jpeg = (seed: number) => testImage({ type: 'image/jpeg', width: 320, height: 240, seed });
  const tagged = async (tag: string): Promise<Image[]> => {
    const client = createClient({ baseUrl: service.origin, userId: 'me' });
    return Array.fromAsync(client.images.list({ tag }));
  };
  const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  const isShown = (page: Page, selector: string) =>
    page.waitForFunction(`document.querySelector(${JSON.stringify(selector)})?.naturalWidth > 0`);

  it('upload an avatar with React, in 15 lines', async () => {
    const code = await readFile(AVATAR, 'utf8');
    assert.ok(code.split('\n').filter((line) => line.trim() !== '').length <= MAX_LINES);

    const { page, complaints } = await open('react-avatar/');
    const bytes = await jpeg(1);
    await page.getByTitle('Photo').setInputFiles(fileOf('me.jpg', truncated(bytes)));
    await page.getByRole('alert').filter({ hasText: DAMAGED }).waitFor();
    await page.getByTitle('Photo').setInputFiles(fileOf('me.jpg', bytes));
    await isShown(page, 'img[data-state=loaded]');
    assert.equal(await page.getByRole('img').getAttribute('alt'), 'me.jpg');
    assert.deepEqual(
      (await tagged('avatar')).map((image) => image.sha256),
      [sha256(bytes)],
    );
    assert.deepEqual(complaints, []);
    await page.close();
  });

  it('upload with Uppy and its AwsS3 plugin, and say what the service refused', async () => {
    const { page, complaints } = await open('uppy/');
    const bytes = await jpeg(2);
    const chooser = page.locator('.uppy-Dashboard-input').first();
    await chooser.setInputFiles([fileOf('whole.jpg', bytes)]);
    await page.getByRole('button', { name: /^Upload 1 file/ }).click();
    await page.getByText('Complete', { exact: true }).waitFor();
    assert.deepEqual(
      (await tagged('uppy')).map((image) => image.sha256),
      [sha256(bytes)],
    );

    const again = await open('uppy/');
    await again.page
      .locator('.uppy-Dashboard-input')
      .first()
      .setInputFiles([fileOf('cut.jpg', truncated(bytes))]);
    await again.page.getByRole('button', { name: /^Upload 1 file/ }).click();
    await again.page.getByText(DAMAGED).first().waitFor();
    assert.equal((await tagged('uppy')).length, 1);
    assert.deepEqual([...complaints, ...again.complaints], []);
    for (const one of [page, again.page]) await one.close();
  });

  describe('browser-upload.html, from another origin', () => {
    /**
     * The page is on `localhost`: with a service on 127.0.0.1 it is another site, which may load pictures by CORS only.
     */
    async function openPage(base = service.origin) {
      const page = await browser.newPage({ viewport: { width: 900, height: 900 } });
      const complaints: string[] = [];
      const loaded: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('request', (request) => {
        if (request.resourceType() === 'image' && request.url().startsWith('http'))
          loaded.push(new URL(request.url()).pathname);
      });
      await page.goto(`${pages.url}browser-upload.html?base=${encodeURIComponent(base)}`);
      return { page, complaints, loaded };
    }

    const statusOf = (page: Page) => page.getByRole('status');

    async function choose(page: Page, name: string, bytes: Uint8Array): Promise<void> {
      await page.getByLabel('Image').setInputFiles({ name, mimeType: 'image/jpeg', buffer: Buffer.from(bytes) });
      await page.getByRole('button', { name: 'Upload' }).click();
    }

    it('uploads, shows the progress, the image and earlier ones, and loads renditions only', async () => {
      const bytes = await testImage({ type: 'image/png', width: 320, height: 240 });
      const { page, complaints, loaded } = await openPage();
      await page.getByLabel('User').fill('ada');
      await choose(page, 'sea.png', bytes);
      await statusOf(page).filter({ hasText: 'Ready' }).waitFor();

      assert.equal(await page.locator('progress').getAttribute('value'), '1');
      await page.waitForFunction('document.querySelector("figure img").naturalWidth > 0');
      assert.equal(await page.locator('figure img').getAttribute('alt'), 'sea.png');
      await page.waitForFunction('document.querySelector("li img")?.naturalWidth > 0');
      assert.deepEqual(complaints, []);
      assert.ok(loaded.length >= 2);
      for (const path of loaded) assert.match(path, /^\/images\/[^/]+\/renditions\/(?:thumb|medium|large)$/);

      const list = await fetch(`${service.origin}/images?user_id=ada`);
      const { images } = (await list.json()) as { images: { sha256: string; filename: string }[] };
      assert.deepEqual(
        images.map(({ sha256, filename }) => ({ sha256, filename })),
        [{ sha256: createHash('sha256').update(bytes).digest('hex'), filename: 'sea.png' }],
      );
      await page.close();
    });

    it('says in words for people why a file was refused', async () => {
      const { page } = await openPage();
      await choose(page, 'broken.jpg', truncated(await testImage({ type: 'image/jpeg', width: 320, height: 240 })));
      await statusOf(page).filter({ hasText: 'This file is damaged: the picture ends too early.' }).waitFor();
      assert.equal(await page.locator('figure').isVisible(), false);

      await choose(page, 'photo.jpg', Buffer.from('%PDF-1.7'));
      await statusOf(page).filter({ hasText: "PDF files aren't supported here. Export its pages as JPEG." }).waitFor();
      await page.close();
    });

    it("is refused if the service doesn't list its origin", async () => {
      await using strict = await startService({ LOG_LEVEL: 'silent', CORS_ORIGINS: 'https://elsewhere.example' });
      const { page } = await openPage(strict.origin);
      await statusOf(page).filter({ hasText: "We can't be reached." }).waitFor();
      await page.close();
    });

    /** HTML forms have no progress, so the client never sends them, but pages may. */
    it('could send a form to the URL of a POST grant', async () => {
      const { page } = await openPage();
      const bytes = await testImage({ type: 'image/jpeg', width: 64, height: 48 });
      const status = await page.evaluate(`(${SEND_FORM})(${JSON.stringify([service.origin, [...bytes]])})`);
      assert.equal(status, 'ready');
      await page.close();
    });
  });
});

const SEND_FORM = `async ([base, bytes]) => {
  const description = { user_id: 'form', content_type: 'image/jpeg', method: 'POST' };
  const headers = { 'Content-Type': 'application/json' };
  const granted = await fetch(base + '/uploads', { method: 'POST', headers, body: JSON.stringify(description) });
  const grant = await granted.json();
  const body = new FormData();
  for (const [name, value] of Object.entries(grant.fields)) body.set(name, value);
  body.set('file', new Blob([new Uint8Array(bytes)], { type: 'image/jpeg' }));
  await fetch(grant.upload_url, { method: 'POST', body });
  return (await (await fetch(base + '/images/' + grant.image_id + '/metadata?wait=20')).json()).status;
}`;
