import { createSqliteRecordArchive } from '../archive/sqlite/sqlite.ts';
import { createSqliteUserRecords } from '../archive/sqlite/user-records.ts';
import type { Config, Secrets } from '../config/config.ts';
import { ownSecret } from '../config/secret.ts';
import { createSqliteRequests } from '../coordination/sqlite/requests.ts';
import { createSqliteCoordination } from '../coordination/sqlite/sqlite.ts';
import { UNLIMITED } from '../domain/usage/quota.ts';
import { createSqliteErasureRepository } from '../erasure-repository/sqlite/sqlite.ts';
import type { DynamodbTimeouts } from '../image-repository/dynamodb/client.ts';
import type { OpenDynamodbOptions } from '../image-repository/dynamodb/open.ts';
import { createSqliteImageRepository } from '../image-repository/sqlite/sqlite.ts';
import { createSqliteUsage } from '../image-repository/sqlite/usage.ts';
import { createNoQueue } from '../job-queue/no-queue.ts';
import { observeQueueCalls } from '../job-queue/observe-calls.ts';
import { createSqliteJobQueue } from '../job-queue/sqlite/sqlite.ts';
import { JOB_CODEC } from '../jobs.ts';
import { createSqliteKeyRepository } from '../key-repository/sqlite/sqlite.ts';
import { MIGRATIONS } from '../migrations.ts';
import type { Observer } from '../observer/observer.ts';
import type { Watches } from '../observer/store-calls.ts';
import type { Clock, OperatorServices, Services } from '../services.ts';
import { openDatabase } from '../sqlite/database.ts';
import { createGroupCommit } from '../sqlite/group-commit.ts';

/** The stores of records, and of the jobs beside them. */
interface OpenRecords extends AsyncDisposable {
  readonly images: Services['images'];
  readonly coordination: Services['coordination'];
  readonly keys: Services['keys'];
  readonly usage: Services['usage'];
  readonly erasures: Services['erasures'];
  readonly operator: Omit<OperatorServices, 'storedObjects'> | null;
  readonly jobs: Services['jobs'];
  ownSecret(): Promise<string>;
}

export async function openRecords(
  { dataDir, dynamodb, quotas }: Config,
  options: {
    readonly observe: Observer;
    readonly awsKeys: Secrets['awsKeys'];
    readonly clock: Clock;
    readonly watchOf: Watches;
    readonly timeouts: DynamodbTimeouts | undefined;
  },
): Promise<OpenRecords> {
  const { awsKeys: credentials, clock, observe, watchOf, timeouts } = options;
  if (dynamodb) {
    const opened = await openTable({ ...dynamodb, quotas, credentials, observe, ...(timeouts && { timeouts }) });
    return { ...opened, operator: null, jobs: createNoQueue() };
  }
  await using stack = new AsyncDisposableStack();
  const database = stack.use(openDatabase(dataDir, MIGRATIONS));
  const writes = stack.use(createGroupCommit(database));
  const images = createSqliteImageRepository(database, writes, {
    isOnlyWriter: true,
    observe,
    countsWith: quotas ?? undefined,
  });
  const coordination = createSqliteCoordination(database, writes);
  await images.endClaims(); // no other process is alive to hold one
  await coordination.endLeases();
  const held = stack.move();
  return {
    images,
    coordination,
    keys: createSqliteKeyRepository(database, writes),
    usage: createSqliteUsage(database, writes, quotas ?? UNLIMITED),
    erasures: createSqliteErasureRepository(database, writes),
    operator: {
      requests: createSqliteRequests(database, writes),
      archive: createSqliteRecordArchive(database, writes, { folder: dataDir, countsWith: quotas ?? undefined }),
      userRecords: createSqliteUserRecords(database, writes, { folder: dataDir }),
    },
    jobs: observeQueueCalls(
      createSqliteJobQueue(database, writes, { codec: JOB_CODEC, clock, observe }),
      watchOf('queue'),
    ),
    ownSecret: () => ownSecret(dataDir),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** All records in one table. */
export async function openTable(options: OpenDynamodbOptions) {
  const { openDynamodb } = await import('../image-repository/dynamodb/open.ts'); // the SDK costs as much as S3's
  const { createDynamodbCoordination } = await import('../coordination/dynamodb/dynamodb.ts');
  const { createDynamodbKeyRepository } = await import('../key-repository/dynamodb/dynamodb.ts');
  const { createDynamodbErasureRepository } = await import('../erasure-repository/dynamodb/dynamodb.ts');
  const opened = await openDynamodb(options);
  const coordination = createDynamodbCoordination(opened.table);
  return {
    ...opened,
    coordination,
    usage: opened.usageWith(coordination),
    keys: createDynamodbKeyRepository(opened.table, options),
    erasures: createDynamodbErasureRepository(opened.table),
  };
}
