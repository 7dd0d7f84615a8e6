import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { repeatsOf } from '../../../test/repeats.ts';
import { isoTime } from './iso-time.ts';

test('isoTime formats any time like toISOString', () => {
  const anyTime = fc.date({ noInvalidDate: true });
  const usualTime = fc.date({ min: new Date('1900-01-01'), max: new Date('2100-01-01'), noInvalidDate: true });
  fc.assert(
    fc.property(fc.oneof(anyTime, usualTime), (time) => assert.equal(isoTime(time), time.toISOString())),
    { numRuns: repeatsOf('isoTimes').count },
  );
});

test('isoTime formats each day of four centuries, and the times of one day, like toISOString', () => {
  const MINUTE_MS = 60_000;
  const DAY_MS = 1_440 * MINUTE_MS;
  for (let ms = Date.UTC(1800, 0); ms < Date.UTC(2200, 0); ms += DAY_MS) {
    for (const edge of [ms, ms - 1]) assert.equal(isoTime(new Date(edge)), new Date(edge).toISOString());
  }
  for (let ms = Date.UTC(2024, 1, 29); ms < Date.UTC(2024, 2, 1); ms += MINUTE_MS / 4 - 1) {
    assert.equal(isoTime(new Date(ms)), new Date(ms).toISOString());
  }
});

test('isoTime refuses an invalid time', () => {
  assert.throws(() => isoTime(new Date(Number.NaN)), RangeError);
});
