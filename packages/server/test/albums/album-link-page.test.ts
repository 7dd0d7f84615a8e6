import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { uploadPicture } from '../pictures/upload-picture.ts';
import { movingClock } from '../services/moving-clock.ts';
import { json, ORIGIN, type TestService } from '../services/service.ts';
import { createSharingService } from '../services/sharing-service.ts';

const ADA = { 'X-User-Id': 'ada' };
const HOSTILE = `"><img src=x onerror=alert(1)>&amp;`;
const SENTENCES = {
  gone: 'These pictures are no longer shared.',
  ended: 'This link has ended.',
  invalid: 'This link is not valid. Perhaps a part of it is missing.',
  unavailable: 'These pictures can’t be shown at the moment. Please try again later.',
} as const;

async function createdLink(service: TestService, terms: object = {}) {
  const post = async (path: string, body: object): Promise<Record<string, string>> => {
    const answer = await service.request(path, json(body, ADA));
    assert.ok(answer.ok, path);
    return answer.json() as Promise<Record<string, string>>;
  };
  const id = await uploadPicture(service, { type: 'image/jpeg', width: 640, height: 480 });
  const { album_id: album = '' } = await post('/albums', { title: HOSTILE });
  await post(`/albums/${album}/images`, { add: [id] });
  const cover = { ...json({ cover_id: id }, ADA), method: 'PATCH' };
  assert.equal((await service.request(`/albums/${album}`, cover)).status, 200);
  const { page_url: page = '', link_id: link = '' } = await post(`/albums/${album}/links`, terms);
  return { album, link, page };
}

describe("the page of an album's link", () => {
  it('is one document for all albums, which nothing keeps, lists or frames', async () => {
    await using service = await createSharingService();
    const documents = new Set<string>();
    for (const terms of [{}, { password: 'correct horse' }]) {
      const { page } = await createdLink(service, terms);
      const answer = await service.send(`${page}&fbclid=abc`);
      assert.equal(answer.status, 200);
      const header = (name: string) => answer.headers.get(name) ?? '';
      assert.equal(header('content-type'), 'text/html; charset=utf-8');
      assert.deepEqual([header('cache-control'), header('x-robots-tag')], ['no-store', 'noindex']);
      assert.equal(header('referrer-policy'), 'no-referrer');
      const policy = header('content-security-policy');
      for (const rule of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "form-action 'none'"])
        assert.ok(policy.includes(rule), rule);
      documents.add(await answer.text());
      const { status, body } = await service.send(page, { method: 'HEAD' });
      assert.deepEqual([status, body], [200, null]);
    }
    assert.equal(documents.size, 1);
    const [html = ''] = documents;
    assert.match(html, /<title>Shared pictures<\/title>/);
    assert.match(html, /<meta name="presets" content="{&quot;thumb&quot;:/);
    assert.doesNotMatch(html, /og:|onerror|ada/);
  });

  it('has title and cover with a card only, as text', async () => {
    await using service = await createSharingService();
    const { page } = await createdLink(service, { card: true });
    const html = await (await service.send(page)).text();
    assert.ok(html.includes('content="&quot;&gt;&lt;img src=x onerror=alert(1)&gt;&amp;amp;"'), html);
    assert.equal(html.split('<img').length, 1);
    const [, image = ''] = /<meta property="og:image" content="([^"]*)"/.exec(html) ?? [];
    assert.match(image, /\/renditions\/medium\?/);
    const answer = await service.send(image.replaceAll('&amp;', '&'));
    assert.match(`${answer.status} ${answer.headers.get('content-type')}`, /^200 image\//);
  });

  it('says in a sentence why it shows nothing', async () => {
    const clock = movingClock();
    await using service = await createSharingService({ overrides: { clock } });
    const told = async (url: string, init: RequestInit = {}) => {
      const answer = await service.send(url, init);
      assert.equal(answer.headers.get('cache-control'), 'no-store');
      const html = await answer.text();
      assert.doesNotMatch(html, /<script|<img/);
      return [answer.status, /<main><p>(.*)<\/p><\/main>/.exec(html)?.[1]];
    };
    const { album, link, page } = await createdLink(service, { expires_in: 60 });
    for (const broken of [page.slice(0, -3), page.split('?')[0] ?? '', page.replace(/exp=\d+/, 'exp=9999999999')])
      assert.deepEqual(await told(broken), [403, SENTENCES.invalid], broken);
    assert.deepEqual(await told(`${page}&sig=${'y'.repeat(600)}`), [400, SENTENCES.invalid]);
    assert.deepEqual(await told(`${ORIGIN}/s/albums`), [404, SENTENCES.invalid]);
    assert.deepEqual(await told(`${ORIGIN}/s/albums/${album}/${link}/x`), [404, SENTENCES.invalid]);
    assert.deepEqual(await told(page, { method: 'POST' }), [405, SENTENCES.unavailable]);
    clock.offsetMs += 61_000;
    assert.deepEqual(await told(page), [410, SENTENCES.ended]);
    const revoked = await createdLink(service);
    const path = `/albums/${revoked.album}/links/${revoked.link}`;
    assert.equal((await service.request(path, { method: 'DELETE', headers: ADA })).status, 200);
    assert.deepEqual(await told(revoked.page), [404, SENTENCES.gone]);
  });
});
