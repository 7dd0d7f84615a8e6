import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { DynamoEndpoint } from '../../../../../test/servers/dynamo-endpoint.ts';
import type { PostgresEndpoint } from '../../../../../test/servers/postgres.ts';
import { createTable as createTestTable, type TestTable } from '../../../../../test/servers/table.ts';
import { bytesByOtherProcess, filesBelow } from '../../../test/services/files-below.ts';
import { UNLIMITED } from '../../domain/usage/quota.ts';
import { createDynamodbAlbumRepository } from '../albums/dynamodb/dynamodb.ts';
import { createPostgresAlbumRepository } from '../albums/postgres/postgres.ts';
import { createSqliteAlbumRepository } from '../albums/sqlite/sqlite.ts';
import { createDynamodbCoordination } from '../coordination/dynamodb/dynamodb.ts';
import { imageKey } from '../dynamodb/item-keys.ts';
import { removeAttribute } from '../dynamodb/raw-item.fixture.ts';
import { createTable } from '../dynamodb/table.ts';
import { createUnloggedWrites } from '../events/postgres/event-writes.ts';
import { createDynamodbImageRepository } from '../images/dynamodb/dynamodb.ts';
import { createGenerations } from '../images/dynamodb/generations.ts';
import { createRecordAddition } from '../images/dynamodb/new-records.ts';
import { createTakenIds } from '../images/dynamodb/taken-ids.ts';
import { createPostgresImageRepository } from '../images/postgres/postgres.ts';
import { createSqliteImageRepository } from '../images/sqlite/sqlite.ts';
import { createDynamodbKeyRepository } from '../keys/dynamodb/dynamodb.ts';
import { createPostgresKeyRepository } from '../keys/postgres/postgres.ts';
import { createSqliteKeyRepository } from '../keys/sqlite/sqlite.ts';
import { createMigratedDatabase } from '../postgres/migrated-database.fixture.ts';
import { samplesWith, tablesWith } from '../postgres/tables-with.fixture.ts';
import { openDatabase } from '../sqlite/database.ts';
import { createGroupCommit } from '../sqlite/group-commit.ts';
import { MIGRATIONS } from '../sqlite/schema.ts';
import { createUnreadableRecords } from '../unreadable-records.ts';
import { createMonthCounts } from '../usage/dynamodb/month-counts.ts';
import { createRecounts } from '../usage/dynamodb/recounts.ts';
import { createDynamodbUsage } from '../usage/dynamodb/usage.ts';
import { createUsageCounts } from '../usage/dynamodb/usage-counts.ts';
import { createPostgresUsage } from '../usage/postgres/usage.ts';
import { createUsageCounts as createPostgresCounts } from '../usage/postgres/usage-counts.ts';
import { createSqliteUsage } from '../usage/sqlite/usage.ts';
import { createDynamodbWebhookRepository } from '../webhooks/dynamodb/dynamodb.ts';
import { createDynamodbRecordArchive } from './dynamodb/dynamodb.ts';
import { createScanningClient, scanItems } from './dynamodb/scan.ts';
import { createDynamodbUserRecords } from './dynamodb/user-records.ts';
import { createPostgresRecordArchive } from './postgres/postgres.ts';
import { createPostgresUserRecords } from './postgres/user-records.ts';
import { createSqliteRecordArchive } from './sqlite/sqlite.ts';
import { createSqliteUserRecords } from './sqlite/user-records.ts';
import type { UserRecordsHarness } from './user-records.contract.ts';

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
    writes,
    folder: folder.path,
    images: createSqliteImageRepository(database, writes, { countsWith: UNLIMITED }),
    usage: createSqliteUsage(database, writes, UNLIMITED),
    keys: createSqliteKeyRepository(database, writes),
    albums: createSqliteAlbumRepository(database, writes),
    userRecords: createSqliteUserRecords(database, writes, { folder: folder.path }),
    places: (text) => filesWith(folder.path, text),
    spoil: async (id) => void database.prepare("UPDATE images SET metadata = 'no JSON' WHERE id = ?").run(id),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  } satisfies UserRecordsHarness & Record<string, unknown>;
}

async function filesWith(folder: string, text: string): Promise<string[]> {
  const found: string[] = [];
  for (const path of await filesBelow(folder))
    if ((await bytesByOtherProcess(path)).includes(text)) found.push(`file ${basename(path)}`);
  return found;
}

/** An archive of a new database of PostgreSQL, beside a service that counts. */
export async function createPostgresArchiveHarness(endpoint: PostgresEndpoint) {
  const database = await createMigratedDatabase(endpoint);
  const { postgres, url } = database;
  const images = createPostgresImageRepository(postgres, { counts: createPostgresCounts(UNLIMITED) });
  return {
    archive: createPostgresRecordArchive(postgres, images),
    manyImages: 600,
    postgres,
    url,
    images,
    usage: createPostgresUsage(postgres, UNLIMITED),
    keys: createPostgresKeyRepository(postgres),
    albums: createPostgresAlbumRepository(postgres, { events: createUnloggedWrites() }),
    userRecords: createPostgresUserRecords(postgres),
    places: async (text) => [...(await tablesWith(postgres, text)), ...(await samplesWith(postgres, text))],
    spoil: async (id) => void (await postgres.change("UPDATE images SET metadata = 'no JSON' WHERE id = $1", [id])),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  } satisfies UserRecordsHarness & Record<string, unknown>;
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
    places: (text) => itemsWith(client, storage, text),
    spoil: (id) => removeAttribute(storage, imageKey(id), 'metadata'),
    async [Symbol.asyncDispose]() {
      client.destroy();
      await storage[Symbol.asyncDispose]();
    },
  } satisfies UserRecordsHarness & Record<string, unknown>;
}

async function itemsWith(client: DynamoDBClient, { name }: TestTable, text: string): Promise<string[]> {
  const found: string[] = [];
  for await (const items of scanItems(client, { table: name, prefixes: [''] }))
    for (const item of items) if (JSON.stringify(item).includes(text)) found.push(`item ${item['pk']?.S}`);
  return found;
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
    takenIds: createTakenIds(
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
    albums: createDynamodbAlbumRepository(table),
    userRecords: createDynamodbUserRecords({ client, name: storage.name, table }),
  };
}
