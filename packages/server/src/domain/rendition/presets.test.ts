import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DEFAULT_PRESETS, InvalidPresets, parsePresets } from './presets.ts';
import { canonicalTransform } from './transform-parameters.ts';

const textsOf = (text: string): Record<string, string> =>
  Object.fromEntries([...parsePresets(text)].map(([name, transform]) => [name, canonicalTransform(transform)]));

const numbered = (count: number): string => Array.from({ length: count }, (_, index) => `p${index}:w=1`).join(' ');

describe('presets', () => {
  it('have names and transforms, in the given order', () => {
    assert.deepEqual(textsOf('b_2:w=5&h=6&fit=cover a-1:q=3&w=7'), { b_2: 'w=5&h=6&fit=cover', 'a-1': 'w=7&q=3' });
    assert.deepEqual([...parsePresets('b:w=1 a:w=1').keys()], ['b', 'a']);
  });

  it('are the documented ones by default', () => {
    assert.deepEqual(textsOf(DEFAULT_PRESETS), {
      thumb: 'w=256&h=256',
      tile: 'w=384&h=384',
      small: 'w=512&h=512',
      medium: 'w=1024&h=1024',
      large: 'w=2048&h=2048',
    });
  });

  it('are separated by any whitespace', () => {
    assert.deepEqual(Object.keys(textsOf('\n  a:w=1\n\tb:w=2  \n')), ['a', 'b']);
  });

  it('may be none or up to 32, and may have no parameters', () => {
    assert.equal(parsePresets('').size, 0);
    assert.equal(parsePresets(numbered(32)).size, 32);
    assert.deepEqual(textsOf('same:'), { same: '' });
    assert.equal(parsePresets(`${'n'.repeat(32)}:w=1`).size, 1);
  });

  const wrong: readonly (readonly [text: string, what: string])[] = [
    [numbered(33), 'at most 32, and these are 33'],
    ['a:w=1 b:w=2 a:w=3', 'a only once'],
    ['w=1', 'with a name of a-z, 0-9, _ and -, at most 32, unlike w=1'],
    ['Thumb:w=1', 'with a name of a-z, 0-9, _ and -, at most 32, unlike Thumb:w=1'],
    ['-a:w=1', 'with a name of a-z, 0-9, _ and -, at most 32, unlike -a:w=1'],
    ['../x:w=1', 'with a name of a-z, 0-9, _ and -, at most 32, unlike ../x:w=1'],
    [':w=1', 'with a name of a-z, 0-9, _ and -, at most 32, unlike :w=1'],
    [`${'n'.repeat(33)}:w=1`, `with a name of a-z, 0-9, _ and -, at most 32, unlike ${'n'.repeat(33)}:w=1`],
    ['ok:w=1 small:w=0', `but small's w: expected a whole number from 1 to 4096; got "0"`],
    ['a:w=1&fit=pad', `but a's fit: expected both w and h with pad; got only w`],
    ['a:w=1&w=2', `but a's w: expected one value; got 2 values`],
  ];
  for (const [text, what] of wrong) {
    it(`are refused with the exact problem: ${text.slice(0, 50)}`, () => {
      assert.throws(
        () => parsePresets(text),
        (error) => {
          assert.ok(error instanceof InvalidPresets);
          assert.equal(error.message, `presets as thumb:w=256&h=256, whitespace between, ${what}`);
          return true;
        },
      );
    });
  }
});
