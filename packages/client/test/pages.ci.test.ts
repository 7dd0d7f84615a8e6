import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { paddedPng, testImage } from '../../../test/pictures/test-images.ts';
import { launchChromium, NO_CHROMIUM } from '../../server/test/services/chromium.ts';
import { type RunningService, startService } from '../../server/test/services/running-service.ts';
import { type Album, createAlbum, requireAlbum } from './album.ts';
import { type ClientPages, inPage, serveClientPages, untilTrue } from './client-page.ts';

const MB = 1_048_576;

/** A name that isn't a secure context. */
const INSECURE = 'app.example';

describe('a queue in Chromium', { skip: NO_CHROMIUM }, () => {
  let album: Album;
  let service: RunningService;
  let pages: ClientPages;
  let browser: Browser;
  before(async () => {
    album = await createAlbum(8, { width: 64, height: 48 });
    pages = await serveClientPages();
    const origins = `${pages.origin},http://${INSECURE}:${pages.port}`;
    service = await startService({ LOG_LEVEL: 'silent', CORS_ORIGINS: origins });
    browser = await launchChromium([`--host-resolver-rules=MAP ${INSECURE} 127.0.0.1`]);
  });
  after(async () => {
    await browser?.close();
    await pages?.[Symbol.asyncDispose]();
    await service?.[Symbol.asyncDispose]();
    await album?.[Symbol.asyncDispose]();
  });

  async function open(context: BrowserContext, origin = pages.origin): Promise<Page> {
    const page = await context.newPage();
    await page.goto(origin);
    return page;
  }

  const OPEN = 'globalThis.uploads = createClient(given).uploader();';
  const STATES = 'return uploads.items.map(({ state }) => state);';

  it('sends each file once, however many tabs have it', async () => {
    const given = { baseUrl: service.origin, userId: 'tabs' };
    const context = await browser.newContext();
    let puts = 0;
    context.on('request', (request) => {
      if (request.method() === 'PUT') puts += 1;
    });
    const first = await open(context);
    await first.locator('input').setInputFiles([...album.paths]);
    await inPage(first, `${OPEN} uploads.pause(); await uploads.add(files);`, given);
    const second = await open(context);
    await inPage(second, `${OPEN} uploads.pause();`, given);
    await untilTrue(second, 'uploads.items.length === 8');
    const resume = 'uploads.resume(); await uploads.whenIdle();';
    await Promise.all([inPage(first, resume), inPage(second, resume)]);
    assert.equal(puts, 8);
    await requireAlbum(service.origin, 'tabs', album);
    await context.close();
  });

  it('asks once for a file of which the browser keeps no copy', async () => {
    const large = paddedPng(await testImage({ type: 'image/png', width: 64, height: 48 }), 16 * MB);
    const path = join(album.folder, 'large.png');
    await writeFile(path, large);
    const given = { baseUrl: service.origin, userId: 'full' };
    const context = await browser.newContext();
    const page = await open(context);
    const session = await context.newCDPSession(page);
    await session.send('Storage.overrideQuotaForOrigin', { origin: pages.origin, quotaSize: 8 * MB });
    await page.locator('input').setInputFiles([...album.paths, path]);
    await inPage(page, `${OPEN} uploads.pause(); await uploads.add(files);`, given);
    await page.reload();
    const states = await inPage<string[]>(page, `${OPEN} await uploads.whenIdle(); ${STATES}`, given);
    assert.deepEqual(states, [...album.paths.map(() => 'ready'), 'needs-file']);
    await page.locator('input').setInputFiles(path);
    await inPage(page, 'await uploads.add(files); await uploads.whenIdle();');
    assert.deepEqual(await inPage<string[]>(page, STATES), Array(9).fill('ready'));
    await requireAlbum(service.origin, 'full', { ...album, bytes: new Map([...album.bytes, ['large.png', large]]) });
    await context.close();
  });

  it('works without IndexedDB and in an insecure context, without surviving a reload', async () => {
    const given = { baseUrl: service.origin, userId: 'insecure' };
    const context = await browser.newContext();
    await context.addInitScript('delete globalThis.indexedDB;');
    const page = await open(context, `http://${INSECURE}:${pages.port}`);
    assert.deepEqual(await inPage(page, 'return [typeof indexedDB, typeof crypto.subtle, typeof navigator.locks];'), [
      'undefined',
      'undefined',
      'undefined',
    ]);
    await page.locator('input').setInputFiles([...album.paths]);
    await inPage(page, `${OPEN} await uploads.add(files); await uploads.whenIdle();`, given);
    assert.deepEqual(new Set(await inPage<string[]>(page, STATES)), new Set(['ready']));
    await requireAlbum(service.origin, 'insecure', album);
    await context.close();
  });

  it('goes on when the browser is online again', async () => {
    const given = { baseUrl: service.origin, userId: 'offline', retries: 0 };
    const context = await browser.newContext();
    const page = await open(context);
    await page.locator('input').setInputFiles([...album.paths]);
    await context.setOffline(true);
    await inPage(page, `${OPEN} await uploads.add(files);`, given);
    await untilTrue(page, 'uploads.snapshot().stalledBy?.code === "network"');
    await context.setOffline(false);
    await inPage(page, 'await uploads.whenIdle();');
    await requireAlbum(service.origin, 'offline', album);
    await context.close();
  });
});
