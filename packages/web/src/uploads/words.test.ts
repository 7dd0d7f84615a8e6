import assert from 'node:assert/strict';
import { it } from 'node:test';
import { speedText } from './words.ts';

it('tells a speed as the language does', () => {
  assert.equal(speedText(3.44 * 1_048_576, 'en-GB'), '3.4 MB/s');
  assert.equal(speedText(3.44 * 1_048_576, 'de-DE'), '3,4 MB/s');
});
