import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { repeatsOf } from '../../../test/repeats.ts';
import { presignGetObject, presignPutObject } from './presigned-object.ts';
import { createSigner } from './sigv4.ts';
import { createVerifier } from './sigv4-verify.ts';

const ORIGIN = 'http://127.0.0.1:8000';
const NOW = new Date('2026-11-05T12:00:00Z');
const REGION = 'us-east-1';
const current = { accessKeyId: 'CURRENT', secretAccessKey: 'current secret' };
const previous = { accessKeyId: 'PREVIOUS', secretAccessKey: 'previous secret' };
const verifier = createVerifier({ credentials: [current, previous], region: REGION });

interface Sent {
  readonly method: string;
  readonly url: string;
  readonly host?: string;
  readonly headers?: Record<string, string>;
  readonly at?: Date;
}

const verify = ({ method, url, host = '127.0.0.1:8000', headers = {}, at = NOW }: Sent) => {
  const target = url.slice(ORIGIN.length);
  const mark = target.indexOf('?');
  const [path, query] = mark < 0 ? [target, ''] : [target.slice(0, mark), target.slice(mark + 1)];
  return verifier.verify({ method, path, query, host, headers: new Headers(headers) }, at);
};

const refusal = (sent: Sent): string => {
  const verdict = verify(sent);
  return verdict.outcome === 'refused' ? `${verdict.error.status} ${verdict.error.code}` : 'verified';
};

const seconds = (count: number): Date => new Date(NOW.getTime() + count * 1000);

const presignPut = (key: string, expiresInSeconds = 300, credentials = current) =>
  presignPutObject(
    {
      signer: createSigner({ credentials, region: REGION }),
      address: { origin: ORIGIN, path: `/objects/safelight/${key}` },
      now: NOW,
    },
    { contentType: 'image/jpeg', expiresInSeconds },
  );

const key = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 5 }),
      fc.constantFrom('/', '//', '..', '%2F', '+', ' ', '?', '&', '=', "!'()*"),
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((parts) => parts.join(''));

describe('a presigned URL', () => {
  it('verifies, and yields the signed path and parameters', () => {
    fc.assert(
      fc.property(key, key, fc.integer({ min: 1, max: 604_800 }), (key, disposition, expiresInSeconds) => {
        const signer = createSigner({ credentials: { ...current, sessionToken: 'a/b+c==' }, region: REGION });
        const signing = { signer, address: { origin: ORIGIN, path: `/objects/safelight/${key}` }, now: NOW };
        const { url } = presignGetObject(signing, { contentType: 'image/png', disposition, expiresInSeconds });
        for (const at of [NOW, seconds(expiresInSeconds - 1), seconds(-15 * 60)]) {
          const verdict = verify({ method: 'GET', url, at });
          assert(verdict.outcome === 'verified', JSON.stringify(verdict));
          assert.equal(verdict.path, `/objects/safelight/${key}`);
          assert.equal(verdict.query.get('response-content-disposition'), disposition);
        }
      }),
    );
  });

  it('verifies with any of the credentials, including those being rotated out', () => {
    const { url, headers } = presignPut('k', 300, previous);
    assert.equal(refusal({ method: 'PUT', url, headers }), 'verified');
  });

  it('verifies in an equivalent percent-encoding', () => {
    const { url, headers } = presignPut('a b(c)/é');
    const rewritten = url.replace('a%20b%28c%29/%C3%A9', '%61%20b(c)%2f%c3%a9');
    assert.notEqual(rewritten, url);
    assert.equal(refusal({ method: 'PUT', url: rewritten, headers }), 'verified');
  });

  it('does not verify after any change of one character', () => {
    const characters = fc.constantFrom(...'abcdefXYZ0123456789%/?&=+-._~;:#!é');
    fc.assert(
      fc.property(key, fc.nat(), characters, (key, position, character) => {
        const { url, headers } = presignPut(key);
        const at = ORIGIN.length + (position % (url.length - ORIGIN.length));
        fc.pre(url.charAt(at).toLowerCase() !== character.toLowerCase()); // %2f means the same as %2F
        const changed = url.slice(0, at) + character + url.slice(at + 1);
        assert.notEqual(refusal({ method: 'PUT', url: changed, headers }), 'verified', changed);
      }),
      { numRuns: repeatsOf('changedUrls').count },
    );
  });

  it('does not verify with a parameter added, removed or reordered', () => {
    const { url, headers } = presignPut('k');
    for (const changed of [
      `${url}&`,
      `${url}&x=1`,
      `${url}&response-content-type=text/html`,
      url.replace('&x-id=PutObject', ''),
    ])
      assert.equal(refusal({ method: 'PUT', url: changed, headers }), '403 SignatureDoesNotMatch', changed);
  });

  for (const [what, change] of [
    ['another method', { method: 'GET' }],
    ['HEAD for GET', { method: 'HEAD' }],
    ['another host', { host: '127.0.0.1:8001' }],
    ['another Content-Type', { headers: { 'content-type': 'image/png' } }],
    ['no Content-Type', { headers: {} }],
  ] as const)
    it(`does not verify for ${what}`, () => {
      const { method, url, headers } = presignPut('k');
      assert.equal(refusal({ method, url, headers, ...change }), '403 SignatureDoesNotMatch');
    });

  it('may have unsigned headers, except those of Amazon', () => {
    const { method, url, headers } = presignPut('k');
    assert.equal(refusal({ method, url, headers: { ...headers, 'x-other': '1' } }), 'verified');
    assert.equal(refusal({ method, url, headers: { ...headers, 'x-amz-acl': 'public-read' } }), '403 AccessDenied');
  });

  it('expires at its second, and is valid at most 15 minutes early', () => {
    const { method, url, headers } = presignPut('k', 60);
    const messages = [seconds(60), seconds(-15 * 60 - 1)].map((at) => {
      const verdict = verify({ method, url, headers, at });
      return verdict.outcome === 'refused' ? [verdict.error.code, verdict.error.message] : verdict.outcome;
    });
    assert.deepEqual(messages, [
      ['AccessDenied', 'Request has expired'],
      ['AccessDenied', 'Request is not valid yet'],
    ]);
  });
});

