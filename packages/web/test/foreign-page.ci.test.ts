import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { type Gallery, NO_CHROMIUM, startGallery } from './gallery.fixture.ts';
import { addPicture, call } from './pictures.fixture.ts';

/** A page of another origin, which a test tells what to try. */
const HTML = `<!doctype html><meta charset="utf-8"><title>Elsewhere</title><body><script>
  const frame = (url) => new Promise((resolve) => {
    const element = document.createElement('iframe');
    element.onload = () => resolve(element);
    element.src = url;
    document.body.append(element);
  });
  const script = (url, type = '') => new Promise((resolve) => {
    const element = document.createElement('script');
    element.type = type;
    element.onload = () => resolve('ran');
    element.onerror = () => resolve('refused');
    element.src = url;
    document.body.append(element);
  });
  const image = (url) => Object.assign(new Image(), { src: url }).decode().then(() => 'shown', () => 'refused');
  const read = (url) => fetch(url, { headers: { accept: 'text/html' } }).then((answer) => answer.text(), () => 'refused');
</script>`;

describe('a foreign page', { skip: NO_CHROMIUM }, () => {
  let gallery: Gallery;
  let script: string;
  let id: string;
  const server = createServer((_request, response) => response.setHeader('Content-Type', 'text/html').end(HTML));
  before(async () => {
    gallery = await startGallery({ CORS_ORIGINS: 'https://app.example.org' });
    id = await addPicture(gallery);
    await call(gallery, 'POST', `/images/${id}/trash`);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const names = await readdir(new URL('../dist/assets/', import.meta.url));
    script = `/assets/${names.find((name) => name.startsWith('index-') && name.endsWith('.js'))}`;
  });
  after(async () => {
    server.close();
    await gallery[Symbol.asyncDispose]();
  });

  // A port of the same host is the same site, and another name of this machine is another site.
  for (const [site, host] of [
    ['of the same site', '127.0.0.1'],
    ['of another site', 'localhost'],
  ] as const) {
    it(`${site} can neither frame the gallery, nor run or read its parts, nor show pictures of the trash, nor hold its window`, async () => {
      const { origin } = gallery.service;
      const context = await gallery.browser.newContext();
      const page = await context.newPage();
      await page.goto(`http://${host}:${(server.address() as AddressInfo).port}/`);

      await page.evaluate(`frame('${origin}/')`);
      const framed = page.frames().find((one) => one !== page.mainFrame());
      assert.ok(framed);
      assert.equal(await framed.locator('#gallery').count(), 0, 'the frame has no gallery');
      for (const type of ['', 'module'])
        assert.equal(await page.evaluate(`script('${origin}${script}', '${type}')`), 'refused', type);
      for (const path of ['/', '/app.json', script])
        assert.equal(await page.evaluate(`read('${origin}${path}')`), 'refused', path);

      const trashed = `${origin}/images/${id}/renditions/thumb?trashed=true`;
      assert.equal(await page.evaluate(`read('${trashed}')`), 'refused');
      assert.equal(await page.evaluate(`image('${trashed}')`), 'refused');

      const opened = context.waitForEvent('page');
      await page.evaluate(`globalThis.held = open('${origin}/')`);
      const popup = await opened;
      await popup.getByRole('heading', { name: 'Safelight' }).waitFor();
      assert.equal(await page.evaluate('held.closed'), true, 'the opener has lost the window');
      assert.equal(await popup.evaluate('opener'), null);

      // A link works.
      await page.goto(`http://${host}:${(server.address() as AddressInfo).port}/`);
      await page.evaluate(`location.href = '${origin}/?view=trash'`);
      await page.getByRole('heading', { name: 'Safelight' }).waitFor();
      await context.close();
    });
  }
});
