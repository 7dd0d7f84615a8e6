import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createdAt, firstIdAt } from '../image/image-id.ts';
import { lacksUser, type OperationId, type Owned, POLICY, type Row, type Rule, refusalOf, scopeOf } from './policy.ts';
import { type Principal, SCOPES, type Scope } from './principal.ts';
import { ADMIN, accessOf, LINK, OPEN, serviceFor, serviceForPrefixes, userNamed } from './principals.fixture.ts';
import type { FixedFields } from './upload-token.ts';
import { sampleToken } from './upload-tokens.fixture.ts';
import type { ViewToken } from './view-token.ts';
import { viewerWith } from './view-tokens.fixture.ts';

const OPERATIONS = Object.keys(POLICY) as OperationId[];
const ruleOf = (operation: OperationId): Row => POLICY[operation];
const isAdministered = (operation: OperationId): boolean => {
  const rule = ruleOf(operation);
  return typeof rule !== 'string' && rule.effect === 'administer';
};
const ADMINISTERED = OPERATIONS.filter(isAdministered);
const ERASING = [
  'deleteUser',
  'describeDeletion',
  'exportUser',
  'describeExport',
] as const satisfies readonly OperationId[];
/** Those about images. */
const GUARDED = OPERATIONS.filter(
  (one) => typeof ruleOf(one) !== 'string' && !isAdministered(one) && !ERASING.some((erasing) => erasing === one),
);

const EVERY_OTHER = SCOPES.filter((scope) => scope !== 'users:erase');

const of = (userId: string, uploadedBy: string | null = null): Owned => ({
  userId,
  uploadedBy,
  token: null,
  visibility: 'private',
  status: 'ready',
  tags: [],
  externalId: null,
  id: firstIdAt(new Date('2026-11-22T12:00:00Z')),
});
/** Another view token than the sample. */
const BY_PAGE = { id: 'vx7Zt0cJ4nXW9sYdB2uLk3A', maxBytes: null };

const effectOf = (operation: OperationId): Rule['effect'] => {
  const rule = ruleOf(operation);
  assert.ok(typeof rule !== 'string');
  return rule.effect;
};

const needsCredential = (operation: OperationId): boolean => {
  const rule = ruleOf(operation);
  return typeof rule !== 'string' && rule.needsCredential === true;
};

const ANONYMOUS: Principal = { kind: 'anonymous' };

describe('a public operation', () => {
  it('is open to every principal', () => {
    for (const principal of [OPEN, ANONYMOUS, userNamed('ada', [])])
      assert.equal(refusalOf(accessOf(principal, 'checkHealth')), undefined);
  });
});

describe('the holder of a signed URL', () => {
  it('may do what the URL says, and nothing else', () => {
    assert.equal(refusalOf(accessOf(LINK, 'renderImage'), of('ada')), undefined);
    assert.equal(refusalOf(accessOf(LINK, 'openLink'), of('ada')), undefined);
    assert.equal(refusalOf(accessOf(LINK, 'readRendition'), of('ada')), undefined);
    for (const operation of [...GUARDED, ...ADMINISTERED].filter((one) => one !== 'readRendition'))
      assert.equal(refusalOf(accessOf(LINK, operation)), 'missing-scope', operation);
  });
});

describe('a caller without a credential', () => {
  it('sees the presets of images that are public and ready, and nothing else', () => {
    const ofImage = (image: Partial<Owned>): Owned => ({ ...of('ada'), ...image });
    const anonymous = accessOf(ANONYMOUS, 'readRendition');
    assert.equal(refusalOf(anonymous, ofImage({ visibility: 'public' })), undefined);
    assert.equal(refusalOf(anonymous, ofImage({ visibility: 'private' })), 'hidden');
    for (const status of ['pending', 'trashed', 'rejected', 'expired', 'deleted'] as const)
      assert.equal(refusalOf(anonymous, ofImage({ visibility: 'public', status })), 'hidden', status);
    for (const operation of [...GUARDED, ...ADMINISTERED].filter((one) => one !== 'readRendition'))
      assert.equal(refusalOf(accessOf(ANONYMOUS, operation), ofImage({ visibility: 'public' })), 'missing-scope');
    for (const operation of ['renderImage', 'openLink'] as const)
      assert.equal(refusalOf(accessOf(ANONYMOUS, operation)), 'missing-scope');
  });
});

