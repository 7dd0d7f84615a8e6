import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { skipWithout } from '../../../test/servers/installed.ts';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { addPicture, call } from './pictures.fixture.ts';
import { openAt, until } from './viewer.fixture.ts';

const run = promisify(execFile);
const unzip = async (...options: readonly string[]): Promise<Buffer> =>
  (await run('unzip', options, { encoding: 'buffer', maxBuffer: 1e9 })).stdout;
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), 'safelight-zip-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

const COUNT = 20;
/** Browsers that can't write files. */
const NO_PICKER = 'delete globalThis.showSaveFilePicker';
/** Instead of the dialog of the system: a file of the page's own. */
const OWN_FILE = `globalThis.showSaveFilePicker = async ({ suggestedName }) => {
  globalThis.suggested = suggestedName;
  return (await navigator.storage.getDirectory()).getFileHandle('saved.zip', { create: true });
}`;

async function openSelected(gallery: Gallery, script: string, path = '/?user=me') {
  const opened = await openAt(gallery, 'about:blank', { acceptDownloads: true });
  await opened.page.context().addInitScript(script);
  await opened.page.goto(new URL(path, gallery.service.origin).href);
  await opened.page.locator('[data-part=select]').first().waitFor({ state: 'attached' });
  await opened.page.keyboard.press('Control+a');
  await opened.page.getByRole('region', { name: 'Selection' }).waitFor();
  return opened;
}

const toast = (page: Page, text: string) => page.getByRole('status').filter({ hasText: text });

