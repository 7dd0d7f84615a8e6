import { randomUUID } from 'node:crypto';
import type { DynamoEndpoint } from '../../../../../../test/servers/dynamo-endpoint.ts';
import { createTable as createTestTable } from '../../../../../../test/servers/table.ts';
import type { ServiceEvent } from '../../../observe/observer/observer.ts';
import { outboxKey } from '../../dynamodb/item-keys.ts';
import { createTable } from '../../dynamodb/table.ts';
import { createDynamodbImageRepository } from '../../images/dynamodb/dynamodb.ts';
import { createGenerations } from '../../images/dynamodb/generations.ts';
import { createRecordAddition } from '../../images/dynamodb/new-records.ts';
import { createTakenIds } from '../../images/dynamodb/taken-ids.ts';
import { NOW } from '../../images/sample-images.fixture.ts';
import { createUnreadableRecords } from '../../unreadable-records.ts';
import { createMonthCounts } from '../../usage/dynamodb/month-counts.ts';
import type { EventLogHarness } from '../event-log.contract.ts';
import { createLoggedChanges, createUnloggedChanges } from './changes.ts';
import { openDynamodbEventLog } from './dynamodb.ts';

const PLACED = { shards: 3, writtenShards: 3, globalLists: false };

/** A log in a new table, and a repository of a process without EVENTS. */
export async function createDynamodbLogHarness(dynamo: DynamoEndpoint) {
  const storage = await createTestTable(dynamo);
  const table = createTable(storage.client, storage.name);
  let now = NOW;
  const clock = { now: () => now };
  const changes = createLoggedChanges(table, clock);
  const told: ServiceEvent[] = [];
  const log = await openDynamodbEventLog(table, { days: 7 }, { observe: (event) => told.push(event) });
  const addRecord = createRecordAddition(table, {
    rule: PLACED,
    newWriteId: () => randomUUID(),
    counts: undefined,
    months: createMonthCounts(createGenerations(table)),
    changes,
    takenIds: createTakenIds(
      table,
      createUnreadableRecords(() => undefined),
    ),
  });
  return {
    storage,
    table,
    images: createDynamodbImageRepository(table, { ...PLACED, changes }),
    unlogged: createDynamodbImageRepository(table, { ...PLACED, changes: createUnloggedChanges(table, clock) }),
    archive: {
      async put(record) {
        return record.kind === 'image' && addRecord(record.image);
      },
    },
    log,
    told,
    async spoil({ id, revision }) {
      const entry = await table.get(outboxKey(log.shardOf(id), { imageId: id, revision }));
      await table.put({ ...entry, type: { S: 'image.framed' } });
    },
    forgets: 'by itself',
    async settle() {
      for (let shard = 0; shard < log.shards; shard += 1) while ((await log.mover?.move(shard, now))?.isMore);
    },
    setNow(time) {
      now = time;
    },
    [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose](),
  } satisfies EventLogHarness & Record<string, unknown>;
}
