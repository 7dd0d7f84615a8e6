import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  EOI,
  flatJpeg,
  frameHeader,
  jpegOfScans,
  SOI,
  scanHeader,
} from '../../../../../../test/pictures/jpeg-bytes.ts';
import type { Limits } from '../../limits.ts';
import { refusalOf } from './inspection.fixture.ts';

const refusal = (bytes: Buffer, limits?: Partial<Limits>): Promise<string | undefined> =>
  refusalOf(bytes, 'image/jpeg', limits);

/** The largest picture of a "200 MP" sensor. */
const LARGEST = { width: 16_384, height: 12_288 };
const GRAY = [[1, 1]] as const;
const COLOR = [
  [2, 2],
  [1, 1],
  [1, 1],
] as const;

/** Only the headers: a walk that refuses none of them misses the scans. */
const progressive = (size: { width: number; height: number }, components: number): Buffer =>
  Buffer.concat([
    SOI,
    frameHeader({ process: 0xc2, ...size, components }),
    scanHeader({ from: 0, to: 0, high: 0, low: 0 }),
    EOI,
  ]);
const NO_SCANS = 'expected scans of every bit of every coefficient of a JPEG; got fewer';

describe('the cost of a JPEG', () => {
  it('of one scan is bounded by its pixels: 201 MP are accepted, and one more row is refused', async () => {
    assert.equal(await refusal(flatJpeg({ ...LARGEST, sampling: GRAY })), undefined);
    const detail = 'expected at most 201,326,592 pixels; got 16,384 x 12,289';
    assert.equal(await refusal(flatJpeg({ ...LARGEST, height: 12_289, sampling: GRAY })), detail);
  });

  it('of several scans is bounded by its coefficients and its file in bytes', async () => {
    const apart = flatJpeg({ width: 40, height: 20, sampling: COLOR, isApart: true });
    const coefficients = 3 * 2 * 6 * 64 * 2; // units across and down, blocks in each
    const held = coefficients + apart.length;
    assert.equal(await refusal(apart, { maxHeldJpegBytes: held }), undefined);
    const detail = `expected at most ${(held - 1).toLocaleString('en')} bytes for the file and the coefficients of a JPEG of several scans; got ${held.toLocaleString('en')}: save it as a baseline JPEG, or with fewer pixels`;
    assert.equal(await refusal(apart, { maxHeldJpegBytes: held - 1 }), detail);
    assert.equal(
      await refusal(flatJpeg({ width: 40, height: 20, sampling: COLOR }), { maxHeldJpegBytes: 0 }),
      undefined,
    );
  });

  it('of progressive scans lets 52 MP of CMYK and 201 MP of gray pass, and refuses 201 MP of color', async () => {
    for (const size of [
      { width: 8_192, height: 6_400 },
      { width: 3_203, height: 16_369 },
    ])
      assert.equal(await refusal(progressive(size, 4)), NO_SCANS);
    assert.equal(await refusal(progressive(LARGEST, 1)), NO_SCANS);
    assert.match(
      (await refusal(progressive(LARGEST, 3))) ?? '',
      /^expected at most 494,927,872 bytes for the file and the coefficients of a progressive JPEG; got 1,207,9/,
    );
    assert.equal(await refusal(jpegOfScans(883, { width: 64, height: 64 })), undefined);
  });

  it('is bounded by the bytes of its file', async () => {
    const bytes = flatJpeg({ width: 40, height: 20, sampling: GRAY });
    assert.equal(await refusal(bytes, { maxJpegBytes: bytes.length }), undefined);
    const detail = `expected a JPEG of at most ${bytes.length - 1} bytes; got ${bytes.length}`;
    assert.equal(await refusal(bytes, { maxJpegBytes: bytes.length - 1 }), detail);
  });
});
