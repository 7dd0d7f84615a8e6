import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createPace } from './pace.ts';

const MB = 1_048_576;

/** Sends parts of 1 MB over a line that carries `bytesPerMs`, of which one connection gets `most`. */
function line({ bytesPerMs, most }: { readonly bytesPerMs: number; readonly most: number }) {
  let now = 0;
  const pace = createPace(() => now);
  const { signal } = new AbortController();
  return {
    pace,
    async send(rounds: number): Promise<void> {
      for (let round = 0; round < rounds; round += 1) {
        const count = pace.limit();
        for (let part = 0; part < count; part += 1) await pace.enter(signal);
        now += MB / Math.min(bytesPerMs / count, most);
        for (let part = 0; part < count; part += 1) {
          pace.arrived(MB);
          pace.leave();
        }
      }
    },
  };
}

describe('how many parts are sent at once', () => {
  it('grows to six while more move more', async () => {
    const { pace, send } = line({ bytesPerMs: 100_000, most: 1_000 });
    assert.equal(pace.limit(), 3);
    await send(40);
    assert.equal(pace.limit(), 6);
    assert.ok(Math.abs((pace.rate() ?? 0) - 6_000_000) < 1, `${pace.rate()}`);
  });

  it('stays where more at once move nothing more', async () => {
    const { pace, send } = line({ bytesPerMs: 1_000, most: 1_000 });
    await send(40);
    assert.ok(pace.limit() <= 4, `${pace.limit()}`);
    assert.ok(Math.abs((pace.rate() ?? 0) - 1_000_000) < 1, `${pace.rate()}`);
  });

  it('halves with each failure down to one, and grows again', async () => {
    const { pace, send } = line({ bytesPerMs: 100_000, most: 1_000 });
    pace.failed();
    pace.failed();
    assert.equal(pace.limit(), 1);
    await send(40);
    assert.equal(pace.limit(), 6);
    pace.failed();
    assert.equal(pace.limit(), 3);
  });

  it('makes others wait, in their order, and forgets those that give up', async () => {
    const pace = createPace(() => 0);
    const entered: string[] = [];
    const stop = new AbortController();
    const { signal } = new AbortController();
    for (const name of ['a', 'b', 'c', 'd']) void pace.enter(signal).then(() => entered.push(name));
    const given = assert.rejects(pace.enter(stop.signal), { code: 'aborted' });
    void pace.enter(signal).then(() => entered.push('f'));
    await Promise.resolve();
    assert.deepEqual(entered, ['a', 'b', 'c']);
    stop.abort();
    await given;
    await assert.rejects(pace.enter(stop.signal), { code: 'aborted' });
    pace.leave();
    pace.leave();
    await Promise.resolve();
    assert.deepEqual(entered, ['a', 'b', 'c', 'd', 'f']);
  });

  it('is measured without the time in which nothing is sent', async () => {
    let now = 0;
    const pace = createPace(() => now);
    const { signal } = new AbortController();
    for (let part = 0; part < 6; part += 1) {
      now += 60_000;
      await pace.enter(signal);
      now += 100;
      pace.arrived(1_000);
      pace.leave();
    }
    assert.equal(pace.rate(), 10_000);
  });
});
