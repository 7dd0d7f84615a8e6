import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createSpeedText } from './words.ts';

it('tells a speed as the language does', () => {
  assert.equal(createSpeedText('en-GB')(3.44 * 1_048_576), '3.4 MB/s');
  assert.equal(createSpeedText('de-DE')(3.44 * 1_048_576), '3,4 MB/s');
});
