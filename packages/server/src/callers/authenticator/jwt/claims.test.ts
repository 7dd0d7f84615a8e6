import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { repeatsOf } from '../../../../test/repeats.ts';
import type { Principal } from '../../../domain/access/principal.ts';
import { principalOf } from './claims.ts';
import type { TokenRules } from './token-rules.ts';
import { RULES, refusedAs } from './verifier.fixture.ts';

type Claims = Readonly<Record<string, unknown>>;
const read = (claims: Claims, rules: Partial<TokenRules> = {}): Principal =>
  principalOf({ iss: 'https://issuer.example', sub: 'subject', ...claims }, { ...RULES, ...rules });
const userOf = (claims: Claims, userClaims: readonly string[] = ['user']): string | undefined => {
  const principal = read(claims, { userClaims });
  return principal.kind === 'user' ? principal.userId : undefined;
};

describe('the user of a token', () => {
  it('is its subject by default, or the value of another claim as it is', () => {
    assert.equal(userOf({}, ['sub']), 'subject');
    assert.equal(userOf({ user: 'a:b%c' }), 'a:b%c');
    assert.equal(userOf({ app: { user: { id: 'ada' } } }, ['app.user.id']), 'ada');
    assert.equal(userOf({ 'https://example.org/user.id': 'ada' }, ['https://example.org/user.id']), 'ada');
  });

  it('is made of several claims in their order, escaped', () => {
    assert.equal(userOf({ org: 'acme', user: 'ada' }, ['org', 'user']), 'acme:ada');
    assert.equal(userOf({ org: 'a:b', user: 'c%3A' }, ['org', 'user']), 'a%3Ab:c%253A');
  });

  it('is another one for any other values of the claims', () => {
    const text = fc.string({ minLength: 1, maxLength: 12, unit: fc.constantFrom('a', ':', '%', '3', 'A', '2', '5') });
    const pair = fc.tuple(text, text);
    const { count: numRuns, seed } = repeatsOf('properties');
    fc.assert(
      fc.property(pair, pair, ([org, user], [otherOrg, otherUser]) => {
        const isSame = org === otherOrg && user === otherUser;
        const ids = [
          userOf({ org, user }, ['org', 'user']),
          userOf({ org: otherOrg, user: otherUser }, ['org', 'user']),
        ];
        assert.equal(ids[0] === ids[1], isSame);
      }),
      { numRuns: numRuns * 20, seed },
    );
  });

  it('is another one for another case, Unicode form, or invisible character', () => {
    const names = ['ada', 'Ada', 'ada\u200b', '\u0430da', 'e\u0301', '\u00e9', '*'];
    assert.deepEqual(
      names.map((user) => userOf({ user })),
      names,
    );
  });

  for (const [why, user] of [
    ['is empty', ''],
    ['is blank', '\u200b'],
    ['ends with a space', 'ada '],
    ['begins with a space', ' ada'],
    ['ends with a no-break space', 'ada\u00a0'],
    ['begins with a byte order mark', '\ufeffada'],
    ['has bytes that were not UTF-8', 'zo\ufffd'],
    ['has a control character', 'ada\n'],
    ['has a NUL', 'ada\u0000'],
    ['has a lone surrogate', 'ada\ud800'],
    ['has 129 code points', 'x'.repeat(129)],
    ['has 129 code points beyond the BMP', '🌅'.repeat(129)],
    ['is a number', 7],
    ['is a boolean', true],
    ['is null', null],
    ['is a list', ['ada']],
    ['is an object', { id: 'ada' }],
  ] as const) {
    it(`is refused if it ${why}`, () => {
      assert.throws(() => userOf({ user }), refusedAs('invalid-claim'));
      assert.throws(() => userOf({ org: 'acme', user }, ['org', 'user']), refusedAs('invalid-claim'));
    });
  }

  it('may have 128 code points, the escapes of several claims included', () => {
    assert.equal(userOf({ user: '🌅'.repeat(128) }), '🌅'.repeat(128));
    assert.ok(userOf({ org: 'x'.repeat(63), user: 'x'.repeat(64) }, ['org', 'user']));
    assert.throws(
      () => userOf({ org: 'x'.repeat(64), user: 'x'.repeat(64) }, ['org', 'user']),
      refusedAs('invalid-claim'),
    );
    assert.throws(() => userOf({ org: ':'.repeat(50), user: 'ada' }, ['org', 'user']), refusedAs('invalid-claim'));
  });

  it('is refused if the claim is missing, even if every object has such a property', () => {
    for (const name of ['user', 'constructor', '__proto__', 'toString', 'app.user'])
      assert.throws(() => userOf({}, [name]), refusedAs('missing-claim'));
  });

  it('is refused if the path to the claim leads into something else than an object', () => {
    for (const app of ['text', 7, null, [{ user: 'ada' }], true])
      assert.throws(() => userOf({ app }, ['app.user']), refusedAs('invalid-claim'));
  });
});

