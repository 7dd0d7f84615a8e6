import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { newImageId } from '../images/sample-images.fixture.ts';
import { isSamePlacement, placementOf } from './placement.ts';

describe('the placement of an image', () => {
  it('is deterministic, and has global facets if global lists are on', () => {
    const id = newImageId();
    for (const globalLists of [true, false]) {
      const [one, other] = [
        placementOf(id, { writtenShards: 8, globalLists }),
        placementOf(id, { writtenShards: 8, globalLists }),
      ];
      assert.deepEqual(one, other);
      assert.equal(one.hasGlobalFacets, globalLists);
    }
  });

  it('spreads images of one millisecond evenly over all shards', () => {
    const counts = Array.from({ length: 8 }, () => 0);
    const at = new Date();
    for (let n = 0; n < 8_000; n += 1) {
      const { shard } = placementOf(newImageId(at), { writtenShards: 8, globalLists: true });
      counts[shard] = (counts[shard] ?? 0) + 1;
    }
    assert.equal(counts.length, 8);
    // The mean is 1,000; fewer than one run in a billion deviates by 200.
    for (const count of counts) assert.ok(800 < count && count < 1_200, counts.join());
  });

  it('differs by shard and by global facets', () => {
    const placement = { shard: 1, hasGlobalFacets: true };
    assert.ok(isSamePlacement(placement, { ...placement }));
    assert.ok(!isSamePlacement(placement, { ...placement, shard: 2 }));
    assert.ok(!isSamePlacement(placement, { ...placement, hasGlobalFacets: false }));
  });
});
