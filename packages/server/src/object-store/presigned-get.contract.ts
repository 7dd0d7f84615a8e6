import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PresignerHarness } from './presigner.contract.ts';
import { image, original, putBytes, send, somePng } from './sample-objects.fixture.ts';

/** URLs for an object, as clients and caches use them. */
export function describePresignedGets(name: string, create: () => Promise<PresignerHarness>): void {
  describe(`${name} with a presigned GET`, () => {
    it('answers with the bytes, and with the signed type and disposition', async () => {
      await using harness = await create();
      const { presigner, publicOrigin } = harness;
      const bytes = somePng(300_000);
      await putBytes(harness, original(), bytes);
      const disposition = `attachment; filename="a b.png"; filename*=UTF-8''%C3%A9%20%2B.png`;
      const contentType = 'image/jpeg';
      const request = await presigner.presignGet(original(), {
        publicOrigin,
        contentType,
        disposition,
        expiresInSeconds: 60,
      });
      assert.deepEqual([request.method, request.headers], ['GET', {}]);
      const response = await send(request);
      assert.equal(response.status, 200);
      assert.equal(response.headers.get('content-type'), contentType);
      assert.equal(response.headers.get('content-disposition'), disposition);
      assert.equal(response.headers.get('content-length'), String(bytes.length));
      assert.deepEqual(Buffer.from(await response.arrayBuffer()), bytes);
    });

    it('answers with a part, nothing or the whole, as its headers request', async () => {
      await using harness = await create();
      const { presigner, publicOrigin } = harness;
      const bytes = somePng(10_000);
      await putBytes(harness, original(), bytes);
      const { url } = await presigner.presignGet(original(), {
        publicOrigin,
        ...image,
        disposition: 'inline',
        expiresInSeconds: 60,
      });
      const whole = await fetch(url);
      await whole.bytes();
      const etag = whole.headers.get('etag') ?? 'none';
      const lastModified = whole.headers.get('last-modified') ?? 'none';
      const past = new Date(0).toUTCString();
      for (const [headers, status, start, end] of [
        [{ Range: 'bytes=0-99' }, 206, 0, 99],
        [{ Range: 'bytes=9900-' }, 206, 9_900, 9_999],
        [{ Range: 'bytes=-1' }, 206, 9_999, 9_999],
        [{ Range: 'bytes=9000-20000' }, 206, 9_000, 9_999],
        [{ Range: 'bytes=0-1', 'If-Match': etag }, 206, 0, 1],
        [{ Range: 'bytes=10000-' }, 416, 0, -1],
        [{ 'If-None-Match': etag }, 304, 0, -1],
        [{ 'If-None-Match': '"other"' }, 200, 0, 9_999],
        [{ 'If-Modified-Since': lastModified }, 304, 0, -1],
        [{ 'If-Modified-Since': past }, 200, 0, 9_999],
        [{ 'If-Match': '"other"' }, 412, 0, -1],
        [{ 'If-Unmodified-Since': past }, 412, 0, -1],
        [{ 'If-Unmodified-Since': lastModified }, 200, 0, 9_999],
      ] as const) {
        const response = await fetch(url, { headers });
        const what = JSON.stringify(headers);
        assert.equal(response.status, status, what);
        const body = Buffer.from(await response.arrayBuffer());
        if (response.ok) assert.deepEqual(body, bytes.subarray(start, end + 1), what);
        if (status === 206) assert.equal(response.headers.get('content-range'), `bytes ${start}-${end}/10000`);
        if (status === 304) assert.equal(body.length, 0);
      }
    });

    it('refuses another type or disposition, and a HEAD', async () => {
      await using harness = await create();
      const { presigner, publicOrigin } = harness;
      await putBytes(harness, original(), somePng());
      const { url } = await presigner.presignGet(original(), {
        publicOrigin,
        ...image,
        disposition: 'inline',
        expiresInSeconds: 60,
      });
      const changes = [url.replace('image%2Fpng', 'text%2Fhtml'), url.replace('inline', 'attachment')];
      for (const changed of changes) assert.equal((await fetch(changed)).status, 403, changed);
      assert.equal((await fetch(url, { method: 'HEAD' })).status, 403);
      assert.equal((await fetch(url)).status, 200);
    });

    it('answers 404 for an absent object', async () => {
      await using harness = await create();
      const options = { publicOrigin: harness.publicOrigin, ...image, disposition: 'inline', expiresInSeconds: 60 };
      const response = await send(await harness.presigner.presignGet(original(), options));
      assert.equal(response.status, 404);
      assert.match(await response.text(), /<Code>NoSuchKey<\/Code>/);
    });

    it('gives all clients within a window the same URL, which works until its expiry', async () => {
      await using harness = await create();
      const { presigner, publicOrigin, signingClock } = harness;
      await putBytes(harness, original(), somePng());
      const windowSeconds = 1_000;
      const realSeconds = Math.floor(Date.now() / 1000);
      const begin = realSeconds - (realSeconds % windowSeconds);
      const presignAt = (second: number, expiresInSeconds: number) => {
        signingClock.offsetSeconds = second - realSeconds;
        return presigner.presignGet(original(), {
          publicOrigin,
          ...image,
          disposition: 'inline',
          expiresInSeconds,
          windowSeconds,
        });
      };
      const urls = new Set<string>();
      for (const [second, expected] of [
        [begin - 1_000, begin - 1_000],
        [begin - 600, begin - 1_000],
        [begin - 100, begin - 1_000],
        [begin, begin],
        [begin + 800, begin],
      ] as const) {
        const request = await presignAt(second, 5_000);
        assert.equal(request.expiresAt.getTime(), (expected + 5_000) * 1000);
        const response = await send(request);
        assert.equal(response.status, 200, await response.text());
        urls.add(request.url);
      }
      assert.equal(urls.size, 2);

      const over = await presignAt(begin - 1_100, 1_001); // signed as of 2,000 seconds before
      assert(over.expiresAt.getTime() < Date.now());
      assert.equal((await send(over)).status, 403);
    });
  });
}
