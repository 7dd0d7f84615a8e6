import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sizeOf } from './presets.ts';

const LANDSCAPE = { width: 4_000, height: 3_000 };

describe('the size of a preset', () => {
  it('is within its sides, and never larger than the image', () => {
    assert.deepEqual(sizeOf(LANDSCAPE, 'w=256&h=256'), { width: 256, height: 192 });
    assert.deepEqual(sizeOf(LANDSCAPE, 'h=300'), { width: 400, height: 300 });
    assert.deepEqual(sizeOf({ width: 40, height: 30 }, 'w=256&h=256'), { width: 40, height: 30 });
    assert.deepEqual(sizeOf({ width: 5_000, height: 1 }, 'w=256'), { width: 256, height: 1 });
  });

  it('has the shape that cover and pad give it', () => {
    assert.deepEqual(sizeOf(LANDSCAPE, 'w=512&h=300&fit=cover'), { width: 512, height: 300 });
    assert.deepEqual(sizeOf({ width: 256, height: 300 }, 'w=512&h=300&fit=cover'), { width: 256, height: 150 });
    assert.deepEqual(sizeOf({ width: 40, height: 30 }, 'w=320&h=320&fit=pad'), { width: 320, height: 320 });
  });

  it('is unknown for an unknown preset, and before the image is verified', () => {
    assert.equal(sizeOf(LANDSCAPE, undefined), undefined);
    assert.equal(sizeOf({ width: null, height: null }, 'w=256'), undefined);
  });
});
