import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Image } from '../answers.ts';
import { type Api, bodyOf, newUser } from '../api.ts';
import { eventually } from '../eventually.ts';
import { type Bytes, picture } from '../pictures.ts';
import { requireRefused, storeAnswer } from '../store-answer.ts';

interface Presigned {
  readonly image_id: string;
  readonly presigned_url: string;
  readonly expires_at: string;
  readonly metadata: Image;
}

interface Download {
  readonly download_url: string;
  readonly expires_at: string;
}

const NAME = `Été "24" – 100% 'sea'.png`;
const ENCODED = "filename*=UTF-8''%C3%89t%C3%A9%20%2224%22%20%E2%80%93%20100%25%20%27sea%27.png";

export const describeBytes = (api: Api): void => {
  /** Otherwise the store itself answers, with its own headers and conditions. */
  const isStreamed = api.bytes === 'stream';

  for (const route of ['', '/original']) {
    describe(`GET, HEAD /images/{id}${route}`, () => {
      let bytes: Bytes;
      let image: string;
      let path: string;
      let size: number;
      before(async () => {
        bytes = await picture({ width: 60, height: 40 });
        size = bytes.length;
        image = `/images/${(await api.upload(newUser(), bytes, { filename: NAME })).image_id}`;
        path = `${image}${route}`;
      });
      const get = (headers: Record<string, string> = {}) => api.send(path, { headers });
      const header = async (name: string): Promise<string> => {
        const response = await get();
        await response.arrayBuffer();
        return response.headers.get(name) ?? '';
      };

      const refuses = !api.isOpen && 'with a credential they are refused';
      it('ignores unknown query parameters, as do /download and ?download=true', { skip: refuses }, async () => {
        assert.deepEqual(await api.read(`${path}?user=x&_=1`), bytes);
        await api.ask<Download>(`${image}/download?user=x&_=1`);
        await api.ask<Presigned>(`${image}?download=true&_=1`);
      });

      it('answers the original bytes with their type, length, ETag, Last-Modified and Accept-Ranges', async () => {
        const response = await get();
        assert.equal(response.status, 200);
        assert.equal(response.headers.get('content-type'), 'image/png');
        assert.equal(response.headers.get('content-length'), String(size));
        assert.match(response.headers.get('etag') ?? '', /^"[^"]+"$/);
        assert.equal(response.headers.get('accept-ranges'), 'bytes');
        const modified = Date.parse(response.headers.get('last-modified') ?? '');
        assert.ok(Math.abs(modified - Date.now()) < 600_000, `Last-Modified: ${modified}`);
        assert.deepEqual(await bodyOf(response), bytes);
      });

      it('sends Content-Disposition: inline with the whole filename in filename*= (RFC 6266)', async () => {
        const disposition = await header('content-disposition');
        assert.match(disposition, /^inline;/);
        assert.ok(disposition.includes(ENCODED), disposition);
        assert.match(disposition, /^[\x20-\x7e]+$/);
      });

      it('serves a filename with the extension of the verified type', async () => {
        const { image_id, filename } = await api.upload(newUser(), bytes, { filename: 'invoice.html' });
        assert.equal(filename, 'invoice.html', 'expected the stored filename unchanged');
        const { download_url } = await api.ask<Download>(`/images/${image_id}/download`);
        for (const url of [`/images/${image_id}${route}`, download_url]) {
          const response = await api.send(url);
          await response.arrayBuffer();
          const disposition = response.headers.get('content-disposition') ?? '';
          assert.match(disposition, /filename="invoice\.png"; filename\*=UTF-8''invoice\.png$/, url);
        }
      });

      it('sends a sandbox CSP with stored bytes', async () => {
        if (isStreamed) assert.match(await header('content-security-policy'), /sandbox/);
      });

      it('answers HEAD with the same headers and no body', async () => {
        const [whole, head] = [await get(), await api.send(path, { method: 'HEAD' })];
        await whole.arrayBuffer();
        assert.equal(head.status, 200);
        for (const name of [
          'content-type',
          'content-length',
          ...(isStreamed ? ['etag', 'last-modified'] : []),
          'content-disposition',
          'accept-ranges',
        ]) {
          assert.equal(head.headers.get(name), whole.headers.get(name), name);
        }
        assert.equal((await bodyOf(head)).length, 0);
      });

      for (const [range, start, end] of [
        ['bytes=0-0', () => 0, () => 0],
        ['bytes=5-99', () => 5, () => 99],
        ['bytes=100-', () => 100, () => size - 1],
        ['bytes=-7', () => size - 7, () => size - 1],
        ['bytes=-999999999', () => 0, () => size - 1],
        ['bytes=20-999999999', () => 20, () => size - 1],
      ] as const) {
        it(`answers Range: ${range} with 206 and those bytes`, async () => {
          const response = await get({ Range: range });
          assert.equal(response.status, 206);
          assert.equal(response.headers.get('content-range'), `bytes ${start()}-${end()}/${size}`);
          assert.equal(response.headers.get('content-length'), String(end() - start() + 1));
          assert.equal(response.headers.get('content-type'), 'image/png');
          assert.deepEqual(await bodyOf(response), bytes.subarray(start(), end() + 1));
        });
      }

      it('answers a range of the last byte with 206, and a range after it with 416 and the size in Content-Range', async () => {
        const last = await get({ Range: `bytes=${size - 1}-${size - 1}` });
        assert.deepEqual([last.status, (await bodyOf(last)).length], [206, 1]);
        for (const range of [`bytes=${size}-`, `bytes=${size}-${size + 5}`, ...(isStreamed ? ['bytes=-0'] : [])]) {
          const response = await get({ Range: range });
          await response.arrayBuffer();
          assert.equal(response.status, 416, range);
          if (isStreamed) assert.equal(response.headers.get('content-range'), `bytes */${size}`);
        }
      });

      it('answers several ranges, another unit or an invalid range with all bytes', async () => {
        for (const range of ['bytes=0-1,5-6', 'pages=1-2', 'bytes=5-2', 'bytes=x-y', 'bytes']) {
          const response = await get({ Range: range });
          const body = await bodyOf(response);
          // A store may refuse an invalid range, and send several ranges.
          if (isStreamed) assert.equal(response.status, 200, range);
          if (response.status === 200) assert.deepEqual(body, bytes, range);
        }
      });

      it('answers If-None-Match with 304 for its ETag, alone, in a list or weak, and for *', async () => {
        const etag = await header('etag');
        const own = (await api.send(path, { method: 'HEAD' })).headers.get('etag') ?? '';
        for (const value of [etag, own, `"x", ${own}`, `W/${own}`, '*']) {
          const response = await get({ 'If-None-Match': value });
          assert.equal(response.status, 304, value);
          if (isStreamed) assert.equal(response.headers.get('etag'), etag);
          assert.equal((await bodyOf(response)).length, 0);
        }
        for (const value of ['"x"', '"x", "y"']) {
          const response = await get({ 'If-None-Match': value });
          assert.equal(response.status, 200, value);
          assert.deepEqual(await bodyOf(response), bytes);
        }
      });

      it('sends another ETag for another image', async () => {
        const other = await api.send(`/images/${(await api.upload(newUser(), await picture())).image_id}${route}`);
        await other.arrayBuffer();
        assert.notEqual(other.headers.get('etag'), await header('etag'));
      });

      it('answers If-Modified-Since with 304 from Last-Modified on, unless If-None-Match is present', async () => {
        const modified = await header('last-modified');
        const earlier = new Date(Date.parse(modified) - 1_000).toUTCString();
        const status = async (headers: Record<string, string>): Promise<number> => {
          const response = await get(headers);
          await response.arrayBuffer();
          return response.status;
        };
        assert.equal(await status({ 'If-Modified-Since': modified }), 304);
        assert.equal(await status({ 'If-Modified-Since': earlier }), 200);
        if (isStreamed) assert.equal(await status({ 'If-Modified-Since': 'yesterday' }), 200); // Ceph answers 400
        const both = await status({ 'If-Modified-Since': modified, 'If-None-Match': '"x"' });
        assert.ok(both === 200 || (both === 304 && !isStreamed), `${both}`); // MinIO answers 304, against RFC 9110 13.1.3
      });
    });
  }

  describe('Presigned downloads', () => {
    it('?download=true answers {image_id, presigned_url, expires_at, metadata}, and the URL serves the bytes', async () => {
      const bytes = await picture();
      const image = await api.upload(newUser(), bytes);
      const answer = await api.ask<Presigned>(`/images/${image.image_id}?download=true`);
      assert.equal(answer.image_id, image.image_id);
      assert.deepEqual(answer.metadata, image);
      assert.ok(Date.parse(answer.expires_at) > Date.now() - 60_000, answer.expires_at);
      const response = await api.send(answer.presigned_url);
      assert.equal(response.status, 200);
      assert.deepEqual(await bodyOf(response), bytes);
    });

    for (const [query, disposition] of [
      ['', 'attachment'],
      ['?disposition=attachment', 'attachment'],
      ['?disposition=inline', 'inline'],
    ] as const) {
      it(`/download${query} answers {download_url, expires_at}, and the URL serves the bytes as ${disposition}`, async () => {
        const bytes = await picture();
        const { image_id } = await api.upload(newUser(), bytes, { filename: NAME });
        const { download_url, expires_at } = await api.ask<Download>(`/images/${image_id}/download${query}`);
        assert.ok(Date.parse(expires_at) > Date.now() - 60_000, expires_at);
        const response = await api.send(download_url);
        assert.equal(response.status, 200);
        assert.equal(response.headers.get('content-type'), 'image/png');
        const came = response.headers.get('content-disposition') ?? '';
        assert.ok(came.startsWith(`${disposition};`) && came.includes(ENCODED), came);
        assert.deepEqual(await bodyOf(response), bytes);
      });
    }

    it('a presigned URL supports Range, and refuses methods other than GET', async () => {
      const bytes = await picture();
      const { image_id } = await api.upload(newUser(), bytes);
      const { download_url } = await api.ask<Download>(`/images/${image_id}/download`);
      const part = await api.send(download_url, { headers: { Range: 'bytes=3-9' } });
      assert.equal(part.status, 206);
      assert.equal(part.headers.get('content-range'), `bytes 3-9/${bytes.length}`);
      assert.deepEqual(await bodyOf(part), bytes.subarray(3, 10));
      for (const method of ['HEAD', 'PUT', 'DELETE']) {
        const response = await api.send(download_url, { method });
        await response.arrayBuffer();
        assert.ok(response.status >= 400 && response.status < 500, `${method} was answered ${response.status}`);
      }
    });

    it('a presigned URL with a changed filename or key is refused', async () => {
      const { image_id } = await api.upload(newUser(), await picture());
      const { download_url } = await api.ask<Download>(`/images/${image_id}/download`);
      const renamed = new URL(download_url);
      renamed.searchParams.set('response-content-disposition', 'inline; filename="x.html"');
      const elsewhere = new URL(download_url);
      elsewhere.pathname = elsewhere.pathname.replace(/[^/]+$/, 'x');
      for (const { href } of [renamed, elsewhere]) {
        requireRefused(await storeAnswer(api.send(href)), href);
      }
    });

    it('a presigned URL of the service itself may be cached privately until it expires; its errors may not be cached', async () => {
      const { image_id } = await api.upload(newUser(), await picture());
      const { download_url, expires_at } = await api.ask<Download>(`/images/${image_id}/download`);
      if (!new URL(download_url).pathname.startsWith('/objects/')) return; // the headers of a store's own answers depend on its bucket
      const whole = await api.send(download_url);
      await whole.arrayBuffer();
      const [, seconds = ''] = /^private, max-age=(\d+)$/.exec(whole.headers.get('cache-control') ?? '') ?? [];
      const ends = Date.parse(whole.headers.get('date') ?? '') + Number(seconds) * 1_000;
      assert.ok(
        Math.abs(ends - Date.parse(expires_at)) <= 10_000,
        `${whole.headers.get('cache-control')}, ${expires_at}`,
      );
      const refused = await api.send(`${download_url}0`);
      await refused.arrayBuffer();
      assert.deepEqual([refused.status, refused.headers.get('cache-control')], [403, 'no-store']);
    });

    it('a presigned URL fails after its image is deleted', async () => {
      const { image_id } = await api.upload(newUser(), await picture());
      const { download_url } = await api.ask<Download>(`/images/${image_id}/download`);
      await api.ask(`/images/${image_id}`, { method: 'DELETE' });
      await eventually(async () => {
        const response = await api.send(download_url);
        await response.arrayBuffer();
        assert.ok(response.status === 404 || response.status === 403, `expected 403 or 404; got ${response.status}`);
      });
    });

    it('a disposition other than attachment or inline, or a download other than true or false, is 400', async () => {
      const { image_id } = await api.upload(newUser(), await picture());
      for (const bad of ['x', 'INLINE']) {
        await api.refused('invalid-request', `/images/${image_id}/download?disposition=${bad}`, {}, 'disposition');
        await api.refused('invalid-request', `/images/${image_id}?download=${bad}`, {}, 'download');
      }
    });

    it('expires_at of a download is when its signature expires, and later for a later signature', async () => {
      const { image_id } = await api.upload(newUser(), await picture());
      const first = await api.ask<Download>(`/images/${image_id}/download`);
      await delay(1_100); // signatures have whole seconds
      const second = await api.ask<Download>(`/images/${image_id}/download`);
      assert.ok(second.expires_at > first.expires_at, `${first.expires_at}, then ${second.expires_at}`);
      const { searchParams } = new URL(second.download_url);
      const signedAt = (searchParams.get('X-Amz-Date') ?? '').replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5');
      const ends = Date.parse(signedAt) + Number(searchParams.get('X-Amz-Expires')) * 1_000;
      assert.equal(second.expires_at, new Date(ends).toISOString());
    });
  });
};
