import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import type { Authenticator } from './authenticator/authenticator.ts';
import { createAuthenticator } from './authenticator/create-authenticator.ts';
import { createSignIn } from './authenticator/jwt/sign-in.ts';
import { createRecentKeys, outdatingRecent } from './authenticator/recent-keys.ts';
import type { SignIn } from './authenticator/sign-in.ts';
import { type Config, isStateless, type Secrets, type SqsConfig, secretKeysIn } from './config/config.ts';
import { ownSecret, type Purpose, secretFrom, subkey } from './config/secret.ts';
import { observeCoordinationCalls } from './coordination/observe-calls.ts';
import { createSqliteCoordination } from './coordination/sqlite/sqlite.ts';
import { KEY_POSITIONS } from './domain/access/api-key-text.ts';
import { createSealer } from './domain/access/seal.ts';
import { createPresetUrlSigner, createShareLinkSigner } from './domain/access/signed-url.ts';
import { createUploadTokenText } from './domain/access/upload-token-text.ts';
import { createCursors } from './domain/cursor.ts';
import { IMAGE_POSITIONS } from './domain/image/image-id.ts';
import { createRecentCrashes } from './domain/image/recent-crashes.ts';
import { createRenderLinks } from './domain/rendition/render-links.ts';
import { UNLIMITED } from './domain/usage/quota.ts';
import { createPlaces } from './flow/places.ts';
import { createRecentWork } from './flow/recent-work.ts';
import { createTurns } from './flow/turns.ts';
import { createPartHealth, type Part, RECENT_MS } from './health/part-health.ts';
import type { DynamodbTimeouts } from './image-repository/dynamodb/client.ts';
import type { OpenDynamodbOptions } from './image-repository/dynamodb/open.ts';
import { observeRecordCalls } from './image-repository/observe-calls.ts';
import { observeTransitions } from './image-repository/observe-transitions.ts';
import { observeUsageCalls } from './image-repository/observe-usage-calls.ts';
import { createSqliteImageRepository } from './image-repository/sqlite/sqlite.ts';
import { createSqliteUsage } from './image-repository/sqlite/usage.ts';
import { createImaging } from './imaging/create-imaging.ts';
import type { Confinement } from './imaging/imaging.ts';
import { requireConfinement } from './imaging/processes/require-confinement.ts';
import { createNoQueue } from './job-queue/no-queue.ts';
import { createSqliteJobQueue } from './job-queue/sqlite/sqlite.ts';
import type { OpenSqsOptions } from './job-queue/sqs/open.ts';
import type { SqsJobQueue } from './job-queue/sqs/sqs.ts';
import { JOB_CODEC } from './jobs.ts';
import { observeKeyCalls } from './key-repository/observe-calls.ts';
import { createSqliteKeyRepository } from './key-repository/sqlite/sqlite.ts';
import { type ChunkCollector, createChunkCollector } from './memory/chunk-collector.ts';
import { collectRead, collectStaged } from './memory/collected-chunks.ts';
import { MIGRATIONS } from './migrations.ts';
import { createDiskObjectStore } from './object-store/disk/disk.ts';
import type { DiskSpace } from './object-store/disk-space.ts';
import { createDiskEndpoint } from './object-store/endpoint/disk-endpoint.ts';
import { createEndpointPresigner } from './object-store/endpoint/endpoint-presigner.ts';
import type { IncomingListing } from './object-store/object-store.ts';
import { observeObjectCalls, observeStagingCalls } from './object-store/observe-calls.ts';
import type { S3Timeouts } from './object-store/s3/client.ts';
import type { Credentials } from './object-store/signing/sigv4.ts';
import { createDiskSpace } from './object-store/staging/disk-space.ts';
import { createLocalStaging } from './object-store/staging/local-staging.ts';
import { guarded } from './observer/guarded.ts';
import type { Observer } from './observer/observer.ts';
import { createStoreCalls } from './observer/store-calls.ts';
import { finalizeUpload } from './operations/uploads/finalize-upload.ts';
import { createRateLimiter } from './rate-limiter/create-rate-limiter.ts';
import type { RateLimiter } from './rate-limiter/rate-limiter.ts';
import { createRenditionCache } from './rendition-cache/rendition-cache.ts';
import type { Clock, Services, Settings } from './services.ts';
import { openDatabase, openDatabaseBeside } from './sqlite/database.ts';
import { createGroupCommit } from './sqlite/group-commit.ts';
import { lockFolder, lockFreeFolder } from './sqlite/service-lock.ts';

/** The bucket name of embedded mode: part of every `/objects` URL and `s3_url`. */
const BUCKET = 'safelight';
const REGION = 'us-east-1';