describe('a request without a valid signature', () => {
  const { url, headers } = presignPut('k');
  const credential = `X-Amz-Credential=CURRENT%2F20261105%2F${REGION}%2Fs3%2Faws4_request`;
  const MALFORMED = '400 AuthorizationQueryParametersError';

  for (const [what, from, to, expected] of [
    ['no parameters', /\?.*/, '', '403 AccessDenied'],
    ['a missing parameter', /&X-Amz-Expires=\d+/, '', MALFORMED],
    ['an empty parameter', /X-Amz-Signature=\w+/, 'X-Amz-Signature=', MALFORMED],
    ['a repeated parameter', '&X-Amz-Date=', '&X-Amz-Date=20261105T120000Z&X-Amz-Date=', MALFORMED],
    ['another repeated parameter of Amazon', '&x-id', '&X-Amz-Security-Token=a&X-Amz-Security-Token=a&x-id', MALFORMED],
    ['another algorithm', 'AWS4-HMAC-SHA256', 'AWS4-ECDSA-P256-SHA256', MALFORMED],
    ['a credential without scope', credential, 'X-Amz-Credential=CURRENT', MALFORMED],
    ['a credential without key', credential, credential.replace('CURRENT', ''), MALFORMED],
    ['another region', REGION, 'eu-west-1', MALFORMED],
    ['another service', '%2Fs3%2F', '%2Fsts%2F', MALFORMED],
    ['another day in the scope', '%2F20261105%2F', '%2F20261104%2F', MALFORMED],
    ['a date in another form', '20261105T120000Z', '2026-11-05T12:00:00Z', MALFORMED],
    ['an invalid date', /20261105/g, '20261305', MALFORMED],
    ['an expiry of 0', 'Expires=300', 'Expires=0', MALFORMED],
    ['an expiry past seven days', 'Expires=300', 'Expires=604801', MALFORMED],
    ['a negative expiry', 'Expires=300', 'Expires=-300', MALFORMED],
    ['an expiry that is not in decimal digits', 'Expires=300', 'Expires=3e2', MALFORMED],
    ['an unsigned Host', 'content-type%3Bhost', 'content-type', MALFORMED],
    ['header names in capitals', 'content-type%3Bhost', 'Content-Type%3Bhost', MALFORMED],
    ['invalid header names', 'content-type%3Bhost', 'host%3B%0D%0A', MALFORMED],
    ['an unknown key', 'CURRENT', 'STRANGER', '403 InvalidAccessKeyId'],
    ['a signature of other letters', /Signature=\w+/, `Signature=${'é'.repeat(32)}`, '403 SignatureDoesNotMatch'],
    ['a truncated signature', /(Signature=\w{63})\w/, '$1', '403 SignatureDoesNotMatch'],
    ['a malformed escape in the path', '/k?', '/k%?', '400 InvalidURI'],
    ['bytes in the path that aren’t UTF-8', '/k?', '/k%FF?', '400 InvalidURI'],
    ['half a surrogate pair in the path', '/k?', '/k\ud800?', '400 InvalidURI'],
    ['half a surrogate pair in the query', 'PutObject', '\udc00', '400 InvalidURI'],
    ['a malformed escape in the query', 'x-id=PutObject', 'x-id=%E0%A4%A', '400 InvalidURI'],
  ] as const)
    it(`is refused for ${what}`, () => {
      const changed = url.replace(from, to);
      assert.notEqual(changed, url);
      assert.equal(refusal({ method: 'PUT', url: changed, headers }), expected);
    });

  it('is refused without an exception, for any input', () => {
    const anything = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) });
    const parameter = fc.tuple(
      fc.constantFrom('X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Date', 'X-Amz-Expires', 'X-Amz-SignedHeaders', 'X'),
      fc.oneof(anything, fc.constantFrom('AWS4-HMAC-SHA256', '20261105T120000Z', 'host;constructor', '300', '')),
    );
    fc.assert(
      fc.property(anything, fc.oneof(anything, fc.array(parameter)), (path, query) => {
        const text = typeof query === 'string' ? query : query.map((pair) => pair.join('=')).join('&');
        const request = {
          method: 'GET',
          path: `/${path}`,
          query: text,
          host: '127.0.0.1:8000',
          headers: new Headers(),
        };
        const verdict = verifier.verify(request, NOW);
        assert(verdict.outcome === 'refused' && verdict.error.status >= 400 && verdict.error.status < 500);
      }),
      { numRuns: repeatsOf('arbitraryUrls').count },
    );
  });
});