describe('the holder of an upload token', () => {
  const token = sampleToken({ userId: 'ada', mintedBy: { kind: 'key', actor: 'key-1' } });
  const uploader = { kind: 'uploader', token, actors: ['key-1', 'key-0'], keyspace: 'key-0' } as const;
  const PERMITTED = [
    'createUpload',
    'uploadImage',
    'upload',
    'grantUploads',
    'describeImage',
    'grantParts',
    'completeUpload',
  ];

  it('uploads for its user, and finds what tokens of its minter, and of the keys that this one replaces, uploaded for it', () => {
    for (const operation of GUARDED) {
      const access = accessOf(uploader, operation);
      assert.equal(refusalOf(access), PERMITTED.includes(operation) ? undefined : 'missing-scope', operation);
      if (!PERMITTED.includes(operation)) continue;
      assert.equal(refusalOf({ ...access, named: 'ada' }), undefined);
      assert.equal(refusalOf({ ...access, named: 'bob' }), 'foreign-user');
    }
    for (const operation of ['describeImage', 'grantParts', 'completeUpload'] as const) {
      const access = accessOf(uploader, operation);
      for (const [id, by] of [
        [token.id, 'key-1'],
        ['another', 'key-1'],
        ['another', 'key-0'],
      ] as const) {
        const marked = { ...of('ada', by), token: { id, maxBytes: null } };
        assert.equal(refusalOf(access, marked), undefined);
        assert.equal(refusalOf(access, { ...marked, userId: 'bob' }), 'hidden');
        assert.equal(refusalOf(access, { ...marked, token: null }), 'hidden', 'of the same key, without a token');
        for (const other of ['key-2', null])
          assert.equal(refusalOf(access, { ...marked, uploadedBy: other }), 'hidden', 'of another minter');
      }
    }
  });

  it('replaces the bytes of the image that the token fixes, by its id or its external id, and of no other', () => {
    const avatar: Owned = { ...of('ada', 'someone'), externalId: 'avatar' };
    const other = firstIdAt(new Date('2026-11-23T12:00:00Z'));
    const asked = (fixed: FixedFields, image?: Owned, operation: OperationId = 'replaceContent') =>
      refusalOf(accessOf({ ...uploader, token: { ...token, fixed } }, operation), image);
    const byId = { replaces: avatar.id };
    const byExternalId = { externalId: 'avatar', ifExists: 'replace' } as const;
    for (const fixed of [byId, byExternalId]) {
      assert.equal(asked(fixed), undefined);
      assert.equal(asked(fixed, avatar), undefined);
      assert.equal(asked(fixed, { ...avatar, userId: 'bob' }), 'hidden', 'of another user');
      assert.equal(asked(fixed, { ...avatar, id: other, externalId: 'Avatar' }), 'hidden', 'in another case');
      const own = { ...of('ada', 'key-1'), id: other, token: { id: token.id, maxBytes: null } };
      assert.equal(asked(fixed, own), 'hidden', 'what the token uploaded');
      for (const operation of GUARDED.filter((one) => !PERMITTED.includes(one) && one !== 'replaceContent'))
        assert.equal(asked(fixed, avatar, operation), 'missing-scope', operation);
      for (const operation of ['describeImage', 'grantParts', 'completeUpload'] as const)
        assert.equal(asked(fixed, avatar, operation), 'hidden', operation);
    }
    assert.equal(asked(byId, { ...avatar, externalId: null }), undefined);
    assert.equal(asked(byId, { ...avatar, id: other }), 'hidden', 'the external id has moved');
    assert.equal(asked(byExternalId, { ...avatar, id: other }), undefined, 'the external id has moved');
    assert.equal(asked(byExternalId, { ...avatar, externalId: null }), 'hidden');
    const byGuest = { tags: [], metadata: {}, visibility: 'private' } as const;
    for (const fixed of [{}, { externalId: 'avatar' }, { ifExists: 'replace' }, { tags: ['a'] }, byGuest] as const) {
      assert.equal(asked(fixed), 'missing-scope');
      assert.equal(asked(fixed, avatar), 'missing-scope');
      assert.equal(asked(fixed, { ...avatar, externalId: null }), 'missing-scope');
    }
    const viewer = viewerWith({ upload: { ...token, fixed: byId } });
    assert.equal(refusalOf(accessOf(viewer, 'replaceContent'), avatar), 'missing-scope', 'of a view token');
  });

  it('administers nothing, and opens no URL that needs a signature', () => {
    for (const operation of [...ADMINISTERED, 'renderImage', 'openLink'] as const)
      assert.equal(refusalOf(accessOf(uploader, operation)), 'missing-scope', operation);
  });
});