describe('the actor of a token', () => {
  const actorOf = (claims: Claims, rules?: Partial<TokenRules>): string => {
    const principal = read(claims, rules);
    return 'actors' in principal ? principal.actors[0] : '';
  };

  it('is a fingerprint of issuer and subject, of at most 64 characters', () => {
    const actor = actorOf({ sub: 'ada@example.org' });
    assert.match(actor, /^jwt_[\w-]{43}$/);
    assert.ok(actor.length <= 64);
    assert.equal(actorOf({ sub: 'ada@example.org', jti: 'other', scope: 'images:read' }), actor);
    const others = [
      { sub: 'bob' },
      { sub: 'ada@example.org', iss: 'https://other.example' },
      { sub: 'ada@example.org', iss: undefined },
    ];
    assert.equal(new Set([actor, ...others.map((claims) => actorOf(claims))]).size, 4);
  });

  it('is of every kind of principal', () => {
    const rules = { admin: { claim: 'role', value: 'admin' }, actAsClaim: 'users' };
    const actor = actorOf({});
    assert.equal(actorOf({ role: 'admin' }, rules), actor);
    assert.equal(actorOf({ users: '*' }, rules), actor);
  });

  it('needs a subject', () => {
    assert.throws(() => read({ sub: undefined, user: 'ada' }, { userClaims: ['user'] }), refusedAs('missing-claim'));
    assert.throws(() => read({ sub: 7, user: 'ada' }, { userClaims: ['user'] }), refusedAs('invalid-claim'));
    assert.throws(() => read({ iss: ['https://issuer.example'] }), refusedAs('invalid-claim'));
  });
});

describe('a token of a backend', () => {
  const users = (value: unknown) => {
    const principal = read({ users: value }, { actAsClaim: 'users' });
    return principal.kind === 'service' ? principal.users : principal.kind;
  };

  it('acts for the listed users, or for everyone', () => {
    assert.deepEqual(users(['ada', 'bob']), new Set(['ada', 'bob']));
    assert.deepEqual(users('ada'), new Set(['ada']));
    for (const everyone of ['*', ['*']]) assert.equal(users(everyone), 'everyone');
    assert.ok(users(Array.from({ length: 100 }, (_, index) => `user-${index}`)));
  });

  it('acts for users by prefix', () => {
    const rules = { actAsClaim: 'users', actAsPrefixesClaim: 'tenants', admin: { claim: 'role', value: 'admin' } };
    const usersOf = (claims: Claims) => {
      const principal = read(claims, rules);
      return principal.kind === 'service' ? principal.users : principal.kind;
    };
    assert.deepEqual(usersOf({ tenants: ['acme:', 'acme:', 'zo\u00eb'] }), { prefixes: ['acme:', 'zo\u00eb'] });
    assert.deepEqual(usersOf({ tenants: 'acme:' }), { prefixes: ['acme:'] });
    assert.equal(usersOf({}), 'user');
    assert.equal(usersOf({ tenants: [''], role: 'admin' }), 'admin');
    const twenty = Array.from({ length: 20 }, (_, index) => `t${index}:`);
    assert.deepEqual(usersOf({ tenants: twenty }), { prefixes: twenty });
    for (const tenants of [
      '',
      '*',
      'acme:*',
      [],
      ['acme:', ''],
      [7],
      null,
      {},
      ' a',
      'a ',
      'x'.repeat(129),
      '\ud83c',
      [...twenty, 'a'],
    ])
      assert.throws(() => usersOf({ tenants }), refusedAs('invalid-claim'), JSON.stringify(tenants));
    assert.throws(() => usersOf({ tenants: 'acme:', users: 'ada' }), refusedAs('invalid-claim'));
  });

  it('is the token of a user without the claim', () => assert.equal(users(undefined), 'user'));

  it('needs no claim of a user', () => {
    const principal = read({ users: '*' }, { actAsClaim: 'users', userClaims: ['email'] });
    assert.equal(principal.kind, 'service');
  });

  for (const value of [
    [],
    ['*', 'ada'],
    [7],
    [null],
    null,
    true,
    {},
    '',
    [''],
    ['ada\n'],
    ['x'.repeat(129)],
    [['*']],
  ]) {
    it(`is refused if the claim is ${JSON.stringify(value).slice(0, 20)}`, () => {
      assert.throws(() => users(value), refusedAs('invalid-claim'));
    });
  }

  it('is refused with more than 100 users', () => {
    const many = Array.from({ length: 101 }, (_, index) => `user-${index}`);
    assert.throws(() => users(many), refusedAs('invalid-claim'));
  });
});

