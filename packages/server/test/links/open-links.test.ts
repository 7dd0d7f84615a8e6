import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import { testImage } from '../../../../test/pictures/test-images.ts';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import { uploadPicture } from '../pictures/upload-picture.ts';
import { createClosedService } from '../services/closed-service.ts';
import { movingClock } from '../services/moving-clock.ts';
import { json, ORIGIN, post, type TestService } from '../services/service.ts';
import { createSharingService } from '../services/sharing-service.ts';
import { createdLink, type Link, ORIGINAL, outcomeOf, sendTo } from './link-requests.ts';

const PHOTO = { type: 'image/jpeg', width: 640, height: 480 } as const;
const THUMB = { what: 'preset', preset: 'thumb' } as const;
const DAY_MS = 86_400_000;
const UNKNOWN = '01a1f82b-80d8-703c-9c86-1b8ba42038d1';

const headerOf = async (answer: Promise<Response>, name: string) => (await answer).headers.get(name);

/** The answer's status and headers, without those that differ from request to request. */
async function shown(answer: Response): Promise<{ status: number; headers: object; body: string }> {
  const { 'x-request-id': _, ...headers } = Object.fromEntries(answer.headers);
  const body = (await answer.text()).replace(/"request_id":"[^"]*"/, '');
  return { status: answer.status, headers, body };
}

/** The link's URL with other parameters; null removes one. */
function changed(url: string, changes: Readonly<Record<string, string | null>>): string {
  const other = new URL(url);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) other.searchParams.delete(name);
    else other.searchParams.set(name, value);
  }
  return other.href;
}