describe('the holder of a view token', () => {
  const seen = (terms: Partial<ViewToken> = {}) => viewerWith({ userId: 'ada', ...terms });
  const UPLOAD = sampleToken({ userId: 'ada' });
  const NEEDED: Partial<Record<OperationId, 'nothing' | 'every image' | 'originals' | 'upload'>> = {
    listImages: 'nothing',
    describeImage: 'nothing',
    readRendition: 'nothing',
    listMonths: 'every image',
    readEvents: 'every image',
    readImage: 'originals',
    readOriginal: 'originals',
    downloadImage: 'originals',
    createUpload: 'upload',
    uploadImage: 'upload',
    upload: 'upload',
    grantUploads: 'upload',
    grantParts: 'upload',
    completeUpload: 'upload',
  };
  const flags = [false, true];
  const TOKENS = flags.flatMap((tags) =>
    flags.flatMap((originals) => flags.map((upload) => ({ tags, originals, upload }))),
  );

  for (const operation of OPERATIONS.filter((one) => typeof ruleOf(one) !== 'string'))
    it(`${operation}: needs ${NEEDED[operation] ?? 'another credential'}`, () => {
      for (const { tags, originals, upload } of TOKENS) {
        const viewer = seen({
          onlyTags: tags ? ['sea'] : [],
          showsOriginals: originals,
          showsMetadata: true,
          upload: upload ? UPLOAD : null,
        });
        const needed = NEEDED[operation];
        const isOpen = { nothing: true, 'every image': !tags, originals, upload };
        const expected = needed !== undefined && isOpen[needed] ? undefined : 'missing-scope';
        for (const named of [null, 'ada'])
          assert.equal(
            refusalOf(accessOf(viewer, operation, named)),
            expected,
            JSON.stringify({ tags, originals, upload }),
          );
        assert.equal(refusalOf(accessOf(viewer, operation, 'bob')), expected ?? 'foreign-user');
        assert.equal(refusalOf(accessOf(viewer, operation), of('bob')), expected ?? 'hidden');
      }
    });

  it('opens no URL that needs a signature, and may ask who it is', () => {
    for (const operation of ['renderImage', 'openLink'] as const)
      assert.equal(refusalOf(accessOf(seen({ showsOriginals: true, upload: UPLOAD }), operation)), 'missing-scope');
    assert.equal(refusalOf(accessOf(seen(), 'describeCaller')), undefined);
  });

  it('sees ready images of its user that have all of its tags, and no others', () => {
    const tagged = accessOf(seen({ onlyTags: ['sea', 'sun'] }), 'describeImage');
    const image = (tags: readonly string[], more: Partial<Owned> = {}): Owned => ({ ...of('ada'), tags, ...more });
    assert.equal(refusalOf(tagged, image(['sun', 'x', 'sea'])), undefined);
    for (const tags of [[], ['sea'], ['sun', 'Sea'], ['sea', 'sun '], ['seasun']])
      assert.equal(refusalOf(tagged, image(tags)), 'hidden', tags.join());
    assert.equal(refusalOf(tagged, image(['sea', 'sun'], { userId: 'bob' })), 'hidden');
    for (const status of ['pending', 'held', 'rejected', 'expired', 'trashed', 'deleted'] as const)
      for (const operation of ['describeImage', 'readRendition', 'readOriginal'] as const)
        assert.equal(
          refusalOf(accessOf(seen({ showsOriginals: true }), operation), image([], { status })),
          'hidden',
          `${operation} ${status}`,
        );
  });

  it('describes what view tokens of its minter uploaded for its user, only with upload and within its tags', () => {
    const minter = seen().kind === 'viewer' ? UPLOAD.mintedBy.actor : '';
    const held: Owned = { ...of('ada', minter), token: BY_PAGE, status: 'held', tags: ['sea'] };
    const asked = (terms: Partial<ViewToken>, image: Owned, operation: OperationId = 'describeImage') =>
      refusalOf(accessOf(seen({ upload: UPLOAD, ...terms }), operation), image);
    assert.equal(asked({}, held), undefined);
    assert.equal(asked({}, held, 'completeUpload'), undefined);
    assert.equal(asked({ upload: null }, held), 'hidden');
    assert.equal(asked({ onlyTags: ['sun'] }, held), 'hidden');
    assert.equal(asked({ onlyTags: ['sea'] }, held), undefined);
    assert.equal(asked({}, { ...held, token: null }), 'hidden', 'of the key itself');
    assert.equal(
      asked({}, { ...held, token: { ...BY_PAGE, id: BY_PAGE.id.slice(1) } }),
      'hidden',
      'of an upload token',
    );
    const issuedAt = (msLater: number) => ({ issuedAt: new Date(createdAt(held.id).getTime() + msLater) });
    assert.equal(asked(issuedAt(86_399_999), held), undefined);
    assert.equal(asked(issuedAt(86_400_000), held), 'hidden', 'of a token that ended before');
    assert.equal(asked({}, { ...held, uploadedBy: 'key-2' }), 'hidden', 'of another minter');
    assert.equal(asked({}, { ...held, userId: 'bob' }), 'hidden');
    assert.equal(asked({}, held, 'readRendition'), 'hidden');
    for (const status of ['rejected', 'expired'] as const) {
      const ended: Owned = { ...held, status, tags: [] };
      assert.equal(asked({ onlyTags: ['sea'] }, ended), undefined, 'an ended upload has lost its tags');
      assert.equal(asked({ onlyTags: ['sea'] }, { ...ended, uploadedBy: 'key-2' }), 'hidden');
      assert.equal(asked({ onlyTags: ['sea'] }, { ...ended, userId: 'bob' }), 'hidden');
    }
    assert.equal(asked({}, { ...of('ada'), status: 'ready' }, 'completeUpload'), 'hidden', 'of nobody');
  });
});

