import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { parameters, parse } from '../request/validation.ts';
import { changeBody } from './image-schemas.ts';
import { listQuery } from './list-query.ts';

const list = (query: Record<string, string>) => parse(listQuery, parameters(new URLSearchParams(query)), 'query');
const refusal = (pointer: string, detail: string) => ({ code: 'invalid-request', errors: [{ pointer, detail }] });

/** The defaults of a list; those of status and order depend on other parameters. */
const USUAL = { limit: 100 };

describe('a list', () => {
  it('contains all ready images, a hundred a page, by default', () => {
    assert.deepEqual(list({}), USUAL);
    assert.deepEqual(list({ user_id: '', tag: '', content_type: '', start_date: '', end_date: '' }), USUAL);
  });

  it('can be limited to a user, a type and a tag', () => {
    const query = { user_id: 'ada', content_type: 'image/jpg', tag: 'sea' };
    assert.deepEqual(list(query), { user_id: 'ada', content_type: 'image/jpg', tag: ['sea'], ...USUAL });
  });

  it('of an unsupported type is refused', () => {
    assert.throws(() => list({ content_type: 'image/bmp' }), { code: 'unsupported-type' });
  });

  it('ignores unknown parameters', () => {
    assert.deepEqual(list({ foo: 'bar', __proto__: 'x' }), USUAL);
  });

  it('of images that are not ready takes only dates and order', () => {
    const dates = { start_date: '2026-01-01', order: 'oldest' };
    assert.equal(list({ status: 'pending', ...dates }).status, 'pending');
    for (const [more, named] of [
      [{ tag: 'a' }, 'tag'],
      [{ content_type: 'image/png' }, 'content_type'],
      [{ tag_mode: 'any', q: 'sea' }, 'tag_mode, q'],
      [{ visibility: 'public' }, 'visibility'],
    ] as const) {
      const detail = `expected ${named} with status ready only; got rejected`;
      assert.throws(() => list({ status: 'rejected', ...more }), refusal('?status', detail));
    }
  });
});

describe('the limit of a page', () => {
  for (const [given, limit] of [
    ['1', 1],
    ['10', 10],
    ['1000', 1_000],
    ['007', 7],
    ['', 100],
  ] as const) {
    it(`is ${limit} for ${JSON.stringify(given)}`, () => assert.equal(list({ limit: given }).limit, limit));
  }

  for (const given of ['0', '1001', '-1', 'abc', '1e2', ' 5', '5 ', '5\n', '1.5', '0x10', '٣', '9'.repeat(99)]) {
    it(`cannot be ${JSON.stringify(given)}`, () => {
      const detail = `expected a whole number from 1 to 1000; got ${given.length > 60 ? `${JSON.stringify(given.slice(0, 60))}...` : JSON.stringify(given)}`;
      assert.throws(() => list({ limit: given }), refusal('?limit', detail));
    });
  }
});

