import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { wrap } from './wrap.ts';

describe('wrapped text', () => {
  it('has as many words in each line as fit', () => {
    assert.deepEqual(wrap('one two  three\nfour', 7), ['one two', 'three', 'four']);
    assert.deepEqual(wrap('one two', 6), ['one', 'two']);
  });

  it('has a line for each word that is longer', () => {
    assert.deepEqual(wrap('a https://images.example.org b', 5), ['a', 'https://images.example.org', 'b']);
  });
});
