import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { HeaderValues } from './authenticator.ts';
import { createOpenAuthenticator } from './open.ts';

const { authenticate } = createOpenAuthenticator();

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
const subjectOf = (headers: Record<string, string | Buffer>) => authenticate(sent(headers));
const refusal = (pointer: string, detail: string) => ({
  code: 'invalid-request',
  errors: [{ pointer, detail }],
});

describe('a caller in open mode', () => {
  it('may send a header twice with the same user, but not with different users', async () => {
    assert.deepEqual(await authenticate(() => ['ada', 'ada']), { subject: 'ada', reads: 'all' });
    const twice = authenticate((name) => (name === 'x-user-id' ? ['ada', 'bob'] : []));
    await assert.rejects(twice, { code: 'invalid-request' });
  });

  for (const name of ['X-User-Id', 'user-id']) {
    it(`is the user that ${name} names, and may read all images`, async () => {
      assert.deepEqual(await subjectOf({ [name]: 'ada' }), { subject: 'ada', reads: 'all' });
    });
  }

  for (const headers of [{}, { 'X-User-Id': '' }, { 'X-User-Id': ' ', 'user-id': '' }, { 'X-User': 'ada' }]) {
    it(`is anonymous, and may read all images, if no header names a user: ${JSON.stringify(headers)}`, async () => {
      assert.deepEqual(await subjectOf(headers), { subject: null, reads: 'all' });
    });
  }

  it('may name the same user in both headers', async () => {
    assert.deepEqual(await subjectOf({ 'X-User-Id': 'été', 'user-id': 'été' }), { subject: 'été', reads: 'all' });
  });

  it('may leave one of the two headers empty', async () => {
    assert.deepEqual(await subjectOf({ 'X-User-Id': '', 'user-id': 'ada' }), { subject: 'ada', reads: 'all' });
  });

  for (const other of ['bob', 'Ada', 'ada,ada']) {
    it(`is refused if the headers name different users: ada and ${other}`, async () => {
      const expected = refusal('user-id', 'expected the same user as in x-user-id; got another');
      await assert.rejects(subjectOf({ 'X-User-Id': 'ada', 'user-id': other }), expected);
    });
  }
});

describe("a user's name in a header", () => {
  it('is read as UTF-8', async () => {
    for (const name of ['Zoë', '山田', '🌅 dawn', 'ada@example.org', 'a/../b']) {
      assert.deepEqual(await subjectOf({ 'X-User-Id': name }), { subject: name, reads: 'all' });
    }
  });

  it('is read as UTF-8 for any text without control characters', async () => {
    const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 128 }).filter((one) => {
      return !/\p{Cc}/u.test(one) && !/^[ \t]|[ \t]$|^\ufeff/.test(one);
    });
    await fc.assert(
      fc.asyncProperty(name, async (one) => {
        assert.deepEqual(await subjectOf({ 'X-User-Id': one }), { subject: one, reads: 'all' });
      }),
    );
  });

  it('keeps a byte order mark, as the same name in a body does', async () => {
    assert.deepEqual(await subjectOf({ 'X-User-Id': '\ufeffada' }), { subject: '\ufeffada', reads: 'all' });
  });

  it('is read as Latin-1 if it is not valid UTF-8', async () => {
    assert.deepEqual(await subjectOf({ 'X-User-Id': Buffer.from('Zoë', 'latin1') }), { subject: 'Zoë', reads: 'all' });
    const surrogate = Buffer.from([0xed, 0xa0, 0xbd]);
    assert.deepEqual(await subjectOf({ 'X-User-Id': surrogate }), { subject: 'í\u00a0½', reads: 'all' });
  });

  it('may have 128 characters of one to four bytes each, but not 129', async () => {
    for (const character of ['a', 'é', '🌅']) {
      const longest = character.repeat(128);
      assert.deepEqual(await subjectOf({ 'X-User-Id': longest }), { subject: longest, reads: 'all' });
      const expected = refusal('user-id', 'expected at most 128 characters; got 129');
      await assert.rejects(subjectOf({ 'user-id': `${longest}a` }), expected);
    }
  });

  for (const [what, name] of Object.entries({
    tab: 'a\tb',
    delete: 'a\x7f',
    escape: '\x1b[1m',
    'C1 control': 'a\u0085b',
  })) {
    it(`is refused with a control character: ${what}`, async () => {
      const expected = refusal('x-user-id', 'expected no control characters; got some');
      await assert.rejects(subjectOf({ 'X-User-Id': name }), expected);
    });
  }

  it('is refused with a control character in Latin-1', async () => {
    const expected = refusal('x-user-id', 'expected no control characters; got some');
    await assert.rejects(subjectOf({ 'X-User-Id': Buffer.from([0x61, 0x85]) }), expected);
  });
});
