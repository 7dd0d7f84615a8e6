import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ActorId } from './actor-id.ts';
import { type Payer, payerAt, payerOf, payerOfImage, payerOfUpload, UNKNOWN_PAYER } from './payer.ts';
import type { Principal } from './principal.ts';
import { LINK } from './principals.fixture.ts';
import { viewerWith } from './view-tokens.fixture.ts';

const NETWORK = '192.0.2.1';
const actors = ['key_1' as ActorId] as const;
const textOf = ({ account, member }: Payer): string => `${account}, ${member || 'nobody'}`;
const of = (principal: Principal, named: string | null = null): string =>
  textOf(payerOf({ principal, named }, NETWORK));

describe('the payer of a request', () => {
  const service: Principal = { kind: 'service', users: 'everyone', scopes: [], actors };

  it('is the principal', () => {
    assert.equal(of({ kind: 'user', userId: 'ada', scopes: [], actors }), 'user ada, nobody');
    assert.equal(of(service, 'ada'), 'credential key_1, ada');
    assert.equal(of(service), 'credential key_1, nobody');
    assert.equal(of({ kind: 'admin', actors, mayErase: false }, 'ada'), 'credential key_1, nobody');
  });

  it('is one for all view tokens of a user, apart from the user, whose streams a copied token would displace', () => {
    assert.equal(of(viewerWith()), 'views of user ada, nobody');
    assert.equal(of(viewerWith({ id: 'two' }), 'ada'), 'views of user ada, nobody');
  });

  it('is the address of a caller that proves nothing, and in open mode then the user that it names', () => {
    assert.equal(of(LINK), 'address 192.0.2.1, nobody');
    assert.equal(of({ kind: 'anonymous' }), 'address 192.0.2.1, nobody');
    assert.equal(of({ kind: 'open' }, 'ada'), 'address 192.0.2.1, ada');
  });

  it('is never the same for a user, a credential and an address of one name', () => {
    const user = payerOf({ principal: { kind: 'user', userId: 'key_1', scopes: [], actors }, named: null }, NETWORK);
    const accounts = [user, payerOf({ principal: service, named: null }, NETWORK), payerAt('key_1', '')];
    assert.equal(new Set(accounts.map(({ account }) => account)).size, 3);
  });
});

describe('the payer of work on an image', () => {
  const service = payerOf(
    { principal: { kind: 'service', users: 'everyone', scopes: [], actors }, named: null },
    NETWORK,
  );

  it('that is an upload is its owner, if a credential proved who that is', () => {
    const upload = { userId: 'ada', uploadedBy: 'key_1' as ActorId };
    for (const caller of [service, payerAt(NETWORK, 'bob'), UNKNOWN_PAYER])
      assert.equal(textOf(payerOfUpload(upload, caller)), 'user ada, nobody');
  });

  it('that is an upload of an open service is the caller’s address, then its owner', () => {
    const upload = { userId: 'ada', uploadedBy: null };
    assert.equal(textOf(payerOfUpload(upload, payerAt(NETWORK, 'bob'))), 'address 192.0.2.1, ada');
    assert.equal(textOf(payerOfUpload(upload, service)), 'credential key_1, nobody');
  });

  it('that exists is the caller', () => {
    assert.equal(textOf(payerOfImage({ userId: 'ada' }, service)), 'credential key_1, nobody');
    assert.equal(textOf(payerOfImage({ userId: 'ada' }, payerAt(NETWORK, ''))), 'address 192.0.2.1, ada');
  });
});
