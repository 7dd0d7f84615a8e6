import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type PendingImage, tended } from '../domain/image.ts';
import { addReady, NOW, sampleKeyUse, samplePending } from './sample-images.fixture.ts';
import { createSqliteHarness } from './sqlite-harness.fixture.ts';

const UNTIL = new Date(NOW.getTime() + 60_000);

describe('ending every lease, by a service that starts alone', () => {
  it('frees claims and uses of keys, and keeps attempts and revisions', async () => {
    await using harness = await createSqliteHarness();
    const images = [samplePending(), samplePending({ revision: 3 }), samplePending()];
    const claimed = images.map((image, index) => (index === 2 ? image : claimedBy(image, `attempt ${index}`)));
    for (const image of claimed) await harness.images.create(image);
    const held = sampleKeyUse({ leaseUntil: UNTIL });
    await harness.images.useKey(held, NOW);
    await harness.images.endLeases();
    assert.deepEqual(await harness.images.useKey(held, NOW), { ...held, leaseUntil: new Date(0) });
    for (const image of claimed) {
      const claim = image.claim && { ...image.claim, leaseUntil: new Date(0) };
      assert.deepEqual(await harness.images.get(image.id), { ...image, claim });
    }
  });

  it('makes what was claimed due, and nothing else', async () => {
    await using harness = await createSqliteHarness();
    const claimed = claimedBy(samplePending(), 'attempt');
    await harness.images.create(claimed);
    await harness.images.create(samplePending());
    const ready = await addReady(harness.images);
    await harness.images.replace(ready, tended(ready, UNTIL));
    await harness.images.endLeases();
    assert.deepEqual(
      (await harness.images.due(NOW, 10)).map(({ id }) => id),
      [claimed.id],
    );
  });

  it("ends the sweeper's", async () => {
    await using harness = await createSqliteHarness();
    await harness.images.holdLease({ name: 'sweep', holder: 'a', until: UNTIL }, NOW);
    await harness.images.endLeases();
    assert.equal(await harness.images.holdLease({ name: 'sweep', holder: 'b', until: UNTIL }, NOW), true);
  });
});

const claimedBy = (image: PendingImage, attempt: string): PendingImage => ({
  ...image,
  claim: { attempt, leaseUntil: UNTIL },
});
