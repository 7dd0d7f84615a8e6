import assert from 'node:assert/strict';
import { it } from 'node:test';
import { dayOf } from '../library/days.ts';
import { positionsBetween, positionsOf } from './places.ts';

const isFalling = (positions: readonly string[]): boolean =>
  positions.every((position, index) => index === 0 || position < (positions[index - 1] ?? ''));

it('puts as many positions between two as are asked for, also between neighbours many times', () => {
  const [first = '', last = ''] = positionsBetween(undefined, undefined, 2);
  assert.ok(isFalling([first, ...positionsBetween(first, last, 5), last]));
  let below = last;
  for (let time = 0; time < 60; time += 1) {
    const [between = ''] = positionsBetween(first, below, 1);
    assert.ok(isFalling([first, between, below]), `${time}`);
    below = between;
  }
  assert.ok(isFalling([...positionsBetween(undefined, first, 3), first]));
  assert.deepEqual(positionsBetween(first, last, 0), []);
});

it('gives the largest album positions of one day', () => {
  const positions = positionsBetween(undefined, undefined, 100_000);
  assert.ok(isFalling(positions));
  assert.equal(dayOf(positions[0] ?? ''), dayOf(positions.at(-1) ?? ''));
});

it('leaves pictures their positions as far as the order allows it', () => {
  const [a = '', b = '', c = ''] = positionsBetween(undefined, undefined, 3);
  const known = new Map(Object.entries({ a, b, c }));
  assert.deepEqual(positionsOf(['a', 'c'], known), [a, c]);
  const more = positionsOf(['x', 'a', 'y', 'b', 'c', 'z'], known);
  assert.ok(isFalling(more));
  assert.deepEqual([more[1], more[3], more[4]], [a, b, c]);
  const moved = positionsOf(['a', 'c', 'b'], known);
  assert.ok(isFalling(moved));
  assert.equal(moved[0], a);
});
