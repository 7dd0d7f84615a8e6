import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { dominantColor } from './dominant-color.ts';

const pixels = (...colors: readonly (readonly [count: number, rgba: readonly number[]])[]): Uint8Array =>
  Uint8Array.from(colors.flatMap(([count, rgba]) => Array.from({ length: count }, () => rgba).flat()));

describe('the dominant color', () => {
  it('is the color of most pixels, not the mean of all', () => {
    assert.equal(
      dominantColor(pixels([40, [200, 16, 32, 255]], [30, [0, 0, 255, 255]], [30, [0, 255, 0, 255]])),
      '#c81020',
    );
  });

  it('is the mean of similar colors', () => {
    assert.equal(
      dominantColor(pixels([10, [2, 4, 6, 255]], [10, [4, 6, 8, 255]], [15, [255, 255, 255, 255]])),
      '#030507',
    );
  });

  it('ignores nearly transparent pixels', () => {
    assert.equal(dominantColor(pixels([90, [255, 0, 0, 10]], [10, [0, 128, 0, 255]])), '#008000');
  });

  it('is white if every pixel is nearly transparent', () => {
    assert.equal(dominantColor(pixels([9, [10, 20, 30, 0]])), '#ffffff');
  });
});
