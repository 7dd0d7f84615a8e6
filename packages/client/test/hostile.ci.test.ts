import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createClient, explain, type Image, rejectionOf, SafelightError } from '@safelight/client';
import type { Browser } from 'playwright-core';
import { blackPng } from '../../../test/pictures/png-bytes.ts';
import { launchChromium, NO_CHROMIUM } from '../../server/test/services/chromium.ts';
import { handedUrl } from '../src/http/handed-url.ts';
import { createSendByHttp } from '../src/node/send-by-http.ts';
import { createImageList, pagesFrom } from '../src/react/image-list.ts';
import { sendByFetch } from '../src/upload/send.ts';
import { inPage, serveClientPages } from './client-page.ts';

const ID = '01a1f82b-80d8-703c-9c86-1b8ba42038d1';
const MB = 1_048_576;
const file = () => new Blob([new Uint8Array(blackPng({ width: 8, height: 8 }))]);

interface Asked {
  readonly line: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A server, as a service or a store, that answers what a test wants. */
async function startLiar(answer: (asked: Asked, response: ServerResponse) => unknown) {
  const asked: Asked[] = [];
  const server = createServer(async (incoming, response) => {
    const body = Buffer.concat(await Array.fromAsync(incoming).catch(() => []));
    const one = { line: `${incoming.method} ${incoming.url}`, headers: incoming.headers, body };
    if (incoming.method !== 'OPTIONS') asked.push(one);
    response.setHeader('access-control-allow-origin', '*').setHeader('access-control-allow-headers', '*');
    response.setHeader('access-control-allow-methods', '*');
    const value = incoming.method === 'OPTIONS' ? '' : answer(one, response);
    if (value !== undefined) response.end(JSON.stringify(value));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

const redirectTo = (url: string) => (_: Asked, response: ServerResponse) =>
  void response.writeHead(307, { location: url }).end();

describe('answers', () => {
  it('are read up to 32 MB, however small they are compressed', async () => {
    const bomb = gzipSync(Buffer.concat([Buffer.alloc(40 * MB, ' '), Buffer.from('{}')]));
    await using liar = await startLiar((_, response) => void response.setHeader('content-encoding', 'gzip').end(bomb));
    await assert.rejects(createClient(liar).service(), {
      code: 'unexpected-answer',
      detail: 'expected an answer of at most 33554432 bytes; got more',
    });
    assert.equal(liar.asked.length, 1);
  });

  it('that are problems are read up to 1 MB, and have the fields of a problem or none', async () => {
    await using long = await startLiar((_, response) => void response.writeHead(400).end('x'.repeat(2 * MB)));
    await assert.rejects(createClient(long).service(), { code: 'unexpected-answer', detail: /at most 1048576 bytes/ });
    await using odd = await startLiar((_, response) => {
      response.statusCode = 400;
      return { code: 'constructor', detail: 'x'.repeat(9_999), errors: [null, 7, { pointer: {} }], quota: { max: {} } };
    });
    await assert.rejects(createClient(odd).service(), (error: Record<string, unknown>) => {
      const { detail, errors, quota } = error as { detail: string; errors: unknown; quota: unknown };
      assert.deepEqual([detail.length, errors, quota], [2_000, [], undefined]);
      return true;
    });
  });

  it('have params in the forms of the contract or none, in problems and in rejections', async () => {
    const lies = {
      limit_bytes: 'x',
      got_bytes: -1,
      formats: [{}],
      reason: 'x\u202ey',
      got: 'a\u001b[2J',
      width: 1.5,
      brand_new: 7,
      toString: 1,
    };
    const problems = ['upload-too-large', 'unsupported-type', 'unreadable-image', 'constructor', '__proto__'];
    for (const code of problems)
      for (const params of [lies, [lies], null, 7, 'x', { limit_bytes: null }]) {
        const problem = { code, detail: 'x', params };
        await using liar = await startLiar(({ line }, response) => {
          if (line.startsWith('POST /uploads')) return { image_id: ID, upload_url: null, headers: {} };
          if (line.startsWith('POST')) return { image_id: ID, status: 'rejected', rejection: problem };
          response.statusCode = 400;
          return problem;
        });
        const client = createClient(liar);
        for (const failing of [client.service(), client.upload(file())])
          await assert.rejects(failing, (error) => {
            assert.ok(error instanceof SafelightError && error.code === code && !explain(error).includes('undefined'));
            assert.deepEqual(error.params, {});
            return true;
          });
      }
    for (const rejection of [undefined, null, 7, 'x', {}, { code: 7, detail: 'x' }, { code: 'x' }])
      assert.equal(rejectionOf({ rejection } as Pick<Image, 'rejection'>), undefined);
  });

  it('of a store are read up to 64 KB', async () => {
    await using store = await startLiar((_, response) => void response.writeHead(400).end('x'.repeat(MB)));
    for (const send of [createSendByHttp(), sendByFetch(fetch)])
      await assert.rejects(
        send({ method: 'PUT', url: store.baseUrl, headers: {}, body: file(), signal: undefined, onSent: () => {} }),
        { code: 'unexpected-answer', detail: /at most 65536 bytes/ },
      );
  });

  for (const [name, page] of [
    ['without a cursor', { images: [] }],
    ['with a cursor of 2,049 characters', { images: [], next_cursor: 'x'.repeat(2_049) }],
    ['with 1,001 images', { images: Array.from({ length: 1_001 }, () => ({})), next_cursor: null }],
    ['with what is no image', { images: [null], next_cursor: null }],
    ['of nothing', null],
  ] as const)
    it(`that are a page ${name} end a list, in React too`, async () => {
      await using liar = await startLiar((_, response) => void response.end(JSON.stringify(page)));
      await assert.rejects(Array.fromAsync(createClient(liar).images.list()), { code: 'unexpected-answer' });
      const list = createImageList(pagesFrom(createClient(liar), {}), 50);
      await list.refresh();
      assert.match(list.snapshot().error ?? '', /mistake on our side/);
      assert.equal(liar.asked.length, 2);
    });

  for (const length of [1, 2, 7])
    it(`whose cursors come again after ${length} end a list`, async () => {
      let page = 0;
      await using liar = await startLiar(() => {
        page += 1;
        return { images: [], next_cursor: page > 100 ? null : `cursor ${page % length}` };
      });
      await assert.rejects(Array.fromAsync(createClient(liar).images.list()), { code: 'unexpected-answer' });
      assert.ok(liar.asked.length <= 4 * length, `${liar.asked.length} requests`);
    });
});

describe('redirects', () => {
  it('of the service are followed by no request, so nobody else gets its user, credential or body', async () => {
    await using other = await startLiar(() => ({ name: 'safelight' }));
    await using liar = await startLiar(redirectTo(`${other.baseUrl}/`));
    const client = createClient({ ...liar, token: 'secret', userId: 'ada' });
    for (const request of [client.service(), client.images.trash(ID), client.images.update(ID, { tags: ['x'] })])
      await assert.rejects(request, { code: 'unexpected-answer', status: 307, detail: /got a redirect to "http/ });
    assert.deepEqual(other.asked, []);
    assert.equal(liar.asked.length, 3);
  });

  it('of the store are followed with no body', async () => {
    await using other = await startLiar(() => ({}));
    await using store = await startLiar(redirectTo(`${other.baseUrl}/`));
    const sending = { method: 'PUT', url: store.baseUrl, headers: {}, body: file(), signal: undefined } as const;
    await assert.rejects(sendByFetch(fetch)({ ...sending, onSent: () => {} }), { code: 'unexpected-answer' });
    assert.equal((await createSendByHttp()({ ...sending, onSent: () => {} })).status, 307);
    assert.deepEqual(other.asked, []);
  });
});

describe('grants', () => {
  /** A service and a store in one. */
  const granting = (grant: object) =>
    startLiar(({ line }) => {
      if (line === 'POST /uploads') return grant;
      return line.startsWith('PUT') ? {} : { image_id: ID, status: 'ready' };
    });

  it('choose the headers that are of the bytes and of S3 alone', async () => {
    await using store = await startLiar(() => ({}));
    await using service = await granting({
      image_id: ID,
      upload_url: `${store.baseUrl}/put`,
      headers: {
        'Content-Type': 'image/png',
        'x-amz-checksum-sha256': 'abc',
        'If-None-Match': '*',
        'Content-Length': '1',
        Authorization: 'Bearer other',
        Cookie: 'a=b',
        Host: 'internal.example',
        'X-Forwarded-For': '127.0.0.1',
        'Transfer-Encoding': 'chunked',
        'x-amz-meta-a': 7,
        'x-amz-meta-b': 'a\r\nAuthorization: x',
      },
    });
    await createClient(service).upload(file());
    const [{ headers, body } = { headers: {}, body: Buffer.of() }] = store.asked;
    const { host, connection, ...rest } = headers;
    assert.equal(host, new URL(store.baseUrl).host);
    assert.deepEqual(rest, {
      'content-type': 'image/png',
      'x-amz-checksum-sha256': 'abc',
      'if-none-match': '*',
      'content-length': String(file().size),
    });
    assert.equal(body.length, file().size);
  });

  for (const url of ['file:///tmp/a', 'ftp://x.example/a', 'javascript:alert(1)', 'http://a:b@x.example/', '/a', 7])
    it(`choose no store at ${url}`, async () => {
      await using service = await granting({ image_id: ID, upload_url: url, headers: {} });
      await assert.rejects(createClient(service).upload(file()), { code: 'unexpected-answer' });
      assert.equal(service.asked.length, 1);
    });

  for (const id of ['..', '../../admin', 'a?b', '', 7])
    it(`choose no other path by the id ${JSON.stringify(id)}`, async () => {
      await using service = await granting({ image_id: id, upload_url: null, headers: {} });
      await assert.rejects(createClient(service).upload(file()), { code: 'unexpected-answer' });
      assert.equal(service.asked.length, 1);
    });

  it('of a service by https name no store by http', () => {
    assert.equal(handedUrl('http://s.example/a?b=c', 'http://x.example'), 'http://s.example/a?b=c');
    assert.equal(handedUrl('https://s.example/a', 'https://x.example'), 'https://s.example/a');
    assert.throws(() => handedUrl('http://s.example/a', 'https://x.example'), { code: 'unexpected-answer' });
  });
});

describe('paths', () => {
  it('with ids from elsewhere lead nowhere else', async () => {
    await using service = await startLiar(() => ({}));
    const client = createClient({ ...service, baseUrl: `${service.baseUrl}/safelight` });
    for (const id of ['.', '..']) await assert.rejects(client.images.delete(id), TypeError);
    for (const path of ['/a/../../b', '/%2e%2E/b', '/a/.\t./b', '/..\\b', '/a/..?x'])
      await assert.rejects(client.request(path), TypeError);
    assert.deepEqual(service.asked, []);
    await client.request('/images', { query: { q: '/../' } });
    await client.request('/images?q=/../');
    assert.equal(service.asked.length, 2);
  });

  it('of presets are those of the image, whatever the names', () => {
    const { urls } = createClient({ baseUrl: 'https://x.example' });
    const image = { status: 'ready', width: 100, height: 50, description: null, filename: 'a' } as const;
    const named = { ...image, renditions: { constructor: 'https://x.example/c' } };
    assert.equal(urls.srcset(named).src, 'https://x.example/c');
    assert.equal(urls.srcset(named).srcSet, '');
    assert.throws(() => urls.preset({ ...image, renditions: { thumb: 'x' } }, 'constructor'), {
      name: 'RangeError',
      message: 'expected a preset of the service, one of thumb; got constructor',
    });
    assert.throws(() => urls.preset({ ...image, status: 'pending', renditions: null }, 'thumb'), {
      name: 'RangeError',
      message: /got one that is pending$/,
    });
  });
});

describe('a user', () => {
  it('who is nobody is refused before any request', async () => {
    await using service = await startLiar(() => ({ images: [], next_cursor: null }));
    for (const userId of ['', ' ', '\t', '\u200b', '\u2060\u3164', '\u2800', ' ada', 'ada ', 'a\nb', '\ud800', null, 7])
      assert.throws(() => createClient({ ...service, userId: userId as string }), {
        name: 'TypeError',
        message: /^expected userId as the name of a user/,
      });
    const client = createClient({ ...service, token: 'secret' });
    for (const user_id of ['', '\u200b', ' ada']) {
      await assert.rejects(Array.fromAsync(client.images.list({ user_id })), TypeError);
      await assert.rejects(client.request('/images', { method: 'DELETE', query: { user_id } }), TypeError);
      await assert.rejects(client.request(`/images?user%5Fid=${encodeURIComponent(user_id)}`), TypeError);
      const list = createImageList(pagesFrom(client, { user_id }), 50);
      await list.refresh();
      assert.ok(list.snapshot().error);
    }
    assert.deepEqual(service.asked, []);
  });

  for (const [userId, token, header, query] of [
    ['ada lovelace', 'secret', 'ada lovelace', null],
    ['zoë', 'secret', undefined, 'zoë'],
    ['雪 & co', 'secret', undefined, '雪 & co'],
    // A service without authentication reads UTF-8, and takes the query of a list as a filter.
    ['zoë', undefined, Buffer.from('zoë').toString('latin1'), null],
  ] as const)
    it(`is named in every request, in one way: ${userId} ${token === undefined ? 'without' : 'with'} a credential`, async () => {
      await using service = await startLiar(({ line }) =>
        line.startsWith('POST /uploads')
          ? { image_id: ID, upload_url: null, headers: {} }
          : { image_id: ID, status: 'ready', images: [], links: [], next_cursor: null },
      );
      const client = createClient({ ...service, userId, token });
      const { images } = client;
      await client.upload(file());
      for (const name of ['get', 'trash', 'restore', 'delete', 'createLink', 'links', 'revokeLinks'] as const)
        await images[name](ID);
      await images.update(ID, { tags: [] });
      await images.revokeLink(ID, ID);
      await Array.fromAsync(images.list());
      await client.request('/images/delete', { method: 'POST', body: { image_ids: [ID] } });
      assert.equal(service.asked.length, 13);
      for (const { line, headers } of service.asked) {
        const [, target = ''] = line.split(' ');
        assert.equal(headers['x-user-id'], header, line);
        const named = new URL(target, service.baseUrl).searchParams.getAll('user_id');
        assert.deepEqual(named, query === null ? [] : [query], line);
      }
      if (query === null) return;
      await Array.fromAsync(images.list({ user_id: query }));
      assert.equal(service.asked.at(-1)?.line.split('user_id=').length, 2);
    });
});

describe('pauses', () => {
  it('that the service asks for are told, each with its error', async () => {
    let count = 0;
    await using service = await startLiar((_, response) => {
      count += 1;
      if (count > 2) return {};
      response.writeHead(count === 1 ? 429 : 502, count === 1 ? { 'retry-after': '1' } : {});
      return { code: 'rate-limited', detail: 'expected fewer; got more' };
    });
    const waits: unknown[] = [];
    await createClient({
      ...service,
      onWait: ({ ms, error }) => waits.push([ms >= 1_000, error.retryAfter]),
    }).service();
    assert.deepEqual(waits, [[true, 1]]);
  });
});

describe('an upload in Chromium', { skip: NO_CHROMIUM }, () => {
  let browser: Browser;
  before(async () => {
    browser = await launchChromium();
  });
  after(() => browser?.close());

  it('counts as taken by its store alone, not by where that leads, and reads 64 KB of its answer', async () => {
    await using pages = await serveClientPages();
    await using other = await startLiar(() => ({}));
    await using redirecting = await startLiar(redirectTo(`${other.baseUrl}/put`));
    await using talking = await startLiar((_, response) => void response.writeHead(400).end('x'.repeat(MB)));
    const page = await browser.newPage();
    await page.goto(pages.origin);
    for (const store of [redirecting, talking]) {
      await using service = await startLiar(({ line }) =>
        line === 'POST /uploads'
          ? { image_id: ID, upload_url: `${store.baseUrl}/put`, headers: { cookie: 'a=b', authorization: 'x' } }
          : { image_id: ID, status: 'ready' },
      );
      const code = await inPage<string>(
        page,
        `const bytes = Uint8Array.from(atob(given.png), (one) => one.charCodeAt(0));
         return createClient({ ...given, retries: 0 }).upload(new Blob([bytes])).then(({ status }) => status, ({ code }) => code);`,
        { baseUrl: service.baseUrl, png: blackPng({ width: 8, height: 8 }).toString('base64') },
      );
      assert.equal(code, 'unexpected-answer');
      assert.equal(service.asked.length, 1);
    }
    for (const { headers } of [...other.asked, ...redirecting.asked])
      assert.deepEqual([headers.cookie, headers.authorization], [undefined, undefined]);
    await page.goto(pages.origin);
    const code = await inPage<string>(page, 'return createClient(given).service().catch(({ code }) => code);', {
      baseUrl: redirecting.baseUrl,
    });
    assert.equal(code, 'unexpected-answer');
  });
});
