import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as z from 'zod';
import { listQuery } from '../images/list-query.ts';
import { grantBody, grantQuery } from '../uploads/upload-schemas.ts';
import { parameters, parse } from './validation.ts';

describe('parameters', () => {
  const given = (query: string) => ({ ...parameters(new URLSearchParams(query)) });

  it('are text, or an array if repeated', () => {
    assert.deepEqual(given('a=1&b=2&a=3&a=4'), { a: ['1', '3', '4'], b: '2' });
  });

  it('are absent if they are empty', () => {
    assert.deepEqual(given('a=&b&c=1&c='), { c: '1' });
  });

  it('are kept if they are empty and named so', () => {
    const kept = (query: string) => ({ ...parameters(new URLSearchParams(query), ['b', 'c']) });
    assert.deepEqual(kept('a=&b&c=1&c='), { b: '', c: ['1', ''] });
  });

  it('may have the names of inherited properties', () => {
    const found = parameters([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
    assert.deepEqual(Object.entries(found), [
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
    assert.equal(Reflect.get({}, 'x'), undefined);
  });
});

describe('a valid value', () => {
  it('is returned as its schema transforms it', () => {
    assert.deepEqual(parse(z.object({ a: z.string().transform(Number) }), { a: '1', b: 2 }, 'body'), { a: 1 });
  });
});

describe('an invalid field', () => {
  const schema = z.object({
    list: z.array(z.object({ 'a/b~c': z.string('expected text') })).optional(),
    size: z.number('expected a number').optional(),
  });
  const errorsOf = (value: unknown, source: 'body' | 'form' | 'query') => {
    try {
      parse(schema, value, source);
    } catch (error) {
      return Reflect.get(Object(error), 'errors');
    }
    return undefined;
  };

  it('of a body is identified by a JSON pointer (RFC 6901)', () => {
    const value = { list: [{ 'a/b~c': 'x' }, { 'a/b~c': 7 }] };
    assert.deepEqual(errorsOf(value, 'body'), [{ pointer: '/list/1/a~1b~0c', detail: 'expected text; got 7' }]);
  });

  it('of a query is identified by its parameter, of a form by its name', () => {
    const value = { list: [{ 'a/b~c': 7 }] };
    assert.deepEqual(errorsOf(value, 'query'), [{ pointer: '?list', detail: 'expected text; got 7' }]);
    assert.deepEqual(errorsOf(value, 'form'), [{ pointer: 'list', detail: 'expected text; got 7' }]);
  });

  it('that is missing is reported as nothing', () => {
    assert.deepEqual(errorsOf({ list: [{}] }, 'form'), [{ pointer: 'list', detail: 'expected text; got nothing' }]);
  });

  it('is reported together with all others', () => {
    const expected = [
      { pointer: '/list/0/a~1b~0c', detail: 'expected text; got true' },
      { pointer: '/size', detail: 'expected a number; got "large"' },
    ];
    const value = { list: [{ 'a/b~c': true }], size: 'large' };
    assert.throws(() => parse(schema, value, 'body'), {
      code: 'invalid-request',
      detail: '/list/0/a~1b~0c: expected text; got true. /size: expected a number; got "large"',
      errors: expected,
    });
  });

  it('is quoted as JSON, and truncated if it is long', () => {
    const long = errorsOf({ size: 'x'.repeat(1_000) }, 'body');
    assert.deepEqual(long, [{ pointer: '/size', detail: `expected a number; got "${'x'.repeat(60)}"...` }]);
    assert.deepEqual(errorsOf({ size: [1, 2, 3] }, 'body'), [
      { pointer: '/size', detail: 'expected a number; got 3 values' },
    ]);
  });

  it('is an unsupported type only if nothing else is invalid', () => {
    const body = { user_id: 'ada', content_type: 'image/bmp' };
    assert.throws(() => parse(grantBody, body, 'body'), { code: 'unsupported-type' });
    assert.throws(() => parse(grantBody, { ...body, user_id: 7 }, 'body'), { code: 'invalid-request' });
  });
});

describe('every error', () => {
  const body = (fields: object) => ({ user_id: 'ada', content_type: 'image/png', ...fields });
  const refused: Record<string, () => unknown> = {
    'null instead of an object': () => parse(grantBody, null, 'body'),
    'an array instead of an object': () => parse(grantBody, [], 'body'),
    'no content type': () => parse(grantBody, {}, 'body'),
    'a number instead of a name': () => parse(grantBody, body({ filename: 7 }), 'body'),
    'a lone surrogate': () => parse(grantBody, body({ user_id: '\ud800' }), 'body'),
    'tags as text': () => parse(grantBody, body({ tags: 'a,b' }), 'body'),
    'metadata as text': () => parse(grantBody, body({ metadata: 'x' }), 'body'),
    'a repeated user': () => parse(listQuery, { user_id: ['a', 'b'] }, 'query'),
    'a repeated limit': () => parse(listQuery, { limit: ['1', '2'] }, 'query'),
    'a repeated date': () => parse(listQuery, { start_date: ['2026-01-01', '2026-01-02'] }, 'query'),
    'repeated metadata': () => parse(grantQuery, { metadata: ['{}', '{}'] }, 'query'),
  };
  for (const [what, attempt] of Object.entries(refused)) {
    it(`tells the expected and the given value: ${what}`, () => {
      assert.throws(attempt, (error) => {
        const errors = Reflect.get(Object(error), 'errors');
        assert.ok(Array.isArray(errors) && errors.length > 0);
        for (const { detail } of errors) assert.match(detail, /^expected .+; got /);
        return true;
      });
    });
  }

  it('shows the invalid tag, although tags are split, trimmed and deduplicated first', () => {
    assert.throws(() => parse(grantQuery, { tags: 'a,b\x07' }, 'query'), { detail: /got .*b\\u0007/ });
    assert.throws(() => parse(grantBody, body({ tags: ['a', 'a', 'b\x07'] }), 'body'), {
      detail: /got .*b\\u0007/,
    });
  });

  it('of a huge input is limited in size', () => {
    const inputs = [
      body({ tags: Array.from({ length: 20_000 }, () => 7) }),
      body({ content_type: 'x'.repeat(1_000_000) }),
      body({ description: 7, user_id: 'x'.repeat(1_000_000) }),
    ];
    for (const input of inputs) {
      assert.throws(
        () => parse(grantBody, input, 'body'),
        (error) => {
          const { detail, errors } = Object(error);
          assert.ok(JSON.stringify({ detail, errors }).length < 65_536);
          return true;
        },
      );
    }
  });
});
