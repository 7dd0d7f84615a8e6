import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createClient, openFile } from '@safelight/client';
import type { Browser } from 'playwright-core';
import { launchChromium, NO_CHROMIUM } from '../../server/test/services/chromium.ts';
import { type RunningService, startService } from '../../server/test/services/running-service.ts';
import { type Album, createAlbum, requireAlbum } from './album.ts';
import { type ClientPages, inPage, serveClientPages } from './client-page.ts';
import { type CuttingProxy, startCuttingProxy } from './cutting-proxy.ts';

const FILES = 20;
const SEED = Number(process.env['SEED'] ?? 20261122);

describe(`twenty files through a proxy that cuts a third of all connections at random bytes (SEED=${SEED})`, () => {
  let album: Album;
  let service: RunningService;
  before(async () => {
    album = await createAlbum(FILES);
    service = await startService({ LOG_LEVEL: 'silent' });
  });
  after(async () => {
    await service?.[Symbol.asyncDispose]();
    await album?.[Symbol.asyncDispose]();
  });

  const startProxy = (seed: number): Promise<CuttingProxy> =>
    startCuttingProxy(service.origin, { seed: SEED + seed, share: 1 / 3, withinBytes: largestOf(album) });

  it('are twenty images in Node', async () => {
    await using proxy = await startProxy(1);
    const uploads = createClient({ baseUrl: proxy.origin, userId: 'node' }).uploader();
    await uploads.add(await Promise.all(album.paths.map(openFile)));
    await uploads.whenIdle();
    assert.deepEqual(
      uploads.items.filter(({ state }) => state !== 'ready'),
      [],
    );
    await uploads.close();
    assert.ok(proxy.cuts() > 0);
    await requireAlbum(service.origin, 'node', album);
  });

  describe('in Chromium', { skip: NO_CHROMIUM }, () => {
    let pages: ClientPages;
    let browser: Browser;
    before(async () => {
      pages = await serveClientPages();
      browser = await launchChromium();
    });
    after(async () => {
      await browser?.close();
      await pages?.[Symbol.asyncDispose]();
    });

    const OPEN = 'globalThis.uploads = createClient(given).uploader();';

    it('are twenty images, and the progress of each only grows, to 1', async () => {
      await using proxy = await startProxy(2);
      const page = await browser.newPage();
      await page.goto(pages.origin);
      await page.locator('input').setInputFiles([...album.paths]);
      const seen = await inPage<Record<string, number[]>>(
        page,
        `${OPEN}
        const seen = {};
        uploads.subscribe(() => {
          for (const { name, progress } of uploads.items) if (seen[name]?.at(-1) !== progress) (seen[name] ??= []).push(progress);
        });
        await uploads.add(files);
        await uploads.whenIdle();
        return seen;`,
        { baseUrl: proxy.origin, userId: 'page' },
      );
      await page.close();
      assert.ok(proxy.cuts() > 0);
      assert.deepEqual(Object.keys(seen).toSorted(), [...album.bytes.keys()].toSorted());
      for (const fractions of Object.values(seen)) {
        assert.deepEqual(
          fractions,
          fractions.toSorted((a, b) => a - b),
        );
        assert.equal(fractions.at(-1), 1);
      }
      await requireAlbum(service.origin, 'page', album);
    });

    it('are twenty images after a reload in the middle', async () => {
      await using proxy = await startProxy(3);
      const context = await browser.newContext();
      const page = await context.newPage();
      const given = { baseUrl: proxy.origin, userId: 'reload' };
      await page.goto(pages.origin);
      await page.locator('input').setInputFiles([...album.paths]);
      const reloaded = page.waitForEvent('load');
      await inPage(
        page,
        `${OPEN}
        uploads.pause();
        await uploads.add(files);
        const unsubscribe = uploads.subscribe(() => {
          if (uploads.items.filter(({ state }) => state === 'ready').length < 5) return;
          unsubscribe();
          location.reload();
        });
        uploads.resume();`,
        given,
      );
      await reloaded;
      const left = await inPage<number>(
        page,
        `${OPEN}
        let left = 0;
        uploads.subscribe(() => { left = Math.max(left, uploads.items.length); });
        await uploads.whenIdle();
        return left;`,
        given,
      );
      // One that was ready may come back: the page may have gone before the store forgot it.
      assert.ok(left > 0 && left < FILES, `${left} items were left after the reload`);
      await requireAlbum(service.origin, 'reload', album);
      await context.close();
    });
  });
});

const largestOf = ({ bytes }: Album): number => Math.max(...[...bytes.values()].map(({ length }) => length));
