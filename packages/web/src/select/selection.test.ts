import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { justAfter } from '../library/position.ts';
import {
  between,
  EVERYTHING,
  except,
  has,
  joined,
  NOTHING,
  overlap,
  partsOutside,
  type Selection,
  toggled,
  withoutRange,
  withRange,
} from './selection.ts';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz'.slice(0, 6);
const selected = (selection: Selection): string => [...LETTERS].filter((one) => has(selection, one)).join('');

describe('a selection', () => {
  it('has both ends of a range, whichever is the newer', () => {
    assert.equal(selected(withRange(NOTHING, between('b', 'd'))), 'bcd');
    assert.equal(selected(withRange(NOTHING, between('d', 'b'))), 'bcd');
    assert.equal(selected(withRange(NOTHING, between('c', 'c'))), 'c');
    assert.equal(selected(NOTHING), '');
    assert.equal(selected(withRange(NOTHING, EVERYTHING)), LETTERS);
  });

  it('joins ranges that meet, and keeps others apart', () => {
    const two = withRange(withRange(NOTHING, between('a', 'b')), between('e', 'f'));
    assert.equal(two.ranges.length, 2);
    assert.equal(selected(two), 'abef');
    const three = withRange(two, between('b', 'e'));
    assert.deepEqual(three.ranges, [{ from: 'a', to: justAfter('f') }]);
    const { ranges } = withRange({ ...NOTHING, ranges: [{ from: 'a', to: 'b' }] }, { from: 'b', to: 'c' });
    assert.deepEqual(ranges, [{ from: 'a', to: 'c' }]);
  });

  it('takes a part out of a range, which leaves what is on both sides of it', () => {
    const holed = withoutRange(withRange(NOTHING, between('a', 'f')), between('c', 'd'));
    assert.equal(selected(holed), 'abef');
    assert.deepEqual(
      holed.ranges.map(({ from }) => from),
      [justAfter('d'), 'a'],
    );
    assert.equal(selected(withoutRange(holed, EVERYTHING)), '');
    assert.deepEqual(withoutRange(holed, EVERYTHING).ranges, []);
  });

  it('keeps single pictures that leave a range as exceptions, until they are selected again', () => {
    const all = withRange(NOTHING, EVERYTHING);
    const holed = toggled(toggled(all, 'b'), 'd');
    assert.equal(holed.ranges.length, 1);
    assert.equal(selected(holed), 'acef');
    assert.equal(selected(toggled(holed, 'b')), 'abcef');
    assert.deepEqual([...toggled(holed, 'b').without], ['d']);
    assert.equal(selected(withRange(holed, between('a', 'c'))), 'abcef');
    assert.equal(selected(except(all, ['a', 'f'])), 'bcde');
    assert.equal(toggled(NOTHING, 'c').ranges.length, 1);
  });

  it('forgets exceptions with their range', () => {
    const holed = toggled(withRange(NOTHING, between('a', 'f')), 'c');
    const less = withoutRange(holed, between('b', 'd'));
    assert.equal(less.without.size, 0);
    assert.equal(selected(less), 'aef');
  });

  it('agrees with a set of positions after a thousand random changes', () => {
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 16_807) % 2_147_483_647;
      return seed % below;
    };
    const letter = (): string => LETTERS[random(LETTERS.length)] ?? '';
    let selection = NOTHING;
    const expected = new Set<string>();
    for (let round = 0; round < 1_000; round += 1) {
      const [one, other] = [letter(), letter()].toSorted() as [string, string];
      const inside = [...LETTERS].filter((each) => each >= one && each <= other);
      const change = random(3);
      if (change === 0) {
        selection = withRange(selection, between(one, other));
        for (const each of inside) expected.add(each);
      } else if (change === 1) {
        selection = withoutRange(selection, between(one, other));
        for (const each of inside) expected.delete(each);
      } else {
        selection = toggled(selection, one);
        if (!expected.delete(one)) expected.add(one);
      }
      assert.equal(selected(selection), [...expected].toSorted().join(''), `round ${round}`);
      assert.ok(
        selection.ranges.every(({ from, to }, index, { [index + 1]: next }) => from < to && (!next || next.to < from)),
      );
    }
  });
});

describe('ranges', () => {
  it('tell what they have beyond others', () => {
    assert.deepEqual(partsOutside([EVERYTHING], []), [EVERYTHING]);
    assert.deepEqual(partsOutside([{ from: 'a', to: 'f' }], [{ from: 'b', to: 'c' }]), [
      { from: 'c', to: 'f' },
      { from: 'a', to: 'b' },
    ]);
    assert.deepEqual(partsOutside([{ from: 'a', to: 'c' }], [EVERYTHING]), []);
    assert.deepEqual(overlap({ from: 'a', to: 'c' }, { from: 'b', to: 'd' }), { from: 'b', to: 'c' });
    assert.equal(overlap({ from: 'a', to: 'b' }, { from: 'b', to: 'd' }), undefined);
    assert.deepEqual(joined([], { from: 'b', to: 'b' }), []);
  });
});
