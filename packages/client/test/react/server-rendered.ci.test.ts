import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createClient, type SafelightClient } from '@safelight/client';
import rsc from '@vitejs/plugin-rsc';
import type { Browser, Page } from 'playwright-core';
import { createServer, defaultClientConditions, defaultServerConditions, type ViteDevServer } from 'vite';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { launchChromium, NO_CHROMIUM } from '../../../server/test/services/chromium.ts';
import { type RunningService, startService } from '../../../server/test/services/running-service.ts';
import { json } from '../../../server/test/services/service.ts';

const PAGES = join(import.meta.dirname, 'server-rendered');
const COUNT = 5;

describe('@safelight/client/react in HTML of a server', () => {
  let service: RunningService;
  let client: SafelightClient;
  let folder: string;
  let server: ViteDevServer;
  let origin: string;
  before(async () => {
    service = await startService({ LOG_LEVEL: 'silent', AUTH: 'api-key' });
    const admin = (await readFile(join(service.folder, 'data/admin-key'), 'utf8')).trim();
    const terms = json({ name: 'ada', owner: 'ada', scopes: ['images:read', 'images:write'] }, bearer(admin));
    const { key: token } = (await (await fetch(`${service.origin}/keys`, terms)).json()) as { key: string };
    client = createClient({ baseUrl: service.origin, token });
    for (let seed = 0; seed < COUNT; seed += 1) {
      const bytes = await testImage({ type: 'image/jpeg', width: 640, height: 480, seed });
      await client.upload(new Blob([new Uint8Array(bytes)]), { filename: `${seed}.jpg`, tags: ['album'] });
    }
    folder = await mkdtemp(join(tmpdir(), 'safelight-server-rendered-'));
    const conditions = ['safelight-source', ...defaultServerConditions];
    server = await createServer({
      configFile: false,
      root: PAGES,
      cacheDir: folder,
      logLevel: 'error',
      define: { SERVICE: JSON.stringify({ baseUrl: service.origin, token }) },
      server: { host: '127.0.0.1', port: 0, hmr: false, watch: null },
      resolve: { conditions: ['safelight-source', ...defaultClientConditions] },
      // Prepared at once: found one by one, they would be there twice.
      optimizeDeps: { include: ['react', 'react/jsx-dev-runtime', 'react-dom/client'] },
      environments: {
        rsc: { resolve: { conditions: ['react-server', ...conditions] } },
        ssr: { resolve: { conditions } },
      },
      plugins: [rsc({ entries: { client: './entry.browser.tsx', ssr: './entry.ssr.tsx', rsc: './entry.rsc.tsx' } })],
    });
    await server.listen();
    origin = server.resolvedUrls?.local[0]?.replace(/\/$/, '') ?? '';
  });
  after(async () => {
    await server?.close();
    await service?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  it('has the pictures with srcset, shape and color, and without their ThumbHashes', async () => {
    const html = await (await fetch(`${origin}/?tag=album`)).text();
    const pictures = html.match(/<img [^>]*>/g) ?? [];
    assert.equal(pictures.length, COUNT);
    for (const picture of pictures) {
      assert.match(picture, / srcSet="\S+ 256w, \S+ 640w"/);
      assert.match(picture, / width="640" height="480"/);
      assert.match(picture, / style="background:(?:rgb|#)/);
      assert.doesNotMatch(picture, /data:/);
    }
  });

  describe('in Chromium', { skip: NO_CHROMIUM }, () => {
    let browser: Browser;
    before(async () => {
      browser = await launchChromium();
    });
    after(() => browser?.close());

    /** A page, and what it complained of. */
    async function blank(): Promise<{ page: Page; complaints: string[] }> {
      const page = await (await browser.newContext()).newPage();
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('console', (message) => {
        if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
          complaints.push(message.text());
      });
      return { page, complaints };
    }
    const inState = (page: Page, state: string) => page.locator(`img[data-state=${state}]`);

    it('hydrates as it is, shows the ThumbHashes, then the pictures', async () => {
      const { page, complaints } = await blank();
      const { promise, resolve } = Promise.withResolvers<void>();
      await page.route('**/renditions/**', async (route) => {
        await promise;
        await route.continue();
      });
      await page.goto(`${origin}/?tag=album`, { waitUntil: 'commit' });
      await page
        .locator('img[style*="data:image/png"]')
        .nth(COUNT - 1)
        .waitFor();
      assert.equal(await inState(page, 'loading').count(), COUNT);
      resolve();
      await inState(page, 'loaded')
        .nth(COUNT - 1)
        .waitFor();
      assert.equal(await page.locator('img[style*="data:"]').count(), 0);
      assert.deepEqual(complaints, []);
      await page.context().close();
    });

    it('loads a picture again that failed before React was there', async () => {
      const { page, complaints } = await blank();
      const { promise, resolve } = Promise.withResolvers<void>();
      await page.route('**/entry.browser.tsx*', async (route) => {
        await promise;
        await route.continue();
      });
      await page.route('**/renditions/**', (route) => route.abort());
      await page.goto(`${origin}/?tag=album`, { waitUntil: 'commit' });
      await page.waitForFunction(
        `[...document.images].length === ${COUNT} && [...document.images].every((one) => one.complete)`,
      );
      await page.unroute('**/renditions/**');
      resolve();
      await inState(page, 'loaded')
        .nth(COUNT - 1)
        .waitFor();
      assert.deepEqual(complaints, []);
      await page.context().close();
    });
  });
});

const bearer = (key: string) => ({ Authorization: `Bearer ${key}` });
