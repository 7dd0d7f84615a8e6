import assert from 'node:assert/strict';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { paddedPng, testImage } from '../../../../test/pictures/test-images.ts';
import { type Outcome, startInstance } from '../../../../test/servers/lambda-instance.ts';
import { FAULTY_DYNAMODB } from '../dynamodb/fault-kinds.ts';
import { startFaultyProxy } from '../faults/faulty-proxy.ts';
import { startForgetfulWay } from '../faults/forgetful-way.ts';
import { FAULTY_S3 } from '../s3/fault-kinds.ts';
import { NO_CLOUD } from '../services/cloud.ts';
import { json, post } from '../services/service.ts';
import { type BuiltFunction, buildFunction, type HttpFunction, startHttpFunction } from './function.ts';

const MEGABYTE = 1_048_576;
const png = await testImage({ type: 'image/png', width: 64, height: 48 });
const ofSize = (sizeBytes: number) => new Uint8Array(paddedPng(png, sizeBytes));

interface Uploaded {
  readonly image_id: string;
  readonly status: string;
  readonly user_id: string;
}

const statusOf = (outcome: Outcome): unknown =>
  outcome.kind === 'answered' ? Object(outcome.result).statusCode : outcome.error;

describe('the HTTP function', { skip: NO_CLOUD }, () => {
  let built: BuiltFunction;
  let service: HttpFunction;
  before(async () => {
    built = await buildFunction('http');
    service = await startHttpFunction(built);
  });
  after(async () => {
    await service[Symbol.asyncDispose]();
    await built[Symbol.asyncDispose]();
  });

  const ask = (path: string, init?: RequestInit, { origin } = service) =>
    fetch(`${origin}${path}`, { redirect: 'manual', ...init });
  const upload = async (sizeBytes: number, to = service): Promise<Uploaded> => {
    const answer = await ask('/images/upload?user_id=ada', post(ofSize(sizeBytes), 'image/png'), to);
    assert.equal(answer.status, 200, await answer.clone().text());
    return (await answer.json()) as Uploaded;
  };
  const codeOf = async (answer: Response) => [answer.status, ((await answer.json()) as { code?: string }).code];

  it('starts quickly, with little code', async (t) => {
    const instance = await startInstance({
      folder: built.folder,
      environment: service.environment,
      timeoutSeconds: 30,
      freezesAtRest: true,
    });
    await instance[Symbol.asyncDispose]();
    t.diagnostic(`${Math.round(instance.initMs)} ms from process start to ready`);
    // Files of their own, which a function never reads without Redis, with its log as JSON, or without an HTTP gate and
    // INGEST_HOSTS, which share undici.
    const names = (await readdir(built.folder)).filter((name) => name.endsWith('.mjs'));
    const isUnread = async (name: string) =>
      /^(?:outbound|downloads|redis|pino-pretty)-/.test(name) ||
      (name.startsWith('chunk-') && (await readFile(join(built.folder, name), 'utf8')).includes('UND_ERR_SOCKET'));
    let bytes = built.codeBytes;
    let unread = 0;
    for (const name of names) {
      if (!(await isUnread(name))) continue;
      unread += 1;
      bytes -= (await stat(join(built.folder, name))).size;
    }
    assert.equal(unread, 5);
    assert.ok(bytes <= 2.75 * MEGABYTE, `${bytes} bytes of code`);
  });

  it('handles an upload from grant to list', async () => {
    const granted = await ask('/images/upload', json({ user_id: 'grace', content_type: 'image/png' }));
    const grant = (await granted.json()) as { upload_url: string; headers: Record<string, string>; image_id: string };
    const put = await fetch(grant.upload_url, { method: 'PUT', headers: grant.headers, body: ofSize(19_000) });
    assert.equal(put.status, 200);
    const page = (await (await ask('/images?user_id=grace')).json()) as { images: Uploaded[] };
    assert.deepEqual(
      page.images.map(({ image_id, status }) => [image_id, status]),
      [[grant.image_id, 'ready']],
    );
  });

  it('accepts 4 MB directly and refuses more; the gateway refuses what exceeds an event', async () => {
    assert.equal((await upload(4 * MEGABYTE)).status, 'ready');
    const past = await ask('/images/upload?user_id=ada', post(ofSize(4 * MEGABYTE + 1), 'image/png'));
    assert.deepEqual(await codeOf(past), [400, 'upload-too-large']);
    const form = new FormData();
    form.set('user_id', 'ada');
    form.set('file', new Blob([ofSize(4 * MEGABYTE)], { type: 'image/png' }), 'a.png');
    assert.equal((await ask('/images/upload', { method: 'POST', body: form })).status, 200);
    const base64 = Buffer.from(ofSize(4 * MEGABYTE)).toString('base64');
    const metadata = { filename: 'a.png', content_type: 'image/png' };
    const asJson = await ask('/images/upload', json({ user_id: 'ada', file: base64, metadata }));
    assert.equal(asJson.status, 200, await asJson.text());
    assert.equal((await ask('/images/upload?user_id=ada', post(ofSize(5 * MEGABYTE), 'image/png'))).status, 413);
  });

  it('redirects to the bytes', async () => {
    const { image_id } = await upload(15_000);
    const answer = await ask(`/images/${image_id}`);
    assert.equal(answer.status, 302);
    const bytes = await (await fetch(answer.headers.get('location') ?? '')).bytes();
    assert.deepEqual(bytes, ofSize(15_000));
    const head = await ask(`/images/${image_id}`, { method: 'HEAD' });
    assert.deepEqual([head.status, head.headers.get('content-length')], [200, '15000']);
  });

  it('sends bytes if BYTES=stream; above the limit of an answer only ranges work', async () => {
    await using streaming = await startHttpFunction(built, { BYTES: 'stream', MAX_DIRECT_UPLOAD_BYTES: '4500000' });
    const small = await upload(70_000, streaming);
    const whole = await ask(`/images/${small.image_id}`, {}, streaming);
    assert.deepEqual(await whole.bytes(), ofSize(70_000));

    const sizeBytes = 5 * MEGABYTE;
    const asked = { user_id: 'ada', content_type: 'image/png' };
    const grant = (await (await ask('/images/upload', json(asked), streaming)).json()) as {
      upload_url: string;
      headers: Record<string, string>;
      image_id: string;
    };
    await fetch(grant.upload_url, { method: 'PUT', headers: grant.headers, body: ofSize(sizeBytes) });
    const completed = await ask(`/images/${grant.image_id}/complete`, { method: 'POST' }, streaming);
    assert.equal(completed.status, 200, await completed.text());
    const large = await ask(`/images/${grant.image_id}`, {}, streaming);
    assert.equal(large.headers.get('content-type'), 'application/problem+json');
    assert.deepEqual(await codeOf(large), [400, 'invalid-request']);
    const range = { headers: { Range: 'bytes=-4000000' } };
    const part = await ask(`/images/${grant.image_id}`, range, streaming);
    assert.deepEqual([part.status, (await part.bytes()).length], [206, 4_000_000]);
  });

  it('answers a page of 4 MB that is full of quotes', async () => {
    const quotes = '"'.repeat(2_000);
    const one = { user_id: 'quoter', content_type: 'image/png', description: quotes, metadata: { m: quotes } };
    const uploads = Array.from({ length: 100 }, () => one);
    for (let batch = 0; batch < 6; batch += 1) {
      assert.equal((await ask('/images/uploads', json({ uploads }))).status, 200);
    }
    const answer = await ask('/images?user_id=quoter&status=pending&limit=1000');
    const text = await answer.text();
    assert.equal(answer.status, 200, text);
    const page = JSON.parse(text) as { count: number; next_cursor: string | null };
    assert.ok(Buffer.byteLength(text) > 3.9 * MEGABYTE && page.next_cursor !== null, `${page.count} images`);
  });

  it('contains the documentation', async () => {
    const files = {
      '/openapi.json': 'openapi.json',
      '/docs/favicon-32x32.png': 'node_modules/swagger-ui-dist/favicon-32x32.png',
      '/docs/swagger-ui-bundle.js': 'node_modules/swagger-ui-dist/swagger-ui-bundle.js',
    };
    for (const [path, file] of Object.entries(files)) {
      const answer = await ask(path);
      const expected = await readFile(fileURLToPath(new URL(`../../../../${file}`, import.meta.url)));
      assert.ok(Buffer.from(await answer.bytes()).equals(expected), path);
    }
    assert.equal((await ask('/redoc/redoc.standalone.js')).status, 200);
    assert.match(await (await ask('/docs/problems')).text(), /<h3 id="overloaded">/);
  });

  it('contains the gallery', async () => {
    const page = await (await ask('/', { headers: { Accept: 'text/html' } })).text();
    const [, script = ''] = /src="(\/assets\/[^"]+\.js)"/.exec(page) ?? [];
    const answer = await ask(script);
    const expected = await readFile(fileURLToPath(new URL(`../../../web/dist${script}`, import.meta.url)));
    assert.ok(Buffer.from(await answer.bytes()).equals(expected), script);
  });

  it('identifies the same user by a header as elsewhere, and the same page by the next link', async () => {
    const utf8 = Buffer.from('zoë 雪').toString('latin1');
    const one = await ask('/images/upload', post(ofSize(13_000), 'image/png', { 'X-User-Id': utf8 }));
    assert.equal(((await one.json()) as Uploaded).user_id, 'zoë 雪');
    await ask('/images/upload', post(ofSize(13_001), 'image/png', { 'X-User-Id': utf8 }));
    const page = await ask(`/images?user_id=${encodeURIComponent('zoë 雪')}&limit=1`);
    const [, next = ''] = /^<([^>]+)>; rel="next"$/.exec(page.headers.get('link') ?? '') ?? [];
    assert.equal(((await (await fetch(next)).json()) as { count: number }).count, 1);
  });

  it('continues after a freeze, though its connections are dead', async () => {
    await using s3 = await startForgetfulWay(service.environment['AWS_ENDPOINT_URL'] ?? '');
    await using dynamo = await startForgetfulWay(service.environment['AWS_ENDPOINT_URL_DYNAMODB'] ?? '');
    const ways = {
      AWS_ENDPOINT_URL: s3.url,
      S3_PUBLIC_ENDPOINT_URL: service.environment['AWS_ENDPOINT_URL'] ?? '',
      AWS_ENDPOINT_URL_DYNAMODB: dynamo.url,
    };
    await using frozen = await startHttpFunction(built, { ...service.environment, ...ways });
    const [first, instance] = [await upload(16_000, frozen), frozen.lambda.instances()[0]];
    await instance?.rested();
    assert.ok(s3.forget() > 0 && dynamo.forget() > 0);
    const second = await upload(16_001, frozen);
    assert.notEqual(second.image_id, first.image_id);
    await instance?.rested();
    assert.ok(s3.forget() > 0 && dynamo.forget() > 0);
    assert.equal((await ask('/readyz', {}, frozen)).status, 200);
    assert.deepEqual(frozen.lambda.instances(), [instance]);
  });

  it('probes table and bucket once in 30 s for its readiness, though it is frozen meanwhile', async () => {
    await using s3 = await startFaultyProxy(service.environment['AWS_ENDPOINT_URL'] ?? '', FAULTY_S3);
    await using dynamo = await startFaultyProxy(
      service.environment['AWS_ENDPOINT_URL_DYNAMODB'] ?? '',
      FAULTY_DYNAMODB,
    );
    const ways = { AWS_ENDPOINT_URL: s3.url, AWS_ENDPOINT_URL_DYNAMODB: dynamo.url };
    await using asked = await startHttpFunction(built, { ...service.environment, ...ways });
    assert.equal((await ask('/health', {}, asked)).status, 200);
    const started = [s3.calls.length, dynamo.calls.length] as const;
    for (let times = 0; times < 5; times += 1) {
      const answer = await ask('/readyz', {}, asked);
      assert.deepEqual([answer.status, await answer.json()], [200, { status: 'ok' }]);
      await asked.lambda.instances()[0]?.rested();
    }
    const calls = [...s3.calls.slice(started[0]), ...dynamo.calls.slice(started[1])].map(({ name }) => name);
    assert.deepEqual(calls.toSorted(), ['HEAD bucket', 'UpdateItem shared']);
  });

  it('is https for pages and clients if the gateway is', async () => {
    const headers = { host: 'images.example.org', origin: 'https://images.example.org', 'x-forwarded-proto': 'https' };
    const event = (method: string, rawPath: string, rawQueryString: string) => ({
      rawPath,
      rawQueryString,
      headers,
      requestContext: { domainName: 'images.example.org', http: { method } },
      isBase64Encoded: false,
    });
    for (const filename of ['a', 'b']) {
      const granted = await service.lambda.invoke(event('POST', '/images/upload', `user_id=page&filename=${filename}`));
      assert.equal(statusOf(granted), 200);
    }
    const listed = await service.lambda.invoke(event('GET', '/images', 'user_id=page&status=pending&limit=1'));
    assert.match(JSON.stringify(listed), /<https:\/\/images\.example\.org\/images\?[^>]*cursor=/);
  });

  it('accepts the platform’s host name, ALLOWED_HOSTS and addresses', async () => {
    const codeOf = async (host: string, rawPath: string, domainName = 'images.example.org') => {
      const outcome = await service.lambda.invoke({
        rawPath,
        rawQueryString: '',
        headers: { host },
        requestContext: { domainName, http: { method: 'GET' } },
        isBase64Encoded: false,
      });
      return statusOf(outcome);
    };
    assert.equal(await codeOf('images.example.org', '/images'), 200);
    assert.equal(await codeOf('Images.Example.org:443', '/images'), 200);
    assert.equal(await codeOf('10.0.0.1', '/images'), 200);
    assert.equal(await codeOf('evil.example', '/images'), 421);
    assert.equal(await codeOf('evil.example', '/health'), 200);
  });

  it('refuses a path that URL parsing would change', async () => {
    for (const rawPath of [
      '/images/../health',
      '/images/%2e%2E/health',
      '/health/.',
      '/images/x#/render',
      '/images/a?/../../health',
    ]) {
      const outcome = await service.lambda.invoke({
        rawPath,
        rawQueryString: '',
        headers: { host: 'images.example.org' },
        requestContext: { domainName: 'images.example.org', http: { method: 'GET' } },
        isBase64Encoded: false,
      });
      assert.equal(statusOf(outcome), 400, rawPath);
    }
  });

  it('interprets a path that the gateway decoded like elsewhere', async () => {
    for (const rawPath of ['/images/a\\b', '/images/\0', '/images/a?b']) {
      const outcome = await service.lambda.invoke({
        rawPath,
        rawQueryString: '',
        headers: { host: 'images.example.org' },
        requestContext: { domainName: 'images.example.org', http: { method: 'GET' } },
        isBase64Encoded: false,
      });
      assert.equal(statusOf(outcome), 404, JSON.stringify(rawPath));
    }
  });

  it('says in a sentence why it does not start', async () => {
    const { S3_BUCKET, S3_PROFILE, DYNAMO_TABLE, ALLOW_OPEN, ...rest } = service.environment;
    const start = startInstance({ folder: built.folder, environment: rest, timeoutSeconds: 30, freezesAtRest: true });
    await assert.rejects(start, /S3_BUCKET: expected a bucket.*\nDYNAMO_TABLE: .*\nAUTH: /);
  });
});
