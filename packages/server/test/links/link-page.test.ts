import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import { uploadPicture } from '../pictures/upload-picture.ts';
import { createClosedService } from '../services/closed-service.ts';
import { movingClock } from '../services/moving-clock.ts';
import { json, ORIGIN, type TestService } from '../services/service.ts';
import { createSharingService } from '../services/sharing-service.ts';
import { ADA, createdLink, outcomeOf, sendTo } from './link-requests.ts';

const PHOTO = { type: 'image/jpeg', width: 640, height: 480 } as const;
const THUMB = { what: 'preset', preset: 'thumb' } as const;
const PAGE = { headers: { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } };
const MAX_PAGE_BYTES = 30_000;

const SENTENCES = {
  gone: 'This picture is no longer shared.',
  ended: 'This link has ended.',
  invalid: 'This link is not valid. Perhaps a part of it is missing.',
  unavailable: 'This picture can’t be shown at the moment. Please try again later.',
} as const;

/** The URLs of the picture and of the download on a page. */
function urlsIn(html: string): { picture: string; download: string } {
  const [, picture = ''] = /<img src="([^"]*)"/.exec(html) ?? [];
  const [, download = ''] = /<a href="([^"]*)"/.exec(html) ?? [];
  const absolute = (url: string) => new URL(url.replaceAll('&amp;', '&'), ORIGIN).href;
  return { picture: absolute(picture), download: absolute(download) };
}

/** The page without what differs from request to request. */
async function shown(answer: Response) {
  const { 'x-request-id': _, date: _date, ...headers } = Object.fromEntries(answer.headers);
  return { status: answer.status, headers, body: await answer.text() };
}

/** The only sentence of a page that shows no picture. */
async function sentenceOf(answer: Response): Promise<readonly [number, string | undefined]> {
  const html = await answer.text();
  assert.match(answer.headers.get('content-type') ?? '', /^text\/html/, html);
  assert.doesNotMatch(html, /<img|<a |<script/);
  return [answer.status, /<main><p>(.*)<\/p><\/main>/.exec(html)?.[1]];
}

const pageOf = async (service: TestService, body: unknown, picture: Parameters<typeof uploadPicture>[1] = PHOTO) => {
  const id = await uploadPicture(service, picture);
  const link = await createdLink(service, id, body);
  return { id, link, page: link.page_url };
};

