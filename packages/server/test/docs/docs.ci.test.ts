import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { launchChromium, NO_CHROMIUM, PATIENCE_MS } from '../services/chromium.ts';
import { type RunningService, startService } from '../services/running-service.ts';

describe('the documentation in Chromium', { skip: NO_CHROMIUM }, () => {
  let service: RunningService;
  let browser: Browser;
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'safelight-docs-'));
    service = await startService({ LOG_LEVEL: 'silent' });
    browser = await launchChromium();
  });
  after(async () => {
    await browser?.close();
    await service?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  /** A page that records its requests to other hosts, and its console errors. */
  async function openPage(path: string): Promise<{ page: Page; elsewhere: string[]; complaints: string[] }> {
    const page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
    const elsewhere: string[] = [];
    const complaints: string[] = [];
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (['http:', 'https:', 'ws:'].includes(url.protocol) && url.origin !== service.origin) elsewhere.push(url.href);
    });
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(`${service.origin}${path}`);
    return { page, elsewhere, complaints };
  }

  const policyOf = async (path: string): Promise<string | null> =>
    (await fetch(`${service.origin}${path}`)).headers.get('content-security-policy');

  /** The images' operations, by a few words of each. */
  async function summaries(): Promise<string[]> {
    const { paths } = (await (await fetch(`${service.origin}/openapi.json`)).json()) as {
      paths: Record<string, Record<string, { summary: string; tags: string[] }>>;
    };
    const operations = Object.values(paths).flatMap((one) => Object.values(one));
    return operations.filter(({ tags }) => tags.includes('images')).map(({ summary }) => summary);
  }

  it('is Swagger UI at /docs: every operation, without a request to another host or a policy violation', async () => {
    const { page, elsewhere, complaints } = await openPage('/docs');
    await page.getByText('Upload an image in one request').waitFor();
    const paths = await page.locator('.opblock-summary-path').allInnerTexts();
    assert.ok(paths.length >= 6, paths.join(' '));
    assert.deepEqual({ elsewhere, complaints }, { elsewhere: [], complaints: [] });
    const screenshot = process.env['SCREENSHOT_DIR'];
    if (screenshot) await page.screenshot({ path: join(screenshot, 'docs.png') });
    await page.close();
  });

  it('has a page of problems, with an entry for each problem’s type', async () => {
    const answer = await fetch(`${service.origin}/images?limit=0`);
    const { type, code } = (await answer.json()) as { type: string; code: string };
    assert.equal(type, `/docs/problems#${code}`);
    for (const target of [type, '/docs/problems#overloaded']) {
      const { page, elsewhere, complaints } = await openPage(target);
      const entry = page.locator('h3:target');
      assert.equal(await entry.getAttribute('id'), target.split('#')[1]);
      let y = -1;
      // A page scrolls to its entry some time after it has loaded.
      for (const end = Date.now() + PATIENCE_MS; (y < 0 || y >= 900) && Date.now() < end; )
        ({ y = -1 } = (await entry.boundingBox()) ?? {});
      assert.ok(y >= 0 && y < 900, `expected the entry in the window; got y = ${y}`);
      assert.match(await entry.innerText(), /\d{3} · \w/);
      const screenshot = process.env['SCREENSHOT_DIR'];
      if (screenshot) await page.screenshot({ path: join(screenshot, `problems-${target.split('#')[1]}.png`) });

      await page.locator('h3#internal a').click();
      await page.waitForURL(/#internal$/);
      assert.equal(await page.locator('h3:target').getAttribute('id'), 'internal');
      assert.deepEqual({ elsewhere, complaints }, { elsewhere: [], complaints: [] });
      await page.close();
    }
  });

  it('has files that a reload revalidates', async () => {
    const { page } = await openPage('/docs');
    await page.getByText('Upload an image in one request').waitFor();
    const statuses = new Map<string, number>();
    page.on('response', (response) => statuses.set(new URL(response.url()).pathname, response.status()));
    await page.reload();
    await page.getByText('Upload an image in one request').waitFor();
    for (const path of ['/docs/swagger-ui-bundle.js', '/docs/swagger-ui.css', '/docs/start.js', '/openapi.json']) {
      const headers = { 'If-None-Match': (await fetch(`${service.origin}${path}`)).headers.get('etag') ?? '' };
      assert.equal((await fetch(`${service.origin}${path}`, { headers })).status, 304, path);
      assert.ok(statuses.has(path), `expected a request for ${path}`);
    }
    await page.close();
  });

  it('uploads a file by "Try it out", and lists it', async () => {
    const file = join(folder, 'holiday.jpg');
    await writeFile(file, await testImage({ type: 'image/jpeg', width: 320, height: 240 }));
    const { page, elsewhere, complaints } = await openPage('/docs');

    const upload = page.locator('#operations-images-uploadImage');
    await upload.locator('.opblock-summary').click();
    await upload.locator('input[type=file]').setInputFiles(file);
    await upload.getByRole('button', { name: 'Execute' }).click();
    await upload.locator('.live-responses-table .response-col_status', { hasText: '201' }).waitFor();
    const answer = await upload
      .locator('.live-responses-table .highlight-code, .live-responses-table .microlight')
      .first()
      .textContent();
    assert.match(answer ?? '', /"filename": "sunset\.jpg"/);
    assert.match(answer ?? '', /"status": "ready"/);

    const list = page.locator('#operations-images-listImages');
    await list.locator('.opblock-summary').click();
    await list.locator('tr[data-param-name="user_id"] input').fill('user123');
    await list.getByRole('button', { name: 'Execute' }).click();
    await list.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor();
    assert.match((await list.locator('.live-responses-table').textContent()) ?? '', /"count": 1/);

    assert.deepEqual({ elsewhere, complaints }, { elsewhere: [], complaints: [] });
    const screenshot = process.env['SCREENSHOT_DIR'];
    if (screenshot) await page.screenshot({ path: join(screenshot, 'try-it-out.png'), fullPage: true });
    await page.close();
  });

  it('requests a grant by "Try it out" with the example, and then uploads a file', async () => {
    const file = join(folder, 'changed-mind.png');
    await writeFile(file, await testImage({ type: 'image/png', width: 64, height: 48 }));
    const { page, elsewhere, complaints } = await openPage('/docs');
    const upload = page.locator('#operations-compatibility-upload');
    await upload.locator('.opblock-summary').click();
    const type = upload.locator('.body-param-content-type, .content-type').first();
    await upload.locator('input[type=file]').waitFor();
    await type.selectOption('application/json');
    await upload.getByRole('button', { name: 'Execute' }).click();
    await upload.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor();
    assert.match((await upload.locator('.live-responses-table').textContent()) ?? '', /"upload_url"/);

    await type.selectOption('multipart/form-data');
    await upload.locator('input[type=file]').setInputFiles(file);
    await upload.locator('[data-property-name=external_id] input[type=text]').fill(''); // the page suggests "string"
    await upload.getByRole('button', { name: 'Execute' }).click();
    await upload.locator('.live-responses-table', { hasText: /"status": "ready"/ }).waitFor();
    assert.deepEqual({ elsewhere, complaints }, { elsewhere: [], complaints: [] });
    await page.close();
  });

  it('sends the credential entered in "Authorize", and forgets it at a reload', async () => {
    const secret = 'entered-in-the-browser';
    const { page, elsewhere, complaints } = await openPage('/docs');
    const list = page.locator('#operations-images-listImages');
    const dialog = page.locator('.modal-ux');
    /** The Authorization header of a list, as the service receives it. */
    const sentByList = async (): Promise<string | undefined> => {
      const [request] = await Promise.all([
        page.waitForRequest((one) => new URL(one.url()).pathname === '/images'),
        list.getByRole('button', { name: 'Execute' }).click(),
      ]);
      await list.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor();
      return (await request.allHeaders())['authorization'];
    };

    await list.locator('.opblock-summary').click();
    assert.equal(await sentByList(), undefined);
    await page.locator('.scheme-container .authorize').click();
    await dialog.locator('input').fill(secret);
    await dialog.locator('button[type=submit]').click();
    await dialog.locator('.btn-done').click();
    assert.equal(await sentByList(), `Bearer ${secret}`);
    assert.doesNotMatch(
      await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])'),
      new RegExp(secret),
    );

    await page.reload(); // the URL names the operation, so it is open again
    assert.equal(await sentByList(), undefined);
    assert.deepEqual({ elsewhere, complaints }, { elsewhere: [], complaints: [] });
    await page.close();
  });

  it('is ReDoc at /redoc: every operation, a search, without a request to another host or a policy violation', async () => {
    const { page, elsewhere, complaints } = await openPage('/redoc');
    const policies = [await policyOf('/redoc'), await policyOf('/redoc')];
    assert.notEqual(policies[0], policies[1], 'expected a new nonce for each response');

    await page.getByText('images', { exact: true }).first().click();
    for (const summary of await summaries()) await page.getByText(summary).first().waitFor();
    const screenshots = process.env['SCREENSHOT_DIR'];
    if (screenshots) await page.screenshot({ path: join(screenshots, 'redoc.png') });

    // A dialog opened while the index is being built loses its text when that is done.
    await page.getByTestId('search-trigger').getByText('Ctrl+K').waitFor();
    await page.keyboard.press('Control+k');
    await page.getByPlaceholder('Search docs...').fill('finalize');
    await page.getByText('/images/{id}/complete').last().waitFor();
    if (screenshots) await page.screenshot({ path: join(screenshots, 'redoc-search.png') });
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForURL(/#\/images\/completeupload/);
    if (screenshots) await page.screenshot({ path: join(screenshots, 'redoc-operation.png') });

    assert.deepEqual({ elsewhere, complaints }, { elsewhere: [], complaints: [] });
    await page.close();
  });
});

