import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  MAX_AVIF_PIXELS,
  MAX_FINE_AVIF_PIXELS,
  MAX_SHARPENED_PIXELS,
} from '../../src/domain/rendition/rendition-cost.ts';
import { DEFAULT_LIMITS, mostPixels } from '../../src/imaging/limits.ts';

const ROOT = join(import.meta.dirname, '../../../..');

const limits = DEFAULT_LIMITS;
const MOST = mostPixels(limits);
const MOST_OF_AVIF = limits.maxPixels['image/avif'];
const MOST_OF_PNG = limits.maxPixels['image/png'];
const tenths = (pixels: number): number => Math.floor(pixels / 100_000) / 10;

/** Every limit in pixels that a document names. */
const NAMED: Record<string, readonly number[]> = {
  'README.md': [MOST, MOST_OF_AVIF, MOST_OF_PNG],
  'docs/verification.md': [
    MOST,
    MOST_OF_AVIF,
    MOST_OF_PNG,
    limits.maxCodedPixels,
    limits.maxHeicCodedPixels,
    limits.maxHevcPixels,
    limits.maxHevcLargePixels,
    limits.maxAnimationPixels,
    limits.maxScanPixels,
    limits.maxJpegBytes,
    limits.maxHeldJpegBytes,
    limits.maxInterlacedBytes,
  ],
  'docs/decisions/0005-what-verification-refuses.md': [MOST, MOST_OF_AVIF, MOST_OF_PNG, limits.maxAnimationPixels],
  'docs/decisions/0021-what-a-transform-may-cost.md': [
    MAX_AVIF_PIXELS,
    MAX_FINE_AVIF_PIXELS,
    MAX_SHARPENED_PIXELS,
    limits.maxEncodedPixels,
    limits.maxSharpenedPixels,
  ],
};

describe('limits in documents', () => {
  for (const [path, numbers] of Object.entries(NAMED)) {
    it(`${path} names the numbers that the service enforces`, () => {
      const text = readFileSync(join(ROOT, path), 'utf8');
      for (const number of numbers) assert.ok(text.includes(number.toLocaleString('en-US')), `expected ${number}`);
    });
  }

  it('README gives them in megapixels of 10^6', () => {
    const [most, avif, others] = [MOST, MOST_OF_AVIF, MOST_OF_PNG].map(tenths);
    const text = readFileSync(join(ROOT, 'README.md'), 'utf8');
    const each = `pixels \\(${most} megapixels\\), an AVIF [\\d,]+ \\(${avif}\\), another image [\\d,]+ \\(${others}\\)`;
    assert.match(text, new RegExp(each));
  });
});
