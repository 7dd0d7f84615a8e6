import type { ClockHearing } from '../../aws/hear-clock.ts';
import { createInOrder } from '../../flow/in-order.ts';
import type { OpenSqsOptions } from '../../jobs/sqs/open.ts';
import type { SqsJobQueue } from '../../jobs/sqs/sqs.ts';
import { tracedQueue } from '../../jobs/traced-queue.ts';
import { createDiskReads } from '../../object-store/disk/disk-reads.ts';
import type { ObjectEndpoint } from '../../object-store/object-endpoint.ts';
import type { IncomingListing, ObjectReads } from '../../object-store/object-store.ts';
import type { S3Timeouts } from '../../object-store/s3/client.ts';
import { createDiskSpace } from '../../object-store/staging/disk-space.ts';
import { createClockOffsets } from '../../observe/health/clock-offsets.ts';
import { createPartHealth, type Part } from '../../observe/health/part-health.ts';
import type { Observer } from '../../observe/observer/observer.ts';
import { createStoreCalls, type Watch, type Watches } from '../../observe/observer/store-calls.ts';
import type { Tracing } from '../../observe/observer/tracing.ts';
import type { DynamodbTimeouts } from '../../records/dynamodb/client.ts';
import { observeTransitions } from '../../records/images/observe-transitions.ts';
import { DAMAGE_REMEDY } from '../../records/sqlite/sqlite-error.ts';
import type { Clock, Services, StoredEvents } from '../../services.ts';
import { type Config, isStateless, type Secrets, secretKeysIn } from '../config/config.ts';
import { secretFrom } from '../config/secret.ts';
import type { SqsConfig } from '../config/sqs-config.ts';
import { JOB_CODEC } from '../jobs.ts';
import type { ChunkCollector } from '../memory/chunk-collector.ts';
import { withFormerIds } from './former-ids.ts';
import { objectsFolder, openObjects } from './objects.ts';
import { openRecords } from './open-records.ts';
import type { OpenRecords } from './records.ts';
import type { Keys } from './signing-keys.ts';
import { watchedDelivery, watchedObjects, watchedQueue, watchedRecords, watchedStaging } from './watched-stores.ts';

interface StoresOptions {
  readonly clock: Clock;
  readonly observe: Observer;
  readonly tracing: Tracing;
  readonly watchOf: Watches;
  /** The folder of this process alone. */
  readonly folder: string;
  readonly collector: ChunkCollector;
  readonly s3Timeouts: S3Timeouts | undefined;
  readonly dynamodbTimeouts: DynamodbTimeouts | undefined;
}

type StoreServices = Pick<
  Services,
  | 'images'
  | 'albums'
  | 'coordination'
  | 'keys'
  | 'revocations'
  | 'usage'
  | 'erasures'
  | 'eventLog'
  | 'webhooks'
  | 'operator'
  | 'objects'
  | 'multipart'
  | 'presigner'
  | 'staging'
  | 'diskSpace'
  | 'jobs'
  | 'health'
  | 'clockOffsets'
>;

/** The stores of a configuration, with watched calls. */
export interface Stores extends StoreServices, AsyncDisposable {
  /** null: EVENTS is off. */
  readonly events: StoredEvents | null;
  /** null if the store of objects has its own address. */
  readonly objectEndpoint: ObjectEndpoint | null;
  readonly incomingListing: IncomingListing;
  /** null if jobs are stored with the records. */
  readonly queue: SqsJobQueue | null;
  /** The connections to the database of the records; null: there are none. */
  readonly connections: OpenRecords['connections'];
  readonly signingKeys: Keys<string>;
}

