import type { KeyId } from './domain/access/api-key-text.ts';
import type { Client } from './domain/access/client.ts';
import type { PresetUrlSigner, ShareLinkSigner } from './domain/access/signed-url.ts';
import type { UploadTokenText } from './domain/access/upload-token-text.ts';
import type { ViewTokenText } from './domain/access/view-token-text.ts';
import type { AlbumLinkSigner, AlbumPictureSigner } from './domain/album/album-url.ts';
import type { GuestPassText } from './domain/album/guest-pass-text.ts';
import type { Cursors } from './domain/cursor.ts';
import type { EventPosition } from './domain/event/event-position.ts';
import type { WebhookSecrets } from './domain/event/webhook-secrets.ts';
import type { DueAges } from './domain/image/due-ages.ts';
import type { DecidedImage } from './domain/image/image.ts';
import type { ImageId } from './domain/image/image-id.ts';
import type { MaxPixels } from './domain/image/media-type.ts';
import type { ObjectKey } from './domain/image/object-key.ts';
import type { OriginalCheck } from './domain/image/original-check.ts';
import type { RecentCrashes } from './domain/image/recent-crashes.ts';
import type { FetchSources } from './domain/ingest/fetch-source.ts';
import type { IngestHosts } from './domain/ingest/ingest-hosts.ts';
import type { ListPosition } from './domain/lists/list-position.ts';
import type { Presets } from './domain/rendition/presets.ts';
import type { RenderLinks } from './domain/rendition/render-links.ts';
import type { WatermarkImages, Watermarks } from './domain/rendition/watermarks.ts';
import type { InOrder } from './flow/in-order.ts';
import type { PlaceLine } from './flow/place-line.ts';
import type { Places } from './flow/places.ts';
import type { RecentWork } from './flow/recent-work.ts';
import type { Turns } from './flow/turns.ts';
import type { KnownGate } from './gates/gate.ts';
import type { Imaging } from './imaging/imaging.ts';
import type { RenditionCache } from './imaging/rendition-cache.ts';
import type { JobQueue } from './jobs/job-queue.ts';
import type { DiskSpace } from './object-store/disk-space.ts';
import type { HandedFiles } from './object-store/handed-files.ts';
import type { MultipartUploads } from './object-store/multipart.ts';
import type { IncomingListing, ObjectReads, ObjectStore } from './object-store/object-store.ts';
import type { Presigner } from './object-store/presigner.ts';
import type { Staging } from './object-store/staging.ts';
import type { ClockOffsets } from './observe/health/clock-offsets.ts';
import type { Part, PartHealth } from './observe/health/part-health.ts';
import type { Observer } from './observe/observer/observer.ts';
import type { Tracing } from './observe/observer/tracing.ts';
import type { Downloads } from './outbound/downloads.ts';
import type { Outbound } from './outbound/outbound.ts';
import type { AlbumRepository } from './records/albums/album-repository.ts';
import type { RecordArchive } from './records/archive/record-archive.ts';
import type { UserRecords } from './records/archive/user-records.ts';
import type { Coordination } from './records/coordination/coordination.ts';
import type { FilterNames } from './records/coordination/filter-names.ts';
import type { OperatorRequests } from './records/coordination/requests.ts';
import type { BlockedUsers } from './records/erasures/blocked-users.ts';
import type { ErasureRepository } from './records/erasures/erasure-repository.ts';
import type { EventLog } from './records/events/event-log.ts';
import type { EventReader } from './records/events/event-reader.ts';
import type { ImageRepository } from './records/images/image-repository.ts';
import type { KeyRepository } from './records/keys/key-repository.ts';
import type { RevocationRepository } from './records/revocations/revocation-repository.ts';
import type { UsageRepository } from './records/usage/usage-repository.ts';
import type { WebhookRepository } from './records/webhooks/webhook-repository.ts';

