import { DEFAULT_EVENT_DAYS } from '../../domain/event/retention.ts';
import { createNoQueue } from '../../jobs/no-queue.ts';
import type { Table } from '../../records/dynamodb/table.ts';
import type { ChangeLog } from '../../records/images/dynamodb/change-log.ts';
import type { Config } from '../config/config.ts';
import type { DynamodbConfig } from '../config/dynamodb-config.ts';
import type { OpenRecords, OpenRecordsOptions, WholeRecords } from './records.ts';

/**
 * Attempts of a request to a table that throttles: nobody waits for a command, which writes as fast as a new table
 * takes. The SDK's pauses grow to half a minute in all.
 */
const COMMAND_ATTEMPTS = 8;

type TableConfig = Pick<Config, 's3' | 'quotas' | 'events'> & { readonly dynamodb: DynamodbConfig };

/** All records in one table. */
export async function openDynamodbRecords(config: TableConfig, options: OpenRecordsOptions): Promise<OpenRecords> {
  const { dynamodb, quotas, events } = config;
  const { access, awsKeys: credentials, clock, observe, hearing, timeouts } = options;
  // Loaded here: the SDK costs 65 ms.
  const { openDynamodb } = await import('../../records/images/dynamodb/open.ts');
  const { createDynamodbAlbumRepository } = await import('../../records/albums/dynamodb/dynamodb.ts');
  const { createDynamodbCoordination } = await import('../../records/coordination/dynamodb/dynamodb.ts');
  const { createDynamodbKeyRepository } = await import('../../records/keys/dynamodb/dynamodb.ts');
  const { createDynamodbRevocationRepository } = await import('../../records/revocations/dynamodb/dynamodb.ts');
  const { createDynamodbErasureRepository } = await import('../../records/erasures/dynamodb/dynamodb.ts');
  const { createDynamodbWebhookRepository } = await import('../../records/webhooks/dynamodb/dynamodb.ts');
  const { createLoggedChanges, createUnloggedChanges } = await import('../../records/events/dynamodb/changes.ts');
  const { openDynamodbEventLog } = await import('../../records/events/dynamodb/dynamodb.ts');
  let markLog = async () => {};
  let changes: ChangeLog | undefined;
  const changesOf = (table: Table): ChangeLog => {
    const unlogged = events ? undefined : createUnloggedChanges(table);
    if (unlogged) markLog = unlogged.mark;
    changes = unlogged ?? createLoggedChanges(table);
    return changes;
  };
  await using stack = new AsyncDisposableStack();
  const { table, images, addRecord, usageWith, ownSecret, knownSecret } = stack.use(
    await openDynamodb({
      ...dynamodb,
      quotas,
      credentials,
      observe,
      changesOf,
      ...(hearing && { hearing }),
      ...(timeouts && { timeouts }),
      ...(access !== 'serve' && { attempts: COMMAND_ATTEMPTS }),
    }),
  );
  const eventLog = await openDynamodbEventLog(table, events, { observe });
  if (access === 'serve' && !events) await markLog();
  const coordination = createDynamodbCoordination(table);
  const usage = usageWith(coordination);
  const webhooks = createDynamodbWebhookRepository(table, { days: events?.days ?? DEFAULT_EVENT_DAYS, clock });

  async function openWhole(): Promise<WholeRecords> {
    const { createDynamodbRecordArchive } = await import('../../records/archive/dynamodb/dynamodb.ts');
    const { createDynamodbUserRecords } = await import('../../records/archive/dynamodb/user-records.ts');
    const { createScanningClient } = await import('../../records/archive/dynamodb/scan.ts');
    const client = stack.adopt(await createScanningClient({ ...dynamodb, credentials }), (one) => one.destroy());
    return {
      archive: createDynamodbRecordArchive({ client, name: dynamodb.table, table, addRecord, usage, webhooks }),
      userRecords: createDynamodbUserRecords({ client, name: dynamodb.table, table }),
      requests: null,
      database: null,
    };
  }
  const whole = access === 'serve' && config.s3 ? null : await openWhole();
  const held = stack.move();
  return {
    images,
    albums: createDynamodbAlbumRepository(table, { observe, changes }),
    coordination,
    keys: createDynamodbKeyRepository(table, { observe }),
    revocations: createDynamodbRevocationRepository(table),
    usage,
    erasures: createDynamodbErasureRepository(table),
    webhooks,
    events: events && { log: eventLog, days: events.days },
    eventLog,
    whole,
    jobs: createNoQueue(),
    connections: null,
    ownSecret,
    knownSecret,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}
