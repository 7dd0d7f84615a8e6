import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AppError } from '../errors.ts';
import { firstIdAt } from '../image/image-id.ts';
import {
  actingFor,
  actorOf,
  keyspaceOf,
  maySee,
  ownerOf,
  requirePermission,
  requireUser,
  seesEveryone,
  shownTo,
  tokenOf,
  userOf,
  viewOf,
} from './access.ts';
import { type OperationId, POLICY, type Row } from './policy.ts';
import { ADMIN, accessOf, OPEN, serviceFor, userNamed } from './principals.fixture.ts';
import { sampleToken, uploaderWith } from './upload-tokens.fixture.ts';
import { viewerWith } from './view-tokens.fixture.ts';

const KEY = '0UiGeyDE8ZsCkq2W';

const NO_USER = { pointer: 'user_id', detail: 'expected a user, as user_id or in the header X-User-Id; got none' };
const open = accessOf(OPEN, 'listImages');
const ada = accessOf(userNamed('ada'), 'listImages');
const CLOSED = [userNamed('ada'), serviceFor(['ada']), serviceFor('everyone'), ADMIN].map((principal) =>
  accessOf(principal, 'listImages'),
);

const inHeader = (userId: string) => ({ pointer: 'x-user-id', userId });
const inQuery = (userId: string) => ({ pointer: '?user_id', userId });
const inBody = (userId: string | null | undefined) => ({ pointer: '/user_id', userId });

describe('the user of a request', () => {
  it('is the one that it names', () => {
    for (const access of [open, ...CLOSED]) assert.equal(userOf(actingFor(access, [inQuery('ada')])), 'ada');
  });

  it('is the one of its credential if it names none', () => {
    assert.equal(userOf(actingFor(ada, [inBody(undefined)])), 'ada');
    assert.equal(userOf(actingFor(open, [])), null);
  });

  it('may be named twice, at once or later', () => {
    const named = actingFor(open, [inHeader('ada'), inQuery('ada')]);
    assert.equal(actingFor(named, [inBody('ada')]), named);
    assert.equal(actingFor(named, [inBody(undefined)]), named);
  });

  for (const userId of ['bob', 'Ada', '\u0430da', 'ada\u200b']) {
    it(`is refused if the request has named ada before and now names ${JSON.stringify(userId)}`, () => {
      const detail = `expected the user ada, named elsewhere in the request; got ${userId}`;
      const refused = { code: 'invalid-request', errors: [{ pointer: '/user_id', detail }] };
      for (const access of [open, ...CLOSED]) {
        assert.throws(() => actingFor(access, [inHeader('ada'), inBody(userId)]), refused);
        assert.throws(() => actingFor(actingFor(access, [inHeader('ada')]), [inBody(userId)]), refused);
      }
    });

    it(`is refused if the credential is ada's and the request names ${JSON.stringify(userId)}`, () => {
      assert.throws(() => actingFor(ada, [inBody(userId)]), { code: 'forbidden' });
      assert.throws(() => actingFor(accessOf(serviceFor(['ada']), 'listImages'), [inBody(userId)]), {
        code: 'forbidden',
      });
    });
  }

  for (const userId of [
    '',
    ' ',
    '\u00a0',
    '\u200b\u00ad',
    null,
    ' ada',
    'ada ',
    '\u3000ada',
    'zo\ufffd',
    'a\tb',
    '\ud800',
  ]) {
    it(`is refused by the name of its place if a request with a credential names ${JSON.stringify(userId)}`, () => {
      for (const access of CLOSED)
        assert.throws(
          () => actingFor(access, [inHeader('ada'), inBody(userId)]),
          (error: AppError) => error.code === 'invalid-request' && error.errors[0]?.pointer === '/user_id',
        );
    });
  }

  it('is nobody if a request of open mode names an empty one, and may have outer spaces there', () => {
    for (const userId of ['', null, undefined]) assert.equal(userOf(actingFor(open, [inBody(userId)])), null);
    for (const userId of [' ', ' ada', 'ada ']) assert.equal(userOf(actingFor(open, [inBody(userId)])), userId);
    for (const userId of ['a\tb', '\ud800', 'a'.repeat(129)])
      assert.throws(() => actingFor(open, [inBody(userId)]), { code: 'invalid-request' });
  });
});

describe('a service that names no user', () => {
  const OPERATIONS = Object.keys(POLICY) as OperationId[];
  const changes = OPERATIONS.filter((operation) => {
    const rule: Row = POLICY[operation];
    return typeof rule === 'object' && ['create', 'delegate', 'change'].includes(rule.effect);
  });
  const service = serviceFor(['ada']);
  /** Both name what they are about by its id. */
  const NEEDS_NO_USER: readonly OperationId[] = ['grantParts', 'completeUpload', 'revokeViewTokens'];

  it('changes nothing but uploads that it completes and tokens that it revokes, also if it acts for one user', () => {
    assert.ok(changes.length > 15);
    for (const operation of OPERATIONS) {
      const isRefused = changes.includes(operation) && !NEEDS_NO_USER.includes(operation);
      for (const principal of [service, serviceFor('everyone')]) {
        const check = () => requireUser(accessOf(principal, operation));
        if (isRefused) assert.throws(check, { code: 'invalid-request', errors: [NO_USER] }, operation);
        else check();
        requireUser(accessOf(principal, operation, 'ada'));
      }
      for (const principal of [ADMIN, OPEN, userNamed('ada')]) requireUser(accessOf(principal, operation));
    }
  });

  it('sees no image that it would change, should a route forget to ask', () => {
    const image = {
      userId: 'ada',
      uploadedBy: null,
      token: null,
      visibility: 'private',
      status: 'ready',
      tags: [],
      externalId: null,
      id: firstIdAt(new Date()),
    } as const;
    assert.equal(maySee(accessOf(service, 'deleteImage'), image), false);
    assert.equal(maySee(accessOf(service, 'deleteImage', 'ada'), image), true);
    assert.equal(maySee(accessOf(service, 'completeUpload'), image), true);
    assert.equal(maySee(accessOf(service, 'readImage'), image), true);
    assert.equal(maySee(accessOf(ADMIN, 'deleteImage'), image), true);
  });
});