describe('the dates of a list', () => {
  const zone = process.env['TZ'];
  before(() => {
    process.env['TZ'] = 'Asia/Tokyo'; // dates don't depend on the zone of the machine
  });
  after(() => {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  });

  const starts: Record<string, string> = {
    '2026-01-31': '2026-01-31T00:00:00.000Z',
    '2024-02-29': '2024-02-29T00:00:00.000Z',
    '2026-01-31T12:00:00Z': '2026-01-31T12:00:00.000Z',
    '2026-01-31T12:00:00.250Z': '2026-01-31T12:00:00.250Z',
    '2026-01-31T01:30:00+02:00': '2026-01-30T23:30:00.000Z',
    '2026-12-31T23:00:00-05:00': '2027-01-01T04:00:00.000Z',
    '2026-01-31T12:00:00': '2026-01-31T12:00:00.000Z',
  };
  for (const [given, start] of Object.entries(starts)) {
    it(`start with the given day or instant: ${given}`, () => {
      assert.equal(list({ start_date: given }).start_date?.toISOString(), start);
    });
  }

  const ends: Record<string, string> = {
    '2026-01-31': '2026-02-01T00:00:00.000Z',
    '2024-02-28': '2024-02-29T00:00:00.000Z',
    '2026-12-31': '2027-01-01T00:00:00.000Z',
    '2026-03-29': '2026-03-30T00:00:00.000Z',
    '2026-01-31T12:00:00Z': '2026-01-31T12:00:00.001Z',
    '2026-01-31T12:00:00.250Z': '2026-01-31T12:00:00.251Z',
    '2026-01-31T01:30:00+02:00': '2026-01-30T23:30:00.001Z',
    '2026-01-31T12:00:00': '2026-01-31T12:00:00.001Z',
  };
  for (const [given, end] of Object.entries(ends)) {
    it(`end with the given day or instant, inclusive: ${given}`, () => {
      assert.equal(list({ end_date: given }).end_date?.toISOString(), end);
    });
  }

  const wrong = [
    '2026-02-30',
    '2025-02-29',
    '2026-13-01',
    '2026-00-10',
    '2026-1-31',
    '26-01-31',
    '20260131',
    '31.01.2026',
    '2026',
    '1769817600',
    'yesterday',
    ' 2026-01-31',
    '2026-01-31\n',
    '2026-01-31Z',
    '2026-02-30T12:00:00Z',
    '2026-01-31 12:00:00Z',
    '2026-01-31T24:00:00Z',
    '2026-01-31T12:60:00Z',
    '2026-01-31T12:00:00+25:00',
  ];
  for (const given of wrong) {
    it(`must exist and be ISO 8601: ${JSON.stringify(given)} is refused`, () => {
      const detail = `expected an ISO 8601 date or instant, as 2026-01-31 or 2026-01-31T12:00:00Z; got ${JSON.stringify(given)}`;
      assert.throws(() => list({ start_date: given }), refusal('?start_date', detail));
      assert.throws(() => list({ end_date: given }), refusal('?end_date', detail));
    });
  }

  for (const [start_date, end_date] of [
    ['2026-01-31', '2026-01-31'],
    ['2026-01-31T23:59:59.999Z', '2026-01-31'],
    ['2026-01-31T12:00:00Z', '2026-01-31T12:00:00Z'],
    ['2026-01-31T12:00:00+02:00', '2026-01-31T10:00:00Z'],
  ] as const) {
    it(`may be the same: ${start_date} to ${end_date}`, () =>
      assert.doesNotThrow(() => list({ start_date, end_date })));
  }

  for (const [start_date, end_date] of [
    ['2026-02-01', '2026-01-31'],
    ['2026-01-31T12:00:00.001Z', '2026-01-31T12:00:00Z'],
    ['2026-01-31T12:00:00Z', '2026-01-31T12:00:00+02:00'],
    ['2027-01-01', '2026-12-31'],
  ] as const) {
    it(`are refused if the start is after the end: ${start_date} to ${end_date}`, () => {
      const detail = `expected an end_date no earlier than start_date; got "${end_date}"`;
      assert.throws(() => list({ start_date, end_date }), refusal('?end_date', detail));
    });
  }
});

describe('the fields of a list', () => {
  const NAMES =
    'image_id, user_id, filename, content_type, size, width, height, sha256, status, tags, description, metadata, external_id, facts, focal_point, visibility, s3_key, s3_url, created_at, upload_time, updated_at, revision, placeholder, dominant_color, renditions, rendition_failures, rejection, replaces, held_until, added_by, purge_at';
  const all = NAMES.replaceAll(' ', '');

  it('are names of fields, separated by commas', () => {
    for (const fields of ['size', 'tags,image_id', all]) assert.deepEqual(list({ fields }).fields, fields.split(','));
    assert.equal(list({ fields: '' }).fields, undefined);
    assert.equal(list({}).fields, undefined);
  });

  for (const [given, ...details] of [
    ['siez', `expected fields of ${NAMES}; got "siez": did you mean \`size\`?`],
    ['tag', `expected fields of ${NAMES}; got "tag": did you mean \`tags\`?`],
    ['size,,tags', `expected fields of ${NAMES}; got ""`],
    ['size, tags', `expected fields of ${NAMES}; got " tags": did you mean \`tags\`?`],
    ['__proto__', `expected fields of ${NAMES}; got "__proto__"`],
    ['toString,x', `expected fields of ${NAMES}; got "toString"`, 'expected a field of an image; got "x"'],
    ['size,tags,size', 'expected each field once; got "size" again'],
    ['image_id,image_id', 'expected each field once; got "image_id" again'],
    [`${all},${'x'.repeat(513 - all.length - 1)}`, `expected at most 512 characters; got 513`],
  ] as const) {
    it(`are not ${given.slice(0, 40)}`, () => {
      const errors = details.map((detail) => ({ pointer: '?fields', detail }));
      assert.throws(() => list({ fields: given }), { code: 'invalid-request', errors });
    });
  }

  it('are named 20 times at most, however many are wrong', () => {
    assert.throws(
      () => list({ fields: ','.repeat(500) }),
      (error: { readonly errors: readonly unknown[] }) => error.errors.length === 20,
    );
  });
});