describe('every guarded operation', () => {
  for (const operation of GUARDED) {
    it(`${operation}: an owner passes; another user's image is hidden`, () => {
      const ada = accessOf(userNamed('ada'), operation);
      assert.equal(refusalOf(ada), undefined);
      assert.equal(refusalOf(ada, of('ada')), undefined);
      for (const other of ['bob', 'Ada', 'ada ', '']) assert.equal(refusalOf(ada, of(other)), 'hidden');
      assert.equal(refusalOf({ ...ada, named: 'bob' }), 'foreign-user');
    });

    it(`${operation}: a service passes for its users; images of others are hidden`, () => {
      const service = accessOf(serviceFor(['ada', 'bob']), operation);
      assert.equal(refusalOf(service), undefined);
      assert.equal(refusalOf(service, of('bob')), lacksUser(service) ? 'hidden' : undefined);
      assert.equal(refusalOf({ ...service, named: 'bob' }, of('bob')), undefined);
      assert.equal(refusalOf(service, of('eve')), 'hidden');
      assert.equal(refusalOf({ ...service, named: 'ada' }, of('bob')), 'hidden');
      assert.equal(refusalOf({ ...service, named: 'eve' }), 'foreign-user');
    });

    it(`${operation}: a service by prefix passes for users whose ids begin so, code point by code point`, () => {
      const service = accessOf(serviceForPrefixes(['acme:', 'zo\u00eb']), operation);
      assert.equal(refusalOf(service), undefined);
      for (const user of ['acme:', 'acme:ada', 'acme:\u00e9', 'zo\u00eb', 'zo\u00eb\u0301']) {
        assert.equal(refusalOf(service, of(user)), lacksUser(service) ? 'hidden' : undefined, user);
        assert.equal(refusalOf({ ...service, named: user }, of(user)), undefined, user);
        assert.equal(refusalOf({ ...service, named: 'acme:eve' }, of(user)), 'hidden', user);
      }
      for (const user of ['', 'a', 'acme', 'acme2', 'Acme:ada', 'ACME:', ' acme:ada', 'acme\uff1aada', 'zoe\u0308']) {
        assert.equal(refusalOf(service, of(user)), 'hidden', user);
        assert.equal(refusalOf({ ...service, named: user }), 'foreign-user', user);
      }
    });

    it(`${operation}: an admin and a service for everyone pass for all images, or for those of the user they name`, () => {
      for (const principal of [ADMIN, serviceFor('everyone')]) {
        const unnamed = accessOf(principal, operation);
        assert.equal(refusalOf(unnamed, of('bob')), lacksUser(unnamed) ? 'hidden' : undefined);
        assert.equal(refusalOf(accessOf(principal, operation, 'bob'), of('bob')), undefined);
        assert.equal(refusalOf(accessOf(principal, operation, 'ada'), of('bob')), 'hidden');
      }
    });

    it(`${operation}: in open mode a named user sees all images, and changes only its own`, () => {
      const expected = effectOf(operation) === 'change' ? 'not-owner' : undefined;
      if (needsCredential(operation))
        return assert.equal(refusalOf(accessOf(OPEN, operation, 'bob'), of('bob')), 'open');
      assert.equal(refusalOf(accessOf(OPEN, operation, 'ada'), of('bob')), expected);
      assert.equal(refusalOf(accessOf(OPEN, operation, 'bob'), of('bob')), undefined);
      assert.equal(refusalOf(accessOf(OPEN, operation), of('bob')), undefined);
    });

    it(`${operation}: needs its scope`, () => {
      const none = accessOf(userNamed('ada', []), operation);
      assert.equal(refusalOf(none), 'missing-scope');
      assert.equal(refusalOf({ ...none, named: 'bob' }, of('bob')), 'missing-scope');
    });
  }
});

