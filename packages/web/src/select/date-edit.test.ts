import assert from 'node:assert/strict';
import { it } from 'node:test';
import { dateEdit } from './date-edit.ts';

it('moves dates by days, hours and minutes, or sets one, and says what is missing', () => {
  const moved = (way: 'later' | 'earlier', ...amounts: string[]) => dateEdit({ way, amounts, date: '' });
  assert.deepEqual(moved('later', '1', '', '2'), { shift_taken_seconds: 86_520 });
  assert.deepEqual(moved('earlier', '', '1', ''), { shift_taken_seconds: -3_600 });
  assert.equal(moved('later', '', '', ''), 'Say by how much.');
  assert.equal(moved('later', '0', '0', '0'), 'Say by how much.');
  for (const wrong of ['-1', '1.5', '1e3', 'x'])
    assert.equal(moved('later', '', wrong, ''), 'Say by how much, in whole numbers.');
  assert.equal(moved('later', '36526', '', ''), 'A date moves by a century at most.');
  assert.deepEqual(moved('later', '36525', '', ''), { shift_taken_seconds: 3_155_760_000 });
  const set = (date: string) => dateEdit({ way: 'set', amounts: [], date });
  assert.deepEqual(set('2024-07-14T18:22'), { taken_at: '2024-07-14T18:22' });
  assert.equal(set(''), 'Choose a date and a time.');
  assert.equal(set('22024-07-14T18:22'), 'Choose a date and a time.');
});
