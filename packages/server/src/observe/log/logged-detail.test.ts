import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loggedDetail } from './logged-detail.ts';

describe('the detail of a problem in the log', () => {
  for (const [detail, logged] of [
    ['expected a route; got /nowhere', 'expected a route; got /nowhere'],
    ['?limit: expected a whole number; got "abc"', 'limit: expected a whole number; got "…"'],
    ['/tags/0: expected a tag as text; got 7', '/tags/0: expected a tag as text; got 7'],
    ['?a: expected x; got "1". ?b-c: expected y; got "2"...', 'a: expected x; got "…". b-c: expected y; got "…"'],
    [
      '?user: expected user_id; got "user": did you mean `user_id`?',
      'user: expected user_id; got "…": did you mean `user_id`?',
    ],
    [String.raw`expected x; got "a \" b\\": convert it`, 'expected x; got "…": convert it'],
    ['expected revision "2"; got revision "3"', 'expected revision "2"; got revision "3"'],
    ['expected an origin; got https://a.example/x?token=secret', 'expected an origin; got https://a.example/x…'],
    ['expected x; got https://user:secret@a.example/', 'expected x; got https://…@a.example/'],
    [
      'expected a route; got /x\n[12:00] INFO: forged\u001b[2J\u2028\u202e',
      'expected a route; got /x [12:00] INFO: forged [2J  ',
    ],
    ['expected x; got "cut in its mid', 'expected x; got "…"'],
  ] as const) {
    it(`omits the client's text: ${detail}`, () => assert.equal(loggedDetail(detail), logged));
  }

  it('is bounded, even within quoted text', () => {
    assert.equal(loggedDetail('a'.repeat(9_000)), `${'a'.repeat(1_000)}...`);
    assert.equal(loggedDetail(`expected x; got "${'a'.repeat(9_000)}"`), 'expected x; got "…"...');
  });

  it('takes linear time', () => {
    for (const text of ['got "\\', 'got ', '. ?', '"'])
      assert.ok(String(loggedDetail(text.repeat(100_000))).length < 5_000, 'a slow pattern would never end');
  });

  it('that is not a string is unchanged', () => {
    for (const value of [undefined, null, 7, { a: 1 }]) assert.equal(loggedDetail(value), value);
  });
});
