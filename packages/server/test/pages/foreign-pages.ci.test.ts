import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { launchChromium, NO_CHROMIUM } from '../services/chromium.ts';
import { type ClosedService, createClosedService } from '../services/closed-service.ts';
import { type ListeningService, listen } from '../services/listening-service.ts';
import { type ForeignPages, RESOLVER, SERVICE_HOST, servePages } from './foreign-pages.ts';

interface ImageJson {
  readonly image_id: string;
  readonly user_id: string;
  readonly visibility: string;
  readonly renditions: Readonly<Record<string, string>>;
}

/** What the upload functions of the page return. */
interface Uploaded {
  readonly statuses: readonly (number | 'refused')[];
  readonly image?: ImageJson;
}

const WAYS = ['fetch', 'XHR'] as const;
const UPLOADS = ['uploadByGrant', 'uploadByForm'] as const;

/** The pictures are 640 pixels wide, their thumbnails 256. */
const [WIDTH, THUMB_WIDTH] = [640, 256];

describe('a page of another origin in Chromium', { skip: NO_CHROMIUM }, () => {
  let pages: ForeignPages;
  let service: ClosedService;
  let listening: ListeningService;
  let browser: Browser;
  let base: string;
  let ada: string;
  let token: string;
  /** The picture that pages upload. */
  let base64: string;
  let published: ImageJson;
  let linked: ImageJson;
  let link: string;
  before(async () => {
    pages = await servePages();
    service = await createClosedService({
      environment: { CORS_ORIGINS: pages.listed, ALLOWED_HOSTS: SERVICE_HOST },
    });
    listening = await listen(service);
    base = `http://${listening.address.replace('127.0.0.1', SERVICE_HOST)}`;
    browser = await launchChromium([RESOLVER]);
    base64 = (await pictureOf(1)).toString('base64');
    ada = await service.keyOf({ owner: 'ada' });
    token = (await call<{ token: string }>('POST', '/upload-tokens', {})).token;
    published = await upload(2);
    await call('PATCH', `/images/${published.image_id}`, { visibility: 'public' });
    linked = await upload(3);
    link = (await call<{ url: string }>('POST', `/images/${linked.image_id}/links`, { what: 'original' })).url;
  });
  after(async () => {
    await browser?.close();
    await listening?.[Symbol.asyncDispose]();
    await service?.[Symbol.asyncDispose]();
    await pages?.[Symbol.asyncDispose]();
  });

  /** A request of the backend, under the name that the pages know: URLs in the answer have it. */
  async function send<Body>(method: string, path: string, type: string, body?: Uint8Array): Promise<Body> {
    const headers = { Host: new URL(base).host, Authorization: `Bearer ${ada}`, 'Content-Type': type };
    const sent = listening.send({ method, target: path, from: '127.0.0.1', headers, ...(body && { body }) });
    const answer = await sent.answered;
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.body}`);
    return JSON.parse(answer.body) as Body;
  }

  const call = <Body>(method: string, path: string, body?: unknown): Promise<Body> =>
    send(method, path, 'application/json', body === undefined ? undefined : Buffer.from(JSON.stringify(body)));

  const pictureOf = (seed: number) => testImage({ type: 'image/jpeg', width: WIDTH, height: 480, seed });

  const upload = async (seed: number): Promise<ImageJson> =>
    send('POST', '/images/upload', 'image/jpeg', await pictureOf(seed));

  const stored = async (): Promise<number> => (await call<{ count: number }>('GET', '/images')).count;

  /** In a context of its own, so that no picture is in the browser's cache. */
  async function open(origin: string): Promise<Page> {
    const page = await (await browser.newContext({ viewport: { width: 1000, height: 500 } })).newPage();
    await page.goto(origin);
    return page;
  }

  const run = <Result>(page: Page, name: string, ...args: readonly unknown[]): Promise<Result> =>
    page.evaluate(`${name}(...${JSON.stringify(args)})`);

  const uploadFrom = (page: Page, how: (typeof UPLOADS)[number], way: (typeof WAYS)[number]): Promise<Uploaded> =>
    run(page, how, way, { base, token, base64 });

  const show = (page: Page, name: string, url: string) => run<number | 'error'>(page, 'show', name, url);

  /** Shows all three kinds of shared pictures, of three images. */
  async function showShared(page: Page, own: ImageJson): Promise<readonly (number | 'error')[]> {
    return [
      await show(page, 'private, by its signed URL', own.renditions['thumb'] ?? ''),
      await show(page, 'public, without a signature', `${base}/images/${published.image_id}/renditions/thumb`),
      await show(page, 'original, by its link', link),
    ];
  }

  async function capture(page: Page, name: string): Promise<void> {
    const screenshots = process.env['SCREENSHOT_DIR'];
    if (screenshots) await page.screenshot({ path: join(screenshots, `${name}.png`) });
  }

  for (const how of UPLOADS) {
    for (const way of WAYS) {
      it(`uploads with a token: ${how}, ${way}`, async () => {
        const page = await open(pages.listed);
        const { statuses, image } = await uploadFrom(page, how, way);
        assert.deepEqual(statuses, how === 'uploadByGrant' ? [201, 200, 200] : [201]);
        assert.ok(image);
        assert.deepEqual([image.user_id, image.visibility], ['ada', 'private']);
        assert.equal(await show(page, way, image.renditions['thumb'] ?? ''), THUMB_WIDTH);
        await page.context().close();
      });
    }
  }

  it('shows its private picture by the signed URL, a public one, and the original of a link', async () => {
    const page = await open(pages.listed);
    const { image } = await uploadFrom(page, 'uploadByGrant', 'fetch');
    assert.ok(image);
    const [request, shown] = await Promise.all([page.waitForRequest(link), showShared(page, image)]);
    assert.deepEqual(shown, [THUMB_WIDTH, THUMB_WIDTH, WIDTH]);
    assert.equal((await request.allHeaders())['sec-fetch-site'], 'cross-site');
    await capture(page, 'foreign-page-listed');

    await call('POST', `/images/${image.image_id}/revoke-links`);
    const later = await open(pages.listed);
    assert.deepEqual(await showShared(later, image), ['error', THUMB_WIDTH, WIDTH]);
    for (const one of [page, later]) await one.context().close();
  });

  it('opens nothing else of these images', async () => {
    const page = await open(pages.listed);
    const { image } = await uploadFrom(page, 'uploadByGrant', 'fetch');
    assert.ok(image);
    const query = new URL(image.renditions['thumb'] ?? '').search.replace(/v=\w+&/, ''); // the signature of its presets
    const others = [
      `/images/${image.image_id}/renditions/thumb`,
      `/images/${image.image_id}/render?w=64`,
      `/images/${image.image_id}/render${query}`,
      `/images/${image.image_id}/links/AAAAAAAAAAAAAAAAAAAAAA${query}`,
      `/images/${linked.image_id}/renditions/thumb`,
      `/images/${linked.image_id}/renditions/thumb${query}`,
      `/images/${linked.image_id}/renditions/thumb${new URL(link).search}`,
      `/images/${published.image_id}/render?w=64`,
      ...[image, linked, published].flatMap(({ image_id }) => [
        `/images/${image_id}/original`,
        `/images/${image_id}/original${query}`,
        `/images/${image_id}/metadata`,
        `/images/${image_id}/links`,
        `/images/${image_id}/renditions/thumb/download`,
        `/images/${image_id}`,
      ]),
      '/images',
    ];
    for (const path of others) {
      assert.equal(await show(page, path, `${base}${path}`), 'error', path);
      const { status } = await run<{ status: number }>(page, 'byFetch', `${base}${path}`);
      assert.ok([401, 403, 404].includes(status), `${path}: ${status}`);
    }

    const headers = { Authorization: `Bearer ${token}` };
    const withToken = async (path: string, method = 'GET') =>
      (await run<{ status: number }>(page, 'byFetch', `${base}${path}`, { method, headers })).status;
    assert.equal(await withToken(`/images/${image.image_id}/metadata`), 200, 'the state of an image of the token');
    assert.equal(await withToken(`/images/${linked.image_id}/metadata`), 404);
    assert.equal(await withToken(`/images/${image.image_id}/original`), 403);
    assert.equal(await withToken(`/images/${image.image_id}/links`, 'POST'), 403);
    assert.equal(await withToken(`/images/${image.image_id}`, 'DELETE'), 403);
    assert.equal(await withToken('/images'), 403);
    assert.equal(await withToken('/upload-tokens', 'POST'), 403);
    await page.context().close();
  });

  it('that CORS_ORIGINS does not list shows the three pictures, but neither uploads nor reads JSON', async () => {
    const listed = await open(pages.listed);
    const { image } = await uploadFrom(listed, 'uploadByGrant', 'fetch');
    assert.ok(image);
    const count = await stored();
    const page = await open(pages.unlisted);
    assert.deepEqual(await showShared(page, image), [THUMB_WIDTH, THUMB_WIDTH, WIDTH]);
    await capture(page, 'foreign-page-unlisted');

    for (const how of UPLOADS)
      for (const way of WAYS)
        assert.deepEqual((await uploadFrom(page, how, way)).statuses, ['refused'], `${how} ${way}`);
    const metadata = `${base}/images/${image.image_id}/metadata`;
    for (const way of ['byFetch', 'byXhr'])
      for (const headers of [{}, { Authorization: `Bearer ${token}` }])
        assert.deepEqual(await run(page, way, metadata, { headers }), { status: 'refused', body: '' });
    const signed = image.renditions['thumb'] ?? '';
    assert.deepEqual(
      await run(page, 'byFetch', signed),
      { status: 'refused', body: '' },
      'expected no access to pixels',
    );
    assert.equal(await stored(), count);
    for (const one of [listed, page]) await one.context().close();
  });
});
