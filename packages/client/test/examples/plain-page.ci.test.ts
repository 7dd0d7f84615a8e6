import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { cp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { it } from 'node:test';
import { promisify } from 'node:util';
import { testImage, truncated } from '../../../../test/pictures/test-images.ts';
import { temporaryFolder } from '../../../server/test/faults/file-systems.ts';
import { launchChromium, NO_CHROMIUM } from '../../../server/test/services/chromium.ts';
import { startService } from '../../../server/test/services/running-service.ts';
import { copyPacks } from '../pack.ts';

const ROOT = join(import.meta.dirname, '../../../..');
const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };

/** The files of a folder, as any server of files has them. */
async function serveFolder(folder: string) {
  const server = createServer(async ({ url = '' }, response) => {
    const { pathname } = new URL(url, 'http://localhost');
    const bytes = await readFile(join(folder, pathname)).catch(() => undefined);
    response.writeHead(bytes ? 200 : 404, { 'Content-Type': TYPES[extname(pathname)] ?? 'text/plain' }).end(bytes);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

it('examples/plain.html works without a bundler, beside an installed client', { skip: NO_CHROMIUM }, async () => {
  await using folder = await temporaryFolder();
  const { client } = await copyPacks(join(folder.path, 'packs'));
  await promisify(execFile)('npm', ['install', client], { cwd: folder.path });
  await cp(join(ROOT, 'examples/plain.html'), join(folder.path, 'plain.html'));
  await using service = await startService({ LOG_LEVEL: 'silent' });
  await using pages = await serveFolder(folder.path);
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    await page.goto(`${pages.origin}/plain.html?base=${service.origin}`);
    const jpeg = (seed: number) => testImage({ type: 'image/jpeg', width: 320, height: 240, seed });
    const file = (name: string, bytes: Uint8Array) => ({ name, mimeType: 'image/jpeg', buffer: Buffer.from(bytes) });
    await page.getByLabel('Pictures').setInputFiles([file('a.jpg', await jpeg(1)), file('b.jpg', await jpeg(2))]);
    await page.getByRole('status').filter({ hasText: 'Ready' }).waitFor();
    await page.waitForFunction('[...document.images].filter((one) => one.naturalWidth > 0).length === 2');
    await page.getByLabel('Pictures').setInputFiles([file('c.jpg', truncated(await jpeg(3)))]);
    await page.getByRole('status').filter({ hasText: 'c.jpg: This file is damaged' }).waitFor();
    assert.equal(await page.getByRole('img').count(), 2);
  } finally {
    await browser.close();
    await rm(join(folder.path, 'node_modules'), { recursive: true });
  }
});
