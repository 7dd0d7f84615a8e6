import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Sorted } from '../library/library.ts';
import { type GridMetrics, rowsOf } from './rows.ts';

const metrics: GridMetrics = { width: 1_360, rowHeight: 200, gap: 4, headingHeight: 48 };

const pictures = fc.array(
  fc.record({ width: fc.integer({ min: 1, max: 6_000 }), height: fc.integer({ min: 1, max: 6_000 }) }),
  { minLength: 1, maxLength: 120 },
);

const pictureOf = (size: { readonly width: number; readonly height: number }, index: number): Sorted => ({
  ...size,
  image_id: String(index),
  at: String(index),
  user_id: 'me',
  filename: 'a.jpg',
  content_type: 'image/jpeg',
  created_at: '2026-01-01T00:00:00Z',
  description: null,
  placeholder: null,
  dominant_color: null,
  renditions: null,
  status: 'ready',
});

describe('rows', () => {
  it('have every picture once, in order, beside each other, from edge to edge but one that is alone', () => {
    fc.assert(
      fc.property(pictures, (sizes) => {
        const rows = rowsOf(sizes.map(pictureOf), metrics);
        const ids = rows.flatMap(({ tiles }) => tiles.map(({ picture }) => picture.image_id));
        assert.deepEqual(ids, [...sizes.keys()].map(String));
        for (const [index, { top, height, tiles }] of rows.entries()) {
          const above = rows[index - 1];
          assert.equal(top, above ? above.top + above.height + metrics.gap : 0);
          assert.ok(height >= 100 && height <= 420, `expected a height near 200; got ${height}`);
          for (const [place, { left, width }] of tiles.entries()) {
            const before = tiles[place - 1];
            assert.ok(width > 0 && Math.abs(left - (before ? before.left + before.width + metrics.gap : 0)) <= 1);
          }
          const last = tiles.at(-1);
          const end = last ? last.left + last.width : 0;
          assert.ok(end <= metrics.width && (rows.length === 1 || end >= metrics.width - 1), `ends at ${end}`);
        }
      }),
    );
  });

  it('of a day are as high as each other, more or less', () => {
    const shapes = [1.5, 0.67, 1.5, 1, 1.78, 1.33, 1.5, 0.75];
    for (let count = 4; count < 200; count += 1) {
      const sizes = Array.from({ length: count }, (_, index) => ({
        width: 900 * (shapes[index % 8] ?? 1),
        height: 900,
      }));
      for (const { height } of rowsOf(sizes.map(pictureOf), metrics))
        assert.ok(height >= 140 && height <= 330, `${count} pictures have a row of ${height} pixels`);
    }
  });
});
