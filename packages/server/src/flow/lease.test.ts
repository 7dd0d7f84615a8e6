import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { setImmediate as settled } from 'node:timers/promises';
import { hasLapsed, isLiveLease, keepRenewing } from './lease.ts';

const NOW = new Date('2026-11-20T12:00:00.000Z');
const inMs = (milliseconds: number): Date => new Date(NOW.getTime() + milliseconds);

describe('a lease of 30 s', () => {
  it('is live until its end, unless that is more than a minute ahead, set by a wrong clock', () => {
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

  it('cannot be renewed once it has ended', () => {
    assert.deepEqual(
      [1, 0, -1].map((ms) => hasLapsed(inMs(ms), NOW)),
      [false, true, true],
    );
  });

  it('is renewed every 10 s until disposed, one renewal at a time, even after one that fails', async () => {
    mock.timers.enable({ apis: ['setInterval'] });
    try {
      const outcomes = [async () => assert.fail('the store is down'), async () => undefined];
      const slow = Promise.withResolvers<void>();
      let renewals = 0;
      const renewing = keepRenewing(30, () => {
        renewals += 1;
        return outcomes.shift()?.() ?? slow.promise;
      });
      mock.timers.tick(9_999);
      await settled();
      assert.equal(renewals, 0);
      for (const expected of [1, 2, 3, 3]) {
        mock.timers.tick(10_000);
        await settled();
        assert.equal(renewals, expected);
      }
      let isDisposed = false;
      const disposal = renewing[Symbol.asyncDispose]().then(() => {
        isDisposed = true;
      });
      await settled();
      assert.equal(isDisposed, false, 'expected disposal to wait for the running renewal');
      slow.resolve();
      await disposal;
      mock.timers.tick(60_000);
      await settled();
      assert.equal(renewals, 3);
    } finally {
      mock.timers.reset();
    }
  });
});
