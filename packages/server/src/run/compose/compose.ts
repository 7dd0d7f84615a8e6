import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import { KEY_POSITIONS } from '../../domain/access/api-key-text.ts';
import { createSealer } from '../../domain/access/seal.ts';
import { createPresetUrlSigner, createShareLinkSigner } from '../../domain/access/signed-url.ts';
import { createAlbumLinkSigner, createAlbumPictureSigner } from '../../domain/album/album-url.ts';
import { createGuestPassText } from '../../domain/album/guest-pass-text.ts';
import { createCursors, createSecretCursors } from '../../domain/cursor.ts';
import { createDueAges } from '../../domain/image/due-ages.ts';
import type { MaxPixels } from '../../domain/image/media-type.ts';
import { createRecentCrashes } from '../../domain/image/recent-crashes.ts';
import { LIST_POSITIONS } from '../../domain/lists/list-position.ts';
import { withWatermark } from '../../domain/rendition/presets.ts';
import { createRenderLinks } from '../../domain/rendition/render-links.ts';
import { createWatermarks } from '../../domain/rendition/watermarks.ts';
import { createPlaceLine } from '../../flow/place-line.ts';
import { createPlaces } from '../../flow/places.ts';
import { createRecentWork } from '../../flow/recent-work.ts';
import { createTurns } from '../../flow/turns.ts';
import type { Gate } from '../../gates/gate.ts';
import { guardGate } from '../../gates/guard-gate.ts';
import type { Confinement } from '../../imaging/imaging.ts';
import type { MeasuredConfinement } from '../../imaging/processes/measure-confinement.ts';
import { createRenditionCache } from '../../imaging/rendition-cache.ts';
import { ignoresCase } from '../../object-store/disk/ignores-case.ts';
import type { IncomingListing } from '../../object-store/object-store.ts';
import type { S3Timeouts } from '../../object-store/s3/client.ts';
import { RECENT_MS } from '../../observe/health/part-health.ts';
import { guarded } from '../../observe/observer/guarded.ts';
import type { Observer } from '../../observe/observer/observer.ts';
import { createWatches } from '../../observe/observer/store-calls.ts';
import { NO_TRACING, type Tracing } from '../../observe/observer/tracing.ts';
import { finalizeUpload } from '../../operations/uploads/finalize-upload.ts';
import { tooWideNetworks } from '../../outbound/allowed-network.ts';
import { createFilterNames } from '../../records/coordination/filter-names.ts';
import type { DynamodbTimeouts } from '../../records/dynamodb/client.ts';
import { createBlockedUsers, outdatingBlocked } from '../../records/erasures/blocked-users.ts';
import { lockFolder, lockFreeFolder } from '../../records/sqlite/service-lock.ts';
import type { Services, Settings } from '../../services.ts';
import { type Config, isStateless, type Secrets, sharesRecords } from '../config/config.ts';
import { type ChunkCollector, createChunkCollector } from '../memory/chunk-collector.ts';
import { type Callers, openCallers } from './callers.ts';
import { openEvents } from './events.ts';
import { openGates } from './gates.ts';
import { removeLeftFiles } from './handed-folder.ts';
import { decodablePixels, openDecoders, requiredConfinement } from './imaging.ts';
import { openIngest } from './ingest.ts';
import { objectsFolder } from './objects.ts';
import { subkeys } from './signing-keys.ts';
import { openStores, type Stores } from './stores.ts';
import { SYSTEM_CLOCK } from './system-clock.ts';

/** A composed, running service; disposing ends its processes and closes its files. */
export interface Composition
  extends Pick<Callers, 'authenticator' | 'signIn' | 'openRateLimiters'>,
    Pick<Stores, 'objectEndpoint' | 'queue' | 'connections'>,
    AsyncDisposable {
  readonly services: Services;
  /** Frees the chunks that come from S3, and those of requests while it watches their server. */
  readonly collector: ChunkCollector;
}

/** Cached results for originals with another entity tag than on record: comparing one reads up to 50 MB. */
const ORIGINAL_CHECKS = { maxAtOnce: 4, maxWaiting: 64, maxKept: 1_000, keptMs: 60_000 };
/** The interval of lists of `incoming/` on S3, for abandoned objects. */
const INCOMING_LISTS = { maxAtOnce: 1, maxWaiting: 0, maxKept: 1, keptMs: 6 * 3_600_000 };
/** The shortest interval between writes that readiness checks cause. */
const PROBES = { maxAtOnce: 2, maxWaiting: 0, maxKept: 2, keptMs: RECENT_MS };

/** Sixty changes of one image's links take a second or two, also in a table. */
const LINK_TURNS = { longestWaitMs: 5_000 };

