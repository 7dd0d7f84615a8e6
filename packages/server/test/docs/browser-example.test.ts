import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { testImage, truncated } from '../pictures/test-images.ts';
import { launchChromium, NO_CHROMIUM } from '../services/chromium.ts';
import { type RunningService, startService } from '../services/running-service.ts';

const PAGE = join(import.meta.dirname, '../../../../examples/browser-upload.html');

describe('examples/browser-upload.html, from another origin', { skip: NO_CHROMIUM }, () => {
  let service: RunningService;
  let pages: Server;
  let browser: Browser;
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'safelight-page-'));
    service = await startService({ LOG_LEVEL: 'silent' });
    const html = await readFile(PAGE);
    pages = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end(html));
    pages.listen(0, '127.0.0.1');
    await once(pages, 'listening');
    browser = await launchChromium();
  });
  after(async () => {
    await browser?.close();
    pages?.close();
    await service?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  async function openPage(host: string, base: string): Promise<{ page: Page; complaints: string[] }> {
    const page = await browser.newPage({ viewport: { width: 900, height: 900 } });
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    const { port } = pages.address() as AddressInfo;
    await page.goto(`http://${host}:${port}/?base=${encodeURIComponent(base)}`);
    return { page, complaints };
  }

  async function fileOf(name: string, bytes: Uint8Array): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, bytes);
    return path;
  }

  const statusOf = (page: Page) => page.getByRole('status');

  const ways = [
    { method: 'PUT', host: '127.0.0.1' },
    { method: 'POST', host: 'localhost' }, // another site, which may load images by CORS only
  ];
  for (const { method, host } of ways) {
    it(`uploads by ${method} from ${host}, shows the progress and the image`, async () => {
      const bytes = await testImage({ type: 'image/png', width: 640, height: 480, seed: method.length });
      const { page, complaints } = await openPage(host, service.origin);
      await page.getByLabel('Image').setInputFiles(await fileOf(`${method}.png`, bytes));
      await page.getByLabel('User').fill(method);
      await page.getByLabel(`${method}:`).check();
      await page.getByRole('button', { name: 'Upload' }).click();
      await statusOf(page).filter({ hasText: 'Ready' }).waitFor();

      assert.equal(await page.getByRole('progressbar').getAttribute('value'), '100');
      const shown = page.locator('figure img');
      await page.waitForFunction('document.querySelector("figure img").naturalWidth === 640');
      assert.equal(await shown.getAttribute('alt'), `${method}.png`);
      await page.waitForFunction('document.querySelector("#gallery img")?.naturalWidth === 640');
      assert.deepEqual(complaints, []);

      const list = await fetch(`${service.origin}/images?user_id=${method}`);
      const { images } = (await list.json()) as { images: { sha256: string; filename: string }[] };
      assert.deepEqual(
        images.map(({ sha256, filename }) => ({ sha256, filename })),
        [{ sha256: createHash('sha256').update(bytes).digest('hex'), filename: `${method}.png` }],
      );
      const screenshots = process.env['SCREENSHOT_DIR'];
      if (screenshots) await page.screenshot({ path: join(screenshots, `browser-${method}.png`) });
      await page.close();
    });

    it(`shows why a broken file was refused by ${method}`, async () => {
      const bytes = truncated(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));
      const { page } = await openPage(host, service.origin);
      await page.getByLabel('Image').setInputFiles(await fileOf('broken.jpg', bytes));
      await page.getByLabel(`${method}:`).check();
      await page.getByRole('button', { name: 'Upload' }).click();
      await statusOf(page)
        .filter({ hasText: /expected/ })
        .waitFor();
      assert.equal(await page.locator('figure').isVisible(), false);
      await page.close();
    });
  }

  it("is refused if the service doesn't list its origin", async () => {
    await using strict = await startService({ LOG_LEVEL: 'silent', CORS_ORIGINS: 'https://elsewhere.example' });
    const { page } = await openPage('127.0.0.1', strict.origin);
    await statusOf(page).filter({ hasText: 'Failed to fetch' }).waitFor();
    await page.close();
  });
});
