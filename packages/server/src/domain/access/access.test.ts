import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { actingFor, actorOf, keyspaceOf, ownerOf, requirePermission, seesEveryone, tokenOf, userOf } from './access.ts';
import { ADMIN, accessOf, OPEN, serviceFor, userNamed } from './principals.fixture.ts';
import { sampleToken, uploaderWith } from './upload-tokens.fixture.ts';

const open = accessOf(OPEN, 'listImages');
const ada = accessOf(userNamed('ada'), 'listImages');

describe('the user of a request', () => {
  it('is the one that it names', () => {
    for (const access of [open, ada, accessOf(ADMIN, 'listImages'), accessOf(serviceFor('everyone'), 'listImages')])
      assert.equal(userOf(actingFor(access, 'ada', '?user_id')), 'ada');
  });

  it('is the one of its credential if it names none', () => {
    assert.equal(userOf(actingFor(ada, undefined, '?user_id')), 'ada');
    assert.equal(userOf(actingFor(open, undefined, '?user_id')), null);
  });

  it('may be named twice', () => {
    const named = actingFor(open, 'ada', 'x-user-id');
    assert.equal(actingFor(named, 'ada', '?user_id'), named);
    assert.equal(actingFor(named, undefined, '?user_id'), named);
  });

  for (const userId of ['bob', 'Ada', 'ada ', '\u0430da', 'ada\u200b', '']) {
    it(`is refused if the request has named ada before and now names ${JSON.stringify(userId)}`, () => {
      const detail = `expected the user ada, named elsewhere in the request; got ${userId}`;
      assert.throws(() => actingFor(actingFor(open, 'ada', 'x-user-id'), userId, '/user_id'), {
        code: 'invalid-request',
        errors: [{ pointer: '/user_id', detail }],
      });
    });

    it(`is refused if the credential is ada's and the request names ${JSON.stringify(userId)}`, () => {
      assert.throws(() => actingFor(ada, userId, '/user_id'), { code: 'forbidden' });
      assert.throws(() => actingFor(accessOf(serviceFor(['ada']), 'listImages'), userId, '/user_id'), {
        code: 'forbidden',
      });
    });
  }
});

describe('the owner of an upload', () => {
  it('is the user of the request', () => assert.equal(ownerOf(ada), 'ada'));

  it('must be named', () => {
    for (const principal of [OPEN, ADMIN, serviceFor('everyone')]) {
      assert.throws(() => ownerOf(accessOf(principal, 'createUpload')), {
        code: 'invalid-request',
        errors: [{ pointer: 'user_id', detail: 'expected a user, as user_id or in the header X-User-Id; got none' }],
      });
    }
  });
});

describe('a request by an upload token', () => {
  const token = sampleToken({ userId: 'bob', mintedBy: { kind: 'key', actor: 'key-1' } });
  const uploading = accessOf(uploaderWith(token), 'createUpload');

  it('acts for the user of the token and for no other, and never for everyone', () => {
    assert.deepEqual([userOf(uploading), ownerOf(uploading), seesEveryone(uploading)], ['bob', 'bob', false]);
    assert.equal(userOf(actingFor(uploading, 'bob', '/user_id')), 'bob');
    assert.throws(() => actingFor(uploading, 'ada', '/user_id'), { code: 'forbidden' });
  });

  it('is made by the credential that minted the token', () => {
    assert.equal(actorOf(uploading), 'key-1');
    assert.deepEqual(tokenOf(uploading), token);
    assert.equal(tokenOf(ada), undefined);
  });

  it('has the Idempotency-Keys of the first key that its minter replaces, and other requests none but their user’s', () => {
    const principal = uploaderWith(token);
    assert.ok(principal.kind === 'uploader');
    assert.equal(keyspaceOf(uploading), 'key-1');
    const rotated = { ...principal, actors: ['key-3', 'key-2', 'key-1'] } as const;
    assert.equal(keyspaceOf(accessOf(rotated, 'createUpload')), 'key-1');
    for (const other of [ada, accessOf(OPEN, 'createUpload', 'bob'), accessOf(ADMIN, 'createUpload', 'bob')])
      assert.equal(keyspaceOf(other), undefined);
  });
});

describe('a request about all users', () => {
  it('may come in open mode, from an admin, and from a service that acts for everyone, unless it names a user', () => {
    for (const principal of [OPEN, ADMIN, serviceFor('everyone')]) {
      assert.equal(seesEveryone(accessOf(principal, 'listImages')), true);
      assert.equal(seesEveryone(accessOf(principal, 'listImages', 'ada')), false);
    }
    for (const principal of [userNamed('ada'), serviceFor(['ada', 'bob'])])
      assert.equal(seesEveryone(accessOf(principal, 'listImages')), false);
  });
});

describe('a credential without the scope', () => {
  it('is told which scope is missing', () => {
    const reader = userNamed('ada', ['images:read']);
    const detail = 'expected a credential with the scope images:write; got one without it';
    assert.throws(() => requirePermission(accessOf(reader, 'deleteImage')), { code: 'missing-scope', detail });
  });

  it('is told so before a foreign user', () => {
    assert.throws(() => actingFor(accessOf(userNamed('ada', []), 'deleteImage'), 'bob', '?user_id'), {
      code: 'missing-scope',
    });
  });
});
