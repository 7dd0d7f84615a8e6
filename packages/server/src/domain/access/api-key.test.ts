import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hasSecret, isUseDue, kindOf, principalOf, revoked, rotated, stateOf } from './api-key.ts';
import { CREATED, issued, later, sampleKey, TERMS } from './api-keys.fixture.ts';

describe('the principal of a key', () => {
  it('is a user with an owner, a service with acts_as, an admin with its scope', () => {
    const user = sampleKey();
    const { scopes } = user;
    assert.deepEqual(principalOf(user), { kind: 'user', userId: 'ada', scopes, actors: [user.id] });
    const some = sampleKey({ actsAs: ['ada', 'bob'] });
    const users = new Set(['ada', 'bob']);
    assert.deepEqual(principalOf(some), { kind: 'service', users, scopes, actors: [some.id] });
    const every = sampleKey({ owner: null, actsAs: 'everyone' });
    assert.deepEqual(principalOf(every), { kind: 'service', users: 'everyone', scopes, actors: [every.id] });
    const prefixed = sampleKey({ actsAs: { prefixes: ['acme:'] } }); // its owner is for lists alone
    const tenant = { prefixes: ['acme:'] };
    assert.deepEqual(principalOf(prefixed), { kind: 'service', users: tenant, scopes, actors: [prefixed.id] });
    const admin = sampleKey({ actsAs: ['ada'], scopes: ['images:read', 'images:admin'] });
    assert.deepEqual(principalOf(admin), { kind: 'admin', actors: [admin.id], mayErase: false });
  });

  it('is none without owner, acts_as and the scope of admins', () => {
    assert.equal(kindOf({ ...TERMS, owner: null }), undefined);
    assert.throws(() => principalOf(sampleKey({ owner: null })), TypeError);
  });
});

describe('a rotation', () => {
  it('makes a key of the same terms, which counts as the former one', () => {
    const key = sampleKey({ expiresAt: later(10 ** 8) });
    const { successor } = rotated(key, { issued: issued(), now: later(60), overlapSeconds: 60 });
    const { id, secretHash, ...rest } = successor;
    const { id: formerId, secretHash: formerHash, ...former } = key;
    assert.deepEqual(rest, { ...former, createdAt: later(60), replaces: [formerId], keyspace: formerId });
    assert.notEqual(secretHash, formerHash);
    assert.deepEqual(principalOf(successor), {
      kind: 'user',
      userId: 'ada',
      scopes: key.scopes,
      actors: [id, formerId],
    });
  });

  it('ends the former key with the overlap, or earlier, never later', () => {
    const ends = (expiresAt: Date | null, overlapSeconds: number) =>
      rotated(sampleKey({ expiresAt }), { issued: issued(), now: CREATED, overlapSeconds }).ended.expiresAt;
    assert.deepEqual(ends(null, 60), later(60));
    assert.deepEqual(ends(later(100), 60), later(60));
    assert.deepEqual(ends(later(30), 60), later(30));
    assert.deepEqual(ends(null, 0), CREATED);
  });

  it('names the successor in the former key, also if its expiry stays', () => {
    const key = sampleKey({ expiresAt: later(30) });
    const { ended, successor } = rotated(key, { issued: issued(), now: CREATED, overlapSeconds: 60 });
    assert.deepEqual(ended, { ...key, successor: successor.id });
  });

  it('revokes a former successor that lives, and keeps the expiry from before both', () => {
    for (const expiresAt of [null, later(10 ** 8)]) {
      const key = sampleKey({ expiresAt });
      const first = rotated(key, { issued: issued(), now: later(1), overlapSeconds: 60 });
      assert.equal(first.superseded, null);
      const former = first.successor;
      const again = rotated(first.ended, { issued: issued(), now: later(2), overlapSeconds: 60, former });
      assert.deepEqual(again.superseded, { key: former, ended: revoked(former, later(2)) });
      assert.deepEqual(again.ended, { ...first.ended, successor: again.successor.id });
      assert.deepEqual([again.successor.expiresAt, again.successor.replaces], [expiresAt, [key.id]]);

      const third = { issued: issued(), now: later(3), overlapSeconds: 60, former: revoked(former, later(2)) };
      assert.equal(rotated(first.ended, third).superseded, null);
    }
  });

  it('remembers ten predecessors, and the first of all by the keyspace', () => {
    let key = sampleKey();
    const ids = [key.id];
    for (let n = 0; n < 12; n += 1) {
      key = rotated(key, { issued: issued(), now: CREATED, overlapSeconds: 0 }).successor;
      ids.unshift(key.id);
    }
    assert.deepEqual(key.replaces, ids.slice(1, 11));
    assert.equal(key.keyspace, ids.at(-1));
  });
});

describe('a key', () => {
  it('is live until the moment of its expiry', () => {
    const key = sampleKey({ expiresAt: later(60) });
    assert.equal(stateOf(key, later(59.999)), 'live');
    assert.equal(stateOf(key, later(60)), 'expired');
    assert.equal(stateOf(sampleKey(), later(10 ** 9)), 'live');
  });

  it('is revoked once, also after its expiry', () => {
    const key = revoked(sampleKey({ expiresAt: later(1) }), later(5));
    assert.equal(stateOf(key, later(6)), 'revoked');
    assert.deepEqual(revoked(key, later(99)).revokedAt, later(5));
  });

  it('has a use worth a write once an hour', () => {
    const key = sampleKey();
    assert.ok(isUseDue(key, CREATED));
    assert.ok(!isUseDue({ ...key, lastUsedAt: CREATED }, later(3_599)));
    assert.ok(isUseDue({ ...key, lastUsedAt: CREATED }, later(3_600)));
  });

  it('knows its own secret only', () => {
    const [one, other] = [sampleKey(), sampleKey()];
    assert.ok(hasSecret(one, one.secretHash));
    assert.ok(!hasSecret(one, other.secretHash));
  });
});
