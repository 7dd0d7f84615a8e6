import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { paddedPng, testImage } from '../../../test/pictures/test-images.ts';
import { temporaryFolder } from '../../server/test/faults/file-systems.ts';
import { launchChromium, NO_CHROMIUM } from '../../server/test/services/chromium.ts';
import { startService } from '../../server/test/services/running-service.ts';
import { listOf } from './album.ts';
import { inPage, serveClientPages, untilTrue } from './client-page.ts';
import { startCuttingProxy } from './cutting-proxy.ts';

const MB = 1_048_576;
const SIZE = 60 * MB;
/** A reload ends six parts at most, of which each may be sent again, and their bytes may wait in buffers. */
const LOST = 9 * MB;
const SEED = Number(process.env['SEED'] ?? 20261201);

it(`a file of 60 MB survives two reloads and cut connections in Chromium (SEED=${SEED})`, {
  skip: NO_CHROMIUM,
}, async () => {
  await using pages = await serveClientPages();
  await using service = await startService({
    ...{ LOG_LEVEL: 'warn', MAX_UPLOAD_BYTES: String(100 * MB), CORS_ORIGINS: pages.origin },
  });
  await using proxy = await startCuttingProxy(service.origin, {
    ...{ seed: SEED, share: 1, fromBytes: MB, withinBytes: 20 * MB },
  });
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'large.png');
  const bytes = paddedPng(await testImage({ type: 'image/png', width: 64, height: 48 }), SIZE);
  await writeFile(path, bytes);
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    await page.goto(pages.origin);
    const open = (then: string) =>
      inPage(page, `globalThis.uploads = createClient(given).uploader(); ${then}`, {
        ...{ baseUrl: proxy.origin, userId: 'reload' },
      });
    await page.locator('input').setInputFiles(path);
    let held = proxy.holdAt(15 * MB);
    await open('uploads.pause(); await uploads.add(files); uploads.resume();');
    for (const next of [40 * MB, undefined]) {
      await held.reached;
      const before = proxy.received();
      await page.reload();
      held.release();
      await held.closed;
      if (next !== undefined) held = proxy.holdAt(next);
      await open('globalThis.first = undefined; uploads.subscribe(() => { first ||= uploads.items[0].progress; });');
      await untilTrue(page, 'globalThis.first > 0');
      const first = Number(await page.evaluate('first'));
      assert.ok(first * SIZE >= 0.87 * before - LOST, `${first} of the file after ${before} bytes`);
    }
    await inPage(page, 'await uploads.whenIdle();');
    assert.equal(await page.evaluate('uploads.items[0].state'), 'ready');
    assert.ok(proxy.received() <= 1.15 * SIZE + 2 * LOST, `${proxy.received()} bytes`);
    const [image, ...more] = await listOf(service.origin, 'user_id=reload');
    assert.deepEqual(more, []);
    const answer = await fetch(`${service.origin}/images/${image?.image_id}/original?user_id=reload`);
    assert.ok(bytes.equals(Buffer.from(await answer.arrayBuffer())));
    assert.deepEqual(await listOf(service.origin, 'user_id=reload&status=pending'), []);
  } finally {
    await browser.close();
  }
});
