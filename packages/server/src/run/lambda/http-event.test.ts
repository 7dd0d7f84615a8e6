import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type HttpEvent, requestOf, resultOf } from './http-event.ts';

const event = (method: string, rest: Partial<HttpEvent> = {}): HttpEvent => ({
  rawPath: '/images',
  rawQueryString: '',
  headers: { host: 'images.example.org' },
  requestContext: { domainName: 'images.example.org', http: { method, sourceIp: '192.0.2.1' } },
  isBase64Encoded: false,
  ...rest,
});

describe('an event of an HTTP API', () => {
  it('becomes a request to the requested host', () => {
    const asked = requestOf(event('GET', { rawQueryString: 'tag=a%26b&tag=c' }));
    assert.equal(asked.url, 'https://images.example.org/images?tag=a%26b&tag=c');
    assert.equal(asked.headers.get('host'), 'images.example.org');
  });

  it('keeps its path, encoded if necessary', () => {
    const pathOf = (rawPath: string) => new URL(requestOf(event('GET', { rawPath })).url).pathname;
    assert.equal(pathOf('/images/a?b#c\\d e\n'), '/images/a%3Fb%23c%5Cd%20e%0A');
    assert.equal(pathOf('/images/\0'), '/images/%00');
    assert.equal(pathOf('/images/a%3Fb'), '/images/a%3Fb');
  });

  it('contains bytes or text', async () => {
    const bytes = Buffer.from([0, 255, 10]);
    const binary = requestOf(event('POST', { body: bytes.toString('base64'), isBase64Encoded: true }));
    assert.deepEqual([await binary.bytes(), binary.headers.get('content-length')], [new Uint8Array(bytes), '3']);
    const text = requestOf(event('POST', { body: '{"é":1}' }));
    assert.deepEqual([await text.text(), text.headers.get('content-length')], ['{"é":1}', '8']);
    assert.equal(requestOf(event('POST')).body, null);
  });

  it('loses a body that its method does not allow', () => {
    for (const method of ['GET', 'HEAD']) assert.equal(requestOf(event(method, { body: 'x' })).body, null);
  });

  it('has headers with the bytes that were sent, and cookies', () => {
    const asked = requestOf(event('GET', { headers: { 'x-user-id': '雪' }, cookies: ['a=1', 'b=2'] }));
    assert.equal(Buffer.from(asked.headers.get('x-user-id') ?? '', 'latin1').toString(), '雪');
    assert.equal(asked.headers.get('cookie'), 'a=1; b=2');
  });
});

describe('the response to an event', () => {
  it('has status, headers and every byte', async () => {
    const bytes = Buffer.from([0, 255, 10]);
    const result = await resultOf(new Response(bytes, { status: 206, headers: { 'Content-Range': 'bytes 0-2/9' } }));
    assert.deepEqual([result.statusCode, result.headers], [206, { 'content-range': 'bytes 0-2/9' }]);
    assert.deepEqual(Buffer.from(result.body, 'base64'), bytes);
  });

  it('may have no body', async () => {
    const { statusCode, body } = await resultOf(new Response(null, { status: 304 }));
    assert.deepEqual([statusCode, body], [304, '']);
  });
});
