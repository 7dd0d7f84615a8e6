import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { MediaType } from '../image/media-type.ts';
import type { ObjectKey } from '../image/object-key.ts';
import { EVERY_ACCEPTED } from './accepted-formats.ts';
import { planRendition } from './plan-rendition.ts';
import type { PlannedRendition } from './planned-rendition.ts';
import { renditionRuns } from './rendition-runs.ts';
import type { Size } from './transform.ts';
import { parseTransform } from './transform-parameters.ts';

function runsOf(image: Size, queries: readonly string[], contentType: MediaType = 'image/jpeg'): readonly number[] {
  const planned = queries.map((query): PlannedRendition => {
    const transform = parseTransform(new URLSearchParams(query), (name) => name);
    const recipe = planRendition({ ...image, contentType, focalPoint: null }, transform, EVERY_ACCEPTED);
    return { kind: 'preset', recipe, mark: null, name: query, key: `renditions/${query}` as ObjectKey };
  });
  const runs = renditionRuns(image, planned);
  assert.deepEqual(runs.flat(), planned);
  return runs.map((run) => run.length);
}

describe('eager renditions', () => {
  const presets = ['w=256&h=256', 'w=1024&h=1024', 'w=2048&h=2048'];

  it('share one decode if they are few, even of the largest image', () => {
    assert.deepEqual(runsOf({ width: 4_000, height: 3_000 }, presets), [3]);
    assert.deepEqual(runsOf({ width: 8_192, height: 6_144 }, presets), [3]);
    assert.deepEqual(runsOf({ width: 8_192, height: 6_144 }, []), []);
  });

  it('are divided by their number of pixels', () => {
    const large = Array.from({ length: 32 }, (_, index) => `w=${4_065 + index}&h=4096`);
    assert.deepEqual(runsOf({ width: 4_096, height: 4_096 }, large), Array(32).fill(1));
  });

  it('are divided by the number of their encodings', () => {
    const sized = Array.from({ length: 4 }, (_, index) => `w=${2_000 + index}&format=jpeg&max_bytes=1000`);
    assert.deepEqual(runsOf({ width: 2_048, height: 2_048 }, sized), [1, 1, 1, 1]);
    assert.deepEqual(
      runsOf(
        { width: 2_048, height: 2_048 },
        sized.map((query) => query.replace('&max_bytes=1000', '')),
      ),
      [4],
    );
  });

  it('are divided by the number of decodes they need', () => {
    const small = Array.from({ length: 32 }, (_, index) => `w=64&crop=${index},0,8000,6000`);
    assert.equal(Math.max(...runsOf({ width: 8_192, height: 6_144 }, small)), 3);
    assert.deepEqual(
      runsOf(
        { width: 500, height: 400 },
        small.map((_, index) => `w=${index + 1}`),
      ),
      [32],
    );
  });

  it('that are trimmed are made one at a time', () => {
    assert.deepEqual(runsOf({ width: 400, height: 300 }, ['w=9', 'w=8&trim=5', 'w=7&trim=5', 'w=6']), [1, 1, 1, 1]);
  });

  it('of all frames of an animation are made one at a time', () => {
    assert.deepEqual(runsOf({ width: 400, height: 300 }, presets, 'image/gif'), [1, 1, 1]);
    assert.deepEqual(runsOf({ width: 400, height: 300 }, ['w=9', 'w=8&page=0', 'w=7&page=0'], 'image/gif'), [1, 2]);
  });
});