describe('the owner of an upload', () => {
  it('is the user of the request', () => assert.equal(ownerOf(ada), 'ada'));

  it('must be named', () => {
    for (const principal of [OPEN, ADMIN, serviceFor('everyone')]) {
      assert.throws(() => ownerOf(accessOf(principal, 'createUpload')), {
        code: 'invalid-request',
        errors: [NO_USER],
      });
    }
  });
});

describe('a request by an upload token', () => {
  const token = sampleToken({ userId: 'bob', mintedBy: { kind: 'key', actor: 'key-1' } });
  const uploading = accessOf(uploaderWith(token), 'createUpload');

  it('acts for the user of the token and for no other, and never for everyone', () => {
    assert.deepEqual([userOf(uploading), ownerOf(uploading), seesEveryone(uploading)], ['bob', 'bob', false]);
    assert.equal(userOf(actingFor(uploading, [inBody('bob')])), 'bob');
    assert.throws(() => actingFor(uploading, [inBody('ada')]), { code: 'forbidden' });
  });

  it('is made by the credential that minted the token', () => {
    assert.equal(actorOf(uploading), 'key-1');
    assert.deepEqual(tokenOf(uploading), token);
    assert.equal(tokenOf(ada), undefined);
  });

  it('has the Idempotency-Keys of its minter’s line of rotations, and other requests none but their user’s', () => {
    const principal = uploaderWith(token);
    assert.ok(principal.kind === 'uploader');
    assert.equal(keyspaceOf(uploading), 'key-1');
    const rotated = { ...principal, actors: ['key-3', 'key-2'], keyspace: 'key-1' } as const;
    assert.equal(keyspaceOf(accessOf(rotated, 'createUpload')), 'key-1');
    for (const other of [ada, accessOf(OPEN, 'createUpload', 'bob'), accessOf(ADMIN, 'createUpload', 'bob')])
      assert.equal(keyspaceOf(other), undefined);
  });
});

describe('a request by a view token', () => {
  const upload = sampleToken({ userId: 'bob' });
  const viewing = accessOf(viewerWith({ userId: 'bob' }), 'listImages');

  it('acts for the user of the token and for no other, and never for everyone', () => {
    assert.deepEqual([userOf(viewing), ownerOf(viewing), seesEveryone(viewing)], ['bob', 'bob', false]);
    assert.equal(userOf(actingFor(viewing, [inBody('bob')])), 'bob');
    assert.throws(() => actingFor(viewing, [inBody('ada')]), { code: 'forbidden' });
    assert.throws(() => actingFor(viewing, [inBody('')]), { code: 'invalid-request' }, 'it proves who asks');
  });

  it('uploads by the right in its token, with the Idempotency-Keys of its minter', () => {
    assert.equal(tokenOf(viewing), undefined);
    const uploading = accessOf(viewerWith({ userId: 'bob', upload }), 'createUpload');
    assert.deepEqual([tokenOf(uploading), keyspaceOf(uploading), actorOf(uploading)], [upload, KEY, KEY]);
  });

  it('alone is bound to what its token shows', () => {
    assert.deepEqual(shownTo(viewing), { originals: false, metadata: false });
    assert.deepEqual(shownTo(accessOf(viewerWith({ showsOriginals: true }), 'listImages')), {
      originals: true,
      metadata: false,
    });
    for (const other of [ada, open, accessOf(uploaderWith(), 'createUpload')]) {
      assert.deepEqual(shownTo(other), { originals: true, metadata: true });
      assert.equal(viewOf(other), undefined);
    }
  });

  it('is refused in words that say what the token lacks', () => {
    for (const [operation, terms, detail] of [
      ['createUpload', {}, /got a view token that was minted without upload/],
      ['readOriginal', {}, /expected a view token with originals; got one without/],
      ['readEvents', { onlyTags: ['sea'] }, /expected a view token without only_tags; got one with them/],
      ['linkToRender', { upload, showsOriginals: true }, /images:read; got a view token, which lists and reads ready/],
      ['deleteImage', { upload, showsOriginals: true }, /images:write; got a view token/],
    ] as const)
      assert.throws(() => requirePermission(accessOf(viewerWith(terms), operation)), { code: 'missing-scope', detail });
    assert.throws(() => requirePermission(accessOf(uploaderWith(), 'listImages')), {
      detail: /images:read; got an upload token: POST \/view-tokens mints tokens that read/,
    });
  });

  it('sees no image by an operation that is closed to it, should a route forget to ask', () => {
    const image = {
      userId: 'bob',
      uploadedBy: null,
      token: null,
      visibility: 'private',
      status: 'ready',
      tags: [],
      externalId: null,
      id: firstIdAt(new Date()),
    } as const;
    assert.equal(maySee(accessOf(viewerWith({ userId: 'bob' }), 'describeImage'), image), true);
    for (const operation of ['readOriginal', 'createLink', 'deleteImage', 'listLinks'] as const)
      assert.equal(maySee(accessOf(viewerWith({ userId: 'bob' }), operation), image), false, operation);
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
    assert.throws(() => actingFor(accessOf(userNamed('ada', []), 'deleteImage'), [inQuery('bob')]), {
      code: 'missing-scope',
    });
  });
});
