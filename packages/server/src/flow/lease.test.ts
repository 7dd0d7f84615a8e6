import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hasLapsed, isLiveLease } from './lease.ts';

const NOW = new Date('2026-11-20T12:00:00.000Z');
const inMs = (milliseconds: number): Date => new Date(NOW.getTime() + milliseconds);

describe('a lease of 30 s', () => {
  it('is live until its end, unless that is over a minute ahead: then a wrong clock took it', () => {
    const cases = [
      [-1, false],
      [0, false],
      [1, true],
      [30_000, true],
      [60_000, true],
      [60_001, false],
      [86_400_000, false],
    ] as const;
    for (const [ms, isLive] of cases) assert.equal(isLiveLease(inMs(ms), NOW, 30), isLive, `${ms} ms ahead`);
  });

  it('cannot be renewed from its end on', () => {
    assert.deepEqual(
      [1, 0, -1].map((ms) => hasLapsed(inMs(ms), NOW)),
      [false, true, true],
    );
  });
});
