import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { checkPolicy, parsePolicy } from './post-policy.ts';

const NOW = new Date('2026-11-05T12:00:00Z');
const base64 = (document: unknown): string =>
  Buffer.from(typeof document === 'string' ? document : JSON.stringify(document)).toString('base64');

/** `key` needs a condition like any other field. */
const judge = (
  conditions: unknown,
  fields: Record<string, string> = { key: 'a/b' },
  expiration: unknown = '2026-11-05T12:00:01Z',
): string => {
  const policy = parsePolicy(base64({ expiration, conditions }));
  if (policy.outcome === 'refused') return `${policy.error.code} ${policy.error.message}`;
  const verdict = checkPolicy(policy, { bucket: 'safelight', fields: new Map(Object.entries(fields)) }, NOW);
  if (verdict.outcome === 'refused') return `${verdict.error.code} ${verdict.error.message}`;
  return `${verdict.limits.minBytes} to ${verdict.limits.maxBytes}`;
};

const ALLOWED = '0 to Infinity';
const KEY = { key: 'a/b' };

describe('a policy allows', () => {
  for (const [what, conditions, fields] of [
    ['an exact value', [KEY], KEY],
    ['an exact value, written as a list', [['eq', '$key', 'a/b']], KEY],
    ['a prefix', [['starts-with', '$key', 'a/']], KEY],
    ['any value', [['starts-with', '$key', '']], KEY],
    ['a field by several conditions', [['starts-with', '$key', 'a'], KEY], KEY],
    ['names in any case', [['StArTs-WiTh', '$KeY', 'a/']], KEY],
    ['the bucket of the URL', [KEY, { bucket: 'safelight' }], KEY],
    ['the bucket as a field too', [KEY, { Bucket: 'safelight' }], { ...KEY, bucket: 'safelight' }],
    [
      'several types with the required prefix',
      [KEY, ['starts-with', '$Content-Type', 'image/']],
      { ...KEY, 'content-type': 'image/png,image/gif' },
    ],
    ['fields that need no condition', [KEY], { ...KEY, policy: 'p', 'x-amz-signature': 's', 'x-ignore-me': 'i' }],
  ] as const)
    it(what, () => assert.equal(judge(conditions, fields), ALLOWED));

  it('the narrowest of all length ranges, given as numbers or text', () => {
    assert.equal(judge([KEY, ['content-length-range', 5, 10]]), '5 to 10');
    assert.equal(judge([KEY, ['content-length-range', '5', '10']]), '5 to 10');
    assert.equal(judge([KEY, ['content-length-range', 5, 10], ['Content-Length-Range', 0, 7]]), '5 to 7');
  });
});

describe('a policy denies', () => {
  const failed = (condition: string) =>
    `AccessDenied Invalid according to Policy: Policy Condition failed: ${condition}`;
  for (const [what, conditions, fields, expected] of [
    ['another value', [KEY], { key: 'a/c' }, failed('["eq", "$key", "a/b"]')],
    ['a value in another case', [KEY], { key: 'A/b' }, failed('["eq", "$key", "a/b"]')],
    ['another prefix', [['starts-with', '$key', 'b']], KEY, failed('["starts-with", "$key", "b"]')],
    ['one of several conditions', [KEY, { key: 'other' }], KEY, failed('["eq", "$key", "other"]')],
    ['a missing field', [KEY, { acl: '' }], KEY, failed('["eq", "$acl", ""]')],
    [
      'a missing field that may have any value',
      [KEY, ['starts-with', '$acl', '']],
      KEY,
      failed('["starts-with", "$acl", ""]'),
    ],
    ['a condition without $', [KEY, ['eq', 'key', 'a/b']], KEY, failed('["eq", "$", "a/b"]')],
    ['another bucket', [KEY, { bucket: 'other' }], KEY, failed('["eq", "$bucket", "other"]')],
    [
      'a bucket field that isn’t the URL’s',
      [KEY, { bucket: 'other' }],
      { ...KEY, bucket: 'other' },
      failed('["eq", "$bucket", "safelight"]'),
    ],
    [
      'several types, one with another prefix',
      [KEY, ['starts-with', '$Content-Type', 'image/']],
      { ...KEY, 'content-type': 'image/png,text/html' },
      failed('["starts-with", "$content-type", "image/"]'),
    ],
    [
      'fields without a condition',
      [],
      { key: 'a', acl: 'b' },
      'AccessDenied Invalid according to Policy: Extra input fields: key, acl',
    ],
    [
      'a bucket field without a condition',
      [KEY],
      { ...KEY, bucket: 'safelight' },
      'AccessDenied Invalid according to Policy: Extra input fields: bucket',
    ],
  ] as const)
    it(what, () => assert.equal(judge(conditions, fields), expected));

  it('every form from its expiration on', () => {
    for (const [expiration, expected] of [
      ['2026-11-05T12:00:00.001Z', ALLOWED],
      ['2026-11-05T12:00:00Z', 'AccessDenied Invalid according to Policy: Policy expired.'],
      ['2026-11-05T12:00:00.000Z', 'AccessDenied Invalid according to Policy: Policy expired.'],
    ] as const)
      assert.equal(judge([KEY], KEY, expiration), expected);
  });
});

describe('an invalid policy', () => {
  const outcomeOf = (text: string): string => {
    const policy = parsePolicy(text);
    return policy.outcome === 'refused' ? `${policy.error.status} ${policy.error.code}` : policy.outcome;
  };
  const expiration = '2026-11-05T12:00:00Z';
  for (const [what, text] of [
    ['is empty', ''],
    ['isn’t base64', '!!!'],
    ['isn’t UTF-8', Buffer.from([0xff, 0xfe]).toString('base64')],
    ['isn’t JSON', base64('{')],
    ['is a list', base64([])],
    ['is null', base64('null')],
    ['has no expiration', base64({ conditions: [] })],
    ['has its names in another case', base64({ EXPIRATION: expiration, CONDITIONS: [] })],
    ['has no conditions', base64({ expiration })],
    ['has conditions that are not a list', base64({ expiration, conditions: {} })],
    ...[
      '2026-11-05T12:00:00+01:00',
      '2026-11-05 12:00:00Z',
      '2026-11-05T12:00:00',
      '2026-13-05T12:00:00Z',
      'never',
      0,
    ].map((time) => [`expires at ${time}`, base64({ expiration: time, conditions: [] })] as const),
    ...[
      {},
      { acl: 'a', key: 'b' },
      { acl: 1 },
      { acl: null },
      [],
      ['eq', '$acl'],
      ['eq', '$acl', 'a', 'b'],
      ['eq', '$acl', 1],
      ['matches', '$acl', 'a'],
      ['content-length-range', 0],
      ['content-length-range', -1, 0],
      ['content-length-range', 0, 1.5],
      ['content-length-range', 'none', '1'],
      ['content-length-range', [0], 1],
      'acl',
      null,
      1,
    ].map(
      (condition) =>
        [`has the condition ${JSON.stringify(condition)}`, base64({ expiration, conditions: [condition] })] as const,
    ),
  ] as const)
    it(what, () => assert.equal(outcomeOf(text), '400 InvalidPolicyDocument'));

  it('never throws, for any input', () => {
    fc.assert(
      fc.property(fc.json(), fc.array(fc.jsonValue()), (text, conditions) => {
        parsePolicy(base64(text));
        judge(conditions);
      }),
    );
  });
});