/** Each reads a record a second or so. */
const LONG_POLLS = { places: 256, holds: 'a long poll' };
/** Each takes 25 KB, the batch of a slow reader beside them, and nothing of the store. */
const EVENT_STREAMS = { places: 500, holds: 'a stream of events' };
/** Each reads a key ten times a second. */
const KEY_WAITS = { places: 64, holds: 'a request that repeats one which still runs' };
/** Each takes 16 MiB and a core. One address keeps only itself waiting. */
const PASSWORD_PLACES = { places: 2, placesOfOne: 1, maxWaiting: 100, holds: 'a password' };

/** Replacements and wrappers for tests. */
export interface Overrides extends Partial<Pick<Services, 'clock' | 'newId'>> {
  readonly gates?: readonly Gate[];
  readonly wrapImaging?: (imaging: Services['imaging']) => Services['imaging'];
  readonly s3Timeouts?: S3Timeouts;
  readonly dynamodbTimeouts?: DynamodbTimeouts;
  /** The acceptable levels of confinement. */
  readonly confinementLevels?: readonly Confinement[];
}

export interface ComposeOptions {
  /** Its errors are caught (observe/observer/guarded.ts). */
  readonly observe: Observer;
  readonly tracing?: Tracing;
  /**
   * How well this system confines decoders, being measured; undefined: it can't be measured. Unset: the first decoder
   * shows it.
   */
  readonly confinement?: Promise<MeasuredConfinement | undefined>;
  readonly overrides?: Overrides;
}

