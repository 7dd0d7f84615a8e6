import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DynamoEndpoint } from '../../../../../test/servers/dynamo-endpoint.ts';
import { createTable as createTestTable, type TestTable } from '../../../../../test/servers/table.ts';
import { UNLIMITED } from '../../domain/usage/quota.ts';
import { createDynamodbCoordination } from '../coordination/dynamodb/dynamodb.ts';
import { imageKey } from '../dynamodb/item-keys.ts';
import { removeAttribute } from '../dynamodb/raw-item.fixture.ts';
import { createTable } from '../dynamodb/table.ts';
import { createDynamodbImageRepository } from '../images/dynamodb/dynamodb.ts';
import { createExternalIds } from '../images/dynamodb/external-ids.ts';
import { createGenerations } from '../images/dynamodb/generations.ts';
import { createRecordAddition } from '../images/dynamodb/new-records.ts';
import { createSqliteImageRepository } from '../images/sqlite/sqlite.ts';
import { createDynamodbKeyRepository } from '../keys/dynamodb/dynamodb.ts';
import { createSqliteKeyRepository } from '../keys/sqlite/sqlite.ts';
import { openDatabase } from '../sqlite/database.ts';
import { createGroupCommit } from '../sqlite/group-commit.ts';
import { MIGRATIONS } from '../sqlite/schema.ts';
import { createUnreadableRecords } from '../unreadable-records.ts';
import { createMonthCounts } from '../usage/dynamodb/month-counts.ts';
import { createRecounts } from '../usage/dynamodb/recounts.ts';
import { createDynamodbUsage } from '../usage/dynamodb/usage.ts';
import { createUsageCounts } from '../usage/dynamodb/usage-counts.ts';
import { createSqliteUsage } from '../usage/sqlite/usage.ts';
import { createDynamodbWebhookRepository } from '../webhooks/dynamodb/dynamodb.ts';
import { createDynamodbRecordArchive } from './dynamodb/dynamodb.ts';
import { createScanningClient } from './dynamodb/scan.ts';
import { createDynamodbUserRecords } from './dynamodb/user-records.ts';
import type { ArchiveHarness } from './record-archive.contract.ts';
import { createSqliteRecordArchive } from './sqlite/sqlite.ts';

/** An archive of a new database, beside a service that counts. */
export async function createSqliteArchiveHarness() {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'safelight-archive-')));
  const database = stack.use(openDatabase(folder.path, MIGRATIONS));
  const writes = stack.use(createGroupCommit(database));
  const archive = createSqliteRecordArchive(database, writes, { folder: folder.path, countsWith: UNLIMITED });
  const held = stack.move();
  return {
    archive,
    manyImages: 1_200,
    database,
    folder: folder.path,
    images: createSqliteImageRepository(database, writes, { countsWith: UNLIMITED }),
    usage: createSqliteUsage(database, writes, UNLIMITED),
    keys: createSqliteKeyRepository(database, writes),
    spoil: async (id) => void database.prepare("UPDATE images SET metadata = 'no JSON' WHERE id = ?").run(id),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  } satisfies ArchiveHarness & Record<string, unknown>;
}

/** So that few items make many pages. */
const PAGE_ITEMS = 20;

const PLACED = { shards: 3, writtenShards: 3, globalLists: true };

/** An archive of a new table, beside a service that counts. */
export async function createDynamodbArchiveHarness(dynamo: DynamoEndpoint) {
  const storage = await createTestTable(dynamo);
  const client = await createScanningClient({
    region: dynamo.region,
    endpoint: dynamo.url,
    credentials: dynamo,
    caBundle: null,
  });
  return {
    ...createArchiveOf(storage, client),
    manyImages: 100,
    storage,
    spoil: (id) => removeAttribute(storage, imageKey(id), 'metadata'),
    async [Symbol.asyncDispose]() {
      client.destroy();
      await storage[Symbol.asyncDispose]();
    },
  } satisfies ArchiveHarness & Record<string, unknown>;
}

function createArchiveOf(storage: TestTable, client: Awaited<ReturnType<typeof createScanningClient>>) {
  const table = createTable(storage.client, storage.name);
  const generations = createGenerations(table);
  const recounts = createRecounts(table);
  const counts = createUsageCounts(table, { defaults: UNLIMITED, recounts });
  const usage = createDynamodbUsage(table, {
    defaults: UNLIMITED,
    isCounting: true,
    shards: PLACED.shards,
    leases: createDynamodbCoordination(table),
    counts,
    recounts,
    unreadable: createUnreadableRecords(() => undefined),
    noticedMs: 0,
  });
  const addRecord = createRecordAddition(table, {
    rule: PLACED,
    newWriteId: () => crypto.randomUUID(),
    counts,
    months: createMonthCounts(generations),
    changes: undefined,
    externalIds: createExternalIds(
      table,
      createUnreadableRecords(() => undefined),
    ),
  });
  return {
    archive: createDynamodbRecordArchive({
      client,
      name: storage.name,
      table,
      addRecord,
      usage,
      webhooks: createDynamodbWebhookRepository(table, { days: 7, clock: { now: () => new Date() } }),
      pageItems: PAGE_ITEMS,
    }),
    images: createDynamodbImageRepository(table, { ...PLACED, counts }),
    usage,
    keys: createDynamodbKeyRepository(table),
    userRecords: createDynamodbUserRecords({ client, name: storage.name, table }),
  };
}