describe('the words of a list', () => {
  it('are 1 to 100 code points, with a letter or digit', () => {
    for (const q of ['a', '\u{1f305}a'.repeat(50)]) assert.equal(list({ q }).q, q);
    const refused = (q: string, detail: string) =>
      assert.throws(() => parse(listQuery, { q }, 'query'), refusal('?q', detail));
    refused('', 'expected a word of letters or digits; got ""');
    refused('!', 'expected a word of letters or digits; got "!"');
    refused('a'.repeat(101), 'expected at most 100 characters; got 101');
  });

  it('combine with user, dates, order, limit and fields', () => {
    const others = {
      user_id: 'me',
      start_date: '2026-01-01',
      order: 'oldest',
      limit: '5',
      fields: 'tags',
      status: 'ready',
    };
    assert.equal(list({ q: 'sea', ...others }).q, 'sea');
  });
});

describe('a focal point', () => {
  const changed = (focal_point: unknown) => parse(changeBody, JSON.parse(JSON.stringify({ focal_point })), 'body');

  it('is two fractions, rounded to four decimals, or null', () => {
    for (const [given, expected] of [
      [
        { x: 0, y: 1 },
        { x: 0, y: 1 },
      ],
      [
        { x: 0.1234, y: 0.5 },
        { x: 0.1234, y: 0.5 },
      ],
      [
        { x: 0.12345, y: 0.99999 },
        { x: 0.1235, y: 1 },
      ],
      [
        { x: 1e-9, y: 1 / 3 },
        { x: 0, y: 0.3333 },
      ],
      [null, null],
    ] as const) {
      assert.deepEqual(changed(given), { focal_point: expected });
    }
    assert.ok(Object.is(parse(changeBody, { focal_point: { x: -0, y: 0 } }, 'body').focal_point?.x, 0));
  });

  for (const [given, ...errors] of [
    [
      { x: 1.0001, y: -0.1 },
      ['/x', 'expected a number from 0 to 1; got 1.0001'],
      ['/y', 'expected a number from 0 to 1; got -0.1'],
    ],
    [{ x: '0.5', y: 0.5 }, ['/x', 'expected a number from 0 to 1; got "0.5"']],
    [{ x: Number.NaN, y: 0.5 }, ['/x', 'expected a number from 0 to 1; got null']],
    [{ x: 0.5 }, ['/y', 'expected a number from 0 to 1; got nothing']],
    [{ x: 0.5, y: 0.5, z: 0.5 }, ['/z', 'expected one of x, y; got "z"']],
    [
      [0.5, 0.5],
      ['', 'expected an object with x and y; got 2 values'],
    ],
    ['0.5,0.5', ['', 'expected an object with x and y; got "0.5,0.5"']],
  ] as const) {
    it(`is not ${JSON.stringify(given)}`, () => {
      const expected = errors.map(([pointer, detail]) => ({ pointer: `/focal_point${pointer}`, detail }));
      assert.throws(() => changed(given), { code: 'invalid-request', errors: expected });
    });
  }

  it('is no number that JSON cannot hold', () => {
    for (const x of [Number.NaN, Number.POSITIVE_INFINITY])
      assert.throws(() => parse(changeBody, { focal_point: { x, y: 0 } }, 'body'), { code: 'invalid-request' });
  });
});