/** The services of operations; each operation declares its part with `Pick`. */
export interface Services {
  readonly images: ImageRepository;
  readonly albums: AlbumRepository;
  readonly coordination: Coordination;
  readonly filters: FilterNames;
  readonly keys: KeyRepository;
  readonly revocations: RevocationRepository;
  readonly usage: UsageRepository;
  /** null: EVENTS is off. */
  readonly events: EventServices | null;
  /** Also without EVENTS: entries of an earlier time may be left. */
  readonly eventLog: EventLog;
  readonly webhooks: WebhookRepository;
  readonly erasures: ErasureRepository;
  readonly blocked: BlockedUsers;
  /** null: pictures are fetched from no URL. */
  readonly ingest: IngestServices | null;
  /** null: operators' commands do what is theirs themselves, beside any number of processes. */
  readonly operator: OperatorServices | null;
  readonly objects: ObjectStore;
  readonly multipart: MultipartUploads;
  readonly presigner: Presigner;
  readonly staging: Staging;
  /** The free space of the disks with records or objects; endless if there are none. */
  readonly diskSpace: DiskSpace;
  readonly jobs: JobQueue;
  readonly imaging: Imaging;
  /** In the order in which they are asked. */
  readonly gates: readonly KnownGate[];
  readonly crashes: RecentCrashes;
  readonly dueAges: DueAges;
  readonly renditions: RenditionCache;
  readonly watermarks: Watermarks;
  readonly cursors: Cursors<ListPosition>;
  /** Encrypted: a position may be an image that the list left out. */
  readonly viewCursors: Cursors<ListPosition>;
  readonly keyCursors: Cursors<KeyId>;
  readonly renderLinks: RenderLinks;
  readonly presetUrls: PresetUrlSigner;
  readonly shareLinks: ShareLinkSigner;
  readonly albumLinks: AlbumLinkSigner;
  /** URLs of what links of albums show. */
  readonly albumPictures: AlbumPictureSigner;
  readonly guestPasses: GuestPassText;
  readonly uploadTokens: UploadTokenText;
  readonly viewTokens: ViewTokenText;
  /** Changes of one image's links, each of which writes the record: many at once would need many attempts. */
  readonly linkTurns: Turns<string>;
  /** Held while the password of a link is hashed. */
  readonly passwordPlaces: PlaceLine;
  /** Held by requests that wait for an image to be verified, or for an event (`?wait=`). */
  readonly longPolls: Places;
  /** Held by streams of events. */
  readonly eventStreams: Places;
  /** Held by requests that wait for another one with their Idempotency-Key. */
  readonly keyWaits: Places;
  readonly clock: Clock;
  readonly observe: Observer;
  readonly tracing: Tracing;
  /**
   * Decides about an upload; `operations/uploads/finalize-upload.ts` has the contract. Bound once, so that its callers
   * don't need its services.
   */
  readonly finalize: (id: ImageId, client?: Client) => Promise<DecidedImage>;
  /** By object key: recent results for originals whose entity tag differs from the record's. */
  readonly originalChecks: RecentWork<ObjectKey, OriginalCheck>;
  /** When `incoming/` was last listed, if that is done rarely. */
  readonly incomingLists: RecentWork<'incoming', void>;
  readonly health: Readonly<Record<Part, PartHealth>>;
  readonly clockOffsets: ClockOffsets;
  /** When all parts were last probed, for lack of real calls, and all gates. */
  readonly probes: RecentWork<'parts' | 'gates', void>;
  /** A new UUIDv7. */
  readonly newId: () => string;
  /** Unpredictable bytes, for secrets. */
  readonly randomBytes: (size: number) => Uint8Array;
  readonly settings: Settings;
}

/** By which a service does what else is an operator's, because it alone may change images, or bytes. */
export interface OperatorServices {
  /** null: commands change the records themselves, and ask for nothing. */
  readonly requests: OperatorRequests | null;
  readonly archive: RecordArchive;
  readonly userRecords: UserRecords;
  /** Takes what changes deletions of users (`CarryOutServices`). */
  readonly deletionInOrder: InOrder;
  readonly handedFiles: HandedFiles;
  /** Without the memory that `objects` answers from. */
  readonly storedObjects: ObjectReads;
}

