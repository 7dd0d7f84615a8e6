import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Image } from '../../src/domain/image/image.ts';
import { hearingPostponed } from '../../src/observe/observer/hearing.fixture.ts';
import { sweep } from '../../src/operations/upkeep/sweep.ts';
import { type Cloud, createCloud, joinCloud, NO_CLOUD, type OwnService } from '../services/cloud.ts';
import { json } from '../services/service.ts';

const HOUR_MS = 3_600_000;

interface Abandoned {
  readonly id: Image['id'];
  readonly shard: number;
}

/** An unused grant of an hour ago, in the first or in the second shard. */
async function abandon(own: OwnService, shard: number): Promise<Abandoned> {
  own.clock.offsetMs = -HOUR_MS;
  const granted = await own.request('/images/upload', json({ user_id: 'u', content_type: 'image/jpeg' }));
  const { image_id: id } = (await granted.json()) as { image_id: Image['id'] };
  own.clock.offsetMs = 0;
  const due = await own.services.images.due(own.clock.now(), 100, { lane: 'removal', shard });
  return due.some((image) => image.id === id) ? { id, shard } : abandon(own, shard);
}

const sweepBy = (own: OwnService, holder: string): Promise<void> =>
  sweep(hearingPostponed(own.services, assert.ifError), { holder, signal: new AbortController().signal });

const statusOf = async (own: OwnService, { id }: Abandoned) => (await own.services.images.get(id))?.status;

describe('several sweeping processes', { skip: NO_CLOUD }, () => {
  const inTwoShards = async (): Promise<Cloud> => {
    const cloud = await createCloud();
    return { ...cloud, environment: { ...cloud.environment, FEED_SHARDS: '2' } };
  };

  it('work concurrently, each in its own shard', { timeout: 240_000 }, async () => {
    await using cloud = await inTwoShards();
    await using one = await joinCloud(cloud);
    await using other = await joinCloud(cloud);
    const [held, free] = [await abandon(one, 0), await abandon(one, 1)];
    const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const { objects } = one.services;
    const { head } = objects;
    objects.head = async (key) => {
      if (key.endsWith(held.id)) {
        reached.resolve();
        await released.promise;
      }
      return head(key);
    };
    const sweeping = sweepBy(one, 'one');
    await reached.promise;
    // More work in both shards, for the other to find.
    const [behind, beside] = [await abandon(other, 0), await abandon(other, 1)];
    await sweepBy(other, 'other');
    assert.deepEqual(await Promise.all([free, beside].map((image) => statusOf(other, image))), ['expired', 'expired']);
    assert.deepEqual(await Promise.all([held, behind].map((image) => statusOf(other, image))), ['pending', 'pending']);
    released.resolve();
    await sweeping;
    await sweepBy(other, 'other');
    assert.deepEqual(await Promise.all([held, behind].map((image) => statusOf(other, image))), ['expired', 'expired']);
  });

  it('take no lease if nothing is due', async () => {
    await using cloud = await inTwoShards();
    await using one = await joinCloud(cloud);
    let leases = 0;
    one.services.coordination.holdLease = async () => {
      leases += 1;
      return true;
    };
    await sweepBy(one, 'one');
    assert.equal(leases, 0);
  });
});
