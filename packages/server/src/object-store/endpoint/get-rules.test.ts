import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BUCKET, CREDENTIALS, createDiskHarness, type DiskHarness, REGION } from '../disk/disk-harness.fixture.ts';
import { incoming, original, putBytes, somePng } from '../sample-objects.fixture.ts';
import { createSigner } from '../signing/sigv4.ts';

const BYTES = somePng(1_000);

const ask = (harness: DiskHarness, method: 'GET' | 'HEAD', headers: Record<string, string>, key = original()) => {
  const url = createSigner({ credentials: CREDENTIALS, region: REGION }).presign({
    method,
    origin: harness.publicOrigin,
    path: `/objects/${BUCKET}/${key}`,
    query: { 'response-content-type': 'image/png', 'response-content-disposition': 'inline' },
    expiresInSeconds: 60,
    now: new Date(),
  });
  return fetch(url, { method, headers });
};

/** Reads the body at once: an unread body keeps its file open for some time. */
const countOpenFiles = (harness: DiskHarness): number => (process.platform === 'linux' ? harness.countOpenFiles() : 0);

/** Headers may refer to the object’s own ETag and time as ETAG, TIME, BEFORE and AFTER. */
const RULES: readonly (readonly [headers: Record<string, string>, status: number, start?: number, end?: number])[] = [
  [{}, 200, 0, 999],
  [{ Range: 'bytes=0-9' }, 206, 0, 9],
  [{ Range: 'bytes=-10' }, 206, 990, 999],
  [{ Range: 'bytes=990-' }, 206, 990, 999],
  [{ Range: 'bytes=0-999' }, 206, 0, 999],
  [{ Range: 'bytes=990-2000' }, 206, 990, 999],
  [{ Range: 'bytes=0-1,5-6' }, 200, 0, 999],
  [{ Range: 'bytes=5-1' }, 200, 0, 999],
  [{ Range: 'nonsense' }, 200, 0, 999],
  [{ Range: 'bytes=1000-' }, 416],
  [{ Range: 'bytes=-0' }, 416],
  [{ Range: 'bytes=0-9', 'If-Range': 'ETAG' }, 206, 0, 9],
  [{ Range: 'bytes=0-9', 'If-Range': '"other"' }, 200, 0, 999],
  [{ Range: 'bytes=0-9', 'If-Range': 'W/ETAG' }, 200, 0, 999],
  [{ Range: 'bytes=0-9', 'If-Range': 'TIME' }, 206, 0, 9],
  [{ Range: 'bytes=0-9', 'If-Range': 'AFTER' }, 200, 0, 999],
  [{ Range: 'bytes=1000-', 'If-Range': '"other"' }, 200, 0, 999],
  [{ 'If-Match': 'ETAG' }, 200, 0, 999],
  [{ 'If-Match': '*' }, 200, 0, 999],
  [{ 'If-Match': '"other", ETAG' }, 200, 0, 999],
  [{ 'If-Match': '"other"' }, 412],
  [{ 'If-Match': 'W/ETAG' }, 412],
  [{ 'If-Match': '"other"', Range: 'bytes=1000-' }, 412],
  [{ 'If-Match': 'ETAG', 'If-Unmodified-Since': 'BEFORE' }, 200, 0, 999],
  [{ 'If-Unmodified-Since': 'TIME' }, 200, 0, 999],
  [{ 'If-Unmodified-Since': 'BEFORE' }, 412],
  [{ 'If-Unmodified-Since': 'yesterday' }, 200, 0, 999],
  [{ 'If-None-Match': 'ETAG' }, 304],
  [{ 'If-None-Match': 'W/ETAG' }, 304],
  [{ 'If-None-Match': '*' }, 304],
  [{ 'If-None-Match': '"other",ETAG' }, 304],
  [{ 'If-None-Match': '"other"' }, 200, 0, 999],
  [{ 'If-None-Match': 'ETAG', Range: 'bytes=0-9' }, 304],
  [{ 'If-None-Match': '"other"', 'If-Modified-Since': 'AFTER' }, 200, 0, 999],
  [{ 'If-None-Match': 'ETAG', 'If-Modified-Since': 'BEFORE' }, 304],
  [{ 'If-Modified-Since': 'TIME' }, 304],
  [{ 'If-Modified-Since': 'AFTER' }, 304],
  [{ 'If-Modified-Since': 'BEFORE' }, 200, 0, 999],
  [{ 'If-Modified-Since': '2099-01-01T00:00:00Z' }, 200, 0, 999],
  [{ 'If-Match': 'ETAG', 'If-None-Match': 'ETAG' }, 304],
];

describe('a presigned GET or HEAD', () => {
  for (const [headers, status, start = 0, end = -1] of RULES)
    it(`with ${JSON.stringify(headers)} is ${status}`, async () => {
      await using harness = await createDiskHarness();
      await putBytes(harness, original(), BYTES);
      const first = await ask(harness, 'HEAD', {});
      const etag = first.headers.get('etag') ?? 'none';
      const time = Date.parse(first.headers.get('last-modified') ?? '');
      const filled = Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [
          name,
          value
            .replace('ETAG', etag)
            .replace('TIME', new Date(time).toUTCString())
            .replace('BEFORE', new Date(time - 1_000).toUTCString())
            .replace('AFTER', new Date(time + 1_000).toUTCString()),
        ]),
      );
      const head = await ask(harness, 'HEAD', filled);
      const openAfterHead = countOpenFiles(harness);
      const get = await ask(harness, 'GET', filled);
      assert.deepEqual([openAfterHead, get.ok ? 0 : countOpenFiles(harness)], [0, 0]);
      assert.deepEqual([get.status, head.status], [status, status]);
      const body = Buffer.from(await get.arrayBuffer());
      if (get.ok) assert.deepEqual(body, BYTES.subarray(start, end + 1));
      assert.equal(await head.text(), '');

      const range = { 206: `bytes ${start}-${end}/1000`, 416: 'bytes */1000' }[status] ?? null;
      const length = get.ok ? String(end - start + 1) : null;
      for (const { headers: answered } of [get, head]) {
        assert.equal(answered.get('content-range'), range);
        if (status < 400) assert.equal(answered.get('etag'), etag);
        if (get.ok) assert.equal(answered.get('accept-ranges'), 'bytes');
        if (get.ok) assert.equal(answered.get('content-length'), length);
        if (get.ok) assert.equal(answered.get('content-type'), 'image/png');
        assert.equal(answered.get('x-content-type-options'), 'nosniff');
      }
      const code = /<Code>(.*)<\/Code>/.exec(body.toString('latin1'))?.[1];
      assert.equal(code, { 412: 'PreconditionFailed', 416: 'InvalidRange' }[status]);
    });

  it('is 416 for a range of an empty object, and the whole for its last bytes', async () => {
    await using harness = await createDiskHarness();
    await putBytes(harness, incoming(), Buffer.alloc(0));
    for (const [range, status] of [
      ['bytes=0-', 416],
      ['bytes=-5', 200],
    ] as const) {
      const response = await ask(harness, 'GET', { Range: range }, incoming());
      assert.equal(response.status, status);
      await response.bytes();
    }
  });
});
