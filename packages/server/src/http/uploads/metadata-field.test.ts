import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parse } from '../request/validation.ts';
import { base64Body, grantBody, grantQuery, ownMetadata } from './upload-schemas.ts';

const inJson = (metadata: unknown) => parse(grantBody, { content_type: 'image/png', metadata }, 'body').metadata;
const inText = (metadata: string) => parse(grantQuery, { metadata }, 'query').metadata;

const refusal = (pointer: string, detail: string) => ({ code: 'invalid-request', errors: [{ pointer, detail }] });
/** Metadata of `sizeBytes` bytes of JSON; its three-byte character distinguishes bytes from characters. */
const ofBytes = (sizeBytes: number) => ({ a: `€${'x'.repeat(sizeBytes - 11)}` });
const nested = (depth: number): string => `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`;

describe('metadata', () => {
  it('may be any JSON object, and is kept unchanged', () => {
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
    it(`must be an object, not ${written}`, () => {
      const expected = refusal('/metadata', `expected a JSON object; got ${came}`);
      assert.throws(() => inJson(JSON.parse(written)), expected);
      assert.throws(() => inText(written), { detail: /^\?metadata: expected a JSON object; got / });
    });
  }

  it('may be null in a JSON body, as if it were absent, but not in a query', () => {
    assert.equal(inJson(null), null);
    assert.throws(() => inText('null'), { detail: /^\?metadata: expected a JSON object; got / });
  });

  for (const text of ['', 'x', '{', "{'a':1}", '{"a":1}x', '{"a":NaN}', '\ufeff{}']) {
    it(`must be JSON in a query: ${JSON.stringify(text)} is refused`, () => {
      const expected = refusal('?metadata', 'expected a JSON object; got other text');
      assert.throws(() => inText(text), expected);
    });
  }

  it('must not be repeated in a query', () => {
    const expected = refusal('?metadata', 'expected one JSON object; got 2 values');
    assert.throws(() => parse(grantQuery, { metadata: ['{}', '{}'] }, 'query'), expected);
  });
});

describe('metadata with names of inherited properties', () => {
  const written = '{"__proto__":{"isAdmin":true},"constructor":{"prototype":1},"toString":2,"toJSON":3}';

  it('keeps them like any other key', () => {
    assert.equal(JSON.stringify(inJson(JSON.parse(written))), written);
    assert.equal(JSON.stringify(inText(written)), written);
    assert.equal(JSON.stringify(parse(ownMetadata, { metadata: JSON.parse(written) }, 'body').metadata), written);
  });

  it('does not pollute prototypes, also beside a base64 file', () => {
    inJson(JSON.parse(written));
    const { metadata } = parse(base64Body, JSON.parse(`{"file":"","metadata":${written}}`), 'body');
    assert.equal(Reflect.get(metadata, 'isAdmin'), undefined);
    assert.equal(Reflect.get({}, 'isAdmin'), undefined);
  });
});

describe('deeply nested metadata', () => {
  it('is accepted within its 4,096 bytes', () => {
    const deepest = nested(2_045);
    assert.equal(deepest.length, 4_096);
    assert.equal(JSON.stringify(inJson(JSON.parse(deepest))), deepest);
  });

  for (const depth of [2_046, 8_000, 100_000]) {
    it(`is refused beyond them, ${depth} levels deep`, () => {
      assert.throws(() => inJson(JSON.parse(nested(depth))), { name: 'AppError', code: 'invalid-request' });
      assert.throws(() => inText(nested(depth)), { name: 'AppError', code: 'invalid-request' });
    });
  }

  it('is refused in place of another field', () => {
    const body = { content_type: 'image/png', user_id: JSON.parse(nested(100_000)) };
    assert.throws(() => parse(grantBody, body, 'body'), { name: 'AppError', code: 'invalid-request' });
  });
});
