import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { payerAt } from '../domain/access/payer.ts';
import { type Costly, createFairLine, whoGivesWay } from './fair-line.ts';

/** The name `a1x` means request 1 of member x of account a. */
const callerOf = (name: string): Costly & { readonly name: string } => ({
  name,
  estimate: 1,
  payer: payerAt(name.charAt(0), name.slice(2)),
});

const lineOf = (names: string) => {
  const line = createFairLine<ReturnType<typeof callerOf>>();
  const all = names.split(' ').map(callerOf);
  for (const one of all) line.add(one);
  return { ...line, one: (name: string) => all.find((each) => each.name === name) ?? callerOf(name) };
};

const namesIn = ({ take, finish }: ReturnType<typeof lineOf>, length = 20): string =>
  Array.from({ length }, () => {
    const one = take();
    if (one) finish(one, 1);
    return one?.name;
  })
    .filter((name) => name !== undefined)
    .join(' ');

describe('a fair line', () => {
  it('takes turns by account, and by member within an account', () => {
    const line = lineOf('a1x a2x a3x a1y a2y b1x b2x c1z');
    assert.equal(line.count(), 8);
    assert.equal(namesIn(line), 'a1x b1x c1z a1y b2x a2x a2y a3x');
    assert.equal(line.count(), 0);
    assert.equal(line.take(), undefined);
  });

  it('gives a payer no advantage from leaving and coming back', () => {
    const line = lineOf('a1x a2x b1x');
    assert.equal(namesIn(line, 1), 'a1x');
    line.add(callerOf('a3x'));
    line.add(callerOf('c1x'));
    assert.equal(namesIn(line), 'b1x c1x a2x a3x');
  });

  it('removes an element once, from anywhere in the line', () => {
    const line = lineOf('a1x a2x a1y b1x');
    assert.deepEqual([line.remove(line.one('a1y')), line.remove(line.one('a1y'))], [true, false]);
    assert.equal(line.remove(callerOf('a1x')), false, 'another element of the same payer');
    line.remove(line.one('b1x'));
    assert.deepEqual([line.count(), line.all().map(({ name }) => name)], [2, ['a1x', 'a2x']]);
    assert.equal(namesIn(line), 'a1x a2x');
  });
});

describe('the holder to evict if all places are taken', () => {
  const giving = (holders: string, newcomer: string) => {
    const all = holders.split(' ').map(callerOf);
    return whoGivesWay(all, callerOf(newcomer))?.name;
  };

  it('is the newest of the member that holds most, in the account that holds most', () => {
    assert.equal(giving('a1x a2x b1x a3y', 'b2x'), 'a2x');
    assert.equal(giving('a1x a2x b1x', 'a3y'), 'a2x');
    assert.equal(giving('a1x a2y a3z b1x b2x', 'c1x'), 'a3z');
  });

  it('is none if nobody holds more than the newcomer would', () => {
    assert.equal(giving('a1x a2x b1x', 'a3x'), undefined);
    assert.equal(giving('a1x b1x', 'b2x'), undefined);
    assert.equal(giving('a1x b1x c1x', 'd1x'), undefined);
    assert.equal(giving('a1x a1y', 'a1z'), undefined);
  });
});
