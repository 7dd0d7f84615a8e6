import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createSpread } from './spread-times.ts';

const NOW = new Date('2026-01-01T00:00:00Z');

it('a hundred thousand equal times follow each other, a thousand in a millisecond', () => {
  const spread = createSpread({ begunAt: NOW, now: () => NOW });
  const at = new Date('2020-05-05T00:00:00Z');
  const counts = new Map<number, number>();
  let last = 0;
  for (let n = 0; n < 100_000; n += 1) {
    const ms = spread(at).at.getTime();
    assert.ok(ms >= last);
    last = ms;
    counts.set(ms, (counts.get(ms) ?? 0) + 1);
  }
  assert.equal(last, at.getTime() + 99);
  assert.ok([...counts.values()].every((count) => count === 1_000));
  assert.deepEqual(spread(new Date(at.getTime() + 1)), { at: new Date(at.getTime() + 1), isClamped: false });
});

it('times before 1970, in the future and unknown ones become the nearest that can be', () => {
  const spread = createSpread({ begunAt: NOW, now: () => NOW });
  assert.deepEqual(spread(new Date(-1)), { at: new Date(0), isClamped: true });
  assert.deepEqual(spread(new Date(NOW.getTime() + 1)), { at: NOW, isClamped: true });
  assert.deepEqual(spread(null), { at: NOW, isClamped: false });
  assert.deepEqual(spread(NOW), { at: NOW, isClamped: false });
  assert.deepEqual(spread(new Date(0)), { at: new Date(0), isClamped: false });
});

it('a time since the first import stays, and one that is in the future gets the time of that', () => {
  const later = new Date('2026-03-01T00:00:00Z');
  const spread = createSpread({ begunAt: NOW, now: () => later });
  const between = new Date('2026-02-01T00:00:00Z');
  assert.deepEqual(spread(between), { at: between, isClamped: false });
  assert.deepEqual(spread(new Date(later.getTime() + 1)), { at: NOW, isClamped: true });
  assert.deepEqual(spread(null), { at: NOW, isClamped: false });
});
