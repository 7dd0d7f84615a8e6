import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, symlink } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { repeatsOf } from '../../../test/repeats.ts';
import { parseImageId } from '../../domain/image/image-id.ts';
import { incomingKey, type ObjectKey } from '../../domain/image/object-key.ts';
import { hearing } from '../../observe/observer/hearing.fixture.ts';
import {
  CREDENTIALS,
  createDiskHarness,
  type DiskHarness,
  NO_OBJECTS,
  REGION,
  responseOf,
} from '../disk/disk-harness.fixture.ts';
import type { PresignedRequest } from '../presigner.ts';
import { createSigner } from '../signing/sigv4.ts';
import { createDiskEndpoint } from './disk-endpoint.ts';

const MAX = 1_000;
const create = () => createDiskHarness({ maxUploadBytes: MAX });
const id = parseImageId('01932f00-0000-7000-8000-000000000001');
assert(id);
const KEY = incomingKey('ann', id);

const presignPut = ({ presigner, publicOrigin }: DiskHarness, key: ObjectKey = KEY): Promise<PresignedRequest> =>
  presigner.presignPut(key, { publicOrigin, contentType: 'image/jpeg', expiresInSeconds: 60 });

/** Any URL that our key can sign, including ones that the store never signs. */
const presign = (harness: DiskHarness, method: string, path: string, query: Record<string, string> = {}): string =>
  createSigner({ credentials: CREDENTIALS, region: REGION }).presign({
    method,
    origin: harness.publicOrigin,
    path,
    query,
    expiresInSeconds: 60,
    now: new Date(),
  });

const put = async (harness: DiskHarness, bytes: Uint8Array<ArrayBuffer>): Promise<Response> => {
  const { url, method, headers } = await presignPut(harness);
  return fetch(url, { method, headers, body: bytes });
};

const errorOf = async (response: Response) => {
  const xml = await response.text();
  assert.equal(response.headers.get('content-type'), 'application/xml');
  return { status: response.status, code: /<Code>(.*)<\/Code>/.exec(xml)?.[1], xml };
};

const stores = async ({ store }: DiskHarness): Promise<boolean> => (await store.head(KEY)) !== undefined;

