import assert from 'node:assert/strict';
import { it } from 'node:test';
import { wholeRenditions } from './renditions.ts';

const PICTURE = { width: 4_000, height: 3_000, renditions: { large: 'l', thumb: 't', card: 'c', soft: 's', new: 'n' } };
const PRESETS = {
  thumb: 'w=256&h=256',
  large: 'w=1024&dpr=2&fit=inside',
  card: 'w=512&h=300&fit=cover',
  soft: 'w=512&blur=4',
};

it('offers the presets that show the whole picture, the smallest first, with their sizes', () => {
  assert.deepEqual(wholeRenditions(PICTURE, PRESETS), [
    { preset: 'thumb', url: 't', width: 256, height: 192 },
    { preset: 'large', url: 'l', width: 2_048, height: 1_536 },
  ]);
});

it('offers sizes that are the same once, unless their quality differs', () => {
  const renditions = { thumb: 't', small: 's', large: 'l', coarse: 'c' };
  const presets = { thumb: 'w=256&h=256', small: 'w=512', large: 'w=1024&dpr=2', coarse: 'w=512&q=20' };
  const sizes = wholeRenditions({ width: 300, height: 200, renditions }, presets);
  assert.deepEqual(
    sizes.map(({ preset, width }) => [preset, width]),
    [
      ['thumb', 256],
      ['small', 300],
      ['coarse', 300],
    ],
  );
});

it('enlarges nothing, and offers nothing of a picture that is not ready', () => {
  const [small] = wholeRenditions({ ...PICTURE, width: 40, height: 30 }, PRESETS);
  assert.deepEqual([small?.width, small?.height], [40, 30]);
  assert.deepEqual(wholeRenditions({ ...PICTURE, renditions: null }, PRESETS), []);
  assert.deepEqual(wholeRenditions({ ...PICTURE, width: null }, PRESETS), []);
});
