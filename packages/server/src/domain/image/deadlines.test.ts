import assert from 'node:assert/strict';
import { it } from 'node:test';
import { firstPurgeAt, purgedAt, retryAt } from './deadlines.ts';

const MINUTE = 60_000;

it('a failure is retried after a minute, later after an eighth of its age, and after six hours at most', () => {
  const since = new Date('2026-11-20T12:00:00.000Z');
  const minutesAfter = (failingMinutes: number): number => {
    const now = new Date(since.getTime() + failingMinutes * MINUTE);
    return (retryAt(since, now).getTime() - now.getTime()) / MINUTE;
  };
  assert.deepEqual(
    [-60, 0, 1, 8, 16, 80, 24 * 60, 48 * 60, 365 * 24 * 60].map(minutesAfter),
    [1, 1, 1, 1, 2, 10, 180, 360, 360],
  );
});

it('a failed purge is retried as if it failed since its time, anew after each day', () => {
  const updatedAt = new Date('2026-11-20T12:00:00.000Z');
  const first = purgedAt(updatedAt, 30);
  const failing = (minutes: number): number => {
    const image = { updatedAt, purgeAt: new Date(first.getTime() + minutes * MINUTE) };
    return (image.purgeAt.getTime() - firstPurgeAt(image).getTime()) / MINUTE;
  };
  assert.deepEqual([0, 1, 80, 24 * 60 - 1, 24 * 60 + 7].map(failing), [0, 1, 80, 24 * 60 - 1, 7]);
});
