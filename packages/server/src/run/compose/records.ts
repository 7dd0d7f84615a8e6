import { randomBytes } from 'node:crypto';
import type { ClockHearing } from '../../aws/hear-clock.ts';
import { DEFAULT_EVENT_DAYS } from '../../domain/event/retention.ts';
import { UNLIMITED } from '../../domain/usage/quota.ts';
import { createInOrder } from '../../flow/in-order.ts';
import { createNoQueue } from '../../jobs/no-queue.ts';
import { createSqliteJobQueue } from '../../jobs/sqlite/sqlite.ts';
import type { Observer } from '../../observe/observer/observer.ts';
import type { Watches } from '../../observe/observer/store-calls.ts';
import { createSqliteRecordArchive } from '../../records/archive/sqlite/sqlite.ts';
import { createSqliteUserRecords } from '../../records/archive/sqlite/user-records.ts';
import { createSqliteRequests } from '../../records/coordination/sqlite/requests.ts';
import { createSqliteCoordination } from '../../records/coordination/sqlite/sqlite.ts';
import type { DynamodbTimeouts } from '../../records/dynamodb/client.ts';
import type { Table } from '../../records/dynamodb/table.ts';
import { createSqliteErasureRepository } from '../../records/erasures/sqlite/sqlite.ts';
import { createEventWrites } from '../../records/events/sqlite/event-writes.ts';
import { createSqliteEventLog } from '../../records/events/sqlite/sqlite.ts';
import type { OpenDynamodbOptions } from '../../records/images/dynamodb/open.ts';
import { createSqliteImageRepository } from '../../records/images/sqlite/sqlite.ts';
import { createSqliteKeyRepository } from '../../records/keys/sqlite/sqlite.ts';
import { migrateTelling, openDatabase } from '../../records/sqlite/database.ts';
import { createGroupCommit } from '../../records/sqlite/group-commit.ts';
import { MIGRATIONS } from '../../records/sqlite/schema.ts';
import { createSqliteUsage } from '../../records/usage/sqlite/usage.ts';
import { createSqliteWebhookRepository } from '../../records/webhooks/sqlite/sqlite.ts';
import type { WebhookRepository } from '../../records/webhooks/webhook-repository.ts';
import type { Clock, OperatorServices, Services, StoredEvents } from '../../services.ts';
import type { Config, Secrets } from '../config/config.ts';
import { ownSecret } from '../config/secret.ts';
import { JOB_CODEC } from '../jobs.ts';
import { watchedQueue } from './watched-stores.ts';

/** The stores of records, and of the jobs beside them. */
interface OpenRecords extends AsyncDisposable {
  readonly images: Services['images'];
  readonly coordination: Services['coordination'];
  readonly keys: Services['keys'];
  readonly usage: Services['usage'];
  /** null: EVENTS is off. */
  readonly events: StoredEvents | null;
  readonly erasures: Services['erasures'];
  readonly webhooks: WebhookRepository | null;
  readonly operator: Omit<OperatorServices, 'storedObjects'> | null;
  readonly jobs: Services['jobs'];
  ownSecret(): Promise<string>;
}

export async function openRecords(
  { dataDir, dynamodb, quotas, events }: Config,
  options: {
    readonly observe: Observer;
    readonly awsKeys: Secrets['awsKeys'];
    readonly clock: Clock;
    readonly watchOf: Watches;
    readonly hearing: ClockHearing;
    readonly timeouts: DynamodbTimeouts | undefined;
  },
): Promise<OpenRecords> {
  const { awsKeys: credentials, clock, observe, watchOf, hearing, timeouts } = options;
  if (dynamodb) {
    const options = { ...dynamodb, quotas, credentials, observe, hearing, ...(timeouts && { timeouts }) };
    const { logs, markLog, ...opened } = await openTable(options, events);
    if (!events) await markLog();
    const { createDynamodbWebhookRepository } = await import('../../records/webhooks/dynamodb/dynamodb.ts');
    const webhooks = createDynamodbWebhookRepository(opened.table, { days: events?.days ?? DEFAULT_EVENT_DAYS, clock });
    return { ...opened, events: logs.events, webhooks, operator: null, jobs: createNoQueue() };
  }
  await using stack = new AsyncDisposableStack();
  await migrateTelling(dataDir, MIGRATIONS, ({ state, ...rest }) =>
    observe({ event: `migration-${state}`, ...rest, steps: MIGRATIONS.length }),
  );
  const database = stack.use(openDatabase(dataDir, MIGRATIONS));
  const writes = stack.use(createGroupCommit(database));
  const recording = {
    countsWith: quotas ?? undefined,
    events: events ? createEventWrites(database, clock) : undefined,
  };
  const images = createSqliteImageRepository(database, writes, { isOnlyWriter: true, observe, ...recording });
  const log = createSqliteEventLog(database, writes, { observe });
  if (events) await log.begin(randomBytes(8).toString('hex'));
  const webhooks = createSqliteWebhookRepository(database, writes);
  const coordination = createSqliteCoordination(database, writes);
  await images.endClaims(); // no other process is alive to hold one
  await coordination.endLeases();
  const held = stack.move();
  return {
    images,
    coordination,
    keys: createSqliteKeyRepository(database, writes),
    usage: createSqliteUsage(database, writes, quotas ?? UNLIMITED),
    events: events && { log, days: events.days },
    erasures: createSqliteErasureRepository(database, writes),
    webhooks,
    operator: {
      requests: createSqliteRequests(database, writes),
      archive: createSqliteRecordArchive(database, writes, { folder: dataDir, ...recording }),
      userRecords: createSqliteUserRecords(database, writes, { folder: dataDir }),
      deletionInOrder: createInOrder(),
      eventLog: log,
      webhooks,
    },
    jobs: watchedQueue(createSqliteJobQueue(database, writes, { codec: JOB_CODEC, clock, observe }), watchOf('queue')),
    ownSecret: () => ownSecret(dataDir),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** All records in one table. `events` null: changes of images aren't logged; undefined: this process changes none. */
export async function openTable(options: OpenDynamodbOptions, events?: Config['events']) {
  const { openDynamodb } = await import('../../records/images/dynamodb/open.ts'); // the SDK costs as much as S3's
  const { createDynamodbCoordination } = await import('../../records/coordination/dynamodb/dynamodb.ts');
  const { createDynamodbKeyRepository } = await import('../../records/keys/dynamodb/dynamodb.ts');
  const { createDynamodbErasureRepository } = await import('../../records/erasures/dynamodb/dynamodb.ts');
  const { createLoggedChanges, createUnloggedChanges } = await import('../../records/events/dynamodb/changes.ts');
  const { openDynamodbEventLog } = await import('../../records/events/dynamodb/dynamodb.ts');
  let markLog = async () => {};
  const changesOf = (table: Table) => {
    if (events) return createLoggedChanges(table);
    const unlogged = createUnloggedChanges(table);
    markLog = unlogged.mark;
    return unlogged;
  };
  await using stack = new AsyncDisposableStack();
  const opened = stack.use(await openDynamodb(events === undefined ? options : { ...options, changesOf }));
  const eventLog = events === undefined ? null : await openDynamodbEventLog(opened.table, events, options);
  const coordination = createDynamodbCoordination(opened.table);
  const held = stack.move();
  return {
    ...opened,
    logs: { events: events && eventLog ? { log: eventLog, days: events.days } : null, eventLog },
    markLog,
    coordination,
    usage: opened.usageWith(coordination),
    keys: createDynamodbKeyRepository(opened.table, options),
    erasures: createDynamodbErasureRepository(opened.table),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}
