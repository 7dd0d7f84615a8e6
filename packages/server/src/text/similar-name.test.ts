import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { didYouMean, isOneEditApart, similarName, unknownName } from './similar-name.ts';

describe('one edit apart', () => {
  for (const [one, other] of [
    ['S3_BUCKETT', 'S3_BUCKET'],
    ['S3_BUCKE', 'S3_BUCKET'],
    ['3_BUCKET', 'S3_BUCKET'],
    ['S3_BUKET', 'S3_BUCKET'],
    ['S3_PUCKET', 'S3_BUCKET'],
    ['S3-BUCKET', 'S3_BUCKET'],
    ['S3_BUCKTE', 'S3_BUCKET'],
    ['3S_BUCKET', 'S3_BUCKET'],
    ['aa', 'a'],
    ['a', ''],
  ] as const) {
    it(`are ${one} and ${other}`, () => {
      assert.ok(isOneEditApart(one, other));
      assert.ok(isOneEditApart(other, one));
    });
  }

  for (const [one, other] of [
    ['S3_BUCKET', 'S3_BUCKET'],
    ['S3_BUCKETTT', 'S3_BUCKET'],
    ['S3_BUCKXX', 'S3_BUCKET'],
    ['S3_TEKCUB', 'S3_BUCKET'],
    ['S3B_UCKTE', 'S3_BUCKET'],
    ['abc', 'bca'],
    ['', ''],
    ['x'.repeat(1_000), 'x'.repeat(1_001)],
  ] as const) {
    it(`are not ${one.slice(0, 20)} and ${other.slice(0, 20)}`, () => {
      assert.ok(!isOneEditApart(one, other));
      assert.ok(!isOneEditApart(other, one));
    });
  }

  it('are any text and the same text with one character inserted', () => {
    const inserted = fc.tuple(fc.string({ maxLength: 30 }), fc.nat(30), fc.string({ minLength: 1, maxLength: 1 }));
    fc.assert(
      fc.property(inserted, ([text, at, character]) => {
        const longer = text.slice(0, at) + character + text.slice(at);
        assert.ok(isOneEditApart(text, longer) && isOneEditApart(longer, text));
      }),
    );
  });
});

describe('a similar name', () => {
  const NAMES = ['user_id', 'tag', 'tag_mode', 'status', 'order', 'cursor', 'content_type', 'start_date', 'end_date'];
  for (const [given, meant] of [
    ['user', 'user_id'],
    ['userId', 'user_id'],
    ['contentType', 'content_type'],
    ['TagMode', 'tag_mode'],
    ['us\u0435r_id', 'user_id'], // with a Cyrillic letter
    ['user-id', 'user_id'],
    ['uesr_id', 'user_id'],
    ['tags', 'tag'],
    ['Tag', 'tag'],
    ['type', 'content_type'],
    ['start', 'start_date'],
    ['next_cursor', 'cursor'],
    ['offset', undefined],
    ['id', undefined],
    ['_', undefined],
    ['', undefined],
    ['__proto__', undefined],
    ['user_id'.repeat(100), undefined],
  ] as const) {
    it(`for ${given.slice(0, 20)} is ${meant ?? 'none'}`, () => assert.equal(similarName(given, NAMES), meant));
  }

  it('is suggested at the end of an error, if there is one', () => {
    assert.equal(didYouMean('user', NAMES), ': did you mean `user_id`?');
    assert.equal(didYouMean('offset', NAMES), '');
  });

  it('ends the error of an unknown name, which is short', () => {
    assert.equal(unknownName('tags', ['tag', 'order']), 'expected one of tag, order; got "tags": did you mean `tag`?');
    assert.equal(unknownName('x'.repeat(10_000), []), `expected no name; got "${'x'.repeat(60)}"...`);
  });
});
