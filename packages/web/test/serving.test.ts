import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { TestService } from '../../server/test/services/service.ts';
import { createSharingService } from '../../server/test/services/sharing-service.ts';

const HTML = { headers: { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } };
const DIST = new URL('../dist/', import.meta.url);

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; " +
  "worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
  "require-trusted-types-for 'script'; trusted-types safelight default";

describe('the gallery over HTTP', () => {
  let service: TestService;
  before(async () => {
    service = await createSharingService();
  });
  after(() => service[Symbol.asyncDispose]());

  const headersOf = (answer: Response, ...names: readonly string[]) => names.map((name) => answer.headers.get(name));

  it('is what browsers get at the root, with its headers; programs get JSON', async () => {
    for (const path of ['/', '/signed-in', '/signed-in?code=a&state=b']) {
      const answer = await service.request(path, HTML);
      assert.equal(answer.status, 200);
      assert.match(await answer.text(), /<div id="gallery">/);
      assert.deepEqual(
        headersOf(answer, 'content-type', 'content-security-policy', 'cross-origin-opener-policy', 'cache-control'),
        ['text/html; charset=utf-8', POLICY, 'same-origin', path === '/' ? 'public, no-cache' : 'no-store'],
      );
      assert.deepEqual(
        headersOf(answer, 'x-content-type-options', 'referrer-policy', 'cross-origin-resource-policy', 'set-cookie'),
        ['nosniff', 'no-referrer', 'same-origin', null],
      );
    }
    for (const accept of ['*/*', 'application/json', undefined]) {
      const answer = await service.request('/', accept === undefined ? {} : { headers: { Accept: accept } });
      assert.equal(((await answer.json()) as { status: string }).status, 'running');
      assert.match(answer.headers.get('vary') ?? '', /Accept/);
    }
  });

  it('is revalidated, and its parts are kept for ever', async () => {
    const page = await service.request('/', HTML);
    const etag = page.headers.get('etag') ?? '';
    const again = await service.request('/', { headers: { ...HTML.headers, 'If-None-Match': etag } });
    assert.deepEqual([again.status, again.headers.get('content-security-policy')], [304, POLICY]);

    const names = await readdir(new URL('assets/', DIST));
    assert.ok(names.length >= 2);
    for (const name of names) {
      for (const method of ['GET', 'HEAD']) {
        const answer = await service.request(`/assets/${name}`, { method });
        const type = name.endsWith('.css') ? 'text/css; charset=utf-8' : 'text/javascript; charset=utf-8';
        assert.deepEqual(headersOf(answer, 'cache-control', 'content-type', 'x-content-type-options'), [
          'public, max-age=31536000, immutable',
          type,
          'nosniff',
        ]);
        assert.equal(answer.status, 200);
        assert.equal((await answer.bytes()).length > 0, method === 'GET');
      }
    }
  });

  it('has parts compressed for those who accept gzip', async () => {
    const names = await readdir(new URL('assets/', DIST));
    const name = names.find((one) => /^index-.*\.js$/.test(one));
    const ask = (encodings: string) =>
      service.request(`/assets/${name}`, { headers: { 'Accept-Encoding': encodings } });
    const plain = await (await ask('identity')).bytes();
    const tags = new Set<string | null>();
    for (const [encodings, expected] of [
      ['gzip', 'gzip'],
      ['br;q=1.0, gzip;q=0.8, *;q=0.1', 'gzip'],
      ['gzip;q=0', null],
      ['br, zstd', null],
      ['', null],
    ] as const) {
      const answer = await ask(encodings);
      assert.deepEqual(headersOf(answer, 'content-encoding', 'vary'), [expected, 'Origin, Accept-Encoding'], encodings);
      tags.add(answer.headers.get('etag'));
      const bytes = await answer.bytes();
      assert.deepEqual(expected ? gunzipSync(bytes) : Buffer.from(bytes), Buffer.from(plain));
      if (expected) assert.ok(bytes.length < plain.length / 2);
    }
    assert.equal(tags.size, 2);
  });

  it('has no other files', async () => {
    const tried = [
      'absent.js',
      '..%2Findex.html',
      '%2E%2E%2Findex.html',
      '..%5Cindex.html',
      'index.html',
      'a%00.js',
      `${'a'.repeat(200)}.js`,
    ];
    for (const name of [...tried, '../../package.json', '.vite/manifest.json']) {
      const answer = await service.request(`/assets/${name}`);
      assert.equal(answer.status, 404, name);
    }
  });

  it('names the public origin where the page is opened under another name', async () => {
    await using named = await createSharingService({ environment: { PUBLIC_URL: 'https://images.example.org' } });
    const policyAt = async (origin: string) => {
      const answer = await named.send(`${origin}/`, HTML);
      return answer.headers.get('content-security-policy');
    };
    const elsewhere = await policyAt('http://127.0.0.1:8000');
    assert.match(
      elsewhere ?? '',
      /; img-src 'self' blob: data: https:\/\/images\.example\.org; connect-src 'self' https:\/\/images\.example\.org; /,
    );
    assert.equal(await policyAt('https://images.example.org'), POLICY);
  });

  it('tells what the page must know before anybody signs in, and nothing secret', async () => {
    await using closed = await createSharingService({
      environment: {
        AUTH: 'jwt,api-key',
        JWT_ISSUER: 'https://login.example.org',
        JWT_JWKS_URL: 'https://login.example.org/keys',
        JWT_AUDIENCE: 'https://api.example.org',
        PUBLIC_URL: 'http://127.0.0.1:8000',
        OIDC_CLIENT_ID: 'gallery',
        PRESETS: 'thumb:w=256&h=256',
        TRASH_DAYS: '7',
      },
    });
    const { image_types } = (await (await closed.request('/')).json()) as { image_types: object[] };
    assert.deepEqual(image_types[0], {
      content_type: 'image/jpeg',
      extensions: ['jpg', 'jpeg'],
      max_pixels: 201_326_592,
    });
    const answer = await closed.request('/app.json');
    assert.equal(answer.headers.get('cache-control'), 'no-store');
    assert.deepEqual(await answer.json(), {
      auth: ['jwt', 'api-key'],
      oidc: {
        issuer: 'https://login.example.org',
        client_id: 'gallery',
        scopes: 'openid',
        resource: 'https://api.example.org',
        redirect_uri: 'http://127.0.0.1:8000/signed-in',
      },
      search: true,
      filters_of_all: true,
      taken: true,
      taken_of_all: true,
      events: false,
      ingest: false,
      usage: false,
      trash_days: 7,
      limits: { max_upload_bytes: 52_428_800, max_direct_upload_bytes: 5_242_880 },
      image_types,
      presets: { thumb: 'w=256&h=256' },
    });
  });
});
