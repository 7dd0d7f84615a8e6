import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { HeaderValues } from '../../authenticator/authenticator.ts';
import { namedUser } from './named-user.ts';

/** Header values as Node reads them: each byte that the client sent is one Latin-1 character. */
const sent =
  (headers: Record<string, string | Buffer>): HeaderValues =>
  (name) =>
    Object.entries(headers).flatMap(([given, value]) =>
      given.toLowerCase() === name
        ? [
            Buffer.from(value)
              .toString('latin1')
              .replace(/^[ \t]+|[ \t]+$/g, ''),
          ]
        : [],
    );
const userIn = (headers: Record<string, string | Buffer>) => namedUser(sent(headers))?.userId;
const refusal = (pointer: string, detail: string) => ({
  code: 'invalid-request',
  errors: [{ pointer, detail }],
});

describe('the headers of a request', () => {
  it('may come twice with the same user, but not with different users', () => {
    assert.equal(namedUser(() => ['ada', 'ada'])?.userId, 'ada');
    const twice: HeaderValues = (name) => (name === 'x-user-id' ? ['ada', 'bob'] : []);
    assert.throws(() => namedUser(twice), { code: 'invalid-request' });
  });

  for (const name of ['X-User-Id', 'user-id']) {
    it(`name the user in ${name}`, () => {
      assert.equal(userIn({ [name]: 'ada' }), 'ada');
    });
  }

  for (const headers of [{}, { 'X-User-Id': '' }, { 'X-User-Id': ' ', 'user-id': '' }, { 'X-User': 'ada' }]) {
    it(`name nobody: ${JSON.stringify(headers)}`, () => {
      assert.equal(userIn(headers), undefined);
    });
  }

  it('may both name the same user', () => {
    assert.equal(userIn({ 'X-User-Id': 'été', 'user-id': 'été' }), 'été');
  });

  it('may be empty', () => {
    assert.equal(userIn({ 'X-User-Id': '', 'user-id': 'ada' }), 'ada');
  });

  for (const other of ['bob', 'Ada', 'ada,ada']) {
    it(`are refused if they name different users: ada and ${other}`, () => {
      const expected = refusal('user-id', 'expected the same user as in x-user-id; got another');
      assert.throws(() => userIn({ 'X-User-Id': 'ada', 'user-id': other }), expected);
    });
  }
});

describe("a user's name in a header", () => {
  it('is read as UTF-8', () => {
    for (const name of ['Zoë', '山田', '🌅 dawn', 'ada@example.org', 'a/../b']) {
      assert.equal(userIn({ 'X-User-Id': name }), name);
    }
  });

  it('is read as UTF-8 for any text without control characters', () => {
    const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 128 }).filter((one) => {
      return !/\p{Cc}/u.test(one) && !/^[ \t]|[ \t]$|^\ufeff/.test(one);
    });
    fc.assert(
      fc.property(name, (one) => {
        assert.equal(userIn({ 'X-User-Id': one }), one);
      }),
    );
  });

  it('keeps a byte order mark, as the same name in a body does', () => {
    assert.equal(userIn({ 'X-User-Id': '\ufeffada' }), '\ufeffada');
  });

  it('is read as Latin-1 if it is not valid UTF-8', () => {
    assert.equal(userIn({ 'X-User-Id': Buffer.from('Zoë', 'latin1') }), 'Zoë');
    const surrogate = Buffer.from([0xed, 0xa0, 0xbd]);
    assert.equal(userIn({ 'X-User-Id': surrogate }), 'í\u00a0½');
  });

  it('may have 128 characters of one to four bytes each, but not 129', () => {
    for (const character of ['a', 'é', '🌅']) {
      const longest = character.repeat(128);
      assert.equal(userIn({ 'X-User-Id': longest }), longest);
      const expected = refusal('user-id', 'expected at most 128 characters; got 129');
      assert.throws(() => userIn({ 'user-id': `${longest}a` }), expected);
    }
  });

  for (const [what, name] of Object.entries({
    tab: 'a\tb',
    delete: 'a\x7f',
    escape: '\x1b[1m',
    'C1 control': 'a\u0085b',
  })) {
    it(`is refused with a control character: ${what}`, () => {
      const expected = refusal('x-user-id', 'expected no control characters; got some');
      assert.throws(() => userIn({ 'X-User-Id': name }), expected);
    });
  }

  it('is refused with a control character in Latin-1', () => {
    const expected = refusal('x-user-id', 'expected no control characters; got some');
    assert.throws(() => userIn({ 'X-User-Id': Buffer.from([0x61, 0x85]) }), expected);
  });
});
