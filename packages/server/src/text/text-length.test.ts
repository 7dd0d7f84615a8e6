import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lengthFault } from './text-length.ts';

describe('the length of a text', () => {
  for (const character of ['a', 'é', '🌅', '\u0301']) {
    it(`is in code points: ${JSON.stringify(character)} is one`, () => {
      assert.equal(lengthFault(character.repeat(10), 10), undefined);
      assert.equal(lengthFault(character.repeat(11), 10), 'expected at most 10 characters; got 11');
    });
  }

  it('is not counted exactly if the text is far too long', () => {
    assert.equal(lengthFault('a'.repeat(80), 10), 'expected at most 10 characters; got 80');
    assert.equal(lengthFault('a'.repeat(81), 10), 'expected at most 10 characters; got more');
  });
});