describe('an admin', () => {
  const admin = { claim: 'realm_access.roles', value: 'images-admin' };
  const kindOf = (claims: Claims, rule = admin) => read(claims, { admin: rule, actAsClaim: 'users' }).kind;

  it('is a token whose claim is the value, or contains it', () => {
    assert.equal(kindOf({ realm_access: { roles: ['user', 'images-admin'] } }), 'admin');
    assert.equal(kindOf({ role: 'admin' }, { claim: 'role', value: 'admin' }), 'admin');
    assert.equal(kindOf({ admin: true }, { claim: 'admin', value: 'true' }), 'admin');
    assert.equal(kindOf({ level: 3 }, { claim: 'level', value: '3' }), 'admin');
    assert.equal(kindOf({ scope: 'openid images:admin' }, { claim: 'scope', value: 'images:admin' }), 'admin');
    assert.equal(kindOf({ realm_access: { roles: ['images-admin'] }, users: ['ada'] }), 'admin');
  });

  it('is no other token', () => {
    for (const claims of [
      {},
      { realm_access: {} },
      { realm_access: { roles: [] } },
      { realm_access: { roles: ['IMAGES-ADMIN', 'images-admin '] } },
      { realm_access: { roles: 'user images-admin' } },
      { 'realm_access.roles': ['images-admin'] },
      { roles: ['images-admin'] },
    ])
      assert.equal(kindOf(claims), 'user', JSON.stringify(claims));
    assert.equal(kindOf({ admin: 'yes' }, { claim: 'admin', value: 'true' }), 'user');
    assert.equal(read({ scope: 'images:admin', permissions: ['images:admin'] }).kind, 'user');
  });

  it('is refused if the claim has a wrong type', () => {
    for (const roles of [null, {}, [null], [{}], [['images-admin']], [1]])
      assert.throws(() => kindOf({ realm_access: { roles } }), refusedAs('invalid-claim'));
    for (const access of ['roles', ['images-admin'], null, 1])
      assert.throws(() => kindOf({ realm_access: access }), refusedAs('invalid-claim'));
  });
});

describe('the scopes of a token', () => {
  const scopesOf = (claims: Claims, rules: Partial<TokenRules> = {}) => {
    const principal = read(claims, { defaultScopes: ['images:read'], ...rules });
    return principal.kind === 'user' ? principal.scopes : [];
  };

  it('are in scope, scp or permissions', () => {
    assert.deepEqual(scopesOf({ scope: 'openid images:write email' }), ['images:write']);
    assert.deepEqual(scopesOf({ scp: ['images:write', 'openid'] }), ['images:write']);
    assert.deepEqual(scopesOf({ scp: 'images:write openid' }), ['images:write']);
    assert.deepEqual(scopesOf({ permissions: ['images:upload'], scope: 'images:read' }), [
      'images:read',
      'images:upload',
    ]);
  });

  it('are the default if none of them is ours', () => {
    for (const claims of [
      {},
      { scope: '' },
      { scope: 'openid email' },
      { scp: [] },
      { scope: 'Images:write' },
      { scope: 'images:*' },
    ])
      assert.deepEqual(scopesOf(claims), ['images:read'], JSON.stringify(claims));
    assert.deepEqual(scopesOf({ scope: 'openid' }, { defaultScopes: [] }), []);
  });

  it('are ours only with the prefix, if there is one', () => {
    const rules = { scopePrefix: 'safelight/' };
    assert.deepEqual(scopesOf({ scope: 'safelight/images:write' }, rules), ['images:write']);
    assert.deepEqual(scopesOf({ scope: 'images:write other/images:write' }, rules), ['images:read']);
  });

  it('never make an admin, nor count as none', () => assert.deepEqual(scopesOf({ scope: 'images:admin' }), []));

  it('are refused if they have a wrong type', () => {
    for (const value of [null, 7, true, {}, [7], [null], [['images:read']], { 'images:read': true }])
      for (const name of ['scope', 'scp', 'permissions'])
        assert.throws(() => scopesOf({ [name]: value }), refusedAs('invalid-claim'));
  });
});
