import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { HeaderValues } from '../../callers/authenticator/authenticator.ts';
import { actingFor } from '../../domain/access/access.ts';
import { ADMIN, accessOf, OPEN, serviceFor, userNamed } from '../../domain/access/principals.fixture.ts';
import { ROUTES } from '../app.ts';
import { claimsIn, claimsInHeaders, namesUserInBody } from './user-claims.ts';

type Sent = Record<string, string | Buffer>;

/** Header values as Node reads them: each byte that the client sent is one Latin-1 character. */
const sent =
  (headers: Sent): HeaderValues =>
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
const userOf = (principal: typeof OPEN, headers: HeaderValues) =>
  actingFor(accessOf(principal, 'listImages'), claimsInHeaders(headers, principal)).named;
const userIn = (headers: Sent) => userOf(OPEN, sent(headers));
const refusal = (pointer: string, detail: string) => ({
  code: 'invalid-request',
  errors: [{ pointer, detail }],
});

describe('the headers of a request', () => {
  it('may come twice with the same user, but not with different users', () => {
    for (const principal of [OPEN, ADMIN]) {
      assert.equal(
        userOf(principal, () => ['ada', 'ada']),
        'ada',
      );
      const twice: HeaderValues = (name) => (name === 'x-user-id' ? ['ada', 'bob'] : []);
      assert.throws(() => userOf(principal, twice), { code: 'invalid-request' });
    }
  });

  for (const name of ['X-User-Id', 'user-id']) {
    it(`name the user in ${name}`, () => {
      for (const principal of [OPEN, ADMIN]) assert.equal(userOf(principal, sent({ [name]: 'ada' })), 'ada');
    });
  }

  for (const headers of [{}, { 'X-User-Id': '' }, { 'X-User-Id': ' ', 'user-id': '' }, { 'X-User': 'ada' }]) {
    it(`name nobody in open mode: ${JSON.stringify(headers)}`, () => {
      assert.equal(userIn(headers), null);
    });
  }

  it('may both name the same user', () => {
    assert.equal(userIn({ 'X-User-Id': 'été', 'user-id': 'été' }), 'été');
  });

  it('may be empty in open mode', () => {
    assert.equal(userIn({ 'X-User-Id': '', 'user-id': 'ada' }), 'ada');
  });

  for (const other of ['bob', 'Ada', 'ada,ada']) {
    it(`are refused if they name different users: ada and ${other}`, () => {
      const expected = refusal('user-id', `expected the user ada, named elsewhere in the request; got ${other}`);
      assert.throws(() => userIn({ 'X-User-Id': 'ada', 'user-id': other }), expected);
    });
  }
});

describe("a user's name in a header of an open service", () => {
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
    'C1 control in Latin-1': Buffer.from([0x61, 0x85]),
  })) {
    it(`is refused with a control character: ${what}`, () => {
      assert.throws(() => userIn({ 'X-User-Id': name }), /expected no control characters; got "/);
    });
  }
});

describe("a user's name in a header beside a credential", () => {
  const PRINCIPALS = [ADMIN, serviceFor('everyone'), userNamed('ada')];
  const ASCII_ONLY = 'expected printable ASCII; got other bytes: name this user in the query, as ?user_id=';

  it('is printable ASCII as it came', () => {
    for (const name of ['ada', 'ada@example.org', 'a b', 'zo%C3%AB', '~!"#$&\'()*+,-./'])
      assert.equal(userOf(ADMIN, sent({ 'X-User-Id': name })), name);
  });

  for (const name of ['zoë', 'zoÃ«', '\ufeffada', '\u00a0ada', 'a\tb', 'a\x7f', Buffer.from('zoë', 'latin1')])
    it(`is refused with other bytes, which two encodings read as two users: ${JSON.stringify(String(name))}`, () => {
      for (const principal of PRINCIPALS)
        for (const header of ['x-user-id', 'user-id'])
          assert.throws(() => userOf(principal, sent({ [header]: name })), refusal(header, ASCII_ONLY));
    });

  for (const headers of [
    { 'x-user-id': '' },
    { 'user-id': '' },
    { 'x-user-id': ' \t ' },
    { 'x-user-id': 'ada', 'user-id': '' },
    { 'x-user-id': '', 'user-id': 'ada' },
  ])
    it(`is refused if it is empty: ${JSON.stringify(headers)}`, () => {
      const raw: HeaderValues = (name) =>
        Object.entries(headers).flatMap(([one, value]) => (one === name ? [value] : []));
      for (const principal of PRINCIPALS)
        assert.throws(() => userOf(principal, raw), /expected a user id of at least 1 character; got none/);
    });
});

describe('a query or a form', () => {
  it('claims every user that it names, also an empty one', () => {
    const parameters = new URLSearchParams('user_id=ada&tag=sea&user_id=&user_id=bob&User_id=eve');
    const users = claimsIn(parameters, '?user_id').map(({ pointer, userId }) => [pointer, userId]);
    assert.deepEqual(users, [
      ['?user_id', 'ada'],
      ['?user_id', ''],
      ['?user_id', 'bob'],
    ]);
  });
});

describe('a body', () => {
  it('may name the user in every operation whose JSON or form has user_id', () => {
    const naming = ROUTES.flatMap(({ operation }) => (operation && namesUserInBody(operation) ? [operation.id] : []));
    assert.deepEqual(naming.toSorted(), [
      'changeImages',
      'createAlbum',
      'createUpload',
      'createUploadToken',
      'createViewToken',
      'deleteImages',
      'findKnown',
      'grantUploads',
      'linkToRenders',
      'restoreImages',
      'revokeViewTokens',
      'trashImages',
      'upload',
      'uploadImage',
    ]);
  });
});
