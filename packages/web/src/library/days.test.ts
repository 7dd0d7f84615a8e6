import assert from 'node:assert/strict';
import { it } from 'node:test';
import { dayName } from './days.ts';

const now = new Date(2026, 10, 23, 0, 30).getTime();

it('names days as people do, with the year for other years', () => {
  const names = [
    new Date(2026, 10, 23, 0, 0),
    new Date(2026, 10, 22, 23, 59),
    new Date(2026, 10, 21, 23, 59),
    new Date(2026, 10, 19, 8),
    new Date(2025, 10, 23, 0, 30),
  ].map((date) => dayName(date.getTime(), now));
  assert.deepEqual(names, [
    'Today',
    'Yesterday',
    'Saturday, 21 November',
    'Thursday, 19 November',
    'Sunday, 23 November 2025',
  ]);
});
