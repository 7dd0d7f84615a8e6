import { randomUUID } from 'node:crypto';
import { DescribeTableCommand, type DynamoDBClient, type TableDescription } from '@aws-sdk/client-dynamodb';
import { type ClockHearing, hearClock } from '../../../aws/hear-clock.ts';
import { AppError } from '../../../domain/errors.ts';
import type { Details } from '../../../domain/facts/facts.ts';
import type { Image } from '../../../domain/image/image.ts';
import { type DefaultLimits, UNLIMITED } from '../../../domain/usage/quota.ts';
import type { Observer } from '../../../observe/observer/observer.ts';
import type { Leases } from '../../coordination/coordination.ts';
import { createDynamodbClient, type DynamodbCredentials, type DynamodbTimeouts } from '../../dynamodb/client.ts';
import { diagnoseSchema, hasIndex } from '../../dynamodb/described-table.ts';
import { diagnose } from '../../dynamodb/diagnosis.ts';
import { BY_CAPTURE } from '../../dynamodb/schema.ts';
import { knownSharedSecret, requireForm, requireShards, sharedSecret } from '../../dynamodb/shared-items.ts';
import { createTable, type Table } from '../../dynamodb/table.ts';
import { createUnreadableRecords } from '../../unreadable-records.ts';
import { createMonthCounts } from '../../usage/dynamodb/month-counts.ts';
import { createRecounts } from '../../usage/dynamodb/recounts.ts';
import { createDynamodbUsage } from '../../usage/dynamodb/usage.ts';
import { createUsageCounts } from '../../usage/dynamodb/usage-counts.ts';
import type { UsageRepository } from '../../usage/usage-repository.ts';
import type { ImageRepository } from '../image-repository.ts';
import type { ChangeLog } from './change-log.ts';
import { createDynamodbImageRepository } from './dynamodb.ts';
import { createGenerations, serveFirst } from './generations.ts';
import { createRecordAddition } from './new-records.ts';
import { createTakenIds } from './taken-ids.ts';

export interface OpenDynamodbOptions {
  readonly table: string;
  readonly region: string;
  readonly endpoint: string | null;
  readonly caBundle: string | null;
  readonly shards: number;
  readonly writtenShards: number;
  readonly globalLists: boolean;
  /** The limits of owners without limits of their own; null: usage isn't counted. */
  readonly quotas: DefaultLimits | null;
  /** The log of the changes in this table; absent: this process needs none. */
  readonly changesOf?: ((table: Table) => ChangeLog) | undefined;
  readonly credentials: DynamodbCredentials | null;
  readonly observe: Observer;
  /** By the answers to all calls; absent: clocks aren't compared. */
  readonly hearing?: ClockHearing;
  readonly timeouts?: DynamodbTimeouts;
  /** The attempts of one request; absent: enough for a caller who waits. */
  readonly attempts?: number;
}

export interface OpenedDynamodb extends AsyncDisposable {
  readonly images: ImageRepository;
  /** Adds a record in any state, with its details, whatever the limits of its owner; false if the id is taken. */
  readonly addRecord: (image: Image, details?: Details) => Promise<boolean>;
  /** `leases` admit only one recount at a time. */
  usageWith(leases: Leases): UsageRepository;
  /** For records of other kinds. */
  readonly table: Table;
  /** The secret that all processes of the table share; `first`: if there is none yet. */
  ownSecret(first?: string): Promise<string>;
  /** The secret that the service made for itself; undefined: there is none. */
  knownSecret(): Promise<string | undefined>;
}

/** The start of a service reports within this time that its table doesn't answer. */
const OPEN_MS = 10_000;

/** Opens a table and checks it. Errors: `unavailable`, with a sentence that says how to repair it. */
export async function openDynamodb(options: OpenDynamodbOptions): Promise<OpenedDynamodb> {
  const client = await createDynamodbClient(options);
  if (options.hearing) hearClock(client, options.hearing);
  const table = createTable(client, options.table);
  let hasCaptureIndex: boolean;
  try {
    hasCaptureIndex = hasIndex(await usableTable(client, options), BY_CAPTURE); // first, so that nothing is written to another program's table
    await requireForm(table, () => serveFirst(table));
    await requireShards(table, options);
  } catch (error) {
    client.destroy();
    throw told(error, options);
  }
  const defaults = options.quotas ?? UNLIMITED;
  const recounts = createRecounts(table);
  const counts = createUsageCounts(table, { defaults, recounts });
  const unreadable = createUnreadableRecords(options.observe);
  const kept = options.quotas ? counts : undefined;
  const changes = options.changesOf?.(table);
  const generations = createGenerations(table);
  return {
    images: createDynamodbImageRepository(table, { ...options, hasCaptureIndex, counts: kept, changes, generations }),
    addRecord: createRecordAddition(table, {
      rule: options,
      newWriteId: () => randomUUID(),
      counts: kept,
      months: createMonthCounts(generations),
      changes,
      takenIds: createTakenIds(table, unreadable),
    }),
    usageWith: (leases) =>
      createDynamodbUsage(table, {
        ...{ defaults, isCounting: options.quotas !== null, shards: options.shards },
        ...{ leases, counts, recounts, unreadable },
      }),
    table,
    ownSecret: (first) =>
      sharedSecret(table, first).catch((error: unknown) => {
        throw told(error, options);
      }),
    knownSecret: () => knownSharedSecret(table),
    [Symbol.asyncDispose]: async () => client.destroy(),
  };
}

/** Without the right to read it: an empty description, and a warning. */
async function usableTable(client: DynamoDBClient, { table, observe }: OpenDynamodbOptions): Promise<TableDescription> {
  const abortSignal = AbortSignal.timeout(OPEN_MS);
  try {
    const { Table = {} } = await client.send(new DescribeTableCommand({ TableName: table }), { abortSignal });
    const wrong = diagnoseSchema(Table);
    if (wrong !== undefined) throw new AppError('unavailable', wrong);
    return Table;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'AccessDeniedException') throw error;
    const sentence = `Could not read whether the table ${table} is set up correctly: npm run admin -- provision --policies prints the needed policy`;
    observe({ event: 'warning', sentence });
    return {};
  }
}

function told(error: unknown, options: OpenDynamodbOptions): unknown {
  const sentence = diagnose(error, options);
  if (sentence !== undefined) return new AppError('unavailable', sentence, { cause: error });
  if (error instanceof AppError) return error;
  return new AppError('unavailable', error instanceof Error ? error.message : String(error), { cause: error });
}
