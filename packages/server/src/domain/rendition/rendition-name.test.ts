import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Recipe, Trim } from './recipe.ts';
import { renditionName } from './rendition-name.ts';

const RECIPE: Recipe = {
  page: null,
  crop: { left: 1, top: 2, width: 3, height: 4 },
  rotate: 90,
  flip: 'none',
  scaled: { width: 30, height: 40 },
  window: null,
  pixelate: null,
  colors: null,
  radius: null,
  canvas: null,
  background: null,
  blur: null,
  sharpen: null,
  format: 'webp',
  quality: null,
  maxBytes: null,
  trim: null,
  watermark: null,
};
const AREA = { left: 1, top: 2, width: 3, height: 4 };
const MARK = { sha256: 'd'.repeat(64), size: { width: 3, height: 4 }, area: AREA, opacity: 1 };
const MADE = { sha256: 'a'.repeat(64), encoder: 'libvips 8' };

const TRIM: Trim = {
  ...{ threshold: 1, width: null, height: 9, fit: 'inside', position: 'entropy', enlarge: false, radius: null },
  padding: { top: 0, right: 0, bottom: 0, left: 0 },
};

describe('the name of a rendition', () => {
  it('is 32 hex digits', () => assert.match(renditionName(RECIPE, MADE), /^[0-9a-f]{32}$/));

  it('is the same for the same recipe, in any order of properties', () => {
    const reversed = (value: object): object =>
      Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([key, inner]) => [key, typeof inner === 'object' && inner !== null ? reversed(inner) : inner]),
      );
    assert.equal(renditionName(reversed(RECIPE) as Recipe, MADE), renditionName(RECIPE, MADE));
    assert.equal(renditionName(RECIPE, { encoder: MADE.encoder, sha256: MADE.sha256 }), renditionName(RECIPE, MADE));
  });

  it('is that of the recipe before a field was added, if the field has its default', () => {
    const { maxBytes, trim, ...former } = RECIPE;
    const [encoder, sha256] = ['sharp-0.35.5/3', 'a'.repeat(64)];
    assert.equal(renditionName(RECIPE, { encoder, sha256 }), renditionName(former as Recipe, { encoder, sha256 }));
    assert.equal(renditionName(RECIPE, { encoder, sha256 }), '07c7c0f2ed0d8d0cea47946bb0f04a56');
  });

  it('differs if any part differs', () => {
    const others: readonly Partial<Recipe>[] = [
      { page: 0 },
      { crop: { left: 2, top: 1, width: 3, height: 4 } },
      { crop: null },
      { rotate: 270 },
      { flip: 'both' },
      { scaled: { width: 40, height: 30 } },
      { window: { left: 0, top: 0, width: 3, height: 4 } },
      { window: { width: 3, height: 4, find: 'attention' } },
      { window: { width: 3, height: 4, find: 'entropy' } },
      { canvas: { left: 0, top: 0, width: 3, height: 4 } },
      { pixelate: 2 },
      { radius: { across: 1, down: 2 } },
      { radius: { across: 2, down: 1 } },
      { colors: { brightness: 1, contrast: 0, saturation: 0, gray: false, tint: null } },
      { colors: { brightness: 0, contrast: 1, saturation: 0, gray: false, tint: null } },
      { background: 'ffffff' },
      { background: 'ffffff80' },
      { blur: 1 },
      { sharpen: 1 },
      { format: 'plain' },
      { quality: 1 },
      { maxBytes: 1_000 },
      { trim: TRIM },
      { trim: { ...TRIM, threshold: 2 } },
      { trim: { ...TRIM, width: 9 } },
      { trim: { ...TRIM, radius: 'circle' } },
      { watermark: MARK },
      { watermark: { ...MARK, sha256: 'e'.repeat(64) } },
      { watermark: { ...MARK, opacity: 0.5 } },
    ];
    const names = [
      renditionName(RECIPE, MADE),
      ...others.map((other) => renditionName({ ...RECIPE, ...other }, MADE)),
      renditionName(RECIPE, { ...MADE, sha256: 'b'.repeat(64) }),
      renditionName(RECIPE, { ...MADE, encoder: 'libvips 9' }),
    ];
    assert.equal(new Set(names).size, names.length);
  });
});