describe('a web page in Chromium', { skip: NO_CHROMIUM }, () => {
  /** A page that tries to upload, with and without a preflight, and to list; it reports what succeeded. */
  const page = (jpeg: Buffer) => `<!doctype html><title>page</title><script>
    async function attempt(base) {
      const form = new FormData();
      const bytes = Uint8Array.from(atob('${jpeg.toString('base64')}'), (one) => one.charCodeAt(0));
      form.set('file', new File([bytes], 'page.jpg', { type: 'image/jpeg' }));
      const told = async (request) => request.then((response) => response.status, () => 'refused');
      const target = base + '/images/upload?user_id=page';
      const upload = await told(fetch(target, { method: 'POST', body: form }));
      await told(fetch(target, { method: 'POST', body: form, mode: 'no-cors' }));
      return { upload, list: await told(fetch(base + '/images')) };
    }
  </script>`;

  it('on another loopback port may use the service; on a foreign host, even one rebound to this machine, it may not', async () => {
    await using service = await startService({ LOG_LEVEL: 'silent' });
    const html = page(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));
    const server = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end(html));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const browser = await launchChromium(['--host-resolver-rules=MAP evil.example 127.0.0.1']);
    const attempt = async (origin: string): Promise<unknown> => {
      const tab = await browser.newPage();
      await tab.goto(origin);
      return tab.evaluate(`attempt(${JSON.stringify(service.origin)})`);
    };
    const count = async (): Promise<number> => {
      const list = (await (await fetch(`${service.origin}/images?user_id=page`)).json()) as { count: number };
      return list.count;
    };
    try {
      assert.deepEqual(await attempt(`http://evil.example:${port}`), { upload: 'refused', list: 'refused' });
      assert.equal(await count(), 0);
      assert.deepEqual(await attempt(`http://localhost:${port}`), { upload: 200, list: 200 });
      assert.equal(await count(), 2);

      const rebound = await browser.newPage();
      const answer = await rebound.goto(`http://evil.example:${new URL(service.origin).port}/images`);
      assert.equal(answer?.status(), 421);
    } finally {
      await browser.close();
      server.close();
    }
  });
});