describe('every operation on the service itself', () => {
  for (const operation of ADMINISTERED.filter((one) => scopeOf(one) === 'images:admin')) {
    it(`${operation}: an admin passes, for any user that it names; users and services don't, whatever their scopes`, () => {
      for (const named of [null, 'ada']) assert.equal(refusalOf(accessOf(ADMIN, operation, named)), undefined);
      const prefixed = serviceForPrefixes(['a', 'b']);
      for (const principal of [userNamed('ada'), serviceFor(['ada']), prefixed, serviceFor('everyone')])
        for (const named of [null, 'ada', 'bob'])
          assert.equal(refusalOf(accessOf(principal, operation, named)), 'missing-scope');
    });
  }

  for (const operation of ADMINISTERED.filter((one) => scopeOf(one) === 'images:moderate')) {
    it(`${operation}: an admin passes, and a service for everyone with images:moderate; nobody else`, () => {
      const moderator = { ...serviceFor('everyone'), scopes: ['images:moderate'] as const };
      for (const named of [null, 'ada'])
        for (const principal of [ADMIN, moderator])
          assert.equal(refusalOf(accessOf(principal, operation, named), of('ada')), undefined);
      const all = ['images:read', 'images:write', 'images:moderate'] as const;
      const services = [serviceFor(['ada']), serviceForPrefixes(['a', 'b'])].map((one) => ({ ...one, scopes: all }));
      for (const principal of [userNamed('ada', all), ...services])
        for (const named of [null, 'ada', 'bob'])
          assert.equal(refusalOf(accessOf(principal, operation, named)), 'missing-scope');
      const without = { ...serviceFor('everyone'), scopes: ['images:read', 'images:write'] as const };
      assert.equal(refusalOf(accessOf(without, operation)), 'missing-scope');
    });
  }
});

