import assert from 'node:assert/strict';
import { it } from 'node:test';
import sharp from 'sharp';
import { ENCODER } from './encoder.ts';

it('the encoder is named after the installed sharp', () => {
  assert.match(ENCODER, /^sharp-\d+\.\d+\.\d+\/\d+$/);
  assert.equal(ENCODER.slice(0, ENCODER.indexOf('/')), `sharp-${sharp.versions.sharp}`);
});
