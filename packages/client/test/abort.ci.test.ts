import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { createClient, openFile, SafelightError } from '@safelight/client';
import { paddedPng, testImage } from '../../../test/pictures/test-images.ts';
import { launchChromium, NO_CHROMIUM } from '../../server/test/services/chromium.ts';
import { type ListeningService, listen } from '../../server/test/services/listening-service.ts';
import { movingClock } from '../../server/test/services/moving-clock.ts';
import { sweepAll } from '../../server/test/services/record-check.ts';
import type { TestService } from '../../server/test/services/service.ts';
import { createSharingService } from '../../server/test/services/sharing-service.ts';
import { inPage, serveClientPages } from './client-page.ts';
import { type CuttingProxy, startCuttingProxy } from './cutting-proxy.ts';

const MB = 1_048_576;
const HOUR_MS = 3_600_000;
/** For a PUT that began before the end. */
const LATE_MS = 15 * 60_000 + 1_000;

describe('an aborted upload', () => {
  const clock = movingClock();
  let service: TestService;
  let listening: ListeningService;
  let proxy: CuttingProxy;
  let folder: string;
  let path: string;
  before(async () => {
    service = await createSharingService({ overrides: { clock } });
    listening = await listen(service);
    proxy = await startCuttingProxy(`http://${listening.address}`);
    folder = await mkdtemp(join(tmpdir(), 'safelight-abort-'));
    path = join(folder, 'large.png');
    await writeFile(path, paddedPng(await testImage({ type: 'image/png', width: 64, height: 48 }), 40 * MB));
  });
  after(async () => {
    await proxy?.[Symbol.asyncDispose]();
    await listening?.[Symbol.asyncDispose]();
    await service?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  it('sends at most 1 MB more from Node, even if the server has stopped reading', async () => {
    const controller = new AbortController();
    const client = createClient({ baseUrl: proxy.origin, userId: 'ada' });
    const uploading = assert.rejects(
      client.upload(await openFile(path), { signal: controller.signal }),
      (error) => error instanceof SafelightError && error.code === 'aborted',
    );
    const held = proxy.holdAt(proxy.received() + 4 * MB);
    await held.reached;
    const before = proxy.received();
    controller.abort();
    held.release();
    await held.closed;
    const more = proxy.received() - before;
    await uploading;
    assert.ok(more <= MB, `${more} bytes came after the abort`);
  });

  it('sends at most 1 MB more from Chromium', { skip: NO_CHROMIUM }, async () => {
    await using pages = await serveClientPages();
    await using browser = await launchChromium();
    const page = await browser.newPage();
    await page.goto(pages.origin);
    // A network that is slower than the system's buffers: bytes that those have taken can't be taken back from a page.
    // It takes eight seconds for what may follow, so that a busy machine has time to abort.
    const network = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: MB / 8 };
    await (await page.context().newCDPSession(page)).send('Network.emulateNetworkConditions', network);
    const buffer = paddedPng(await testImage({ type: 'image/png', width: 64, height: 48 }), 4 * MB);
    await page.locator('input').setInputFiles({ name: 'large.png', mimeType: 'image/png', buffer });
    const held = proxy.holdAt(proxy.received() + MB / 8);
    await inPage(
      page,
      `globalThis.controller = new AbortController();
      globalThis.uploading = createClient(given).upload(files[0], { signal: controller.signal }).catch((error) => error.code);`,
      { baseUrl: proxy.origin, userId: 'ada' },
    );
    await held.reached;
    held.release();
    const before = proxy.received();
    await page.evaluate('controller.abort()');
    assert.equal(await page.evaluate('uploading'), 'aborted');
    let isClosed = false;
    void held.closed.then(() => {
      isClosed = true;
    });
    const more = (): number => proxy.received() - before;
    while (!isClosed && more() <= MB) await setTimeout(20);
    assert.ok(more() <= MB, `${more()} bytes came after the abort`);
  });

  it('leaves nothing that is pending beyond its grant', async () => {
    const pending = async (): Promise<number> => {
      const answer = await service.request('/images?user_id=ada&status=pending');
      return ((await answer.json()) as { count: number }).count;
    };
    assert.ok((await pending()) > 0);
    clock.offsetMs += HOUR_MS + LATE_MS; // of a URL, and of an upload in parts of which nothing has arrived
    await sweepAll(service);
    assert.equal(await pending(), 1);
    clock.offsetMs += 19 * HOUR_MS; // of an upload in parts
    await sweepAll(service);
    assert.equal(await pending(), 0);
  });
});
