import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allGates, OWNER_GATE, type PersonDecision, REPLACE_GATE, takesEarly, withDecisions } from './screening.ts';

const decided = (verdict: 'pass' | 'refuse', n = 0): PersonDecision => ({
  gate: 'review',
  by: 'person',
  actor: 'moderator',
  sha256: String(n).padStart(64, '0'),
  verdict,
  at: new Date(n),
  reason: null,
  privateReason: null,
});
const many = (verdict: 'pass' | 'refuse', count: number) =>
  Array.from({ length: count }, (_, n) => decided(verdict, n));

describe('the decisions of a record', () => {
  it('are at most 50, of which the oldest passes go first', () => {
    const [oldest, ...others] = many('pass', 49);
    const refusal = decided('refuse', 49);
    const added = [decided('pass', 50), decided('refuse', 51)];
    const kept = withDecisions([oldest ?? refusal, refusal, ...others], added);
    assert.deepEqual(kept, [refusal, ...others.slice(1), ...added].slice(-50));
    assert.equal(kept.length, 50);
    assert.equal(withDecisions(many('refuse', 50), added).length, 50);
  });

  it('about a pending image have a place for a pass up to the 50th, and for a refusal in place of a pass', () => {
    for (const verdict of ['pass', 'refuse'] as const) {
      assert.equal(takesEarly(many('refuse', 49), decided(verdict)), true, verdict);
      assert.equal(takesEarly(many('refuse', 50), decided(verdict)), false, verdict);
    }
    const mixed = [...many('refuse', 49), decided('pass')];
    assert.deepEqual([takesEarly(mixed, decided('pass')), takesEarly(mixed, decided('refuse'))], [false, true]);
  });
});

describe('the gates of a record', () => {
  it('are each there once, and reserved ones last, in their own order', () => {
    const gates = allGates([REPLACE_GATE, 'scan', OWNER_GATE], [OWNER_GATE, 'review', 'scan'], [REPLACE_GATE]);
    assert.deepEqual(gates, ['scan', 'review', OWNER_GATE, REPLACE_GATE]);
  });
});
