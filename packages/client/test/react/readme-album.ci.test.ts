import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createClient, type SafelightClient } from '@safelight/client';
import type { Browser, Page } from 'playwright-core';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { launchChromium, NO_CHROMIUM } from '../../../server/test/services/chromium.ts';
import { type RunningService, startService } from '../../../server/test/services/running-service.ts';
import { json } from '../../../server/test/services/service.ts';
import { type PageServer, servePage } from './page-server.ts';

const README = join(import.meta.dirname, '../../README.md');
const MOUNTED = `
import { createRoot } from 'react-dom/client';
createRoot(document.body.appendChild(document.createElement('main'))).render(<Album />);
`;

describe("the README's album in a closed service", { skip: NO_CHROMIUM }, () => {
  let service: RunningService;
  let pages: PageServer;
  let browser: Browser;
  /** The backend's, with a key for everyone. */
  let backend: SafelightClient;
  let [tokens, errors, sent]: [string[], string[], Set<string>] = [[], [], new Set()];

  before(async () => {
    service = await startService({ LOG_LEVEL: 'silent', AUTH: 'api-key', EVENTS: 'on' });
    const admin = (await readFile(join(service.folder, 'data/admin-key'), 'utf8')).trim();
    const terms = { name: 'backend', acts_as: ['*'], scopes: ['images:read', 'images:write'] };
    const made = await fetch(`${service.origin}/keys`, json(terms, { Authorization: `Bearer ${admin}` }));
    const { key } = (await made.json()) as { readonly key: string };
    backend = createClient({ baseUrl: service.origin, token: key, userId: 'ada' });
    const text = await readFile(README, 'utf8');
    const [example = '', ...others] = [...text.matchAll(/```tsx\n(.*?)```/gs)]
      .map(([, code = '']) => code)
      .filter((code) => code.includes('function Album'));
    assert.deepEqual([example.includes('https://images.example.org'), others], [true, []]);
    const contents = example.replace('https://images.example.org', service.origin) + MOUNTED;
    pages = await servePage({
      stdin: { contents, loader: 'tsx', resolveDir: import.meta.dirname },
      async answerPost() {
        const body = { user_id: 'ada', upload: {} };
        const minted = (await backend.request('/view-tokens', { method: 'POST', body })) as { readonly token: string };
        tokens.push(minted.token);
        return minted;
      },
    });
    browser = await launchChromium();
  });
  after(async () => {
    await browser?.close();
    await pages?.[Symbol.asyncDispose]();
    await service?.[Symbol.asyncDispose]();
  });

  /** In a context of its own, so that no picture is in the browser's cache. */
  async function open(): Promise<Page> {
    [tokens, errors, sent] = [[], [], new Set()];
    const page = await (await browser.newContext({ viewport: { width: 600, height: 600 } })).newPage();
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    page.on('request', (request) => {
      const { authorization } = request.headers();
      if (authorization !== undefined) sent.add(authorization);
    });
    return page;
  }

  const bytesOf = (seed: number) => testImage({ type: 'image/jpeg', width: 640, height: 480, seed });
  const choose = async (page: Page, name: string, seed: number) =>
    page
      .locator('input[type=file]')
      .setInputFiles([{ name, mimeType: 'image/jpeg', buffer: Buffer.from(await bytesOf(seed)) }]);
  const stored = async (name: string, seed: number) =>
    backend.upload(new Blob([new Uint8Array(await bytesOf(seed))]), { filename: name, tags: ['holiday'] });
  const untilLoaded = (page: Page, name: string) => page.locator(`img[alt="${name}"][data-state=loaded]`).waitFor();
  const following = (page: Page) => page.waitForResponse((answer) => new URL(answer.url()).pathname === '/events');

  it('uploads, shows the picture, and those that others add, with one view token', async () => {
    const page = await open();
    const followed = following(page);
    await page.goto(pages.origin);
    assert.equal((await followed).status(), 200);
    await choose(page, 'mine.jpg', 1);
    await untilLoaded(page, 'mine.jpg');
    await stored('another.jpg', 2);
    await untilLoaded(page, 'another.jpg');
    assert.equal(await page.getByRole('alert').textContent(), '');
    assert.deepEqual(errors, []);
    assert.equal(tokens.length, 1);
    assert.match(tokens[0] ?? '', /^slv_/);
    assert.deepEqual([...sent], [`Bearer ${tokens[0]}`]);
    await page.context().close();
  });

  it('shows a picture whose signed URLs were revoked before it was loaded', async () => {
    const { image_id } = await stored('renewed.jpg', 3);
    const page = await open();
    const { promise: revoked, resolve } = Promise.withResolvers<void>();
    await page.route(/\/events/, () => undefined); // an event would renew the whole list
    await page.route('**/renditions/**', async (route) => {
      await revoked;
      await route.continue();
    });
    await page.goto(pages.origin);
    await page.locator('img[alt="renewed.jpg"][data-state=loading]').waitFor();
    await backend.images.revokeLinks(image_id);
    const read = page.waitForRequest((request) => request.url().endsWith(`/images/${image_id}/metadata`));
    resolve();
    await read;
    await untilLoaded(page, 'renewed.jpg');
    await page.context().close();
  });

  it('asks for another token once its own is revoked', async () => {
    const page = await open();
    const followed = following(page);
    await page.goto(pages.origin);
    await followed;
    await backend.request('/view-tokens/revoke', { method: 'POST', body: { user_id: 'ada' } });
    await choose(page, 'after.jpg', 4);
    await untilLoaded(page, 'after.jpg');
    assert.equal(await page.getByRole('alert').textContent(), '');
    assert.equal(tokens.length, 2);
    assert.deepEqual(
      [...sent],
      tokens.map((token) => `Bearer ${token}`),
    );
    await page.context().close();
  });
});
