import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type DynamoForTests, dynamoForTests } from '../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../test/servers/dynoxide.ts';
import type { ServiceEvent } from '../../observe/observer/observer.ts';
import { createDynamodbCoordination } from '../../records/coordination/dynamodb/dynamodb.ts';
import { attributesOfKey, outboxKey } from '../../records/dynamodb/item-keys.ts';
import { createDynamodbLogHarness } from '../../records/events/dynamodb/dynamodb-log-harness.fixture.ts';
import { addReady, NOW, newImageId } from '../../records/images/sample-images.fixture.ts';
import { measureOutbox } from './measure.ts';
import { createEventMoving, moveEvents } from './move-events.ts';

const sweepBy = (holder: string) => ({ holder, signal: AbortSignal.timeout(60_000) });
const later = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1_000);

describe('the movers of the outbox', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  async function createMoving() {
    const harness = await createDynamodbLogHarness(server.dynamo);
    const told: ServiceEvent[] = [];
    let now = NOW;
    const services = {
      events: { log: harness.log, days: 7 },
      coordination: createDynamodbCoordination(harness.table),
      clock: { now: () => now, elapsedMs: () => now.getTime() },
      observe: (event: ServiceEvent) => void told.push(event),
    };
    const published = async () => (await harness.log.head()).sequences.reduce((sum, one) => sum + one);
    const pass = (seconds: number): void => {
      now = new Date(now.getTime() + seconds * 1_000);
      harness.setNow(now);
    };
    return { ...harness, services, told, published, pass };
  }

  it('work on a shard in one process at a time, the next one after a holder that ended or died', async () => {
    await using harness = await createMoving();
    const [one, other] = ['one', 'other'].map((holder) => createEventMoving(harness.services, { holder }));
    assert.ok(one && other);
    const shard = harness.log.shardOf((await addReady(harness.images)).id);
    assert.equal(await one.look(shard), 1);
    assert.equal(await harness.published(), 1);
    assert.equal(await other.look(shard), 30, 'it asks again after half of the lease');
    assert.deepEqual([await one.look(shard), await one.look(shard), await one.look(shard)], [2, 3, 4]);
    assert.deepEqual([await one.look(shard), await one.look(shard)], [5, 5], 'idle looks');
    harness.pass(59);
    assert.equal(await other.look(shard), 30);
    harness.pass(2);
    assert.equal(await other.look(shard), 2);
    assert.equal(await one.look(shard), 30);
    await other.end();
    assert.equal(await one.look(shard), 2);
  });

  it('leave waiting what they fail to publish, which each process then tells', async () => {
    await using harness = await createMoving();
    const { told, services, log, table } = harness;
    await measureOutbox(services);
    const { id } = await addReady(harness.images);
    const broken = attributesOfKey(outboxKey(log.shardOf(id), { imageId: id, revision: 999 }));
    await table.put({ ...broken, since: { N: String(NOW.getTime()) } });
    await addReady(harness.images);
    harness.pass(7);
    await assert.rejects(moveEvents(services, sweepBy('one')));
    await measureOutbox(services);
    harness.pass(3_600);
    await measureOutbox(services);
    await measureOutbox({ ...services, events: null });
    assert.deepEqual(
      told,
      [0, 7_000, 3_607_000].map((ageMs) => ({ event: 'outbox-measured', ageMs })),
    );
  });

  it('tell the oldest change of all shards, also of one whose time cannot be read', async () => {
    await using harness = await createMoving();
    const { told, services, table } = harness;
    const put = (shard: number, createdAt: number, since: AttributeValue) => {
      const key = outboxKey(shard, { imageId: newImageId(later(createdAt)), revision: 2 });
      return table.put({ ...attributesOfKey(key), since });
    };
    const at = (seconds: number) => ({ N: String(later(seconds).getTime()) });
    // By shard and age of the image: neither the first nor the last of a shard, nor one of shard 0, is the oldest.
    const waiting = { 0: [5, 2, 4], 5: [7, 1, 6] };
    for (const [shard, times] of Object.entries(waiting))
      for (const [index, seconds] of times.entries()) await put(Number(shard), index - 100, at(seconds));
    harness.pass(10);
    await measureOutbox(services);
    await table.put({ ...attributesOfKey({ ...outboxKey(3, { imageId: newImageId(), revision: 2 }), sk: 'broken' }) });
    await put(3, -60, { S: 'yesterday' });
    await put(4, -50, { N: '1e99' });
    await measureOutbox(services);
    assert.deepEqual(
      told,
      [9_000, 70_000].map((ageMs) => ({ event: 'outbox-measured', ageMs })),
    );
  });

  it('empty the outbox of all shards in one sweep of a function', async () => {
    await using harness = await createMoving();
    for (let n = 0; n < 10; n += 1) await addReady(harness.images);
    harness.pass(3);
    await moveEvents(harness.services, sweepBy('one'));
    assert.equal(await harness.published(), 10);
    assert.equal(await createEventMoving(harness.services, { holder: 'other' }).look(0), 2, 'the leases are released');
    assert.deepEqual(later(3), harness.services.clock.now());
  });
});
