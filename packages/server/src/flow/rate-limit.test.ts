import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createRateLimit } from './rate-limit.ts';

const HOURS_OF_BYTES = 10_000_000;

/** A limit of a kilobyte a second, by a clock that the test sets. */
function createLimit() {
  const time = { ms: 0 };
  const takeBytes = createRateLimit(1_000, () => time.ms);
  return {
    time,
    /** Whether these bytes have to wait; a wait is called off. */
    async waits(bytes: number): Promise<boolean> {
      const stopping = new AbortController();
      const taken = takeBytes(bytes, stopping.signal).then(
        () => false,
        () => true,
      );
      await nextTurn();
      stopping.abort();
      return taken;
    },
  };
}

describe('a limited rate', () => {
  it('lets bytes wait for those before them, and then go on', async () => {
    const { time, waits } = createLimit();
    assert.equal(await waits(5), false, 'too few for a pause');
    assert.equal(await waits(HOURS_OF_BYTES), true);
    assert.equal(await waits(1), true, 'the time of those before has not passed');
    time.ms = (HOURS_OF_BYTES + 6) / 2;
    assert.equal(await waits(1), true, 'half of it has');
    time.ms = HOURS_OF_BYTES + 7;
    assert.equal(await waits(1), false);
  });

  it('saves up no time in which nothing was taken', async () => {
    const { time, waits } = createLimit();
    time.ms = 10 * HOURS_OF_BYTES;
    assert.equal(await waits(HOURS_OF_BYTES), true);
  });

  it('that is none lets nothing wait', async () => {
    const takeBytes = createRateLimit(undefined, assert.fail);
    await takeBytes(Number.MAX_SAFE_INTEGER);
  });
});
