import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createFingerprints } from './fingerprints.ts';

it('a set of fingerprints has the texts that were added, in whatever order, and no others', () => {
  const texts = createFingerprints();
  assert.equal(texts.has('0'), false);
  for (let round = 1; round <= 3; round += 1) {
    for (let nth = 0; nth < 1_000; nth += 1) texts.add(`${round} ${nth}`);
    assert.equal(texts.size, round * 1_000);
    for (let nth = 0; nth < 1_000; nth += 1)
      assert.deepEqual([texts.has(`${round} ${nth}`), texts.has(`${round + 1} ${nth}`)], [true, false]);
  }
});

it('counts a text that is added again once', () => {
  const texts = createFingerprints();
  assert.deepEqual(
    ['a', 'b', 'a'].map((text) => texts.add(text)),
    [true, true, false],
  );
  assert.equal(texts.size, 2);
});