const SYSTEM_CLOCK: Clock = { now: () => new Date(), elapsedMs: () => performance.now() };

/** A composed, running service; disposing ends its processes and closes its files. */
export interface Composition extends AsyncDisposable {
  readonly services: Services;
  readonly authenticator: Authenticator;
  /** null: the gallery sends nobody to an issuer. */
  readonly signIn: SignIn | null;
  /** For processes with clients; null: nothing is limited. Waits for the shared store for a second at most. */
  readonly openRateLimiter: () => Promise<RateLimiter | null>;
  /** null if the store has its own address. */
  readonly objectEndpoint: ReturnType<typeof createDiskEndpoint> | null;
  /** null if jobs are stored with the records. */
  readonly queue: SqsJobQueue | null;
  /** Frees the chunks that come from S3, and those of requests while it watches their server. */
  readonly collector: ChunkCollector;
}

/** The share of staging for fetched files, which wait for room; uploads don't wait and get the other half. */
const FETCHED_SHARE = 0.5;

/** Cached results for originals with another entity tag than on record: comparing one reads up to 50 MB. */
const ORIGINAL_CHECKS = { maxAtOnce: 4, maxWaiting: 64, maxKept: 1_000, keptMs: 60_000 };
/** The interval of lists of `incoming/` on S3, for abandoned objects. */
const INCOMING_LISTS = { maxAtOnce: 1, maxWaiting: 0, maxKept: 1, keptMs: 6 * 3_600_000 };
/** The shortest interval between writes that readiness checks cause. */
const PROBES = { maxAtOnce: 1, maxWaiting: 0, maxKept: 1, keptMs: RECENT_MS };

/** Sixty changes of one image's links take a second or two, also in a table. */
const LINK_TURNS = { longestWaitMs: 5_000 };

/** Each reads a record a second or so. */
const LONG_POLLS = { places: 256, holds: 'a long poll' };
/** Each reads a key ten times a second. */
const KEY_WAITS = { places: 64, holds: 'a request that repeats one which still runs' };

/** Replacements and wrappers for tests. */
export interface Overrides extends Partial<Pick<Services, 'clock' | 'newId'>> {
  readonly wrapImaging?: (imaging: Services['imaging']) => Services['imaging'];
  readonly s3Timeouts?: S3Timeouts;
  readonly dynamodbTimeouts?: DynamodbTimeouts;
  /** The acceptable levels of confinement. */
  readonly confinementLevels?: readonly Confinement[];
}

export interface ComposeOptions {
  /** Its errors are caught (observer/guarded.ts). */
  readonly observe: Observer;
  readonly overrides?: Overrides;
}

