import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { paddedPng, testImage } from '../../../test/pictures/test-images.ts';
import { NO_CEPH } from '../../../test/servers/ceph.ts';
import { skipWithout } from '../../../test/servers/installed.ts';
import { createProvisionedBucket, environmentOf } from '../../server/test/services/ceph-service.ts';
import { NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { untilShown } from './shown-pictures.fixture.ts';

/** Four parts of 5 MiB with S3. */
const LARGE = 17 * 1_048_576;

describe('the gallery with S3', { skip: NO_CHROMIUM || NO_CEPH || skipWithout('unzip') }, () => {
  it('shows and uploads pictures through presigned URLs, whose origin its policy names exactly', async () => {
    await using bucket = await createProvisionedBucket();
    await using gallery = await startGallery({ ...environmentOf(bucket), BYTES: 'redirect' });
    const store = new URL(bucket.s3.url).origin;
    const answer = await fetch(gallery.service.origin, { headers: { Accept: 'text/html' } });
    const policy = answer.headers.get('content-security-policy') ?? '';
    assert.ok(policy.includes(`img-src 'self' blob: data: ${store}; connect-src 'self' ${store}; worker-src`), policy);

    const id = await gallery.seed(1);
    const { page, complaints } = await gallery.open();
    const called = new Set<string>();
    page.on('request', (request) => called.add(new URL(request.url()).origin));
    await untilShown(page, id);

    const picture = await testImage({ type: 'image/jpeg', width: 320, height: 240, seed: 2 });
    const bytes = { name: 'dropped.jpg', mimeType: 'image/jpeg', buffer: Buffer.from(picture) };
    await page.locator('input[type="file"][multiple]').first().setInputFiles(bytes);
    await page.locator('main img').nth(1).waitFor({ state: 'attached' });
    const shown = page.locator('main img').first();
    await shown.evaluate((one: { decode(): Promise<void> }) => one.decode());
    assert.ok(called.has(store), 'the bytes went to the store');
    called.delete('null'); // blob: and data:
    assert.deepEqual(
      [...called].filter((one) => one !== store),
      [gallery.service.origin],
    );

    const parts: string[] = [];
    page.on('request', (request) => parts.push(new URL(request.url()).searchParams.get('partNumber') ?? ''));
    const large = paddedPng(await testImage({ type: 'image/png', width: 64, height: 48 }), LARGE);
    const file = { name: 'large.png', mimeType: 'image/png', buffer: large };
    await page.locator('input[type="file"][multiple]').first().setInputFiles(file);
    await page.locator('main img').nth(2).waitFor({ state: 'attached' });
    assert.deepEqual(parts.filter((one) => one !== '').toSorted(), ['1', '2', '3', '4']);

    // By a redirect to the bucket, whose CORS rules let the page read it.
    await page.evaluate('delete globalThis.showSaveFilePicker');
    await page.locator('[data-part=select]').first().waitFor({ state: 'attached' });
    await page.keyboard.press('Control+a');
    await page.getByRole('region', { name: 'Selection' }).waitFor();
    await page.keyboard.press('d');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('dialog').getByRole('button', { name: 'Originals' }).click(),
    ]);
    await page.getByRole('status').filter({ hasText: 'Saved 3 pictures as a zip' }).waitFor();
    const { stdout } = await promisify(execFile)('unzip', ['-p', await download.path(), 'dropped.jpg'], {
      encoding: 'buffer',
    });
    assert.deepEqual(new Uint8Array(stdout), new Uint8Array(picture));
    assert.deepEqual(complaints, []);
  });
});
