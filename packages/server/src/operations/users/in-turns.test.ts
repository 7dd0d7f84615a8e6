import assert from 'node:assert/strict';
import { it } from 'node:test';
import { inTurns } from './in-turns.ts';

it('callers take turns, each with the first of theirs', () => {
  const asked = (name: string, askedBy: string | null) => ({ name, askedBy });
  const flood = [1, 2, 3, 4].map((n) => asked(`flood ${n}`, 'key-1'));
  const others = [asked('begun', null), asked('late', 'key-2'), asked('later', 'key-2')];
  assert.deepEqual(
    inTurns([...flood, ...others]).map(({ name }) => name),
    ['flood 1', 'begun', 'late', 'flood 2', 'later', 'flood 3', 'flood 4'],
  );
});
