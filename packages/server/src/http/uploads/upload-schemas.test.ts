import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type * as z from 'zod';
import { MEDIA_TYPES } from '../../domain/image/media-type.ts';
import { bytesQuery, changeQuery, downloadQuery } from '../images/image-schemas.ts';
import { parse } from '../request/validation.ts';
import { base64Body, directForm, grantBody, grantQuery } from './upload-schemas.ts';

const body = (fields: object) => parse(grantBody, { content_type: 'image/png', ...fields }, 'body');
const refusal = (pointer: string, detail: string) => ({ code: 'invalid-request', errors: [{ pointer, detail }] });

describe('text that a client supplies', () => {
  const limits = { user_id: 128, filename: 255, description: 2_000 } as const;
  const names = Object.keys(limits) as (keyof typeof limits)[];

  for (const name of names) {
    const max = limits[name];

    for (const character of ['a', 'é', '🌅']) {
      it(`has at most ${max} characters as ${name}, counting ${character} as one`, () => {
        const longest = character.repeat(max);
        assert.equal(body({ [name]: longest })[name], longest);
        const expected = refusal(`/${name}`, `expected at most ${max} characters; got ${max + 1}`);
        assert.throws(() => body({ [name]: `${longest}a` }), expected);
      });
    }

    for (const surrogate of ['\ud83c', 'a\udf05b', '\udf05\ud83c']) {
      it(`must be well-formed Unicode as ${name}: ${JSON.stringify(surrogate)} is refused`, () => {
        const detail = `expected well-formed Unicode; got ${JSON.stringify(surrogate)}`;
        assert.throws(() => body({ [name]: surrogate }), refusal(`/${name}`, detail));
      });
    }

    it(`is kept unchanged as ${name}, neither trimmed nor normalized`, () => {
      assert.equal(body({ [name]: ' e\u0301 ' })[name], ' e\u0301 ');
    });

    for (const value of [7, true, {}, ['a']]) {
      it(`must be text as ${name}, not ${JSON.stringify(value)}`, () => {
        assert.throws(() => body({ [name]: value }), { code: 'invalid-request', detail: /as text; got / });
      });
    }

    it(`may be null or absent as ${name} in JSON`, () => {
      assert.equal(body({ [name]: null })[name], null);
      assert.equal(name in body({}), false);
    });
  }

  for (const name of ['user_id', 'filename'] as const) {
    const what = name === 'user_id' ? 'a user id' : 'a file name';

    it(`must not be empty as ${name}`, () => {
      const expected = refusal(`/${name}`, `expected ${what} of at least 1 character; got none`);
      assert.throws(() => body({ [name]: '' }), expected);
    });

    for (const control of ['\0', '\t', '\n', '\x7f', '\u0085']) {
      it(`must not have control characters as ${name}: ${JSON.stringify(control)}`, () => {
        const detail = `expected no control characters; got ${JSON.stringify(`a${control}b`)}`;
        assert.throws(() => body({ [name]: `a${control}b` }), refusal(`/${name}`, detail));
      });
    }
  }

  it('may have several lines or be empty as description', () => {
    for (const description of ['one\ntwo\t', '']) assert.equal(body({ description }).description, description);
  });
});

