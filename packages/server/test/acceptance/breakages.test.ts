import assert from 'node:assert/strict';
import { join } from 'node:path';
import { it } from 'node:test';
import { filesOf } from '../../../../scripts/test-tiers.ts';
import { brokenSource } from './breakages/broken-source.ts';
import { TESTED } from './breakages/by-test/tested.ts';
import { KINDS } from './breakages/kinds.ts';
import { createPlaces } from './breakages/places.ts';

const ROOT = join(import.meta.dirname, '../../../..');
const SUITE = KINDS.flatMap(({ breakages }) => breakages);
const places = createPlaces(ROOT);

it('the code that a breakage replaces occurs exactly once in its place', () => {
  for (const breakage of [...SUITE, ...TESTED]) {
    const place = places(breakage.place);
    assert.notEqual(brokenSource(place, breakage), place.source, breakage.name);
  }
});

it('a test file that detects a breakage is one that CI runs', () => {
  const files = filesOf(['change', 'ci']);
  for (const { name, test } of TESTED) assert.ok(files.includes(test), `${name}: ${test}`);
});