/** Errors: `unavailable`, with a sentence for the operator. */
export async function openStores(
  config: Config,
  { awsKeys, databaseUrl, secretKeys }: Pick<Secrets, 'awsKeys' | 'databaseUrl' | 'secretKeys'>,
  { clock, observe, tracing, watchOf, folder, collector, s3Timeouts, dynamodbTimeouts }: StoresOptions,
): Promise<Stores> {
  await using stack = new AsyncDisposableStack();
  const diskSpace = createDiskSpace({
    folders: keptFolders(config),
    minFreeBytes: config.minFreeBytes,
    elapsedMs: clock.elapsedMs,
    onChange: (isLow, fullest) => observe({ event: isLow ? 'disk-space-low' : 'disk-space-back', ...fullest }),
  });
  const clockOffsets = createClockOffsets(clock);
  const hearing = (part: Part): ClockHearing => ({ clock, heard: (seconds) => clockOffsets.heard(part, seconds) });
  const opening = openRecords(config, {
    access: 'serve',
    awsKeys,
    databaseUrl,
    clock,
    observe,
    watchOf,
    hearing: hearing('records'),
    timeouts: dynamodbTimeouts,
  });
  const readKeys = async (): Promise<Keys<string>> => {
    if (secretKeys === null) return [await (await opening).ownSecret()];
    return 'file' in secretKeys
      ? secretKeysIn(await secretFrom(secretKeys.file, 'SECRET_KEY_FILE', observe))
      : secretKeys;
  };
  let reading: ReturnType<typeof readKeys> | undefined;
  const secret = () => {
    reading ??= readKeys();
    return reading;
  };
  const [records, queue, store] = await openAll(stack, [
    opening,
    config.sqs && openQueue(config.sqs, { credentials: awsKeys, clock, observe }, watchOf('queue')),
    openObjects(config, {
      secret,
      awsKeys,
      clock,
      hearing: hearing('objects'),
      folder,
      diskSpace,
      observe,
      collector,
      timeouts: s3Timeouts,
    }),
  ]);
  const healthOf = (part: Part) =>
    createPartHealth({
      elapsedMs: clock.elapsedMs,
      onWorse: (condition, error) =>
        observe({ event: `part-${condition}`, part, reason: error.isDamage ? DAMAGE_REMEDY : error.detail }),
    });
  const health = { records: healthOf('records'), objects: healthOf('objects') };
  const callsOf = <Called extends Part>(part: Called) =>
    createStoreCalls({ watch: watchOf(part), health: health[part] });
  const objectCalls = callsOf('objects');
  const watch = watchedRecords(callsOf('records'));
  const eventLog = watch.events(records.eventLog);
  const signingKeys = await secret();
  await diskSpace.isLow(); // the log says so at once
  const held = stack.move();
  return {
    images: withFormerIds(observeTransitions(watch.images(records.images), { observe, elapsedMs: clock.elapsedMs })),
    albums: watch.albums(records.albums),
    coordination: watch.coordination(records.coordination),
    keys: watch.keys(records.keys),
    events: records.events && { ...records.events, log: eventLog },
    eventLog,
    revocations: watch.revocations(records.revocations),
    usage: watch.usage(records.usage),
    erasures: watch.erasures(records.erasures),
    webhooks: watch.webhooks(records.webhooks),
    operator: operatorOf(records, config.s3 ? store.objects : createDiskReads(objectsFolder(folder))),
    objects: watchedObjects(store.objects, objectCalls),
    multipart: store.multipart,
    presigner: store.presigner,
    staging: watchedStaging(store.staging, objectCalls),
    diskSpace,
    jobs: tracedQueue(queue ?? records.jobs, tracing),
    health,
    clockOffsets,
    objectEndpoint: store.endpoint,
    incomingListing: store.incomingListing,
    queue,
    connections: records.connections,
    signingKeys,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** A process that shares records and objects with others leaves what is an operator's to commands. */
function operatorOf({ whole }: OpenRecords, storedObjects: ObjectReads): Services['operator'] {
  if (!whole) return null;
  const { archive, userRecords, requests } = whole;
  return { requests, archive, userRecords, deletionInOrder: createInOrder(), storedObjects };
}

type Openings = readonly (Promise<AsyncDisposable> | null)[];
type Opened<All extends Openings> = { [Index in keyof All]: Awaited<All[Index]> };

/** Opens stores concurrently, because each takes a round trip or more; if one fails, `stack` closes the others. */
async function openAll<const All extends Openings>(stack: AsyncDisposableStack, openings: All): Promise<Opened<All>> {
  const outcomes = await Promise.allSettled(openings);
  for (const one of outcomes) if (one.status === 'fulfilled') stack.use(one.value);
  const failed = outcomes.find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
  return (await Promise.all(openings)) as Opened<All>;
}

/**
 * The folders with data that only a DELETE removes, perhaps on several disks. Without any, a full disk has temporary
 * files only, which MAX_TEMPORARY_MB bounds.
 */
function keptFolders(config: Config): string[] {
  if (isStateless(config)) return [];
  return config.s3 ? [config.dataDir] : [config.dataDir, objectsFolder(config.dataDir)];
}

async function openQueue(
  sqs: SqsConfig,
  options: Pick<OpenSqsOptions, 'credentials' | 'clock' | 'observe'>,
  watch: Watch<'queue'>,
): Promise<SqsJobQueue> {
  const { openSqsJobQueue } = await import('../../jobs/sqs/open.ts'); // the SDK costs as much as S3's
  const queue = await openSqsJobQueue({ ...sqs, ...options, codec: JOB_CODEC });
  return {
    ...watchedQueue(queue, watch),
    async deliver(message) {
      const delivery = await queue.deliver(message);
      return typeof delivery === 'object' ? watchedDelivery(delivery, watch) : delivery;
    },
  };
}