describe('a presigned PUT', () => {
  it('is stored and judged before the response, which has the ETag of later GETs', async () => {
    await using harness = await create();
    const bytes = randomBytes(MAX);
    const response = await put(harness, bytes);
    assert.equal(response.status, 200);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    assert.deepEqual(harness.stored, [[KEY, { sha256 }]]);
    const got = await fetch(presign(harness, 'GET', `/objects/safelight/${KEY}`));
    assert.match(got.headers.get('etag') ?? '', /^"[0-9a-f]{32}"$/);
    assert.equal(got.headers.get('etag'), response.headers.get('etag'));
    assert.deepEqual(await harness.staged(), []);
  });

  for (const [verdict, expected] of [
    [{ outcome: 'taken' }, [412, 'PreconditionFailed', 'The upload has been made: its URL takes no other bytes']],
    [{ outcome: 'rejected', reason: 'unreadable-image: no' }, [400, 'InvalidRequest', 'unreadable-image: no']],
    [
      { outcome: 'over', state: 'deleted' },
      [409, 'OperationAborted', 'The upload is deleted: nothing can be sent to it any more'],
    ],
  ] as const)
    it(`whose upload is ${verdict.outcome} is refused as S3 does`, async () => {
      await using harness = await create();
      harness.verdict = verdict;
      const { status, code, xml } = await errorOf(await put(harness, randomBytes(10)));
      assert.deepEqual([status, code, /<Message>(.*)<\/Message>/.exec(xml)?.[1]], expected);
    });

  it('is answered with the verdict on its bytes, in the XML of S3', async () => {
    await using harness = await create();
    harness.verdict = { outcome: 'rejected', reason: `it's "ready" & \0 <done>` };
    const { xml } = await errorOf(await put(harness, randomBytes(10)));
    assert.equal(
      xml.split('\n')[1],
      '<Error><Code>InvalidRequest</Code><Message>it&apos;s &quot;ready&quot; &amp; \ufffd &lt;done&gt;</Message>' +
        `<Resource>/objects/safelight/${KEY}</Resource><RequestId>request-1</RequestId></Error>`,
    );
  });

  it('with an empty body is stored, for finalize to judge', async () => {
    await using harness = await create();
    assert.equal((await put(harness, Buffer.alloc(0))).status, 200);
    assert.equal((await harness.store.head(KEY))?.sizeBytes, 0);
  });

  it('one byte over the limit is refused', async () => {
    await using harness = await create();
    const { status, code } = await errorOf(await put(harness, randomBytes(MAX + 1)));
    assert.deepEqual([status, code, await stores(harness)], [400, 'EntityTooLarge', false]);
  });

  it('is refused by its declared length before the body is received', async () => {
    await using harness = await create();
    const { url, headers } = await presignPut(harness);
    const sending = httpRequest(url, { method: 'PUT', headers: { ...headers, 'Content-Length': 10 ** 12 } });
    sending.on('error', () => {});
    sending.flushHeaders();
    const [response]: IncomingMessage[] = await once(sending, 'response');
    assert.equal(response?.statusCode, 400);
    sending.destroy();
    assert.deepEqual(await harness.staged(), []);
  });

  it('is refused before its body is read if its signature is wrong', async () => {
    await using harness = await create();
    const { url, headers } = await presignPut(harness);
    const sending = httpRequest(url.replace('Expires=60', 'Expires=61'), {
      method: 'PUT',
      headers: { ...headers, 'Content-Length': 500 },
    });
    sending.on('error', () => {});
    sending.flushHeaders();
    const [response]: IncomingMessage[] = await once(sending, 'response');
    assert.equal(response?.statusCode, 403);
    sending.destroy();
  });

  it('without a length is refused', async () => {
    await using harness = await create();
    const { url, headers } = await presignPut(harness);
    const sending = httpRequest(url, { method: 'PUT', headers: { ...headers, 'Transfer-Encoding': 'chunked' } });
    sending.on('error', () => {});
    sending.end('abc');
    const [response]: IncomingMessage[] = await once(sending, 'response');
    assert.deepEqual([response?.statusCode, await stores(harness)], [411, false]);
    sending.destroy();
  });

  it('that is interrupted leaves nothing', { timeout: 60_000 }, async () => {
    await using harness = await create();
    const { url, headers } = await presignPut(harness);
    const socket = connect(harness.port, '127.0.0.1');
    socket.write(`PUT ${url.slice(harness.publicOrigin.length)} HTTP/1.1\r\nHost: 127.0.0.1:${harness.port}\r\n`);
    socket.write(`Content-Type: ${headers['Content-Type']}\r\nContent-Length: 500\r\n\r\n${'x'.repeat(100)}`);
    while ((await harness.staged()).length === 0) await new Promise(setImmediate);
    socket.destroy();
    while ((await harness.staged()).length > 0) await new Promise(setImmediate);
    assert.deepEqual([harness.stored, await stores(harness)], [[], false]);
  });

  for (const [what, sent, code] of [
    [
      'shorter than declared',
      async function* () {
        yield Buffer.alloc(9);
      },
      'IncompleteBody',
    ],
    [
      'longer than declared',
      async function* () {
        yield Buffer.alloc(11);
      },
      'IncompleteBody',
    ],
    [
      'interrupted',
      async function* () {
        yield Buffer.alloc(9);
        throw new Error('reset');
      },
      'IncompleteBody',
    ],
    [
      'over the limit despite its declared length',
      async function* () {
        yield Buffer.alloc(MAX + 1);
      },
      'EntityTooLarge',
    ],
  ] as const)
    it(`whose body is ${what} is refused and leaves nothing`, async () => {
      await using harness = await create();
      const observe = hearing('request-failed', ({ error }) => assert.ifError(error));
      const endpoint = createDiskEndpoint({ ...harness, maxUploadBytes: MAX, observe });
      const { url, headers } = await presignPut(harness);
      const request = {
        method: 'PUT',
        target: url.slice(harness.publicOrigin.length),
        origin: harness.publicOrigin,
        headers: new Headers({ ...headers, 'Content-Length': '10' }),
        body: sent(),
        requestId: 'request-1',
      };
      const answer = await errorOf(responseOf(await endpoint(request, { ...NO_OBJECTS, mayTake: async () => true })));
      assert.deepEqual([answer.status, answer.code], [400, code]);
      assert.deepEqual([await harness.staged(), await stores(harness)], [[], false]);
    });

  it('sent twice concurrently leaves one of the two bodies whole', async () => {
    await using harness = await create();
    const bodies = [Buffer.alloc(MAX, 'a'), Buffer.alloc(MAX - 1, 'b')];
    for (let round = 0; round < repeatsOf('overwriteRaces').count; round += 1) {
      const answers = await Promise.all(bodies.map((bytes) => put(harness, bytes)));
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 200],
      );
      const object = await harness.store.get(KEY);
      const bytes = Buffer.from(await new Response(object?.body).arrayBuffer());
      assert(bodies.some((sent) => sent.equals(bytes)));
    }
    assert.deepEqual(await harness.staged(), []);
  });

  for (const path of [
    'images/ann/a',
    'incoming/ann/not-an-id',
    `incoming/../${id}`,
    `incoming/ann/b/${id}`,
    `tmp/${id}`,
    '',
  ])
    it(`is refused for a key outside uploads, even with a valid signature: ${path}`, async () => {
      await using harness = await create();
      const observe = hearing('request-failed', ({ error }) => assert.ifError(error));
      const endpoint = createDiskEndpoint({ ...harness, maxUploadBytes: MAX, observe });
      const request = {
        method: 'PUT',
        target: presign(harness, 'PUT', `/objects/safelight/${path}`).slice(harness.publicOrigin.length),
        origin: harness.publicOrigin,
        headers: new Headers({ 'Content-Length': '1' }),
        body: Readable.from([Buffer.from('x')]),
        requestId: 'request-1',
      };
      const { code, xml } = await errorOf(responseOf(await endpoint(request, NO_OBJECTS)));
      assert.equal(code, 'AccessDenied', xml);
      assert.match(xml, /Only keys of uploads/);
    });

  it('is 503 with Retry-After if the store fails; the cause is reported, not sent', async () => {
    await using harness = await create();
    await mkdir(join(harness.root, 'incoming'));
    await symlink(dirname(harness.root), join(harness.root, 'incoming', 'ann'));
    const response = await put(harness, randomBytes(10));
    assert(response.headers.get('retry-after'));
    const { status, code, xml } = await errorOf(response);
    assert.deepEqual([status, code], [503, 'ServiceUnavailable']);
    assert(!xml.includes(harness.root));
    assert.equal(harness.failures.length, 1);
  });
});

