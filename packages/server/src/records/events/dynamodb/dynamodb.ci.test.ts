import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../../test/servers/dynoxide.ts';
import { createTable as createTestTable } from '../../../../../../test/servers/table.ts';
import { sampleDetails } from '../../../domain/facts/facts.fixture.ts';
import { scheduleMaintenance, trash } from '../../../domain/image/image.ts';
import { beforeCommand } from '../../dynamodb/before-command.fixture.ts';
import { eventKey, ownEventSort, ownEventsPartition } from '../../dynamodb/item-keys.ts';
import { createTable } from '../../dynamodb/table.ts';
import { createDynamodbImageRepository } from '../../images/dynamodb/dynamodb.ts';
import { addReady, NOW, samplePending, samplePublished } from '../../images/sample-images.fixture.ts';
import { describeEventLog } from '../event-log.contract.ts';
import { createUnloggedChanges } from './changes.ts';
import { openDynamodbEventLog } from './dynamodb.ts';
import { createDynamodbLogHarness } from './dynamodb-log-harness.fixture.ts';

const later = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1_000);

describe('a log in DynamoDB', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());
  const create = () => createDynamodbLogHarness(server.dynamo);

  describeEventLog('DynamoDB', create);

  it('is read consistently, and never by an index', async () => {
    await using harness = await create();
    const queries: object[] = [];
    beforeCommand(harness.storage.client, 'QueryCommand', (input) => queries.push(input));
    const { id } = await addReady(harness.images);
    await harness.settle();
    const shard = harness.log.shardOf(id);
    for (const userId of [undefined, 'ada'])
      assert.equal((await harness.log.read({ shard, after: 0, until: 1, limit: 9, userId })).events.length, 1);
    await harness.log.eraseUser('ada');
    assert.ok(queries.length > 10);
    for (const query of queries)
      assert.ok(!('IndexName' in query) && 'ConsistentRead' in query && query.ConsistentRead, JSON.stringify(query));
  });

  it('expires a day after its events can no longer be read, the copies by which a user is erased later still', async () => {
    await using harness = await create();
    const { id } = await addReady(harness.images);
    await harness.settle();
    const shard = harness.log.shardOf(id);
    const copy = { pk: ownEventsPartition('ada'), sk: ownEventSort(shard, 1) };
    for (const [key, expected] of [
      [eventKey(shard, 1), 8],
      [copy, 16],
    ] as const) {
      const days = (Number((await harness.table.get(key))?.['ttl']?.N) * 1000 - Date.now()) / 86_400_000;
      assert.ok(Math.abs(days - expected) < 0.1, `expected ${expected} days; got ${days}`);
    }
    await harness.table.delete(eventKey(shard, 1));
    assert.equal(await harness.log.eraseUser('ada'), 1);
    for (const key of [eventKey(shard, 1), copy]) assert.equal(await harness.table.get(key), undefined);
  });

  it('goes on when another process opens it', async () => {
    await using harness = await create();
    await addReady(harness.images);
    await harness.settle();
    const other = await openDynamodbEventLog(harness.table, { days: 1 });
    assert.deepEqual(await other.head(), await harness.log.head());
  });

  it('is marked, ahead of them, by changes of a process without EVENTS that have an event, once a minute', async () => {
    await using harness = await create();
    const until = async () => (await harness.log.head()).incompleteUntil;
    const ready = samplePublished(samplePending());
    const { unlogged } = harness;
    await harness.archive.put({ kind: 'image', image: ready });
    const maintained = scheduleMaintenance(ready, later(5));
    await unlogged.create(samplePending());
    await unlogged.replace(ready, maintained);
    assert.equal(await until(), null, 'a change without an event leaves nothing out');
    let beforeWrite: Date | null = null;
    beforeCommand(harness.storage.client, 'TransactWriteItemsCommand', async () => {
      beforeWrite = await until();
    });
    await unlogged.replace(maintained, trash(maintained, NOW, later(9)));
    assert.deepEqual(beforeWrite, later(120));
    harness.setNow(later(59));
    await addReady(unlogged);
    assert.deepEqual(await until(), later(120));
    harness.setNow(later(60));
    await addReady(unlogged);
    assert.deepEqual(await until(), later(180));
    await harness.settle();
    assert.equal(
      (await harness.log.head()).sequences.reduce((sum, one) => sum + one),
      1,
    );
  });

  it('is marked by a change of a process without EVENTS that only its write names', async () => {
    await using harness = await create();
    const ready = samplePublished(samplePending());
    await harness.archive.put({ kind: 'image', image: ready });
    const moved = { ...ready, hasDetails: true, revision: ready.revision + 1 };
    const written = { details: sampleDetails, changedDetails: ['position'] } as const;
    assert.equal(await harness.unlogged.replace(ready, moved, written), true);
    assert.deepEqual((await harness.log.head()).incompleteUntil, later(120));
  });

  it('that begins soon after a change without EVENTS is marked for those that may follow', async () => {
    await using storage = await createTestTable(server.dynamo);
    const table = createTable(storage.client, storage.name);
    const changes = createUnloggedChanges(table, { now: () => NOW });
    await addReady(createDynamodbImageRepository(table, { shards: 1, writtenShards: 1, globalLists: false, changes }));
    assert.equal(await (await openDynamodbEventLog(table, null)).head().catch(({ code }) => code), 'unavailable');
    const { log, incompleteUntil } = await (await openDynamodbEventLog(table, { days: 7 })).head();
    assert.match(log, /^[0-9a-f]{16}$/);
    assert.deepEqual(incompleteUntil, later(120));
  });

  it('has one event of a change whose answer was lost', async () => {
    await using harness = await create();
    const pending = samplePending();
    await harness.images.create(pending);
    let isLost = false;
    harness.storage.client.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          const answer = await next(args);
          if (commandName !== 'TransactWriteItemsCommand' || isLost) return answer;
          isLost = true;
          throw Object.assign(new Error('no answer'), { name: 'TimeoutError' });
        },
      { step: 'finalizeRequest', priority: 'low', name: 'loseAnswer' },
    );
    assert.equal(await harness.images.replace(pending, samplePublished(pending)), true);
    assert.ok(isLost);
    await harness.settle();
    assert.equal(
      (await harness.log.head()).sequences.reduce((sum, one) => sum + one),
      1,
    );
  });
});