describe('every operation on all that is known of a user', () => {
  const mayErase: Principal = { kind: 'admin', actors: ['key-admin'], mayErase: true };
  for (const operation of ERASING) {
    it(`${operation}: an admin passes whose key names the scope, and a service with it for the users that it acts for`, () => {
      assert.equal(refusalOf(accessOf(mayErase, operation, 'ada')), undefined);
      assert.equal(refusalOf(accessOf(ADMIN, operation, 'ada')), 'missing-scope');
      for (const users of ['everyone', ['ada', 'bob']] as const) {
        const service = serviceFor(users, ['users:erase']);
        const without = serviceFor(users, EVERY_OTHER);
        assert.equal(refusalOf(accessOf(service, operation, 'bob')), undefined);
        assert.equal(refusalOf(accessOf(service, operation, 'eve')), users === 'everyone' ? undefined : 'foreign-user');
        assert.equal(refusalOf(accessOf(without, operation, 'bob')), 'missing-scope');
      }
    });

    it(`${operation}: nobody else passes, whatever a credential says; in open mode it is closed`, () => {
      assert.equal(refusalOf(accessOf(OPEN, operation, 'ada')), 'open');
      const user = userNamed('ada', ['users:erase', ...EVERY_OTHER]);
      const upload = sampleToken();
      const uploader: Principal = { kind: 'uploader', token: upload, actors: ['key-1'], keyspace: 'key-1' };
      const viewer = viewerWith({ upload });
      for (const principal of [user, uploader, viewer, LINK, ANONYMOUS])
        for (const named of [null, 'ada'])
          assert.equal(refusalOf(accessOf(principal, operation, named)), 'missing-scope');
    });
  }
});

describe('a scope', () => {
  const permitted = (scope: Scope): OperationId[] =>
    GUARDED.filter((operation) => refusalOf(accessOf(userNamed('ada', [scope]), operation)) === undefined);

  it('images:read permits what only reads', () => {
    const reads = GUARDED.filter((operation) => ['read', 'list'].includes(effectOf(operation)));
    const delegates = GUARDED.filter((one) => effectOf(one) === 'delegate' && scopeOf(one) === 'images:read');
    assert.deepEqual(new Set(permitted('images:read')), new Set([...reads, ...delegates]));
    assert.deepEqual(delegates, ['createViewToken', 'revokeViewTokens']);
  });

  it('images:upload permits uploads and tokens for them, and the state and completion of its own', () => {
    const creations = GUARDED.filter((operation) => effectOf(operation) === 'create');
    const uploads = creations.filter((operation) => operation !== 'createAlbum').concat('createUploadToken');
    assert.deepEqual(
      new Set(permitted('images:upload')),
      new Set([...uploads, 'describeImage', 'grantParts', 'completeUpload']),
    );
  });

  it('images:write permits changes and uploads, and the state of its own uploads', () => {
    const changes = GUARDED.filter((operation) => ['create', 'change'].includes(effectOf(operation))).concat(
      'createUploadToken',
    );
    assert.deepEqual(new Set(permitted('images:write')), new Set([...changes, 'describeImage']));
  });

  it('images:upload finds the images that the same credential uploaded, and no others of its user', () => {
    for (const operation of ['describeImage', 'grantParts', 'completeUpload'] as const) {
      const uploader = accessOf(
        { kind: 'user', userId: 'ada', scopes: ['images:upload'], actors: ['key-2', 'key-1'] },
        operation,
      );
      for (const by of ['key-1', 'key-2']) assert.equal(refusalOf(uploader, of('ada', by)), undefined);
      for (const by of ['key-3', null]) assert.equal(refusalOf(uploader, of('ada', by)), 'hidden');
      assert.equal(refusalOf(uploader, of('bob', 'key-1')), 'hidden');
    }
  });
});
