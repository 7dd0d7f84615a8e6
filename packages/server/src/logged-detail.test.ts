import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loggedDetail } from './logged-detail.ts';

describe('the sentence of a problem in the log', () => {
  for (const [detail, logged] of [
    ['expected a route; came /nowhere', 'expected a route; came /nowhere'],
    ['?limit: expected a whole number; came "abc"', 'limit: expected a whole number; came "…"'],
    ['/tags/0: expected a tag as text; came 7', '/tags/0: expected a tag as text; came 7'],
    ['?a: expected x; came "1". ?b-c: expected y; got "2"...', 'a: expected x; came "…". b-c: expected y; got "…"'],
    [
      '?user: expected user_id; got "user": did you mean `user_id`?',
      'user: expected user_id; got "…": did you mean `user_id`?',
    ],
    [String.raw`expected x; came "a \" b\\": convert it`, 'expected x; came "…": convert it'],
    ['expected revision "2"; the image is at "3"', 'expected revision "2"; the image is at "3"'],
    ['expected an origin; came https://a.example/x?token=secret', 'expected an origin; came https://a.example/x…'],
    ['expected x; got https://user:secret@a.example/', 'expected x; got https://…@a.example/'],
    [
      'expected a route; came /x\n[12:00] INFO: forged\u001b[2J\u2028\u202e',
      'expected a route; came /x [12:00] INFO: forged [2J  ',
    ],
    ['expected x; came "cut in its mid', 'expected x; came "…"'],
  ] as const) {
    it(`is without what the client sent: ${detail}`, () => assert.equal(loggedDetail(detail), logged));
  }

  it('is bounded, also where a text of the client is cut', () => {
    assert.equal(loggedDetail('a'.repeat(9_000)), `${'a'.repeat(1_000)}...`);
    assert.equal(loggedDetail(`expected x; came "${'a'.repeat(9_000)}"`), 'expected x; came "…"...');
  });

  it('takes time in proportion to the text', () => {
    for (const text of ['came "\\', 'came ', '. ?', '"'])
      assert.ok(String(loggedDetail(text.repeat(100_000))).length < 5_000, 'a slow pattern would never end');
  });

  it('that is none stays as it is', () => {
    for (const value of [undefined, null, 7, { a: 1 }]) assert.equal(loggedDetail(value), value);
  });
});