describe('a link opens', () => {
  it('the original: whole, in ranges, by HEAD, and again without its bytes', async () => {
    await using service = await createSharingService();
    const id = await uploadPicture(service, PHOTO);
    const { url } = await createdLink(service, id);
    const bytes = Buffer.from(await (await service.request(`/images/${id}/original`)).arrayBuffer());
    const answer = await service.send(url);
    assert.equal(answer.status, 200);
    assert.deepEqual(Buffer.from(await answer.arrayBuffer()), bytes);
    const etag = answer.headers.get('etag') ?? '';
    assert.equal(answer.headers.get('content-type'), 'image/jpeg');
    assert.equal(answer.headers.get('cross-origin-resource-policy'), 'cross-origin');
    assert.equal(answer.headers.get('referrer-policy'), 'no-referrer');
    assert.match(answer.headers.get('content-disposition') ?? '', /^inline; filename="my\.holiday\.jpg"/);

    const head = await service.send(url, { method: 'HEAD' });
    assert.deepEqual([head.status, head.headers.get('content-length')], [200, String(bytes.length)]);
    const part = await service.send(url, { headers: { Range: 'bytes=10-19' } });
    assert.deepEqual([part.status, Buffer.from(await part.arrayBuffer())], [206, bytes.subarray(10, 20)]);
    const beyond = service.send(url, { headers: { Range: `bytes=${bytes.length}-` } });
    assert.equal(await outcomeOf(beyond), '416 range-not-satisfiable');
    const same = await service.send(url, { headers: { 'If-None-Match': etag } });
    assert.equal(same.status, 304);
    assert.match(same.headers.get('cache-control') ?? '', /^public, max-age=/);
  });

  it('a preset, in the format that the client accepts', async () => {
    await using service = await createSharingService();
    const id = await uploadPicture(service, PHOTO);
    const { url } = await createdLink(service, id, THUMB);
    const webp = await service.send(url, { headers: { Accept: 'image/webp' } });
    assert.deepEqual([webp.status, webp.headers.get('vary')], [200, 'Origin, Accept']);
    assert.match(webp.headers.get('content-disposition') ?? '', /^inline; filename="my\.holiday-thumb\.webp"/);
    const { format, width } = await sharp(Buffer.from(await webp.arrayBuffer())).metadata();
    assert.deepEqual([format, width], ['webp', 256]);
    const jpeg = await service.send(url, { headers: { Range: 'bytes=0-1' } });
    assert.equal(jpeg.status, 206);
    assert.deepEqual([...new Uint8Array(await jpeg.arrayBuffer())], [0xff, 0xd8]);
    const again = await service.send(url, { headers: { 'If-None-Match': jpeg.headers.get('etag') ?? '' } });
    assert.equal(again.status, 304);
  });

  it('as a file with download=true', async () => {
    await using service = await createSharingService();
    const id = await uploadPicture(service, PHOTO);
    for (const body of [ORIGINAL, THUMB]) {
      const { url } = await createdLink(service, id, body);
      const disposition = (query: string) => headerOf(service.send(`${url}${query}`), 'content-disposition');
      assert.match((await disposition('&download=true')) ?? '', /^attachment; filename="my\.holiday/);
      assert.match((await disposition('&download=false')) ?? '', /^inline; /);
      assert.equal(await outcomeOf(service.send(`${url}&download=maybe`)), '400 invalid-request');
    }
  });

  it('for caches, until it expires, and for a day at most', async () => {
    const clock = movingClock();
    await using service = await createSharingService({ overrides: { clock }, environment: { CACHE_TAGS: 'on' } });
    const id = await uploadPicture(service, PHOTO);
    for (const body of [ORIGINAL, THUMB]) {
      const { url } = await createdLink(service, id, { ...body, expires_in: 172_800 });
      const keeping = () => headerOf(service.send(url, { method: 'HEAD' }), 'cache-control');
      assert.equal(await keeping(), 'public, max-age=86400');
      assert.equal(await headerOf(service.send(url), 'cache-tag'), `img-${id}`);
      clock.offsetMs += 2 * DAY_MS - 100_000;
      const left = Number(/^public, max-age=(\d+)$/.exec((await keeping()) ?? '')?.[1]);
      assert.ok(left > 0 && left <= 101, `${left}`);
    }
    await using untagged = await createSharingService();
    const other = await uploadPicture(untagged, PHOTO);
    assert.equal(await headerOf(untagged.send((await createdLink(untagged, other)).url), 'cache-tag'), null);
  });

  it('until its expiry, to the second', async () => {
    let nowMs = Date.parse('2026-01-31T12:00:00Z');
    const clock = { now: () => new Date(nowMs), elapsedMs: () => nowMs };
    await using service = await createSharingService({ overrides: { clock } });
    const id = await uploadPicture(service, PHOTO);
    const { url, expires_at } = await createdLink(service, id, { ...ORIGINAL, expires_in: 60 });
    nowMs = Date.parse(expires_at) - 1;
    assert.equal(await outcomeOf(service.send(url)), '200');
    nowMs += 1;
    const expired = await service.send(url);
    assert.equal(expired.headers.get('cache-control')?.includes('public'), false);
    assert.equal(await outcomeOf(expired), '410 link-expired');
    assert.equal(await outcomeOf(service.send(changed(url, { sig: 'x' }))), '403 signature-invalid');
    await createdLink(service, id); // drops it
    assert.equal(await outcomeOf(service.send(url)), '410 link-expired');
  });

  it('without a credential, whatever credential comes with it, and nothing else', async () => {
    await using service = await createClosedService();
    const ada = await service.keyOf({ owner: 'ada' });
    const bob = await service.keyOf({ owner: 'bob' });
    const picture = new Uint8Array(await testImage(PHOTO));
    const uploaded = await service.as(ada, '/images/upload', post(picture, 'image/jpeg'));
    const { image_id: id } = (await uploaded.json()) as { image_id: string };
    const made = await service.as(ada, `/images/${id}/links`, json(ORIGINAL));
    const { url, link_id } = (await made.json()) as Link;
    for (const headers of [{}, { Authorization: `Bearer ${bob}` }, { Authorization: 'Bearer junk' }])
      assert.equal(await outcomeOf(service.send(url, { headers })), '200');
    const { search } = new URL(url);
    for (const path of ['', '/metadata', '/original', '/download', '/links', '/renditions/thumb/download'])
      assert.equal(await outcomeOf(service.request(`/images/${id}${path}${search}`)), '401 unauthenticated', path);
    const remove = (key: string) => service.as(key, `/images/${id}/links/${link_id}`, { method: 'DELETE' });
    assert.equal(await outcomeOf(remove(bob)), '404 image-not-found');
    assert.equal(
      await outcomeOf(service.request(`/images/${id}/links/${link_id}${search}`, { method: 'DELETE' })),
      '401 unauthenticated',
    );
    assert.equal(await outcomeOf(remove(ada)), '200');
    assert.equal(await outcomeOf(service.send(url)), '404 link-not-found');
  });
});

describe('a page of another origin', () => {
  it('shows a link, and changes nothing', async () => {
    await using service = await createSharingService();
    const id = await uploadPicture(service, PHOTO);
    const { url, link_id } = await createdLink(service, id);
    const foreign = { Origin: 'https://elsewhere.example', 'Sec-Fetch-Site': 'cross-site' };
    for (const headers of [foreign, { 'Sec-Fetch-Site': 'cross-site' }]) {
      assert.equal(await outcomeOf(service.send(url, { headers })), '200');
      assert.equal(await outcomeOf(service.request(`/images/${id}/links`, { headers })), '403 origin-not-allowed');
      const removal = { method: 'DELETE', headers };
      assert.equal(
        await outcomeOf(service.request(`/images/${id}/links/${link_id}`, removal)),
        '403 origin-not-allowed',
      );
    }
    assert.equal(await headerOf(service.send(url, { headers: foreign }), 'access-control-allow-origin'), null);
  });
});

describe('a URL that opens no link', () => {
  it('has the same 404, after the same calls, whether image or link are missing, hidden or revoked', async () => {
    const calls: string[] = [];
    await using service = await createSharingService({
      observe: (event) => {
        if (event.event === 'store-call') calls.push(`${event.part} ${event.call}`);
      },
    });
    const id = await uploadPicture(service, PHOTO);
    const [kept, revoked] = [await createdLink(service, id), await createdLink(service, id)];
    await sendTo(service, 'DELETE', `/images/${id}/links/${revoked.link_id}`);
    const granted = await service.request('/uploads', json({ content_type: 'image/jpeg', user_id: 'ada' }));
    const { image_id: pending } = (await granted.json()) as { image_id: string };
    const ended: Link[] = [];
    for (const [method, path] of [
      ['POST', '/trash'],
      ['DELETE', ''],
    ] as const) {
      const other = await uploadPicture(service, PHOTO);
      ended.push(await createdLink(service, other));
      assert.equal((await sendTo(service, method, `/images/${other}${path}`)).status, 200);
    }
    const urls = [revoked, ...ended].map(({ url }) => url);
    const answers = [];
    for (const url of urls) {
      calls.length = 0;
      answers.push({ ...(await shown(await service.send(url))), calls: [...calls] });
    }
    assert.equal(answers[0]?.status, 404);
    assert.match(answers[0]?.body ?? '', /"code":"link-not-found"/);
    for (const answer of answers) assert.deepEqual(answer, answers[0]);
    assert.deepEqual(answers[0]?.calls, ['records get']);
    calls.length = 0;
    assert.equal(await outcomeOf(service.send(kept.url.replace(kept.link_id, 'x'))), '404 link-not-found');
    for (const url of [
      ...[pending, UNKNOWN].map((other) => kept.url.replace(id, other)),
      kept.url.replace(kept.link_id, 'x'.repeat(22)),
      changed(revoked.url, { exp: '1' }),
      changed(revoked.url, { sig: 'x' }),
    ])
      assert.equal(await outcomeOf(service.send(url)), '403 signature-invalid');
    assert.deepEqual(calls, []);
  });

  it('is refused for another signature, another expiry, and every other URL’s signature', async () => {
    await using service = await createSharingService();
    const id = await uploadPicture(service, PHOTO);
    const [link, other] = [await createdLink(service, id), await createdLink(service, id)];
    const preset = await createdLink(service, id, THUMB);
    const foreign = await createdLink(service, await uploadPicture(service, PHOTO));
    const signed = { id: id as ImageId, epoch: 0 };
    const expiresAt = new Date(link.expires_at);
    const { search: presets } = new URL(`?${service.services.presetUrls.queryFor(signed, expiresAt)}`, ORIGIN);
    const rendered = await service.request(`/images/${id}/render-url`, json({ w: 8, expires_in: 60 }));
    const { url: render } = (await rendered.json()) as { url: string };
    const sealOf = (url: string) => {
      const query = new URL(url).searchParams;
      return { exp: query.get('exp'), kid: query.get('kid'), sig: query.get('sig') };
    };
    const { exp } = sealOf(link.url);
    const changes: Readonly<Record<string, string | null>>[] = [
      { sig: `${'A'.repeat(42)}B` },
      { sig: 'x'.repeat(43) },
      { sig: null },
      { kid: null },
      { exp: null },
      { kid: '00000000' },
      { exp: String(Number(exp) + 1) },
      { exp: '1' },
      ...[other.url, preset.url, foreign.url, render, `${ORIGIN}/${presets}`].map(sealOf),
    ];
    for (const change of changes) {
      const answer = await service.send(changed(link.url, change));
      assert.doesNotMatch(answer.headers.get('cache-control') ?? '', /public|max-age/);
      assert.equal(await outcomeOf(answer), '403 signature-invalid', JSON.stringify(change));
    }
    const { search } = new URL(link.url);
    assert.equal(await outcomeOf(service.request(`/images/${id}/render${search}`)), '403 signature-invalid');
    assert.equal(await outcomeOf(service.send(link.url.replace(id, id.toUpperCase()))), '200');
  });

  it('is refused before any look-up if no link has such a query', async () => {
    await using service = await createSharingService();
    const id = await uploadPicture(service, PHOTO);
    const { url } = await createdLink(service, id);
    const queries = [
      '&x=1',
      '&user_id=ada',
      '&sig=x',
      '&exp=1',
      '&kid=',
      '&download=1&download=1',
      `&download=${'x'.repeat(100_000)}`,
    ];
    for (const query of queries) {
      assert.equal(await outcomeOf(service.send(`${url}${query}`)), '400 invalid-request', query.slice(0, 40));
    }
    for (const exp of ['01', '1.5', '-1', '1e9', '9'.repeat(13)])
      assert.equal(await outcomeOf(service.send(changed(url, { exp }))), '400 invalid-request', exp);
  });
});

describe('a link', () => {
  it('rests while its image is in the trash', async () => {
    await using service = await createSharingService();
    const id = await uploadPicture(service, PHOTO);
    const { url } = await createdLink(service, id);
    assert.equal((await sendTo(service, 'POST', `/images/${id}/trash`)).status, 200);
    assert.equal(await outcomeOf(service.send(url)), '404 link-not-found');
    assert.equal((await sendTo(service, 'POST', `/images/${id}/restore`)).status, 200);
    assert.equal(await outcomeOf(service.send(url)), '200');
  });

  it('to a preset that is no longer configured is a 404 for its holder', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'safelight-'));
    const open = (environment = {}): Promise<TestService> => createSharingService({ folder, environment });
    try {
      const urls = await (async () => {
        await using service = await open();
        const id = await uploadPicture(service, PHOTO);
        return [(await createdLink(service, id, THUMB)).url, (await createdLink(service, id)).url];
      })();
      await using service = await open({ PRESETS: 'small:w=64' });
      const [preset = '', original = ''] = urls;
      const answer = await service.send(preset);
      assert.doesNotMatch(await answer.clone().text(), /thumb|small/);
      assert.equal(await outcomeOf(answer), '404 unknown-preset');
      assert.equal(await outcomeOf(service.send(changed(preset, { sig: 'x' }))), '403 signature-invalid');
      assert.equal(await outcomeOf(service.send(original)), '200');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('a link with BYTES=redirect', () => {
  it('leads to a presigned URL that ends with it, and within a minute', async () => {
    const clock = movingClock();
    const environment = { BYTES: 'redirect', PRESIGNED_EXPIRATION: '300', CACHE_TAGS: 'on' };
    await using service = await createSharingService({ environment, overrides: { clock } });
    const id = await uploadPicture(service, PHOTO);
    for (const body of [ORIGINAL, THUMB]) {
      const { url, expires_at } = await createdLink(service, id, { ...body, expires_in: 600 });
      const redirected = async (query = ''): Promise<URL> => {
        const answer = await service.send(`${url}${query}`);
        assert.equal(answer.status, 302);
        assert.equal(answer.headers.get('cache-control'), 'private, no-store');
        assert.equal(answer.headers.get('cross-origin-resource-policy'), 'cross-origin');
        assert.equal(answer.headers.get('cache-tag'), null);
        return new URL(answer.headers.get('location') ?? '');
      };
      const expiryOf = (target: URL): number => Number(target.searchParams.get('X-Amz-Expires'));
      const target = await redirected('&download=true');
      assert.equal(expiryOf(target), 60);
      assert.match(target.searchParams.get('response-content-disposition') ?? '', /^attachment; /);
      assert.equal((await service.send(target.href)).status, 200);
      clock.offsetMs += 62_000;
      assert.equal((await service.send(target.href)).status, 403);

      clock.offsetMs = Date.parse(expires_at) - 10_500 - Date.now();
      const last = expiryOf(await redirected());
      assert.ok(last > 0 && last <= 10, `${last}`);
      assert.equal(await headerOf(service.send(url, { method: 'HEAD' }), 'cache-control'), 'private, no-store');
    }
  });
});
