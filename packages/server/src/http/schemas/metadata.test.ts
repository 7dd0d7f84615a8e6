import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parse } from '../request/validation.ts';
import { base64Body, grantBody, grantQuery, ownMetadata } from './uploads.ts';

const inJson = (metadata: unknown) => parse(grantBody, { content_type: 'image/png', metadata }, 'body').metadata;
const inText = (metadata: string) => parse(grantQuery, { metadata }, 'query').metadata;

const refusal = (pointer: string, detail: string) => ({ code: 'invalid-request', errors: [{ pointer, detail }] });
/** Metadata of so many bytes in JSON; a character of three bytes shows that characters aren't counted. */
const ofBytes = (sizeBytes: number) => ({ a: `€${'x'.repeat(sizeBytes - 11)}` });
const nested = (depth: number): string => `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`;

describe('metadata', () => {
  it('is any JSON object, and comes back as it was', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ maxLength: 9 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 }),
        (given) => {
          const written = JSON.stringify(given);
          fc.pre(Buffer.byteLength(written) <= 4_096);
          assert.equal(JSON.stringify(inJson(JSON.parse(written))), written);
          assert.equal(JSON.stringify(inText(written)), written);
        },
      ),
    );
  });

  it('has at most 4,096 bytes as JSON', () => {
    assert.equal(Buffer.byteLength(JSON.stringify(ofBytes(4_096))), 4_096);
    assert.deepEqual(inJson(ofBytes(4_096)), ofBytes(4_096));
    assert.deepEqual(inText(JSON.stringify(ofBytes(4_096), null, 4)), ofBytes(4_096));
    const detail = 'expected at most 4096 bytes of JSON; got 4097';
    assert.throws(() => inJson(ofBytes(4_097)), refusal('/metadata', detail));
    assert.throws(() => inText(JSON.stringify(ofBytes(4_097))), refusal('?metadata', detail));
  });

  for (const [written, came] of [
    ['[]', '0 values'],
    ['[{}]', '1 values'],
    ['"{}"', '"{}"'],
    ['7', '7'],
    ['true', 'true'],
  ] as const) {
    it(`is an object, not ${written}`, () => {
      const expected = refusal('/metadata', `expected a JSON object; got ${came}`);
      assert.throws(() => inJson(JSON.parse(written)), expected);
      assert.throws(() => inText(written), { detail: /^\?metadata: expected a JSON object; got / });
    });
  }

  it('may be null in JSON, as if it were absent, but is no null in a query', () => {
    assert.equal(inJson(null), null);
    assert.throws(() => inText('null'), { detail: /^\?metadata: expected a JSON object; got / });
  });

  for (const text of ['', 'x', '{', "{'a':1}", '{"a":1}x', '{"a":NaN}', '\ufeff{}']) {
    it(`is JSON in a query: ${JSON.stringify(text)} is refused`, () => {
      const expected = refusal('?metadata', 'expected a JSON object; got other text');
      assert.throws(() => inText(text), expected);
    });
  }

  it('is given once in a query', () => {
    const expected = refusal('?metadata', 'expected one JSON object; got 2 values');
    assert.throws(() => parse(grantQuery, { metadata: ['{}', '{}'] }, 'query'), expected);
  });
});

describe('metadata with keys that objects inherit', () => {
  const written = '{"__proto__":{"isAdmin":true},"constructor":{"prototype":1},"toString":2,"toJSON":3}';

  it('keeps them as any other', () => {
    assert.equal(JSON.stringify(inJson(JSON.parse(written))), written);
    assert.equal(JSON.stringify(inText(written)), written);
    assert.equal(JSON.stringify(parse(ownMetadata, { metadata: JSON.parse(written) }, 'body').metadata), written);
  });

  it('gives nothing to any object, beside a base64 file either', () => {
    inJson(JSON.parse(written));
    const { metadata } = parse(base64Body, JSON.parse(`{"file":"","metadata":${written}}`), 'body');
    assert.equal(Reflect.get(metadata, 'isAdmin'), undefined);
    assert.equal(Reflect.get({}, 'isAdmin'), undefined);
  });
});

describe('metadata nested deep', () => {
  it('is taken within its 4,096 bytes', () => {
    const deepest = nested(2_045);
    assert.equal(deepest.length, 4_096);
    assert.equal(JSON.stringify(inJson(JSON.parse(deepest))), deepest);
  });

  for (const depth of [2_046, 8_000, 100_000]) {
    it(`is refused past them, ${depth} levels deep`, () => {
      assert.throws(() => inJson(JSON.parse(nested(depth))), { name: 'AppError', code: 'invalid-request' });
      assert.throws(() => inText(nested(depth)), { name: 'AppError', code: 'invalid-request' });
    });
  }

  it('is refused where another field was expected', () => {
    const body = { content_type: 'image/png', user_id: JSON.parse(nested(100_000)) };
    assert.throws(() => parse(grantBody, body, 'body'), { name: 'AppError', code: 'invalid-request' });
  });
});
