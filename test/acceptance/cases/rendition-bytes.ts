import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Image, RenditionDownload } from '../answers.ts';
import { type Api, bodyOf, json, newUser } from '../api.ts';
import { type Bytes, picture } from '../pictures.ts';
import { see } from '../seen.ts';

const IMMUTABLE = 'private, max-age=31536000, immutable';

export const describeRenditionBytes = (api: Api): void => {
  /** Otherwise the store itself answers, with its own headers and conditions. */
  const isStreamed = api.bytes === 'stream';

  describe('The response with a rendition', () => {
    let image: Image;
    let path: string;
    let bytes: Bytes;
    before(async () => {
      const photo = await picture({ type: 'image/jpeg', width: 400, height: 300 });
      image = await api.upload(newUser(), photo, { filename: 'Été.jpeg' });
      path = image.renditions?.['thumb'] ?? '';
      bytes = await api.read(path);
    });
    const get = (headers: Record<string, string> = {}) => api.send(path, { headers });
    /** The service's own answer, not the store's. */
    const firstAnswer = async (url: string, headers: Record<string, string> = {}): Promise<Response> => {
      const response = await api.send(url, { headers, redirect: 'manual' });
      await response.arrayBuffer();
      return response;
    };
    const header = async (name: string): Promise<string> => {
      const response = await get();
      await response.arrayBuffer();
      return response.headers.get(name) ?? '';
    };

    it('has the type, the length, a strong ETag and Accept-Ranges', async () => {
      const response = await get();
      assert.equal(response.headers.get('content-type'), 'image/jpeg');
      assert.equal(response.headers.get('content-length'), String(bytes.length));
      assert.match(response.headers.get('etag') ?? '', /^"[^"]+"$/);
      assert.equal(response.headers.get('accept-ranges'), 'bytes');
      assert.deepEqual(await bodyOf(response), bytes);
    });

    it('with the current v is immutable in open mode, and else revalidated: by a credential always', async () => {
      const bare = new URL(path);
      bare.search = '';
      const v = new URL(path).searchParams.get('v');
      for (const [url, isVersioned] of [
        [`${bare.href}?v=${v}`, api.isOpen],
        [bare.href, false],
        [`${bare.href}?v=0123456789`, false],
        [`${bare.href}?v=`, false],
      ] as const) {
        const response = await firstAnswer(url);
        const expected = isVersioned ? IMMUTABLE : 'private, no-cache';
        const came = response.headers.get('cache-control') ?? '';
        if (isStreamed || !isVersioned) assert.equal(came, expected, url);
        else requireShared(response, 'private');
      }
    });

    it('redirects to a presigned URL that stays the same for some time if BYTES=redirect', async (test) => {
      if (isStreamed) return test.skip('this service sends bytes itself');
      const all = [await firstAnswer(path), await firstAnswer(path), await firstAnswer(path)];
      // the presigned URL may change once during the three requests
      const locations = all.map((one) => one.headers.get('location'));
      assert.ok(locations[0] === locations[1] || locations[1] === locations[2], locations.join(' '));
    });

    /** A redirect is cached for at most half of its URL's lifetime, while the URL stays the same. */
    const requireShared = (response: Response, by: 'public' | 'private'): void => {
      assert.equal(response.status, 302);
      const [, came, seconds] = /^(\w+), max-age=(\d+)$/.exec(response.headers.get('cache-control') ?? '') ?? [];
      assert.equal(came, by);
      assert.ok(Number(seconds) <= api.limits.presigned_seconds / 2, `max-age=${seconds}`);
    };

    it('may be kept by shared caches until the signed link expires, and for a day at most', async () => {
      for (const asked of [{ w: 33 }, { w: 33, expires_in: 600 }]) {
        const { url, expires_at } = await api.link(image.image_id, asked);
        const response = await firstAnswer(url);
        if (!isStreamed) {
          requireShared(response, 'public');
          continue;
        }
        const came = response.headers.get('cache-control') ?? '';
        const [, seconds] = /^public, max-age=(\d+)$/.exec(came) ?? [];
        if (expires_at === null) assert.equal(seconds, '86400');
        else assert.ok(Number(seconds) * 1_000 <= Date.parse(expires_at) - Date.now() + 60_000, came);
      }
    });

    it('has Vary: Accept only if the format depends on Accept', async () => {
      const vary = async (asked: object): Promise<string> =>
        (await firstAnswer((await api.link(image.image_id, asked)).url)).headers.get('vary') ?? '';
      for (const format of ['jpeg', 'png', 'webp', 'avif']) {
        assert.doesNotMatch(await vary({ w: 32, format }), /\bAccept\b/, format);
      }
      assert.match(await vary({ w: 32, format: 'auto' }), /\bAccept\b/);
      assert.match(await vary({ w: 32 }), /\bAccept\b/);
      assert.match((await firstAnswer(path)).headers.get('vary') ?? '', /\bAccept\b/);
    });

    it('has Cross-Origin-Resource-Policy: cross-origin for a signed link', async () => {
      const response = await firstAnswer((await api.link(image.image_id, { w: 34 })).url);
      assert.equal(response.headers.get('cross-origin-resource-policy'), 'cross-origin');
    });

    it('has nosniff and a sandbox CSP', async (test) => {
      if (!isStreamed) return test.skip('the store itself answers');
      for (const url of [path, (await api.link(image.image_id, { w: 35 })).url]) {
        const { headers } = await firstAnswer(url);
        assert.match(headers.get('content-security-policy') ?? '', /sandbox/);
        assert.equal(headers.get('x-content-type-options'), 'nosniff');
      }
    });

    it('has Content-Disposition: inline with the original name, the preset and the extension of its type', async () => {
      const named = "filename*=UTF-8''%C3%89t%C3%A9-thumb.jpg";
      const came = await header('content-disposition');
      assert.ok(came.startsWith('inline;') && came.includes(named), came);
      const webp = await get({ Accept: 'image/webp' });
      await webp.arrayBuffer();
      const disposition = webp.headers.get('content-disposition') ?? '';
      assert.ok(disposition.includes('-thumb.webp'), disposition);
    });

    it('has the same headers and no body for HEAD', async () => {
      const [whole, head] = [await get(), await api.send(path, { method: 'HEAD' })];
      await whole.arrayBuffer();
      assert.equal(head.status, 200);
      const names = ['content-type', 'content-length', 'content-disposition', 'accept-ranges'];
      for (const name of [...names, ...(isStreamed ? ['etag', 'last-modified', 'cache-control', 'vary'] : [])]) {
        assert.equal(head.headers.get(name), whole.headers.get(name), name);
      }
      assert.equal((await bodyOf(head)).length, 0);
    });

    for (const [range, start, end] of [
      ['bytes=0-9', () => 0, () => 9],
      ['bytes=100-', () => 100, () => bytes.length - 1],
      ['bytes=-7', () => bytes.length - 7, () => bytes.length - 1],
    ] as const) {
      it(`is 206 with those bytes for Range: ${range}`, async () => {
        const response = await get({ Range: range });
        assert.equal(response.status, 206);
        assert.equal(response.headers.get('content-range'), `bytes ${start()}-${end()}/${bytes.length}`);
        assert.deepEqual(await bodyOf(response), bytes.subarray(start(), end() + 1));
      });
    }

    it('is 416 for a range after the end', async () => {
      const response = await get({ Range: `bytes=${bytes.length}-` });
      await response.arrayBuffer();
      assert.equal(response.status, 416);
      if (isStreamed) assert.equal(response.headers.get('content-range'), `bytes */${bytes.length}`);
    });

    it('is 304 for If-None-Match with its ETag, and 200 with the ETag of another format', async () => {
      const etag = await header('etag');
      const own = (await api.send(path, { method: 'HEAD' })).headers.get('etag') ?? '';
      for (const value of [etag, own, `"x", W/${own}`]) {
        const response = await get({ 'If-None-Match': value });
        assert.equal(response.status, 304, value);
        assert.equal((await bodyOf(response)).length, 0);
        if (!isStreamed) continue;
        assert.equal(response.headers.get('etag'), etag);
        assert.match(response.headers.get('vary') ?? '', /\bAccept\b/);
        assert.equal(response.headers.get('cache-control'), api.isOpen ? IMMUTABLE : 'public, max-age=86400');
      }
      const other = await get({ 'If-None-Match': own, Accept: 'image/webp' });
      assert.equal(other.status, 200);
      assert.equal((await see(await bodyOf(other))).format, 'webp');
      assert.notEqual(other.headers.get('etag'), etag);
    });

    it('supports HEAD, Range and If-None-Match for a signed link', async () => {
      const { url } = await api.link(image.image_id, { w: 36, format: 'png' });
      const whole = await api.read(url);
      const head = await api.send(url, { method: 'HEAD' });
      assert.equal(head.headers.get('content-length'), String(whole.length));
      assert.equal((await bodyOf(head)).length, 0);
      const part = await api.send(url, { headers: { Range: 'bytes=5-8' } });
      assert.equal(part.status, 206);
      assert.deepEqual(await bodyOf(part), whole.subarray(5, 9));
      const again = await api.send(url, { headers: { 'If-None-Match': head.headers.get('etag') ?? '' } });
      assert.equal(again.status, 304);
    });

    it('has the new name after the filename of the image is changed', async () => {
      const { image_id } = await api.upload(newUser(), await picture(), { filename: 'a.png' });
      const named = async (): Promise<string> => {
        const response = await api.send(`/images/${image_id}/renditions/thumb`);
        await response.arrayBuffer();
        return response.headers.get('content-disposition') ?? '';
      };
      assert.match(await named(), /filename="?a-thumb\.png/);
      await api.ask(`/images/${image_id}/metadata`, json({ filename: 'b.png' }, {}, 'PATCH'));
      assert.match(await named(), /filename="?b-thumb\.png/);
    });

    it('has a presigned URL: /download answers {download_url, expires_at, content_type, size}', async () => {
      const download = `/images/${image.image_id}/renditions/thumb/download`;
      for (const [accept, type, extension] of [
        ['*/*', 'image/jpeg', 'jpg'],
        ['image/webp', 'image/webp', 'webp'],
      ] as const) {
        const headers = { Accept: accept };
        const answer = await api.ask<RenditionDownload>(download, { headers });
        const { content_type, size, download_url, expires_at } = answer;
        assert.equal(content_type, type);
        // the URL is shared: another request may have signed it up to half of its lifetime ago
        const leftMs = Date.parse(expires_at) - Date.now();
        assert.ok(leftMs > 0 && leftMs <= api.limits.presigned_seconds * 1_000 + 60_000, expires_at);
        const response = await api.send(download_url);
        assert.equal(response.status, 200);
        assert.equal(response.headers.get('content-type'), type);
        const disposition = response.headers.get('content-disposition') ?? '';
        assert.ok(disposition.startsWith('attachment;') && disposition.includes(`-thumb.${extension}`), disposition);
        const inline = await api.ask<RenditionDownload>(`${download}?disposition=inline`, { headers });
        const shown = await api.send(inline.download_url);
        await shown.arrayBuffer();
        assert.match(shown.headers.get('content-disposition') ?? '', /^inline;/);
        const came = await bodyOf(response);
        assert.equal(came.length, size);
        assert.deepEqual(came, await api.read(path, headers));
      }
    });
  });
};
