import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRecentCrashes } from './recent-crashes.ts';

describe('bytes that crashed a decoder', () => {
  const create = () => {
    const time = { ms: 5_000 };
    return { time, ...createRecentCrashes({ elapsedMs: () => time.ms }) };
  };

  it('are remembered for ten minutes after the last crash', () => {
    const { time, note, secondsLeft } = create();
    assert.equal(secondsLeft('a'), 0);
    note('a');
    assert.equal(secondsLeft('a'), 600);
    time.ms += 599_500;
    assert.deepEqual([secondsLeft('a'), secondsLeft('b')], [1, 0]);
    note('a');
    time.ms += 599_999;
    assert.equal(secondsLeft('a'), 1);
    time.ms += 1;
    assert.equal(secondsLeft('a'), 0);
  });

  it('are at most a thousand; the least recently noted are evicted first', () => {
    const { note, secondsLeft } = create();
    note('first');
    note('second');
    note('first');
    for (let count = 2; count < 1_001; count += 1) note(`another ${count}`);
    assert.deepEqual([secondsLeft('second'), secondsLeft('first')], [0, 600]);
  });
});
