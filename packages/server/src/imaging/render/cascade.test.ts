import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Recipe } from '../../domain/rendition/recipe.ts';
import { planCascade } from './cascade.ts';
import { RECIPE, TRIM } from './render.fixture.ts';

const scaledTo = (width: number, height: number, rest: Partial<Recipe> = {}): Recipe => ({
  ...RECIPE,
  page: 0,
  scaled: { width, height },
  ...rest,
});

const SOURCE = { width: 16_000, height: 12_000 };
const cascadeOf = (recipes: readonly Recipe[]) => planCascade(recipes, SOURCE);

describe('a cascade', () => {
  it('makes each size from the next larger one, in any order', () => {
    const [thumb, large, medium] = [scaledTo(256, 192), scaledTo(2048, 1536), scaledTo(1024, 768)];
    const larger = cascadeOf([thumb, large, medium]);
    assert.equal(larger.get(thumb), medium);
    assert.equal(larger.get(medium), large);
    assert.equal(larger.get(large), undefined);
  });

  it('neither makes a trimmed picture from another nor another from it', () => {
    const trim = TRIM;
    assert.equal(
      cascadeOf([scaledTo(2048, 1536), scaledTo(1024, 768, { trim }), scaledTo(600, 450, { trim })]).size,
      0,
    );
  });

  it('makes a size with its height rounded up from one with its height rounded down', () => {
    const [large, medium] = [scaledTo(2048, 1365), scaledTo(1024, 683)];
    assert.equal(cascadeOf([large, medium]).get(medium), large);
  });

  it('uses no picture that is hardly larger, since scaling twice would lose sharpness', () => {
    assert.equal(cascadeOf([scaledTo(1000, 750), scaledTo(900, 675)]).size, 0);
    assert.equal(cascadeOf([scaledTo(1000, 100), scaledTo(500, 99)]).size, 0);
  });

  it('uses no picture with another crop, rotation or page', () => {
    const crop = { left: 0, top: 0, width: 900, height: 900 };
    const others: Partial<Recipe>[] = [{ crop }, { rotate: 90 }, { flip: 'both' }, { page: 1 }, { page: null }];
    for (const other of others) assert.equal(cascadeOf([scaledTo(800, 800, other), scaledTo(100, 100)]).size, 0);
    assert.equal(cascadeOf([scaledTo(800, 800, { crop }), scaledTo(100, 100, { crop: { ...crop } })]).size, 1);
  });

  it('uses no enlarged picture, of the whole or of a crop', () => {
    const [large, small] = [scaledTo(3_000, 2_000), scaledTo(300, 200)];
    assert.equal(planCascade([large, small], { width: 3_000, height: 2_000 }).get(small), large);
    assert.equal(planCascade([large, small], { width: 600, height: 400 }).size, 0);
    const crop = { left: 0, top: 0, width: 200, height: 300 };
    const turned = [large, small].map((recipe) => ({ ...recipe, crop, rotate: 90 }) as const);
    assert.equal(planCascade(turned, { width: 6_000, height: 4_000 }).size, 0);
  });

  it('leaves out animations, and uses no picture that is too large to hold in memory', () => {
    assert.equal(cascadeOf([scaledTo(800, 600, { page: null }), scaledTo(80, 60, { page: null })]).size, 0);
    assert.equal(cascadeOf([scaledTo(16_000, 3_000), scaledTo(160, 30)]).size, 0);
  });
});
