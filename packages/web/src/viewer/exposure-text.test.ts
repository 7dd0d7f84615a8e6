import assert from 'node:assert/strict';
import { it } from 'node:test';
import { exposureText } from './exposure-text.ts';

it('an exposure is written as cameras write it', () => {
  const nothing = { seconds: null, f_number: null, iso: null, focal_length: null };
  assert.equal(
    exposureText({ seconds: 0.004, f_number: 1.78, iso: 80, focal_length: 6.765 }),
    '1/250 s · f/1.8 · ISO 80 · 6.8 mm',
  );
  assert.equal(exposureText({ ...nothing, seconds: 0.3 }), '1/3 s');
  assert.equal(exposureText({ ...nothing, seconds: 2.5 }), '2.5 s');
  assert.equal(exposureText({ ...nothing, f_number: 4 }), 'f/4');
  assert.equal(exposureText(nothing), '');
});
