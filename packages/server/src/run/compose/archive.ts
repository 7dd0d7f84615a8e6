import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import { AppError } from '../../domain/errors.ts';
import { DEFAULT_EVENT_DAYS } from '../../domain/event/retention.ts';
import { UNLIMITED } from '../../domain/usage/quota.ts';
import { createDiskObjectStore } from '../../object-store/disk/disk.ts';
import { createDiskReads } from '../../object-store/disk/disk-reads.ts';
import { ignoresCase } from '../../object-store/disk/ignores-case.ts';
import type { ObjectReads, ObjectStore } from '../../object-store/object-store.ts';
import { createLocalStaging } from '../../object-store/staging/local-staging.ts';
import type { Observer } from '../../observe/observer/observer.ts';
import type { RecordArchive } from '../../records/archive/record-archive.ts';
import { createSqliteRecordArchive } from '../../records/archive/sqlite/sqlite.ts';
import { createSqliteUserRecords } from '../../records/archive/sqlite/user-records.ts';
import type { UserRecords } from '../../records/archive/user-records.ts';
import type { OperatorRequests } from '../../records/coordination/requests.ts';
import { createSqliteRequests } from '../../records/coordination/sqlite/requests.ts';
import { createSqliteCoordination } from '../../records/coordination/sqlite/sqlite.ts';
import { createSqliteErasureRepository } from '../../records/erasures/sqlite/sqlite.ts';
import type { EventLog } from '../../records/events/event-log.ts';
import { createEventWrites } from '../../records/events/sqlite/event-writes.ts';
import { createSqliteEventLog } from '../../records/events/sqlite/sqlite.ts';
import { createSqliteImageRepository } from '../../records/images/sqlite/sqlite.ts';
import { createSqliteKeyRepository } from '../../records/keys/sqlite/sqlite.ts';
import { DATABASE_FILE, openDatabase, openDatabaseBeside } from '../../records/sqlite/database.ts';
import { createGroupCommit } from '../../records/sqlite/group-commit.ts';
import { quickCheck } from '../../records/sqlite/quick-check.ts';
import { MIGRATIONS } from '../../records/sqlite/schema.ts';
import { lockFolder, lockFreeFolder } from '../../records/sqlite/service-lock.ts';
import { isBusy } from '../../records/sqlite/sqlite-error.ts';
import { createSqliteUsage } from '../../records/usage/sqlite/usage.ts';
import { createSqliteWebhookRepository } from '../../records/webhooks/sqlite/sqlite.ts';
import type { WebhookRepository } from '../../records/webhooks/webhook-repository.ts';
import type { Clock, Services, StoredEvents } from '../../services.ts';
import { type Config, isStateless, type Secrets } from '../config/config.ts';
import { knownSecret, ownSecret } from '../config/secret.ts';
import { BUCKET, objectsFolder } from './objects.ts';
import { openTable } from './records.ts';
import { SYSTEM_CLOCK } from './system-clock.ts';

/** What commands about all records need. Nothing is decoded, and no upload taken. */
export interface ArchiveServices {
  readonly archive: RecordArchive;
  readonly images: Services['images'];
  readonly keys: Services['keys'];
  readonly coordination: Services['coordination'];
  readonly erasures: Services['erasures'];
  readonly usage: Services['usage'];
  /** null: none are logged, or no service has begun the log yet. */
  readonly events: StoredEvents | null;
  readonly userRecords: UserRecords;
  /** Also without EVENTS: entries of an earlier time may be left. */
  readonly eventLog: EventLog | null;
  readonly webhooks: WebhookRepository;
  /** null: the records are in DynamoDB, which any process may change. */
  readonly requests: OperatorRequests | null;
  readonly objects: ObjectReads;
  /**
   * Answers with the faults of the database's file, or undefined if it was ended. null: the records are in DynamoDB.
   */
  readonly database: { check(signal: AbortSignal): Promise<readonly string[] | undefined> } | null;
  readonly clock: Clock;
  readonly newId: Services['newId'];
  readonly randomBytes: Services['randomBytes'];
  readonly settings: Pick<Services['settings'], 'presignedSeconds' | 'ignoresCase'>;
  /** The secret that the service made for itself; if there is none, `first` becomes it, or a new one. */
  ownSecret(first?: string): Promise<string>;
  /** The secret that the service made for itself; undefined: there is none. */
  knownSecret(): Promise<string | undefined>;
}

