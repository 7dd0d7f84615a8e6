import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Caller, createFairLine, whoGivesWay } from './fair-line.ts';

/** The name `a1x` means caller 1 of owner x at address a. */
const callerOf = (name: string): Caller & { readonly name: string } => ({
  name,
  address: name.charAt(0),
  owner: name.slice(2),
});

const lineOf = (names: string) => {
  const line = createFairLine<ReturnType<typeof callerOf>>();
  const all = names.split(' ').map(callerOf);
  for (const one of all) line.add(one);
  return { ...line, one: (name: string) => all.find((each) => each.name === name) ?? callerOf(name) };
};

const namesIn = ({ take }: ReturnType<typeof lineOf>, length = 20): string =>
  Array.from({ length }, () => take()?.name)
    .filter((name) => name !== undefined)
    .join(' ');

describe('a fair line', () => {
  it('takes turns by address, and by owner within an address', () => {
    const line = lineOf('a1x a2x a3x a1y a2y b1x b2x c1z');
    assert.equal(line.count(), 8);
    assert.equal(namesIn(line), 'a1x b1x c1z a1y b2x a2x a2y a3x');
    assert.equal(line.count(), 0);
    assert.equal(line.take(), undefined);
  });

  it('gives an owner no advantage from leaving and coming back', () => {
    const line = lineOf('a1x a2x b1x');
    assert.equal(namesIn(line, 1), 'a1x');
    line.add(callerOf('a3x'));
    line.add(callerOf('c1x'));
    assert.equal(namesIn(line), 'b1x a2x c1x a3x');
  });

  it('puts re-queued elements before all others, the last re-queued one first', () => {
    const line = lineOf('a1x b1x c1x');
    const [first, second] = [line.take(), line.take()];
    assert.ok(first && second);
    line.putBack(second);
    line.putBack(first);
    assert.deepEqual([line.count(), namesIn(line)], [3, 'a1x b1x c1x']);
  });

  it('removes an element once, from anywhere in the line', () => {
    const line = lineOf('a1x a2x a1y b1x');
    assert.deepEqual([line.remove(line.one('a1y')), line.remove(line.one('a1y'))], [true, false]);
    assert.equal(line.remove(callerOf('a1x')), false, 'another element of the same caller');
    line.remove(line.one('b1x'));
    const first = line.take();
    assert.ok(first);
    line.putBack(first);
    assert.equal(line.remove(first), true);
    assert.deepEqual([line.count(), line.all().map(({ name }) => name)], [1, ['a2x']]);
    assert.equal(namesIn(line), 'a2x');
  });
});

describe('the holder to evict if all places are taken', () => {
  const giving = (holders: string, newcomer: string) => {
    const all = holders.split(' ').map(callerOf);
    return whoGivesWay(all, callerOf(newcomer))?.name;
  };

  it('is the newest of the owner who holds most, at the address that holds most', () => {
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