describe('a presigned GET or HEAD', () => {
  const JPEG = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), randomBytes(100)]);

  it('has the type detected from the bytes unless a type was signed', async () => {
    await using harness = await create();
    for (const [bytes, type] of [
      [JPEG, 'image/jpeg'],
      [Buffer.from('<html><script>alert(1)</script>'), 'text/html'],
      [Buffer.from('?'), 'application/octet-stream'],
    ] as const) {
      await put(harness, bytes);
      const response = await fetch(presign(harness, 'GET', `/objects/safelight/${KEY}`));
      assert.equal(response.headers.get('content-type'), type);
      assert.deepEqual(Buffer.from(await response.arrayBuffer()), bytes);
    }
  });

  it('as a HEAD has the headers of a GET', async () => {
    await using harness = await create();
    await put(harness, JPEG);
    const path = `/objects/safelight/${KEY}`;
    const head = await fetch(presign(harness, 'HEAD', path), { method: 'HEAD' });
    if (process.platform === 'linux') assert.equal(harness.countOpenFiles(), 0);
    const get = await fetch(presign(harness, 'GET', path));
    await get.bytes();
    for (const name of ['content-length', 'content-type', 'etag', 'last-modified'])
      assert.equal(head.headers.get(name), get.headers.get(name) ?? 'missing');
    assert.equal(head.headers.get('content-length'), String(JPEG.length));
    assert.equal(await head.text(), '');
  });

  it('with a signed header that is not a valid field value is 400', async () => {
    await using harness = await create();
    await put(harness, JPEG);
    for (const name of ['response-content-type', 'response-content-disposition'])
      for (const value of ['a\r\nSet-Cookie: b=c', 'a\0', '☃']) {
        const url = presign(harness, 'GET', `/objects/safelight/${KEY}`, { [name]: value });
        assert.equal((await errorOf(await fetch(url))).code, 'InvalidArgument');
      }
  });

  it('is 404 while the service hides the object', async () => {
    await using harness = await create();
    await put(harness, JPEG);
    harness.hidden.add(KEY);
    const url = presign(harness, 'GET', `/objects/safelight/${KEY}`);
    const { status, code } = await errorOf(await fetch(url));
    assert.deepEqual([status, code], [404, 'NoSuchKey']);
    harness.hidden.clear();
    assert.equal((await fetch(url)).status, 200);
  });

  it('of another bucket or of an invalid key is 404', async () => {
    await using harness = await create();
    for (const [path, code] of [
      [`/objects/other/${KEY}`, 'NoSuchBucket'],
      ['/objects/safelight', 'NoSuchBucket'],
      ['/objects/safelight/', 'NoSuchKey'],
      ['/objects/safelight/tmp/x', 'NoSuchKey'],
      ['/objects/safelight/images/%2e%2e/x', 'NoSuchKey'],
    ] as const)
      assert.deepEqual((await errorOf(await fetch(presign(harness, 'GET', path)))).code, code, path);
  });
});