/** Services for a command that changes images. */
export interface SoleArchiveServices extends ArchiveServices {
  readonly objects: ObjectStore;
  readonly staging: Services['staging'];
}

/** Whether `composeSoleArchive` failed because the service runs. */
export const isServed = (error: unknown): boolean => error instanceof AppError && isBusy(error.cause);

export interface ArchiveComposition<Held extends ArchiveServices = ArchiveServices> extends AsyncDisposable {
  readonly services: Held;
}

interface ArchiveOptions {
  readonly observe: Observer;
}

/** Errors: `unavailable` where no service has been: an empty backup would count as one. */
export function requireService({ dataDir, dynamodb }: Config): void {
  if (dynamodb || existsSync(join(dataDir, DATABASE_FILE))) return;
  const detail = `expected the records of a service in DATA_DIR (${dataDir}); got none: is it the environment of the service?`;
  throw new AppError('unavailable', detail);
}

/**
 * Beside a running service or without one. Reads images and objects only. Errors: `unavailable`, with a sentence for
 * the operator.
 */
export async function composeArchive(
  config: Config,
  secrets: Secrets,
  options: ArchiveOptions,
): Promise<ArchiveComposition> {
  await using stack = new AsyncDisposableStack();
  const records = stack.use(await openRecords(config, secrets, { ...options, access: 'beside' }));
  const objects = config.s3
    ? stack.use(await openBucket(config, secrets, { ...options, folder: stack.use(freeFolder(config)).path })).objects
    : createDiskReads(objectsFolder(config.dataDir));
  const held = stack.move();
  return { services: { ...records.services, objects }, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/**
 * Instead of the service, if records or objects are in its data folder, whose lock is taken: the service answers from
 * memory. With both elsewhere, also beside it. Errors: those of `composeArchive`, and of `lockFolder`.
 */
export async function composeSoleArchive(
  config: Config,
  secrets: Secrets,
  options: ArchiveOptions,
): Promise<ArchiveComposition<SoleArchiveServices>> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(isStateless(config) ? freeFolder(config) : lockedFolder(config)).path;
  const records = stack.use(await openRecords(config, secrets, { ...options, access: 'sole' }));
  const store = config.s3
    ? stack.use(await openBucket(config, secrets, { ...options, folder }))
    : storeIn(objectsFolder(folder));
  const held = stack.move();
  return {
    services: { ...records.services, objects: store.objects, staging: store.staging },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

const freeFolder = ({ dataDir }: Config) => lockFreeFolder(join(dataDir, 'processes'));

function lockedFolder({ dataDir }: Config): Disposable & { readonly path: string } {
  const lock = lockFolder(dataDir);
  return { path: dataDir, [Symbol.dispose]: () => lock[Symbol.dispose]() };
}

function storeIn(root: string): Pick<SoleArchiveServices, 'objects' | 'staging'> {
  const objects = createDiskObjectStore({ root, bucket: BUCKET });
  return { objects, staging: objects.staging };
}

async function openBucket(
  { s3, presignedSeconds }: Config,
  { awsKeys: credentials }: Secrets,
  { observe, folder }: ArchiveOptions & { readonly folder: string },
): Promise<Pick<SoleArchiveServices, 'objects' | 'staging'> & AsyncDisposable> {
  if (!s3) throw new TypeError('expected a bucket');
  const { openBucket: open } = await import('../../object-store/s3/open.ts'); // the SDK costs 65 ms
  await using stack = new AsyncDisposableStack();
  // A command has no uploads that could be refused: only the disk bounds what it has under way.
  const staging = stack.use(createLocalStaging(join(folder, 'staged'), { files: 'temporary', maxBytes: Infinity }));
  const { objects } = stack.use(
    await open({ ...s3, credentials, presignedSeconds, clock: SYSTEM_CLOCK, staging, observe }),
  );
  const held = stack.move();
  return { objects, staging, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/**
 * Attempts of a request to a table that throttles: nobody waits for a command, which writes as fast as a new table
 * takes. The SDK's pauses grow to half a minute in all.
 */
const ATTEMPTS = 8;

interface OpenedRecords extends AsyncDisposable {
  readonly services: Omit<ArchiveServices, 'objects'>;
}

async function openRecords(
  { dataDir, dynamodb, s3, quotas, events, presignedSeconds }: Config,
  { awsKeys: credentials }: Secrets,
  { observe, access }: ArchiveOptions & { readonly access: 'beside' | 'sole' },
): Promise<OpenedRecords> {
  const countsWith = quotas ?? undefined;
  const settings = { presignedSeconds, ignoresCase: s3 === null && ignoresCase(objectsFolder(dataDir)) };
  const own = { clock: SYSTEM_CLOCK, newId: () => uuidv7(), randomBytes, settings };
  await using stack = new AsyncDisposableStack();
  if (dynamodb) {
    const { createDynamodbRecordArchive } = await import('../../records/archive/dynamodb/dynamodb.ts');
    const { createScanningClient } = await import('../../records/archive/dynamodb/scan.ts');
    const opened = stack.use(
      await openTable({ ...dynamodb, quotas, credentials, observe, attempts: ATTEMPTS }, events),
    );
    const {
      table,
      images,
      keys,
      coordination,
      erasures,
      usage,
      addRecord,
      logs,
      ownSecret: secret,
      knownSecret: known,
    } = opened;
    const { createDynamodbUserRecords } = await import('../../records/archive/dynamodb/user-records.ts');
    const client = stack.adopt(await createScanningClient({ ...dynamodb, credentials }), (one) => one.destroy());
    const { createDynamodbWebhookRepository } = await import('../../records/webhooks/dynamodb/dynamodb.ts');
    const webhooks = createDynamodbWebhookRepository(table, {
      days: events?.days ?? DEFAULT_EVENT_DAYS,
      clock: SYSTEM_CLOCK,
    });
    const archive = createDynamodbRecordArchive({ client, name: dynamodb.table, table, addRecord, usage, webhooks });
    const userRecords = createDynamodbUserRecords({ client, name: dynamodb.table, table });
    const requests = null;
    const held = stack.move();
    return {
      services: {
        archive,
        images,
        keys,
        coordination,
        erasures,
        usage,
        userRecords,
        requests,
        database: null,
        webhooks,
        ...logs,
        ...own,
        ownSecret: secret,
        knownSecret: known,
      },
      [Symbol.asyncDispose]: () => held.disposeAsync(),
    };
  }
  const open = access === 'sole' ? openDatabase : openDatabaseBeside;
  const database = stack.use(open(dataDir, MIGRATIONS));
  const writes = stack.use(createGroupCommit(database));
  const log = createSqliteEventLog(database, writes, { observe });
  const recording = { countsWith, events: events ? createEventWrites(database, SYSTEM_CLOCK) : undefined };
  const held = stack.move();
  return {
    services: {
      archive: createSqliteRecordArchive(database, writes, { folder: dataDir, ...recording }),
      images: createSqliteImageRepository(database, writes, { observe, ...recording }),
      keys: createSqliteKeyRepository(database, writes),
      coordination: createSqliteCoordination(database, writes),
      erasures: createSqliteErasureRepository(database, writes),
      usage: createSqliteUsage(database, writes, quotas ?? UNLIMITED),
      userRecords: createSqliteUserRecords(database, writes, { folder: dataDir }),
      events: events && log.isBegun() ? { log, days: events.days } : null,
      eventLog: log,
      webhooks: createSqliteWebhookRepository(database, writes),
      requests: createSqliteRequests(database, writes),
      database: { check: (signal) => quickCheck(dataDir, signal) },
      ...own,
      ownSecret: (first) => ownSecret(dataDir, first),
      knownSecret: () => knownSecret(dataDir),
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}