/** Builds the services of a configuration. Errors: `unavailable`, with a sentence for the operator. */
export async function compose(config: Config, secrets: Secrets, options: ComposeOptions): Promise<Composition> {
  const { overrides = {}, tracing = NO_TRACING } = options;
  const observe = guarded(options.observe);
  const warn = (sentence: string): void => observe({ event: 'warning', sentence });
  await using stack = new AsyncDisposableStack();
  const clock = overrides.clock ?? SYSTEM_CLOCK;
  const watchOf = createWatches({ clock, observe, tracing });
  for (const sentence of tooWideNetworks(config.outboundAllow)) warn(sentence);
  const collector = createChunkCollector();

  const folder = stack.use(lockData(config)).path;
  if (!isStateless(config)) removeLeftFiles(config);
  const decodersFolder = join(folder, 'decoders');
  const maxPixels = decodablePixels(config, warn);
  const required = await requiredConfinement(config, decodersFolder);
  const { s3Timeouts, dynamodbTimeouts, confinementLevels: levels } = overrides;
  const stores = stack.use(
    await openStores(config, secrets, {
      clock,
      observe,
      tracing,
      watchOf,
      folder,
      collector,
      s3Timeouts,
      dynamodbTimeouts,
    }),
  );
  const decoders = stack.use(
    openDecoders(config, required, {
      maxPixels,
      folder: decodersFolder,
      observe,
      tracing,
      warn,
      levels,
      confinement: options.confinement,
    }),
  );
  const callers = stack.use(await openCallers(config, secrets, { ...stores, clock, observe, tracing, watchOf, warn }));
  const { erasures } = stores;
  const blocked = createBlockedUsers({ read: (now) => erasures.blocks(now), clock });
  const imaging = overrides.wrapImaging?.(decoders) ?? decoders;
  const newId = overrides.newId ?? (() => uuidv7());
  const { images, objects, staging, jobs, signingKeys } = stores;
  const settings = settingsOf(config, maxPixels, stores.incomingListing);
  const guard = { watch: watchOf('gates'), clock };
  const gates =
    overrides.gates?.map((gate) => guardGate(gate, guard)) ??
    stack.use(await openGates(config, secrets, { warn, tracing, ...guard })).gates;
  const events = stack.use(openEvents(config, stores, clock)).services;
  const ingest = stack.use(openIngest(config, stores)).services;
  const { diskSpace } = stores;
  const services: Services = {
    images,
    albums: stores.albums,
    coordination: stores.coordination,
    filters: createFilterNames({ coordination: stores.coordination, clock }),
    keys: callers.keys,
    revocations: callers.revocations,
    usage: stores.usage,
    events,
    eventLog: stores.eventLog,
    webhooks: stores.webhooks,
    erasures: outdatingBlocked(erasures, blocked),
    blocked,
    ingest,
    operator: stores.operator,
    objects,
    multipart: stores.multipart,
    presigner: stores.presigner,
    staging,
    diskSpace,
    jobs,
    imaging,
    gates,
    renditions: createRenditionCache({ maxBytes: config.renditionCacheBytes }),
    watermarks: createWatermarks({ images: settings.watermarks, read: (id) => images.get(id), clock, warn }),
    cursors: createCursors(subkeys(signingKeys, 'cursors'), LIST_POSITIONS),
    viewCursors: createSecretCursors(subkeys(signingKeys, 'view-cursors'), LIST_POSITIONS, randomBytes),
    keyCursors: createCursors(subkeys(signingKeys, 'key-cursors'), KEY_POSITIONS),
    renderLinks: createRenderLinks(createSealer(subkeys(signingKeys, 'render-links'))),
    presetUrls: createPresetUrlSigner(createSealer(subkeys(signingKeys, 'preset-urls'))),
    shareLinks: createShareLinkSigner(createSealer(subkeys(signingKeys, 'share-links'))),
    albumLinks: createAlbumLinkSigner(createSealer(subkeys(signingKeys, 'album-links'))),
    albumPictures: createAlbumPictureSigner(createSealer(subkeys(signingKeys, 'album-pictures'))),
    guestPasses: createGuestPassText(subkeys(signingKeys, 'guest-passes')),
    uploadTokens: callers.uploadTokens,
    viewTokens: callers.viewTokens,
    linkTurns: createTurns(LINK_TURNS),
    passwordPlaces: createPlaceLine(PASSWORD_PLACES),
    longPolls: createPlaces(LONG_POLLS),
    eventStreams: createPlaces(EVENT_STREAMS),
    keyWaits: createPlaces(KEY_WAITS),
    crashes: createRecentCrashes(clock),
    dueAges: createDueAges(clock),
    clock,
    observe,
    tracing,
    finalize: (id, client) => finalizeUpload(services, id, client),
    originalChecks: createRecentWork({ ...ORIGINAL_CHECKS, elapsedMs: clock.elapsedMs }),
    health: stores.health,
    clockOffsets: stores.clockOffsets,
    incomingLists: createRecentWork({ ...INCOMING_LISTS, elapsedMs: clock.elapsedMs }),
    probes: createRecentWork({ ...PROBES, elapsedMs: clock.elapsedMs }),
    newId,
    randomBytes,
    settings,
  };
  const held = stack.move();
  return {
    services,
    authenticator: callers.authenticator,
    signIn: callers.signIn,
    openRateLimiters: callers.openRateLimiters,
    objectEndpoint: stores.objectEndpoint,
    queue: stores.queue,
    connections: stores.connections,
    collector,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

const settingsOf = (config: Config, maxPixels: MaxPixels, incomingListing: IncomingListing): Settings => ({
  maxUploadBytes: config.maxUploadBytes,
  maxDirectUploadBytes: config.maxDirectUploadBytes,
  maxPixels,
  grantRequiresSize: config.grantRequiresSize,
  presignedSeconds: config.presignedSeconds,
  uploadPartsHours: config.uploadPartsHours,
  readUrlSeconds: config.readUrlSeconds,
  cacheTags: config.cacheTags,
  authenticates: config.auth.length > 0,
  finalizesOnRead: config.finalizeOnRead,
  incomingListing,
  redirectsBytes: config.bytes === 'redirect',
  keepsObjects: config.s3 === null,
  maxTemporaryBytes: config.s3 === null ? Number.POSITIVE_INFINITY : config.maxTemporaryBytes,
  ignoresCase: config.s3 === null && ignoresCase(objectsFolder(config.dataDir)),
  listsAllOwners: config.dynamodb?.globalLists ?? true,
  metadataFilters: config.metadataFilters,
  sharesRecords: sharesRecords(config),
  presets: config.presets,
  sharedPresets:
    config.watermarkShared === null ? config.presets : withWatermark(config.presets, config.watermarkShared),
  sharesOriginals: config.watermarkShared === null,
  eagerPresets: config.eagerPresets,
  watermarks: config.watermarks,
  workingCopies: config.workingCopies,
  trashDays: config.trashDays,
  presetsOnly: config.presetsOnly,
  workerSlots: config.workerSlots,
  readyRequires: config.readyRequires,
  countsUsage: config.quotas !== null,
  queuesJobs: config.sqs !== null || config.dynamodb === null,
  sharesQueue: config.sqs !== null || config.postgres !== null,
  acceptsApiKeys: config.auth.includes('api-key'),
});

/**
 * Only one process may use a data folder with records or objects; otherwise each process has its own subfolder for
 * temporary files.
 */
function lockData(config: Config): Disposable & { readonly path: string } {
  if (isStateless(config)) return lockFreeFolder(join(config.dataDir, 'processes'));
  const lock = lockFolder(config.dataDir); // from here on no other process writes to it
  return { path: config.dataDir, [Symbol.dispose]: () => lock[Symbol.dispose]() };
}
