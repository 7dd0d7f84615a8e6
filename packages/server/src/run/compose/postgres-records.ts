import { UNLIMITED } from '../../domain/usage/quota.ts';
import { createNoQueue } from '../../jobs/no-queue.ts';
import type { Config } from '../config/config.ts';
import { databaseUrlOf } from '../config/database/database-url.ts';
import type { PostgresConfig } from '../config/database/postgres-config.ts';
import { JOB_CODEC } from '../jobs.ts';
import type { OpenRecords, OpenRecordsOptions, WholeRecords } from './records.ts';
import { watchedQueue } from './watched-stores.ts';

type DatabaseConfig = Pick<Config, 's3' | 'quotas' | 'events' | 'sqs'> & { readonly postgres: PostgresConfig };

/** All records in one database of PostgreSQL, and jobs unless they are in SQS. */
export async function openPostgresRecords(config: DatabaseConfig, options: OpenRecordsOptions): Promise<OpenRecords> {
  const { quotas, events, sqs } = config;
  const { access, databaseUrl, clock, observe, watchOf, hearing } = options;
  const isService = access === 'serve';
  // Loaded here: the driver costs 30 ms.
  const { openRecordsDatabase } = await import('../../records/postgres/open.ts');
  const { sendsInTheClear } = await import('../../records/postgres/diagnosis.ts');
  const { hearClockOf } = await import('../../records/postgres/hear-clock.ts');
  const { knownSharedSecret, sharedSecret } = await import('../../records/postgres/shared-secret.ts');
  const { createPostgresJobQueue } = await import('../../jobs/postgres/postgres.ts');
  const { createPostgresAlbumRepository } = await import('../../records/albums/postgres/postgres.ts');
  const { createPostgresCoordination } = await import('../../records/coordination/postgres/postgres.ts');
  const { createPostgresErasureRepository } = await import('../../records/erasures/postgres/postgres.ts');
  const { beginLog, isLogBegun } = await import('../../records/events/postgres/begin-log.ts');
  const { createEventWrites, createUnloggedWrites } = await import('../../records/events/postgres/event-writes.ts');
  const { createPostgresEventLog } = await import('../../records/events/postgres/postgres.ts');
  const { createPostgresImageRepository } = await import('../../records/images/postgres/postgres.ts');
  const { createPostgresKeyRepository } = await import('../../records/keys/postgres/postgres.ts');
  const { createPostgresRevocationRepository } = await import('../../records/revocations/postgres/postgres.ts');
  const { createPostgresUsage } = await import('../../records/usage/postgres/usage.ts');
  const { createUsageCounts } = await import('../../records/usage/postgres/usage-counts.ts');
  const { createPostgresWebhookRepository } = await import('../../records/webhooks/postgres/postgres.ts');

  await using stack = new AsyncDisposableStack();
  const url = await databaseUrlOf({ databaseUrl }, observe);
  if (isService && sendsInTheClear(url)) observe({ event: 'warning', sentence: IN_THE_CLEAR });
  const postgres = stack.use(await openRecordsDatabase({ ...config.postgres, url }));
  if (hearing) stack.use(hearClockOf(postgres, hearing));
  if (isService && events) await beginLog(postgres);
  const writes = events ? createEventWrites(clock) : createUnloggedWrites();
  const counts = quotas ? createUsageCounts(quotas) : undefined;
  const { addRecord, ...images } = createPostgresImageRepository(postgres, { observe, counts, events: writes });
  const eventLog = createPostgresEventLog(postgres, { observe });
  const isLogging = events !== null && (isService || (await isLogBegun(postgres)));

  async function openWhole(): Promise<WholeRecords> {
    const { createPostgresRecordArchive } = await import('../../records/archive/postgres/postgres.ts');
    const { createPostgresUserRecords } = await import('../../records/archive/postgres/user-records.ts');
    return {
      archive: createPostgresRecordArchive(postgres, { addRecord }),
      userRecords: createPostgresUserRecords(postgres),
      requests: null,
      database: null,
    };
  }
  const whole = isService && config.s3 ? null : await openWhole();
  // A command sends no jobs.
  const queue =
    watchOf && sqs === null
      ? watchedQueue(stack.use(createPostgresJobQueue(postgres, { codec: JOB_CODEC, observe })), watchOf('queue'))
      : createNoQueue();
  const held = stack.move();
  return {
    images,
    albums: createPostgresAlbumRepository(postgres, { events: writes, observe }),
    coordination: createPostgresCoordination(postgres),
    keys: createPostgresKeyRepository(postgres),
    revocations: createPostgresRevocationRepository(postgres),
    usage: createPostgresUsage(postgres, quotas ?? UNLIMITED),
    erasures: createPostgresErasureRepository(postgres),
    webhooks: createPostgresWebhookRepository(postgres),
    events: events && isLogging ? { log: eventLog, days: events.days } : null,
    eventLog,
    whole,
    jobs: queue,
    connections: postgres.load,
    ownSecret: (first) => sharedSecret(postgres, first),
    knownSecret: () => knownSharedSecret(postgres),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

const IN_THE_CLEAR =
  "DATABASE_URL has no sslmode, so what the service sends to the database isn't encrypted: set sslmode=verify-full, or sslmode=disable if nobody else can read it";