describe('the content type', () => {
  for (const type of ['image/jpeg', 'image/jpg', 'IMAGE/PNG', 'image/webp', 'image/gif', 'image/avif', 'image/heif']) {
    it(`is kept as declared: ${type}`, () => assert.equal(body({ content_type: type }).content_type, type));
  }

  const unsupported = {
    '': 'no type',
    'image/svg+xml': '"image/svg+xml": export it as PNG or WebP',
    'image/bmp': '"image/bmp"',
    'text/html': '"text/html"',
    jpeg: '"jpeg"',
  };
  for (const [type, came] of Object.entries(unsupported)) {
    it(`is refused as unsupported: ${JSON.stringify(type)}`, () => {
      const detail = `expected one of ${MEDIA_TYPES.join(', ')}; got ${came}`;
      assert.throws(() => body({ content_type: type }), {
        code: 'unsupported-type',
        errors: [{ pointer: '/content_type', detail }],
      });
    });
  }

  it('is required in JSON', () => {
    const expected = refusal('/content_type', 'expected a content type as text; got nothing');
    assert.throws(() => parse(grantBody, { user_id: 'ada' }, 'body'), expected);
  });

  it('is optional in a query', () => {
    assert.deepEqual(parse(grantQuery, {}, 'query'), {});
  });

  it('is optional in a form', () => {
    assert.equal(parse(directForm, {}, 'form').content_type, undefined);
  });

  for (const type of ['image/png;\r\nX-Evil: 1', 'image/png;\0', 'image/png; a=\ud800', 'image/png; a=🌅']) {
    it(`must be a valid header value, since the client sends it: ${JSON.stringify(type)} is refused`, () => {
      assert.throws(() => body({ content_type: type }), { name: 'AppError' });
    });
  }
});

describe('the body with a base64 file', () => {
  it('describes the image in metadata, and keeps other keys there', () => {
    const metadata = { filename: 'a.jpg', content_type: 'image/jpeg', tags: ['x', 'x'], camera: { lens: 1 } };
    const parsed = parse(base64Body, { file: 'QUJD', user_id: 'ada', metadata }, 'body');
    assert.deepEqual(parsed, { file: 'QUJD', user_id: 'ada', metadata: { ...metadata, tags: ['x'] } });
  });

  it('may have no metadata', () => {
    assert.deepEqual(parse(base64Body, { file: '' }, 'body'), { file: '', metadata: {} });
  });

  it('is refused with pointers into metadata', () => {
    const metadata = { filename: '', tags: 'x' };
    assert.throws(() => parse(base64Body, { file: '', metadata }, 'body'), {
      errors: [
        { pointer: '/metadata/filename', detail: 'expected a file name of at least 1 character; got none' },
        { pointer: '/metadata/tags', detail: 'expected an array of tags; got "x"' },
      ],
    });
  });

  for (const file of [null, 7, {}, ['QUJD']]) {
    it(`must have its file as text, not ${JSON.stringify(file)}`, () => {
      assert.throws(() => parse(base64Body, { file }, 'body'), {
        detail: /^\/file: expected the image as base64 text/,
      });
    });
  }
});

describe('the query parameter', () => {
  const cases = [
    {
      schema: bytesQuery,
      name: 'download',
      values: {
        true: true,
        True: true,
        TRUE: true,
        1: true,
        yes: true,
        false: false,
        False: false,
        0: false,
        no: false,
      },
      byDefault: undefined,
      expected: 'true or false',
      refused: ['2', 'on', 'y', 'true ', '<b>', ['true', 'false']],
    },
    {
      schema: downloadQuery,
      name: 'disposition',
      values: { attachment: 'attachment', inline: 'inline' },
      byDefault: 'attachment',
      expected: 'attachment or inline',
      refused: ['1', 'Inline', '<b>', ['attachment', 'inline']],
    },
  ];
  for (const { schema, name, values, byDefault, expected, refused } of cases) {
    const parsed = (given: object): unknown => Reflect.get(Object(parse<z.ZodType>(schema, given, 'query')), name);

    it(`${name} is ${Object.keys(values).join(', ')}, and ${byDefault} by default`, () => {
      for (const [value, meaning] of Object.entries(values)) assert.equal(parsed({ [name]: value }), meaning);
      assert.equal(parsed({}), byDefault);
    });

    for (const value of refused) {
      it(`${name} cannot be ${JSON.stringify(value)}`, () => {
        const detail = `expected ${expected}; got ${Array.isArray(value) ? `${value.length} values` : JSON.stringify(value)}`;
        assert.throws(() => parsed({ [name]: value }), refusal(`?${name}`, detail));
      });
    }
  }

  it('user_id must not be repeated', () => {
    const expected = refusal('?user_id', 'expected a user id as text; got 2 values');
    assert.throws(() => parse(changeQuery, { user_id: ['ada', 'bob'] }, 'query'), expected);
  });
});