describe('selected pictures leave', { skip: NO_CHROMIUM || skipWithout('unzip') }, () => {
  let gallery: Gallery;
  const ids: string[] = [];
  before(async () => {
    gallery = await startGallery({ LOG_LEVEL: 'warn' });
    for (let seed = 0; seed < COUNT; seed += 1)
      ids.push(await addPicture(gallery, { seed, filename: seed < 3 ? 'same.jpg' : `picture ${seed}.jpg` }));
  });
  after(() => gallery[Symbol.asyncDispose]());

  const original = async (id: string): Promise<Uint8Array> =>
    new Uint8Array(
      await (
        await fetch(`${gallery.service.origin}/images/${id}/original`, { headers: { 'x-user-id': 'me' } })
      ).arrayBuffer(),
    );

  it('as one zip of their bytes, without one that is gone, which is named', async () => {
    const { page, complaints } = await openSelected(gallery, NO_PICKER);
    const [gone = ''] = ids.slice(7);
    await page.route(`**/images/${gone}/download`, (route) =>
      route.fulfill({
        status: 404,
        contentType: 'application/problem+json',
        json: { code: 'image-not-found', detail: 'Image not found' },
      }),
    );
    let [running, most] = [0, 0];
    page.on('request', (request) => {
      if (!/\/objects\//.test(request.url())) return;
      running += 1;
      most = Math.max(most, running);
    });
    page.on('requestfinished', (request) => {
      if (/\/objects\//.test(request.url())) running -= 1;
    });
    await page.keyboard.press('d');
    const dialog = page.getByRole('dialog', { name: `Download ${COUNT} pictures` });
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      dialog.getByRole('button', { name: 'Originals' }).click(),
    ]);
    await toast(page, `Saved ${COUNT - 1} pictures as a zip. 1 more: see errors.txt in it`).waitFor();
    assert.match(download.suggestedFilename(), /^safelight-\d{4}-\d\d-\d\d\.zip$/);
    const zip = await download.path();
    await unzip('-t', zip);
    const names = String(await unzip('-Z1', zip))
      .trim()
      .split('\n');
    const others = Array.from({ length: COUNT - 3 }, (_, index) => `picture ${index + 3}.jpg`);
    const expected = ['same.jpg', 'same (2).jpg', 'same (3).jpg', ...others, 'errors.txt'];
    assert.deepEqual(names.toSorted(), expected.filter((name) => name !== 'picture 7.jpg').toSorted());
    assert.equal(
      String(await unzip('-p', zip, 'errors.txt')),
      `picture 7.jpg (${gone}): This picture isn't there any more.\n`,
    );
    const found = await Promise.all(
      names.filter((name) => name !== 'errors.txt').map(async (name) => sha256(await unzip('-p', zip, name))),
    );
    const stored = await Promise.all(ids.filter((id) => id !== gone).map(async (id) => sha256(await original(id))));
    assert.deepEqual(found.toSorted(), stored.toSorted());
    assert.ok(most <= 3, `expected at most 3 at a time; got ${most}`);
    assert.deepEqual(complaints, []);
    await page.context().close();
  });

  it('in a chosen size, written to a file as it comes', async () => {
    const { page, complaints } = await openSelected(gallery, OWN_FILE);
    await page.keyboard.press('d');
    await page.getByRole('dialog').getByRole('button', { name: 'Thumb' }).click();
    await toast(page, `Saved ${COUNT} pictures as a zip`).waitFor();
    const saved = await page.evaluate<string>(`(async () => {
      const file = await (await (await navigator.storage.getDirectory()).getFileHandle('saved.zip')).getFile();
      return (await file.bytes()).toBase64();
    })()`);
    assert.match(await page.evaluate<string>('suggested'), /^safelight-.*\.zip$/);
    await using folder = await temporaryFolder();
    const zip = join(folder.path, 'saved.zip');
    await writeFile(zip, Buffer.from(saved, 'base64'));
    await unzip('-t', zip);
    const names = String(await unzip('-Z1', zip))
      .trim()
      .split('\n');
    assert.equal(names.length, COUNT);
    for (const name of names) {
      const { width, height } = await sharp(await unzip('-p', zip, name)).metadata();
      assert.equal(Math.max(width, height), 256, name);
    }
    assert.deepEqual(complaints, []);
    await page.context().close();
  });

  it('as a zip of what was there before a stop, though a store sends nothing any more', async () => {
    const { page } = await openSelected(gallery, NO_PICKER);
    const [, , , , , stalled = ''] = ids.toReversed();
    await page.route(`**/images/${stalled}/download`, () => {}); // never an answer
    await page.keyboard.press('d');
    await page.getByRole('dialog').getByRole('button', { name: 'Originals' }).click();
    const progress = page.getByRole('region', { name: 'Downloading' });
    await progress.getByText(`5 of ${COUNT}`).waitFor();
    const saved = page.waitForEvent('download');
    await progress.getByRole('button', { name: 'Stop' }).click();
    await toast(page, 'Saved 5 pictures as a zip').waitFor();
    const names = String(await unzip('-Z1', await (await saved).path()));
    assert.equal(names.trim().split('\n').length, 6);
    await page.context().close();
  });

  it('by a command, where they are too large for the browser', async () => {
    const { page } = await openAt(gallery, 'about:blank');
    await page.context().addInitScript(NO_PICKER);
    await page.route('**/images?*', async (route) => {
      const response = await route.fetch();
      const list = (await response.json()) as { readonly images: readonly object[] };
      await route.fulfill({ response, json: { ...list, images: list.images.map((one) => ({ ...one, size: 60e6 })) } });
    });
    await page.goto(new URL('/?user=me', gallery.service.origin).href);
    await page.locator('[data-part=select]').first().waitFor({ state: 'attached' });
    await page.keyboard.press('Control+a');
    await page.getByRole('region', { name: 'Selection' }).waitFor();
    await page.keyboard.press('d');
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Originals' }).click();
    assert.equal(
      await dialog.getByRole('textbox', { name: 'Command' }).inputValue(),
      `safelight get - --output . --url ${gallery.service.origin} --user me < safelight-ids.txt`,
    );
    const [list] = await Promise.all([
      page.waitForEvent('download'),
      dialog.getByRole('link', { name: 'Save safelight-ids.txt' }).click(),
    ]);
    const saved = (await readFile(await list.path(), 'utf8')).trim().split('\n');
    assert.deepEqual(saved.toSorted(), ids.toSorted());
    await page.context().close();
  });

  it('by a list of links, of which one fails and is made afterwards', async () => {
    const { page, complaints } = await openSelected(gallery, '');
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.route(
      `**/images/${ids[4]}/links`,
      (route) =>
        route.fulfill({
          status: 409,
          contentType: 'application/problem+json',
          json: { code: 'too-many-links', detail: 'expected fewer links; got 100' },
        }),
      { times: 1 },
    );
    await page.keyboard.press('s');
    const dialog = page.getByRole('dialog', { name: `Share ${COUNT} pictures` });
    await dialog.getByLabel('Ends after').selectOption('1 day');
    await dialog.getByRole('button', { name: 'Create links' }).click();
    await dialog.getByText(`${COUNT - 1} links; 1 of ${COUNT} pictures failed.`).waitFor();
    await dialog.getByRole('button', { name: 'Retry' }).click();
    await dialog.getByText(`${COUNT} links`).waitFor();
    await dialog.getByRole('button', { name: 'Copy all' }).click();
    const links = (await page.evaluate<string>('navigator.clipboard.readText()')).split('\n');
    assert.equal(new Set(links).size, COUNT);
    const shown = await fetch(links[0] ?? '', { headers: { accept: 'text/html' } });
    assert.deepEqual([shown.status, shown.headers.get('content-type')?.startsWith('text/html')], [200, true]);
    const kept = (await call(gallery, 'GET', `/images/${ids[0]}/links`)) as {
      readonly links: readonly {
        readonly page_url: string;
        readonly created_at: string;
        readonly expires_at: string;
      }[];
    };
    const [one] = kept.links;
    assert.ok(links.includes(one?.page_url ?? ''));
    assert.equal(Math.round((Date.parse(one?.expires_at ?? '') - Date.parse(one?.created_at ?? '')) / 3_600_000), 24);
    await page.keyboard.press('Escape');
    await until(page, `!document.querySelector('dialog')`);
    assert.deepEqual(complaints, []);
    await page.context().close();
  });
});
