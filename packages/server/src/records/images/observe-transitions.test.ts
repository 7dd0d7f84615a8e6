import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createPartHealth } from '../../observe/health/part-health.ts';
import type { ServiceEvent } from '../../observe/observer/observer.ts';
import { createStoreCalls, createWatches } from '../../observe/observer/store-calls.ts';
import { watchedRecords } from '../../run/compose/watched-stores.ts';
import { observeTransitions } from './observe-transitions.ts';
import { NOW, sampleKeyUse, samplePending, sampleTokenUse } from './sample-images.fixture.ts';
import { createSqliteHarness } from './sqlite/sqlite-harness.fixture.ts';
import { describeTokenUses } from './token-uses.contract.ts';

/** The repository as the service composes it. */
async function createObservedHarness() {
  const harness = await createSqliteHarness();
  const elapsedMs = () => performance.now();
  const worse: string[] = [];
  const health = createPartHealth({ elapsedMs, onWorse: (condition) => worse.push(condition) });
  const events: ServiceEvent[] = [];
  const observe = (event: ServiceEvent) => void events.push(event);
  const calls = createStoreCalls({ watch: createWatches({ clock: { elapsedMs }, observe })('records'), health });
  return {
    ...harness,
    images: observeTransitions(watchedRecords(calls).images(harness.images), { observe, elapsedMs }),
    events,
    worse,
  };
}

describe('the observed repository', () => {
  describeTokenUses(createObservedHarness);

  it('reports an upload for each record that a token permitted, none for a refused one, and stays healthy', async () => {
    await using harness = await createObservedHarness();
    const use = sampleTokenUse({ maxImages: 2 });
    const [first, second, third] = [samplePending(), samplePending(), samplePending()];
    const keyed = sampleKeyUse({ imageId: second.id });
    assert.equal(await harness.images.create(first, use), true);
    assert.equal(await harness.images.useKey(keyed, NOW, second, use), undefined);
    const usedUp = { code: 'upload-token-used-up' };
    await assert.rejects(harness.images.create(third, use), usedUp);
    await assert.rejects(harness.images.useKey(sampleKeyUse({ key: 'k' }), NOW, third, use), usedUp);
    const transitions = harness.events.filter(({ event }) => event !== 'store-call');
    assert.deepEqual(
      transitions,
      [first, second].map(({ id }) => ({ event: 'upload-granted', imageId: id })),
    );
    assert.deepEqual(harness.worse, []);
  });
});
