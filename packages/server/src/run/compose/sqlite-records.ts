import { randomBytes } from 'node:crypto';
import { UNLIMITED } from '../../domain/usage/quota.ts';
import { createNoQueue } from '../../jobs/no-queue.ts';
import { createSqliteJobQueue } from '../../jobs/sqlite/sqlite.ts';
import { createSqliteAlbumRepository } from '../../records/albums/sqlite/sqlite.ts';
import { createSqliteRecordArchive } from '../../records/archive/sqlite/sqlite.ts';
import { createSqliteUserRecords } from '../../records/archive/sqlite/user-records.ts';
import { createSqliteRequests } from '../../records/coordination/sqlite/requests.ts';
import { createSqliteCoordination } from '../../records/coordination/sqlite/sqlite.ts';
import { createSqliteErasureRepository } from '../../records/erasures/sqlite/sqlite.ts';
import { createEventWrites } from '../../records/events/sqlite/event-writes.ts';
import { createSqliteEventLog } from '../../records/events/sqlite/sqlite.ts';
import { createSqliteImageRepository } from '../../records/images/sqlite/sqlite.ts';
import { createSqliteKeyRepository } from '../../records/keys/sqlite/sqlite.ts';
import { createSqliteRevocationRepository } from '../../records/revocations/sqlite/sqlite.ts';
import { migrateTelling, openDatabase, openDatabaseBeside } from '../../records/sqlite/database.ts';
import { createGroupCommit } from '../../records/sqlite/group-commit.ts';
import { quickCheck } from '../../records/sqlite/quick-check.ts';
import { MIGRATIONS } from '../../records/sqlite/schema.ts';
import { createSqliteUsage } from '../../records/usage/sqlite/usage.ts';
import { createSqliteWebhookRepository } from '../../records/webhooks/sqlite/sqlite.ts';
import type { Config } from '../config/config.ts';
import { knownSecret, ownSecret } from '../config/secret.ts';
import { JOB_CODEC } from '../jobs.ts';
import type { OpenRecords, OpenRecordsOptions, WholeRecords } from './records.ts';
import { watchedQueue } from './watched-stores.ts';

/** All records in one database in the data folder. */
export async function openSqliteRecords(
  { dataDir, quotas, events }: Pick<Config, 'dataDir' | 'quotas' | 'events'>,
  { access, clock, observe, watchOf }: OpenRecordsOptions,
): Promise<OpenRecords & { readonly whole: WholeRecords }> {
  const isService = access === 'serve';
  await using stack = new AsyncDisposableStack();
  if (isService)
    await migrateTelling(dataDir, MIGRATIONS, ({ state, ...rest }) =>
      observe({ event: `migration-${state}`, ...rest, steps: MIGRATIONS.length }),
    );
  const open = access === 'beside' ? openDatabaseBeside : openDatabase;
  const database = stack.use(open(dataDir, MIGRATIONS));
  const writes = stack.use(createGroupCommit(database));
  const recording = {
    countsWith: quotas ?? undefined,
    events: events ? createEventWrites(database, clock) : undefined,
  };
  const images = createSqliteImageRepository(database, writes, { isOnlyWriter: isService, observe, ...recording });
  const coordination = createSqliteCoordination(database, writes);
  const eventLog = createSqliteEventLog(database, writes, { observe });
  if (isService) {
    if (events) await eventLog.begin(randomBytes(8).toString('hex'));
    await images.endClaims(); // no other process is alive to hold one
    await coordination.endLeases();
  }
  const held = stack.move();
  return {
    images,
    albums: createSqliteAlbumRepository(database, writes, { ...recording, observe }),
    coordination,
    keys: createSqliteKeyRepository(database, writes),
    revocations: createSqliteRevocationRepository(database, writes),
    usage: createSqliteUsage(database, writes, quotas ?? UNLIMITED),
    erasures: createSqliteErasureRepository(database, writes),
    webhooks: createSqliteWebhookRepository(database, writes),
    events: events && eventLog.isBegun() ? { log: eventLog, days: events.days } : null,
    eventLog,
    whole: {
      archive: createSqliteRecordArchive(database, writes, { folder: dataDir, ...recording }),
      userRecords: createSqliteUserRecords(database, writes, { folder: dataDir }),
      requests: createSqliteRequests(database, writes),
      database: { check: (signal) => quickCheck(dataDir, signal) },
    },
    jobs: watchOf
      ? watchedQueue(createSqliteJobQueue(database, writes, { codec: JOB_CODEC, clock, observe }), watchOf('queue'))
      : createNoQueue(),
    connections: null,
    ownSecret: (first) => ownSecret(dataDir, first),
    knownSecret: () => knownSecret(dataDir),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}
