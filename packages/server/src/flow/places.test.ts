import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { payerAt } from '../domain/access/payer.ts';
import { createPlaces } from './places.ts';

describe('places', () => {
  const create = (count: number) => {
    const places = createPlaces({ places: count, holds: 'a body' });
    const gone: string[] = [];
    const enter = (name: string, address: string, owner = '') =>
      places.enter({
        payer: payerAt(address, owner),
        giveWay: ({ code }) => {
          assert.equal(code, 'overloaded');
          gone.push(name);
        },
      });
    return { ...places, enter, gone };
  };

  it('are limited in number, and free again once they are left', () => {
    const { enter, gone, refused } = create(2);
    const first = enter('first', 'a');
    enter('second', 'a');
    assert.throws(() => enter('third', 'a'), {
      code: 'overloaded',
      detail: 'expected a free place for a body; got 2 others ahead',
    });
    first[Symbol.dispose]();
    enter('third', 'a');
    assert.deepEqual([gone, refused()], [[], 1]);
  });

  it('are taken from the payer that holds most, its newest first', () => {
    const { enter, gone, refused } = create(4);
    const lost = [enter('a1', 'a', 'x'), enter('a2', 'a', 'x'), enter('a3', 'a', 'y')];
    enter('b1', 'b', 'x');
    enter('b2', 'b', 'x');
    assert.deepEqual([gone, refused()], [['a2'], 1]);
    for (const one of lost) one[Symbol.dispose](); // also places that were taken
    enter('b3', 'b', 'x');
    enter('b4', 'b', 'x');
    assert.throws(() => enter('b5', 'b', 'x'), { code: 'overloaded' });
    assert.deepEqual(gone, ['a2']);
  });
});