describe("a link's page", () => {
  it('shows the original with its name, until when, and a download, all through the link itself', async () => {
    await using service = await createSharingService();
    const { id, link, page } = await pageOf(service, { what: 'original' });
    const answer = await service.send(page, PAGE);
    const html = await answer.text();
    assert.equal(answer.status, 200, html);
    const header = (name: string) => answer.headers.get(name);
    assert.equal(header('content-type'), 'text/html; charset=utf-8');
    assert.equal(header('cache-control'), 'no-store');
    assert.equal(header('referrer-policy'), 'no-referrer');
    assert.equal(header('x-robots-tag'), 'noindex');
    assert.match(
      header('content-security-policy') ?? '',
      /^default-src 'none'; style-src 'sha256-[^']+'; img-src 'self'/,
    );
    assert.ok(Buffer.byteLength(html) < MAX_PAGE_BYTES, String(html.length));
    assert.doesNotMatch(html, /<script|sig=[^"&]*"?\s*>|renditions/);
    assert.ok(html.includes('<h1><bdi>my.holiday.jpg</bdi></h1>') && html.includes(`datetime="${link.expires_at}"`));
    const { picture, download } = urlsIn(html);
    assert.equal(picture, new URL(link.url).href.replace(new URL(link.url).origin, ORIGIN));
    const original = Buffer.from(await (await service.request(`/images/${id}/original`)).arrayBuffer());
    assert.deepEqual(Buffer.from(await (await service.send(picture)).arrayBuffer()), original);
    const saved = await service.send(download);
    assert.match(saved.headers.get('content-disposition') ?? '', /^attachment/);
    assert.deepEqual(Buffer.from(await saved.arrayBuffer()), original);
    const head = await service.send(page, { method: 'HEAD' });
    assert.deepEqual([head.status, await head.text()], [200, '']);
  });

  it('of a preset shows exactly that preset', async () => {
    await using service = await createSharingService();
    const { page } = await pageOf(service, THUMB);
    const { picture } = urlsIn(await (await service.send(page, PAGE)).text());
    const bytes = Buffer.from(await (await service.send(picture)).arrayBuffer());
    assert.equal((await sharp(bytes).metadata()).width, 256);
  });

  for (const type of ['image/heic', 'image/tiff'] as const)
    it(`of an original as ${type} shows a JPEG of its size, and downloads the original`, async () => {
      await using service = await createSharingService();
      const { link, page } = await pageOf(service, { what: 'original' }, { type, width: 64, height: 64 });
      const { picture, download } = urlsIn(await (await service.send(page, PAGE)).text());
      const answer = await service.send(picture);
      const { format, width } = await sharp(Buffer.from(await answer.arrayBuffer())).metadata();
      assert.deepEqual([answer.status, format, width], [200, 'jpeg', 64]);
      assert.match(answer.headers.get('content-disposition') ?? '', /^inline; filename="my\.holiday\.jpg"/);
      assert.equal((await service.send(download)).headers.get('content-type'), type);
      assert.equal(await outcomeOf(service.send(`${link.url}&format=png`)), '400 invalid-request');
    });

  it('of a preset has no other format', async () => {
    await using service = await createSharingService();
    const { link } = await pageOf(service, THUMB);
    assert.equal(await outcomeOf(service.send(`${link.url}&format=jpeg`)), '400 invalid-request');
  });

  it('says the same, whichever way the picture is gone, and nothing of the picture', async () => {
    await using service = await createSharingService();
    const endings = {
      'its link revoked': (id: string, linkId: string) => sendTo(service, 'DELETE', `/images/${id}/links/${linkId}`),
      'all links revoked': (id: string) => sendTo(service, 'POST', `/images/${id}/revoke-links`),
      'made public': (id: string) =>
        service.request(`/images/${id}`, { ...json({ visibility: 'public' }, ADA), method: 'PATCH' }),
      trashed: (id: string) => sendTo(service, 'POST', `/images/${id}/trash`),
      deleted: (id: string) => sendTo(service, 'DELETE', `/images/${id}`),
    };
    let first: Awaited<ReturnType<typeof shown>> | undefined;
    for (const [ending, end] of Object.entries(endings)) {
      const { id, link, page } = await pageOf(service, { what: 'original' });
      assert.ok((await end(id, link.link_id)).ok, ending);
      const answer = await shown(await service.send(page, PAGE));
      assert.equal(answer.status, 404, ending);
      assert.ok(answer.body.includes(`<p>${SENTENCES.gone}</p>`), ending);
      first ??= answer;
      assert.deepEqual(answer, first, ending);
    }
    const { page } = await pageOf(service, THUMB);
    Object.assign(service.services.settings, { sharedPresets: new Map() });
    assert.deepEqual(await shown(await service.send(page, PAGE)), first, 'of a former preset');
  });

  it('says that a link has ended, is not valid, or is away, never in JSON, and no cache keeps it', async () => {
    const clock = movingClock();
    await using service = await createSharingService({ overrides: { clock } });
    const { link, page } = await pageOf(service, { what: 'original', expires_in: 60 });
    const other = (name: string, value: string) => {
      const url = new URL(page);
      url.searchParams.set(name, value);
      return url.href;
    };
    const told = async (url: string, init: RequestInit = PAGE) => {
      const answer = await service.send(url, init);
      assert.equal(answer.headers.get('cache-control'), 'no-store');
      return sentenceOf(answer);
    };
    for (const broken of [other('sig', 'x'), other('exp', '9999999999'), page.slice(0, -3), page.split('?')[0] ?? ''])
      assert.deepEqual(await told(broken), [403, SENTENCES.invalid], broken);
    assert.deepEqual(await told(other('exp', 'soon')), [400, SENTENCES.invalid]);
    assert.deepEqual(await told(other('sig', 'y'.repeat(600))), [400, SENTENCES.invalid]);
    assert.equal((await service.send(`${page}&x=${'y'.repeat(600)}`, PAGE)).status, 200);
    assert.equal((await service.send(`${page}&fbclid=abc`, PAGE)).status, 200, 'messengers add parameters');
    assert.deepEqual(await told(`${ORIGIN}/s/x/y`), [404, SENTENCES.gone]);
    for (const part of ['/s/x', '/s/x/', '/s/x/y/z'])
      assert.deepEqual([part, ...(await told(`${ORIGIN}${part}`))], [part, 404, SENTENCES.invalid]);
    assert.deepEqual(await told(page, { ...PAGE, method: 'POST' }), [405, SENTENCES.unavailable]);
    const images = service.services.images;
    const get = images.get.bind(images);
    Object.assign(images, { get: () => Promise.reject(new Error('the disk is gone')) });
    assert.deepEqual(await told(page), [500, SENTENCES.unavailable]);
    Object.assign(images, { get });
    clock.offsetMs += 61_000;
    assert.deepEqual(await told(page), [410, SENTENCES.ended]);
    assert.deepEqual(await told(link.url), [410, SENTENCES.ended], 'the link of bytes, for a browser');
    const forPrograms = await service.send(link.url, { headers: { Accept: 'text/html, image/jpeg, */*; q=.2' } });
    assert.match(forPrograms.headers.get('vary') ?? '', /\bAccept\b/);
    assert.equal(await outcomeOf(forPrograms), '410 link-expired');
  });

  it('takes a name for text', async () => {
    await using service = await createSharingService();
    const { id, page } = await pageOf(service, { what: 'original' });
    const filename = '"><img src=x onerror=alert(1)> & more.jpg';
    const patched = await service.request(`/images/${id}`, { ...json({ filename }, ADA), method: 'PATCH' });
    assert.equal(patched.status, 200, await patched.text());
    const html = await (await service.send(page, PAGE)).text();
    const text = '&quot;&gt;&lt;img src=x onerror=alert(1)&gt; &amp; more.jpg';
    assert.ok(html.includes(`<bdi>${text}</bdi>`) && html.includes(`alt="${text}"`), html);
    assert.equal(html.split('<img').length, 2);
  });

  it('needs no credential where the service asks for one, and its limits of pictures count', async () => {
    await using service = await createClosedService();
    const key = await service.keyOf({ owner: 'ada' });
    const upload = await service.as(key, '/images/upload', {
      method: 'POST',
      body: new Uint8Array(
        await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
          .png()
          .toBuffer(),
      ),
      headers: { 'Content-Type': 'image/png' },
    });
    const { image_id: id } = (await upload.json()) as { image_id: string };
    const made = await service.as(key, `/images/${id}/links`, json({ what: 'original' }));
    const { page_url: page } = (await made.json()) as { page_url: string };
    assert.equal((await service.send(page, PAGE)).status, 200);
    const { picture } = urlsIn(await (await service.send(page, PAGE)).text());
    assert.equal((await service.send(picture)).status, 200);
  });
});
