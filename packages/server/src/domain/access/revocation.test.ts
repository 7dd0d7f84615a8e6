import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isRevoked, issuedAfter, type RevokedTokens, revocationOf } from './revocation.ts';

const NOW = new Date('2026-01-01T00:00:00Z');
const later = (milliseconds: number): Date => new Date(NOW.getTime() + milliseconds);
const tokenOf = (userId: string, id: string, issuedMs = 0) => ({ userId, id, issuedAt: later(issuedMs) });
const isEnded = (token: ReturnType<typeof tokenOf>, tokens: RevokedTokens): boolean =>
  isRevoked(token, [revocationOf(tokens, NOW)]);

describe('a revocation', () => {
  it("of all of a user's tokens ends those that were issued until two seconds later, and no later one", () => {
    const ofAda = { userId: 'ada', tokenId: null } as const;
    for (const issuedMs of [-86_400_000, 0, 1_999, 2_000]) assert.ok(isEnded(tokenOf('ada', 'v1', issuedMs), ofAda));
    assert.ok(!isEnded(tokenOf('ada', 'v1', 2_001), ofAda));
    assert.ok(!isEnded(tokenOf('bob', 'v1'), ofAda));
  });

  it('of a token ends it whenever it was issued, and no other one', () => {
    for (const userId of ['ada', null]) {
      const first = { userId, tokenId: 'v1' };
      for (const issuedMs of [0, 2_001, 60_000]) assert.ok(isEnded(tokenOf('ada', 'v1', issuedMs), first));
      assert.ok(!isEnded(tokenOf('ada', 'v2'), first));
    }
  });

  it("of a token for a user doesn't end another user's token, and that of its id does", () => {
    assert.ok(!isEnded(tokenOf('bob', 'v1'), { userId: 'ada', tokenId: 'v1' }));
    assert.ok(isEnded(tokenOf('bob', 'v1'), { userId: null, tokenId: 'v1' }));
  });

  it('is one of several: each counts', () => {
    const revocations = [
      revocationOf({ userId: 'ada', tokenId: null }, later(-60_000)),
      revocationOf({ userId: null, tokenId: 'v1' }, NOW),
    ];
    assert.ok(isRevoked(tokenOf('ada', 'v1'), revocations));
    assert.ok(isRevoked(tokenOf('ada', 'v2', -60_000), revocations));
    assert.ok(!isRevoked(tokenOf('ada', 'v2'), revocations));
    assert.ok(!isRevoked(tokenOf('ada', 'v2'), []));
  });

  it('is kept for a day longer than the longest token of that moment lives', () => {
    const { notBefore, forgetAt } = revocationOf({ userId: 'ada', tokenId: null }, NOW);
    assert.deepEqual(notBefore, later(2_000));
    assert.deepEqual(forgetAt, later(2_000 + 2 * 86_400_000));
  });
});

describe('a token that is minted', () => {
  const revocation = revocationOf({ userId: 'ada', tokenId: null }, NOW);

  it('at once after a revocation is not ended by it', () => {
    const issuedAt = issuedAfter(revocation, later(1));
    assert.deepEqual(issuedAt, later(2_001));
    assert.ok(!isRevoked({ ...tokenOf('ada', 'v1'), issuedAt }, [revocation]));
  });

  it('later, or without a revocation, is issued now', () => {
    assert.deepEqual(issuedAfter(revocation, later(60_000)), later(60_000));
    assert.deepEqual(issuedAfter(undefined, NOW), NOW);
  });
});
