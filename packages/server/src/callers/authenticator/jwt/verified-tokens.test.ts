import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { movingClock } from '../../../../test/services/moving-clock.ts';
import { createVerifiedTokens } from './verified-tokens.ts';

const verifiedUntil = (expiresAt: Date) => ({
  principal: { kind: 'admin' as const, mayErase: false, actors: ['jwt_1'] as const },
  keyId: 'key',
  expiresAt,
});
const IN_AN_HOUR = new Date(Date.now() + 3_600_000);

describe('a verified token', () => {
  it('counts for 60 s', () => {
    const clock = movingClock();
    const tokens = createVerifiedTokens({ clock });
    tokens.add('token', verifiedUntil(IN_AN_HOUR));
    clock.offsetMs = 59_000;
    assert.ok(tokens.get('token'));
    clock.offsetMs = 61_000;
    assert.equal(tokens.get('token'), undefined);
  });

  it('counts until it expires', () => {
    const clock = movingClock();
    const tokens = createVerifiedTokens({ clock });
    tokens.add('token', verifiedUntil(new Date(Date.now() + 30_000)));
    clock.offsetMs = 29_000;
    assert.ok(tokens.get('token'));
    clock.offsetMs = 30_001;
    assert.equal(tokens.get('token'), undefined);
    tokens.add('late', verifiedUntil(new Date(Date.now())));
    tokens.add('never', verifiedUntil(new Date(Number.NaN)));
    for (const token of ['late', 'never']) assert.equal(tokens.get(token), undefined);
  });

  it('is known by the whole token only', () => {
    const tokens = createVerifiedTokens({ clock: movingClock() });
    tokens.add('header.claims.signature', verifiedUntil(IN_AN_HOUR));
    for (const other of ['header.claims.signaturE', 'header.claims', '', 'header.claims.signature '])
      assert.equal(tokens.get(other), undefined);
  });

  it('makes room for others: the memory is bounded by the size of tokens', () => {
    const tokens = createVerifiedTokens({ clock: movingClock() });
    const named = (index: number) => `${index}`.padEnd(8_000, '.');
    for (let index = 0; index < 2_000; index += 1) tokens.add(named(index), verifiedUntil(IN_AN_HOUR));
    const kept = Array.from({ length: 2_000 }, (_, index) => index).filter((index) => tokens.get(named(index)));
    assert.ok(kept.length > 500 && kept.length * 8_000 <= 8_388_608, `${kept.length} tokens`);
    assert.ok(kept.includes(1_999) && !kept.includes(0));
  });
});
