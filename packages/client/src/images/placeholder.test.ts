import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { crc32, inflateSync } from 'node:zlib';
import { rgbaToThumbHash, thumbHashToRGBA } from 'thumbhash';
import { decode, placeholderUrl } from './placeholder.ts';

/** A gradient, transparent towards a corner if `isOpaque` is false. */
function hashOf(width: number, height: number, isOpaque: boolean): Uint8Array {
  const pixels = Array.from({ length: width * height }, (_, index) => {
    const [x, y] = [(index % width) / width, Math.floor(index / width) / height];
    return [255 * x, 255 * y, 255 * (1 - x * y), isOpaque ? 255 : 255 * (1 - x * y)];
  });
  return rgbaToThumbHash(width, height, pixels.flat());
}

const SHAPES = [
  [90, 60],
  [60, 90],
  [50, 50],
  [100, 12],
  [9, 100],
] as const;

describe('the placeholder of an image', () => {
  for (const [width, height] of SHAPES)
    for (const isOpaque of [true, false])
      it(`of ${width} x ${height} pixels, ${isOpaque ? 'opaque' : 'transparent'}, is decoded as by its inventor`, () => {
        const hash = hashOf(width, height, isOpaque);
        const { width: w, height: h, rgba } = decode(hash);
        const expected = thumbHashToRGBA(hash);
        assert.deepEqual([w, h, rgba.length], [expected.w, expected.h, expected.rgba.length]);
        // The order of additions differs, so the last bit may.
        const furthest = Math.max(...rgba.map((value, index) => Math.abs(value - (expected.rgba[index] ?? 0))));
        assert.ok(furthest <= 1, String(furthest));
      });

  it('becomes a PNG of these pixels', () => {
    const hash = hashOf(90, 60, false);
    const url = placeholderUrl({ placeholder: Buffer.from(hash).toString('base64') }) ?? '';
    const png = Buffer.from(url.replace('data:image/png;base64,', ''), 'base64');
    const { width, height, rgba } = decode(hash);
    assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [width, height]);
    const start = png.indexOf('IDAT') + 4;
    const end = start + png.readUInt32BE(start - 8);
    assert.equal(png.readUInt32BE(end), crc32(png.subarray(start - 4, end)));
    const raw = inflateSync(png.subarray(start, end)); // checks Adler-32 too
    const rows = Array.from({ length: height }, (_, row) => [0, ...rgba.slice(4 * row * width, 4 * (row + 1) * width)]);
    assert.deepEqual([...raw], rows.flat());
  });

  it('is absent if the image has none', () => {
    assert.equal(placeholderUrl({ placeholder: null }), undefined);
  });
});