describe('every response', () => {
  it('forbids browsers to sniff its type and to run its content', async () => {
    await using harness = await create();
    const path = `/objects/safelight/${KEY}`;
    const answers = [
      await put(harness, randomBytes(10)),
      await fetch(presign(harness, 'GET', path)),
      await fetch(presign(harness, 'HEAD', path), { method: 'HEAD' }),
      await fetch(harness.publicOrigin + path),
      await fetch(harness.publicOrigin + path, { method: 'DELETE' }),
    ];
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200, 403, 405],
    );
    for (const { headers } of answers) {
      assert.equal(headers.get('x-content-type-options'), 'nosniff');
      assert.equal(headers.get('cross-origin-resource-policy'), 'cross-origin');
      assert.equal(headers.get('content-security-policy'), "sandbox; default-src 'none'");
    }
  });
});

describe('a request that isn’t presigned', () => {
  it('is refused with another method, and told the allowed ones', async () => {
    await using harness = await create();
    for (const method of ['POST', 'DELETE', 'PATCH']) {
      const response = await fetch(presign(harness, method, `/objects/safelight/${KEY}`), { method });
      assert.equal(response.headers.get('allow'), 'GET, HEAD, PUT');
      const { code, xml } = await errorOf(response);
      assert.equal(code, 'MethodNotAllowed');
      assert.ok(xml.includes(`: expected GET, HEAD, PUT, as signed; got ${method}</Message>`), xml);
    }
  });

  it('is refused with an Authorization header, even with a valid signature, and told why', async () => {
    await using harness = await create();
    const { url, method, headers } = await presignPut(harness);
    const signed = { ...headers, Authorization: 'AWS4-HMAC-SHA256 Credential=...' };
    const { status, code, xml } = await errorOf(await fetch(url, { method, headers: signed, body: 'x' }));
    assert.deepEqual([status, code, await stores(harness)], [403, 'AccessDenied', false]);
    assert.match(xml, /Only presigned requests/);
  });

  it('is refused as a plain GET, and as a HEAD without a body', async () => {
    await using harness = await create();
    await put(harness, randomBytes(10));
    const url = `${harness.publicOrigin}/objects/safelight/${KEY}`;
    assert.deepEqual((await errorOf(await fetch(url))).code, 'AccessDenied');
    const head = await fetch(url, { method: 'HEAD' });
    assert.deepEqual([head.status, await head.text()], [403, '']);
  });
});