/** Builds the services of a configuration. Errors: `unavailable`, with a sentence for the operator. */
export async function compose(config: Config, secrets: Secrets, options: ComposeOptions): Promise<Composition> {
  const { overrides = {} } = options;
  const observe = guarded(options.observe);
  const warn = (sentence: string): void => observe({ event: 'warning', sentence });
  await using stack = new AsyncDisposableStack();
  const clock = overrides.clock ?? SYSTEM_CLOCK;
  const collector = createChunkCollector();

  const folder = stack.use(lockData(config));
  const decodersFolder = join(folder.path, 'decoders');
  const required = config.decodersRequire && (await requireConfinement(config.decodersRequire, decodersFolder));
  const { awsKeys, secretKeys } = secrets;
  const diskSpace = createDiskSpace({
    folders: keptFolders(config),
    minFreeBytes: config.minFreeBytes,
    elapsedMs: clock.elapsedMs,
    onChange: (isLow, fullest) => observe({ event: isLow ? 'disk-space-low' : 'disk-space-back', ...fullest }),
  });
  const opening = openRecords(config, { awsKeys, clock, observe, ...overrides });
  const readKeys = async (): Promise<Keys<string>> => {
    if (secretKeys === null) return [await (await opening).ownSecret()];
    return 'file' in secretKeys ? secretKeysIn(await secretFrom(secretKeys.file, observe)) : secretKeys;
  };
  let reading: ReturnType<typeof readKeys> | undefined;
  const secret = () => {
    reading ??= readKeys();
    return reading;
  };
  const [records, queue, store] = await openAll(stack, [
    opening,
    config.sqs && openQueue(config.sqs, { credentials: awsKeys, clock, observe }),
    openObjects(config, { secret, awsKeys, clock, folder: folder.path, diskSpace, observe, collector, ...overrides }),
  ]);
  const healthOf = (part: Part) =>
    createPartHealth({
      elapsedMs: clock.elapsedMs,
      onWorse: (condition, error) => observe({ event: `part-${condition}`, part, reason: error.detail }),
    });
  const health = { records: healthOf('records'), objects: healthOf('objects') };
  const callsOf = (part: Part) => createStoreCalls({ part, health: health[part], clock, observe });
  const objectCalls = callsOf('objects');
  const recordCalls = callsOf('records');
  const images = observeTransitions(observeRecordCalls(records.images, recordCalls), observe);
  const coordination = observeCoordinationCalls(records.coordination, recordCalls);
  const keys = observeKeyCalls(records.keys, recordCalls);
  const objects = observeObjectCalls(store.objects, objectCalls);
  const jobs = queue ?? records.jobs;
  const signingKeys = await secret();
  await diskSpace.isLow(); // the log says so at once
  const decoders = stack.use(
    createImaging({
      timeoutSeconds: config.transformTimeoutSeconds,
      maxWaitSeconds: config.maxDecoderWaitSeconds,
      folder: decodersFolder,
      ...(config.s3 && { whenFull: 'overloaded' as const, maxFetchedBytes: config.maxTemporaryBytes * FETCHED_SHARE }),
      onConfinement: (level, reason) =>
        warn(
          `Decoders have another confinement than expected: ${level} (${reason}). DECODERS_REQUIRE refuses such a start.`,
        ),
      observe,
      ...(overrides.confinementLevels && { levels: overrides.confinementLevels }),
      ...required,
    }),
  );
  if (decoders.confinement().level === 'unconfined') warn(UNCONFINED);
  const imaging = overrides.wrapImaging?.(decoders) ?? decoders;
  const newId = overrides.newId ?? (() => uuidv7());
  const settings = settingsOf(config, store.incomingListing);
  const uploadTokens = createUploadTokenText(subkeys(signingKeys, 'upload-tokens'));
  const recentKeys = createRecentKeys({ read: (id) => keys.get(id), elapsedMs: clock.elapsedMs });
  const authenticator = stack.use(
    await createAuthenticator(config, { keys, recentKeys, uploadTokens, jwtSecret: secrets.jwtSecret, clock, warn }),
  );
  const finalizing = { images, objects, jobs, imaging, clock, newId, settings, observe };

  const held = stack.move();
  return {
    services: {
      images,
      coordination,
      keys: outdatingRecent(keys, recentKeys),
      usage: observeUsageCalls(records.usage, recordCalls),
      objects,
      presigner: store.presigner,
      staging: observeStagingCalls(store.staging, objectCalls),
      diskSpace,
      jobs,
      imaging,
      renditions: createRenditionCache({ maxBytes: config.renditionCacheBytes }),
      cursors: createCursors(subkeys(signingKeys, 'cursors'), IMAGE_POSITIONS),
      keyCursors: createCursors(subkeys(signingKeys, 'key-cursors'), KEY_POSITIONS),
      renderLinks: createRenderLinks(createSealer(subkeys(signingKeys, 'render-links'))),
      presetUrls: createPresetUrlSigner(createSealer(subkeys(signingKeys, 'preset-urls'))),
      shareLinks: createShareLinkSigner(createSealer(subkeys(signingKeys, 'share-links'))),
      uploadTokens,
      linkTurns: createTurns(LINK_TURNS),
      longPolls: createPlaces(LONG_POLLS),
      keyWaits: createPlaces(KEY_WAITS),
      crashes: createRecentCrashes(clock),
      clock,
      observe,
      finalize: (id, client) => finalizeUpload(finalizing, id, client),
      originalChecks: createRecentWork({ ...ORIGINAL_CHECKS, elapsedMs: clock.elapsedMs }),
      health,
      incomingLists: createRecentWork({ ...INCOMING_LISTS, elapsedMs: clock.elapsedMs }),
      probes: createRecentWork({ ...PROBES, elapsedMs: clock.elapsedMs }),
      newId,
      randomBytes,
      settings,
    },
    authenticator,
    signIn: config.oidc && createSignIn({ ...config.oidc, clock, warn }),
    openRateLimiter: async () => {
      const { rateLimits: limits } = config;
      if (limits === null) return null;
      const { authenticates } = settings;
      return held.use(
        await createRateLimiter({ limits, authenticates, storeUrl: secrets.rateLimitStore, clock, observe }),
      );
    },
    objectEndpoint: store.endpoint,
    queue,
    collector,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

const UNCONFINED =
  'Decoders are not confined on this system: a malicious file that takes over a decoder has all rights of the service. See SECURITY.md.';

const settingsOf = (config: Config, incomingListing: IncomingListing): Settings => ({
  maxUploadBytes: config.maxUploadBytes,
  maxDirectUploadBytes: config.maxDirectUploadBytes,
  grantRequiresSize: config.grantRequiresSize,
  presignedSeconds: config.presignedSeconds,
  readUrlSeconds: config.readUrlSeconds,
  cacheTags: config.cacheTags,
  authenticates: config.auth.length > 0,
  finalizesOnRead: config.finalizeOnRead,
  incomingListing,
  redirectsBytes: config.bytes === 'redirect',
  keepsObjects: config.s3 === null,
  listsAllOwners: config.dynamodb?.globalLists ?? true,
  presets: config.presets,
  eagerPresets: config.eagerPresets,
  trashDays: config.trashDays,
  presetsOnly: config.presetsOnly,
  workerSlots: config.workerSlots,
  countsUsage: config.quotas !== null,
  acceptsApiKeys: config.auth.includes('api-key'),
});

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

/** Only one process may use a data folder with records or objects; otherwise each process has its own subfolder for temporary files. */
function lockData(config: Config): Disposable & { readonly path: string } {
  if (isStateless(config)) return lockFreeFolder(join(config.dataDir, 'processes'));
  const lock = lockFolder(config.dataDir); // from here on no other process writes to it
  return { path: config.dataDir, [Symbol.dispose]: () => lock[Symbol.dispose]() };
}

/**
 * The folders with data that only a DELETE removes, perhaps on several disks. Without any, a full disk has temporary files only, which
 * MAX_TEMPORARY_MB bounds.
 */
function keptFolders(config: Config): string[] {
  if (isStateless(config)) return [];
  return config.s3 ? [config.dataDir] : [config.dataDir, objectsFolder(config.dataDir)];
}

const objectsFolder = (dataDir: string): string => join(dataDir, 'objects');

interface OpenRecords extends AsyncDisposable {
  readonly images: Services['images'];
  readonly coordination: Services['coordination'];
  readonly keys: Services['keys'];
  readonly usage: Services['usage'];
  readonly jobs: Services['jobs'];
  ownSecret(): Promise<string>;
}

async function openRecords(
  { dataDir, dynamodb, quotas }: Config,
  options: Pick<ComposeOptions, 'observe'> & {
    readonly awsKeys: Secrets['awsKeys'];
    readonly clock: Clock;
    readonly dynamodbTimeouts?: DynamodbTimeouts;
  },
): Promise<OpenRecords> {
  const { awsKeys: credentials, clock, observe, dynamodbTimeouts: timeouts } = options;
  if (dynamodb) {
    const opened = await openTable({ ...dynamodb, quotas, credentials, observe, ...(timeouts && { timeouts }) });
    return { ...opened, jobs: createNoQueue() };
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
    jobs: createSqliteJobQueue(database, writes, { codec: JOB_CODEC, clock, observe }),
    ownSecret: () => ownSecret(dataDir),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** All records in one table. */
async function openTable(options: OpenDynamodbOptions) {
  const { openDynamodb } = await import('./image-repository/dynamodb/open.ts'); // the SDK costs as much as S3's
  const { createDynamodbCoordination } = await import('./coordination/dynamodb/dynamodb.ts');
  const { createDynamodbKeyRepository } = await import('./key-repository/dynamodb/dynamodb.ts');
  const opened = await openDynamodb(options);
  const coordination = createDynamodbCoordination(opened.table);
  return {
    ...opened,
    coordination,
    usage: opened.usageWith(coordination),
    keys: createDynamodbKeyRepository(opened.table, options),
  };
}

/** What a command about keys needs. */
export interface KeyComposition extends AsyncDisposable {
  readonly services: Pick<Services, 'keys' | 'clock' | 'randomBytes'>;
}

/**
 * Opens the keys of a configuration, also beside a running service: SQLite lets both write, and the command touches no image, which the
 * service remembers. Errors: `unavailable`, with a sentence for the operator.
 */
export async function composeKeys(
  { dataDir, dynamodb, quotas }: Config,
  { awsKeys: credentials }: Secrets,
  { observe }: Pick<ComposeOptions, 'observe'>,
): Promise<KeyComposition> {
  const rest = { clock: SYSTEM_CLOCK, randomBytes };
  if (dynamodb) {
    const { keys, ...opened } = await openTable({ ...dynamodb, quotas, credentials, observe });
    return { services: { keys, ...rest }, [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() };
  }
  await using stack = new AsyncDisposableStack();
  const database = stack.use(openDatabaseBeside(dataDir, MIGRATIONS));
  const keys = createSqliteKeyRepository(database, stack.use(createGroupCommit(database)));
  const held = stack.move();
  return { services: { keys, ...rest }, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** What a command about usage needs. */
export interface UsageComposition extends AsyncDisposable {
  readonly services: Pick<Services, 'usage' | 'clock'>;
}

/** Opens the usage of a configuration, also beside a running service, as `composeKeys` does. Errors: `unavailable`. */
export async function composeUsage(
  { dataDir, dynamodb, quotas }: Config,
  { awsKeys: credentials }: Secrets,
  { observe }: Pick<ComposeOptions, 'observe'>,
): Promise<UsageComposition> {
  const clock = SYSTEM_CLOCK;
  if (dynamodb) {
    const { usage, ...opened } = await openTable({ ...dynamodb, quotas, credentials, observe });
    return { services: { usage, clock }, [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() };
  }
  await using stack = new AsyncDisposableStack();
  const database = stack.use(openDatabaseBeside(dataDir, MIGRATIONS));
  const usage = createSqliteUsage(database, stack.use(createGroupCommit(database)), quotas ?? UNLIMITED);
  const held = stack.move();
  return { services: { usage, clock }, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

async function openQueue(
  sqs: SqsConfig,
  options: Pick<OpenSqsOptions, 'credentials' | 'clock' | 'observe'>,
): Promise<SqsJobQueue> {
  const { openSqsJobQueue } = await import('./job-queue/sqs/open.ts'); // the SDK costs as much as S3's
  return openSqsJobQueue({ ...sqs, ...options, codec: JOB_CODEC });
}

interface OpenObjects extends AsyncDisposable, Pick<Services, 'objects' | 'presigner' | 'staging'> {
  readonly incomingListing: IncomingListing;
  readonly endpoint: Composition['objectEndpoint'];
}

async function openObjects(
  config: Config,
  options: Pick<ComposeOptions, 'observe'> & {
    /** The disk store's signing keys: S3 has its own credentials. */
    readonly secret: () => Promise<Keys<string>>;
    readonly awsKeys: Secrets['awsKeys'];
    readonly clock: Clock;
    /** The folder of this process alone. */
    readonly folder: string;
    readonly diskSpace: DiskSpace;
    readonly collector: ChunkCollector;
    readonly s3Timeouts?: S3Timeouts;
  },
): Promise<OpenObjects> {
  const { secret, awsKeys, clock, folder, diskSpace, observe, collector, s3Timeouts: timeouts } = options;
  if (config.s3) {
    const { openBucket } = await import('./object-store/s3/open.ts'); // the SDK costs 65 ms
    const { presignedSeconds, maxTemporaryBytes: maxBytes } = config;
    await using stack = new AsyncDisposableStack();
    const temporary = stack.use(
      createLocalStaging(join(folder, 'staged'), { files: 'temporary', maxBytes, diskSpace }),
    );
    const staging = collectStaged(temporary, collector);
    const rest = { presignedSeconds, clock, staging, observe, ...(timeouts && { timeouts }) };
    const bucket = stack.use(await openBucket({ ...config.s3, credentials: awsKeys, ...rest }));
    const objects = collectRead(bucket.objects, collector);
    const held = stack.move();
    return { ...bucket, objects, staging, endpoint: null, [Symbol.asyncDispose]: () => held.disposeAsync() };
  }
  const credentials = credentialsOf(await secret());
  const objects = createDiskObjectStore({ root: objectsFolder(folder), bucket: BUCKET, diskSpace });
  const presigner = createEndpointPresigner({ bucket: BUCKET, credentials, region: REGION, clock });
  return {
    objects,
    presigner,
    staging: objects.staging,
    incomingListing: 'every-sweep',
    endpoint: createDiskEndpoint({ store: objects, presigner, maxUploadBytes: config.maxUploadBytes, observe }),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

type Keys<Key> = readonly [Key, ...Key[]];

const subkeys = ([first, ...rest]: Keys<string>, purpose: Purpose): Keys<Buffer> => [
  subkey(first, purpose),
  ...rest.map((key) => subkey(key, purpose)),
];

/** The key id identifies which of several secrets signed a URL, and reveals nothing about the secret. */
const credentialsOf = ([first, ...rest]: Keys<string>): Keys<Credentials> => [
  credentialOf(first),
  ...rest.map(credentialOf),
];

const credentialOf = (key: string): Credentials => ({
  accessKeyId: subkey(key, 'disk-endpoint-id').toString('hex').slice(0, 20),
  secretAccessKey: subkey(key, 'disk-endpoint').toString('base64url'),
});
