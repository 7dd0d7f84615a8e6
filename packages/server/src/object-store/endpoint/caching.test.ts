import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BUCKET, CREDENTIALS, createDiskHarness, type DiskHarness, REGION } from '../disk/disk-harness.fixture.ts';
import { incoming, original, putBytes, somePng } from '../sample-objects.fixture.ts';
import { createSigner } from '../signing/sigv4.ts';

const LIFETIME_SECONDS = 3_600;

interface Asked {
  readonly method?: 'GET' | 'HEAD' | 'PUT' | 'DELETE';
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Signed in addition to what every URL has. */
  readonly query?: Readonly<Record<string, string>>;
  /** Signed then, valid for an hour. */
  readonly signedSecondsAgo?: number;
  readonly body?: Uint8Array<ArrayBuffer>;
}

async function ask(
  { publicOrigin: origin }: DiskHarness,
  { method = 'GET', key = original(), headers = {}, query = {}, signedSecondsAgo = 0, body }: Asked,
): Promise<{ status: number; cacheControl: string | null }> {
  const signer = createSigner({ credentials: CREDENTIALS, region: REGION });
  const url = signer.presign({
    method,
    origin,
    path: `/objects/${BUCKET}/${key}`,
    query,
    expiresInSeconds: LIFETIME_SECONDS,
    now: new Date(Date.now() - signedSecondsAgo * 1_000),
  });
  const response = await fetch(url, { method, headers, ...(body && { body }) });
  await response.arrayBuffer();
  return { status: response.status, cacheControl: response.headers.get('cache-control') };
}

/** Some seconds may have passed since the request. */
function assertPrivateFor(cacheControl: string | null, seconds: number): void {
  const [, given = ''] = /^private, max-age=(\d+)$/.exec(cacheControl ?? '') ?? [];
  assert.ok(Number(given) <= seconds && Number(given) > seconds - 30, `${cacheControl}, expected about ${seconds}`);
}

async function createHarness(): Promise<DiskHarness> {
  const harness = await createDiskHarness();
  await putBytes(harness, original(), somePng(100));
  return harness;
}

describe('a response of /objects', () => {
  for (const method of ['GET', 'HEAD'] as const) {
    for (const [what, asked, status] of [
      ['whole', {}, 200],
      ['in part', { Range: 'bytes=0-9' }, 206],
      ['not modified', { 'If-None-Match': '*' }, 304],
    ] as const) {
      it(`may be cached privately until its URL expires: ${method}, ${what}`, async () => {
        await using harness = await createHarness();
        for (const signedSecondsAgo of [0, 600, LIFETIME_SECONDS - 10]) {
          const answered = await ask(harness, { method, headers: asked, signedSecondsAgo });
          assert.equal(answered.status, status);
          assertPrivateFor(answered.cacheControl, LIFETIME_SECONDS - signedSecondsAgo);
        }
      });
    }
  }

  it('has the Cache-Control that its URL was signed with', async () => {
    await using harness = await createHarness();
    const query = { 'response-cache-control': 'public, max-age=60, immutable' };
    for (const headers of [{}, { 'If-None-Match': '*' }, { Range: 'bytes=0-9' }]) {
      const { cacheControl } = await ask(harness, { query, headers });
      assert.equal(cacheControl, 'public, max-age=60, immutable');
    }
    const { status, cacheControl } = await ask(harness, { query, headers: { 'If-Match': '"other"' } });
    assert.deepEqual([status, cacheControl], [412, 'no-store']);
  });

  it('is 400 if the signed value is not a valid field value', async () => {
    await using harness = await createHarness();
    for (const value of ['private\r\nSet-Cookie: a=b', 'max-age=60\u{1f600}']) {
      const answered = await ask(harness, { query: { 'response-cache-control': value } });
      assert.deepEqual(answered, { status: 400, cacheControl: 'no-store' });
    }
  });

  for (const [what, asked, status] of [
    ['an expired URL', { signedSecondsAgo: LIFETIME_SECONDS + 10 }, 403],
    ['a missing key', { key: original(2) }, 404],
    ['a range beyond the end', { headers: { Range: 'bytes=100-' } }, 416],
    ['a HEAD of a missing key', { method: 'HEAD', key: original(2) }, 404],
    ['another method', { method: 'DELETE' }, 405],
    ['a PUT', { method: 'PUT', key: incoming(), body: somePng(10) }, 200],
    ['a PUT that is too long', { method: 'PUT', key: incoming(), body: somePng(1_000_001) }, 400],
  ] as const) {
    it(`may not be cached: ${what}`, async () => {
      await using harness = await createHarness();
      assert.deepEqual(await ask(harness, asked), { status, cacheControl: 'no-store' });
    });
  }

  it('may not be cached: a form', async () => {
    await using harness = await createHarness();
    const { publicOrigin } = harness;
    const size = { minBytes: 1, maxBytes: 100 };
    const options = { publicOrigin, contentType: 'image/png' as const, expiresInSeconds: 60, ...size };
    const { url, fields } = await harness.presigner.presignPost(incoming(), options);
    for (const [bytes, status] of [
      [100, 204],
      [101, 400],
    ] as const) {
      const form = new FormData();
      for (const [name, value] of Object.entries(fields)) form.set(name, value);
      form.set('file', new Blob([somePng(bytes)]));
      const response = await fetch(url, { method: 'POST', body: form });
      await response.arrayBuffer();
      assert.deepEqual([response.status, response.headers.get('cache-control')], [status, 'no-store']);
    }
  });
});