export interface EventServices extends StoredEvents {
  readonly reader: EventReader;
  readonly cursors: Cursors<EventPosition>;
  readonly webhooks: WebhookRepository;
  readonly secrets: WebhookSecrets;
  readonly deliveryCursors: Cursors<string>;
  /** What is wrong with a webhook's URL; undefined: it may be asked. */
  readonly urlFault: (given: string) => Promise<{ readonly expected: string; readonly got: string } | undefined>;
  /** To the addresses of webhooks. */
  readonly outbound: Pick<Outbound, 'post'>;
  /** A client for one webhook, which has its connections to itself. */
  readonly openOutbound: () => Outbound;
  /** The origin of the service, or `/` if it isn't configured: the `source` of CloudEvents. */
  readonly source: string;
}

/** By which pictures are fetched from URLs. */
export interface IngestServices {
  readonly hosts: IngestHosts;
  readonly sources: FetchSources;
  readonly downloads: Pick<Downloads, 'get'>;
  /** Held while a picture is fetched. */
  readonly places: PlaceLine;
  /** A host that is named may be asked by http, and on other ports. */
  readonly mayBeInside: boolean;
}

export interface StoredEvents {
  readonly log: EventLog;
  /** How many days an event can be read. */
  readonly days: number;
}

export interface Clock {
  now(): Date;
  /** Monotonic milliseconds, independent of the system's time: for durations. */
  elapsedMs(): number;
}

export interface Settings {
  readonly maxUploadBytes: number;
  readonly maxDirectUploadBytes: number;
  /** The most pixels of a new upload, for each type; 0: the service doesn't decode it. */
  readonly maxPixels: MaxPixels;
  /** Refuses a grant without a size, because its URL would accept any number of bytes. */
  readonly grantRequiresSize: boolean;
  /** Lifetime of presigned URLs. */
  readonly presignedSeconds: number;
  /** The life of an upload in parts of which something has arrived. */
  readonly uploadPartsHours: number;
  /** How long all readers get the same signed URLs, and the least time that such a URL is valid. */
  readonly readUrlSeconds: number;
  /** Names the image of every answer that a shared cache may keep. */
  readonly cacheTags: boolean;
  /** Callers prove who they are, so pages need signed URLs. */
  readonly authenticates: boolean;
  /** Lists first examine pending uploads: needed if the bucket sends no events. */
  readonly finalizesOnRead: boolean;
  readonly incomingListing: IncomingListing;
  /** Clients get originals from the store, by a presigned URL; otherwise through the service. */
  readonly redirectsBytes: boolean;
  /** Originals and renditions are files of this service, on its own disk. */
  readonly keepsObjects: boolean;
  /** The limit of all temporary files, such as fetched originals; infinite: originals aren't fetched. */
  readonly maxTemporaryBytes: number;
  /** That disk takes names that differ only in case for the same one. */
  readonly ignoresCase: boolean;
  /** Lists by tag or type may cover all owners. */
  readonly listsAllOwners: boolean;
  /** The names of metadata by which lists may be filtered. Sorted. */
  readonly metadataFilters: readonly string[];
  /** Other processes write the same records. */
  readonly sharesRecords: boolean;
  readonly presets: Presets;
  /** How share links and public pictures show the presets. */
  readonly sharedPresets: Presets;
  /** Share links may open originals. */
  readonly sharesOriginals: boolean;
  /** Made of every image as soon as it is ready. */
  readonly eagerPresets: readonly string[];
  /** The images of watermarks, by the names that transforms use. */
  readonly watermarks: WatermarkImages;
  /** Large images get a working copy, from which renditions are made. */
  readonly workingCopies: boolean;
  /** How long a trashed image can be restored; 0: there is no trash. */
  readonly trashDays: number;
  /** Only presets are rendered. */
  readonly presetsOnly: boolean;
  /** Concurrent jobs of one worker. */
  readonly workerSlots: number;
  /** `/readyz` is 503 while one of them fails. */
  readonly readyRequires: readonly Part[];
  /** What users store is counted, and may be limited. */
  readonly countsUsage: boolean;
  /** Jobs are done soon; otherwise the sweeper does their work. */
  readonly queuesJobs: boolean;
  /** Other processes work on the same queue. */
  readonly sharesQueue: boolean;
  /** API keys are credentials, and admins manage them over HTTP. */
  readonly acceptsApiKeys: boolean;
}
