import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { it } from 'node:test';
import { createClient } from '@safelight/client';
import { paddedPng, testImage, truncated } from '../../../../test/pictures/test-images.ts';
import { launchChromium, NO_CHROMIUM } from '../../../server/test/services/chromium.ts';
import { spawnProgram, startService, untilPrinted } from '../../../server/test/services/running-service.ts';

const ROOT = join(import.meta.dirname, '../../../..');
const MB = 1_048_576;

async function startBackend(base: string) {
  const spawned = spawnProgram(ROOT, {}, [process.execPath, 'examples/uppy-parts/server.ts', base, '0']);
  const [, origin = ''] = await untilPrinted(spawned, /listens on (\S+)/);
  return {
    origin,
    async [Symbol.asyncDispose]() {
      spawned.child.kill();
      if (spawned.child.exitCode === null) await once(spawned.child, 'exit');
    },
  };
}

it('Uppy’s AwsS3 plugin sends a picture in parts, and only those that are missing again', {
  skip: NO_CHROMIUM,
}, async () => {
  await using service = await startService({ LOG_LEVEL: 'silent' });
  await using backend = await startBackend(service.origin);
  await using browser = await launchChromium();
  const page = await browser.newPage();
  const puts: string[] = [];
  await page.route(`${service.origin}/**`, async (route) => {
    if (route.request().method() !== 'PUT') return route.continue();
    puts.push(new URL(route.request().url()).searchParams.get('partNumber') ?? '');
    return puts.length === 2
      ? route.fulfill({ status: 403, headers: { 'access-control-allow-origin': '*' } })
      : route.continue();
  });
  await page.goto(backend.origin);
  const png = paddedPng(await testImage({ type: 'image/png', width: 64, height: 48 }), 12 * MB);
  const choose = (name: string, mimeType: string, buffer: Buffer) =>
    page.getByLabel('Pictures').setInputFiles({ name, mimeType, buffer });
  const said = (text: string | RegExp) => page.getByRole('status').filter({ hasText: text }).waitFor();

  await choose('large.png', 'image/png', png);
  await page.getByRole('button', { name: 'Retry' }).click();
  await said('Ready');
  assert.deepEqual(puts, ['1', '2', '2', '3']);
  const client = createClient({ baseUrl: service.origin, userId: 'me' });
  const [image] = await Array.fromAsync(client.images.list({ tag: 'uppy' }));
  assert.deepEqual([image?.sha256, image?.filename], [createHash('sha256').update(png).digest('hex'), 'large.png']);

  await choose('cut.jpg', 'image/jpeg', truncated(await testImage({ type: 'image/jpeg', width: 320, height: 240 })));
  await said(/the picture|damaged|cut/);
});
