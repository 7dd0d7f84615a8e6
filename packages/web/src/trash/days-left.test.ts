import assert from 'node:assert/strict';
import { it } from 'node:test';
import { daysLeft } from './days-left.ts';

it('counts a begun day as a day', () => {
  const now = Date.parse('2026-11-23T12:00:00Z');
  const cases = {
    '2026-12-23T11:59:59Z': '30 days left',
    '2026-11-24T12:00:01Z': '2 days left',
    '2026-11-23T12:00:01Z': '1 day left',
    '2026-11-23T12:00:00Z': 'Deleted soon',
    '2026-11-20T12:00:00Z': 'Deleted soon',
  };
  for (const [purgeAt, words] of Object.entries(cases)) assert.equal(daysLeft(purgeAt, now), words);
});
