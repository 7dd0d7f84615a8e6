import type { ActorId } from '../../domain/access/actor-id.ts';
import type { KeyId } from '../../domain/access/api-key-text.ts';
import type { OperationId } from '../../domain/access/policy.ts';
import type { Principal } from '../../domain/access/principal.ts';
import type { OWN_PAUSES } from '../../domain/event/webhook.ts';
import type { Rejection } from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import type { Lane } from '../../domain/image/lane.ts';
import type { ObjectKey } from '../../domain/image/object-key.ts';
import type { RescanCounts } from '../../domain/image/rescan.ts';
import type { Decision } from '../../domain/image/screening.ts';
import type { LinkId } from '../../domain/image/share-link.ts';
import type { Job } from '../../domain/job.ts';
import type { Part } from '../health/part-health.ts';
import type { CalledPart, CallOf } from './calls.ts';

/**
 * Receives each event of the service, synchronously, in the middle of the work: a listener that sends events elsewhere
 * buffers them. Delivery is at most once: a crash between a write and its event loses the event (decision 31).
 */
export type Observer = (event: ServiceEvent) => void;

/**
 * `event` is a fixed name, which the log shows too. Fields that end in `Ms` are durations in milliseconds, by
 * `Clock.elapsedMs`.
 */
export type ServiceEvent =
  | UploadEvent
  | GateEvent
  | FilterEvent
  | WebhookEvent
  | RenditionEvent
  | JobEvent
  | SweepEvent
  | RequestEvent
  | AuditEvent
  | PlaceEvent
  | DecoderEvent
  | MeasuredEvent
  | RateEvent
  | StoreEvent
  | MigrationEvent
  | WarningEvent;

/** How the bytes arrive: by a presigned URL, or through the service. */
type Form = 'presigned' | 'direct';

/** Transitions of an image's record, and the arrival of its bytes. */
type UploadEvent =
  | { readonly event: 'upload-granted'; readonly imageId: ImageId }
  /**
   * A finalizer found the bytes. Emitted again if the first attempt was aborted before it copied them, as when all
   * decoders are busy.
   */
  | {
      readonly event: 'upload-arrived';
      readonly imageId: ImageId;
      readonly form: Form;
      /** Since its grant, by the clocks of two processes; undefined: it had none. */
      readonly sinceGrantMs?: number | undefined;
    }
  | {
      readonly event: 'upload-ready';
      readonly imageId: ImageId;
      readonly form: Form;
      readonly contentType: string;
      readonly sizeBytes: number;
      readonly sinceGrantMs?: number | undefined;
      /** Undefined: it was held, or another process found its bytes. */
      readonly sinceArrivalMs?: number | undefined;
      /** Undefined: it wasn't held. */
      readonly sinceHeldMs?: number | undefined;
    }
  /** The bytes are sound; a gate hasn't decided yet. */
  | {
      readonly event: 'upload-held';
      readonly imageId: ImageId;
      readonly form: Form;
      readonly gate: string;
      readonly sinceArrivalMs?: number | undefined;
    }
  | ({
      readonly event: 'upload-rejected';
      readonly imageId: ImageId;
      readonly sinceHeldMs?: number | undefined;
    } & Rejection)
  | { readonly event: 'upload-expired'; readonly imageId: ImageId }
  | { readonly event: 'image-trashed'; readonly imageId: ImageId; readonly purgeAt: Date }
  | { readonly event: 'image-restored'; readonly imageId: ImageId }
  /** Other bytes are in the place of its own. */
  | { readonly event: 'image-replaced'; readonly imageId: ImageId }
  /** A gate that looked at a served image again hasn't decided yet: nothing serves it until then. */
  | { readonly event: 'image-held'; readonly imageId: ImageId; readonly gate: string }
  /** It has passed, and is what it was. */
  | { readonly event: 'image-released'; readonly imageId: ImageId }
  /** A gate refused an image that was served. */
  | ({ readonly event: 'image-refused'; readonly imageId: ImageId } & Rejection)
  /** A trashed image was deleted: by the sweeper, or by a client. */
  | { readonly event: 'image-purged'; readonly imageId: ImageId }
  /** An image that wasn't in the trash was deleted. */
  | { readonly event: 'image-deleted'; readonly imageId: ImageId };

/** `privateReason` is for operators and moderators: the uploader isn't told. */
type GateEvent =
  | { readonly event: 'gate-passed'; readonly imageId: ImageId; readonly gate: string; readonly by: Decision['by'] }
  | {
      readonly event: 'gate-refused';
      readonly imageId: ImageId;
      readonly gate: string;
      readonly by: Decision['by'];
      readonly privateReason?: string;
    }
  /**
   * An admin asked for a re-scan, or one is done: the gate has decided about all images older than `before`, where it
   * could.
   */
  | { readonly event: 'rescan-asked'; readonly gate: string; readonly before: Date }
  | ({ readonly event: 'rescan-done'; readonly gate: string; readonly before: Date } & RescanCounts)
  /** The gate or the store failed: the re-scan continues later. */
  | { readonly event: 'rescan-postponed'; readonly gate: string; readonly error: unknown }
  /** So many images don't wait for it any more, because an operator dropped it. */
  | { readonly event: 'gate-dropped'; readonly gate: string; readonly images: number }
  /** It gave no verdict. The image waits, or is decided by the gate's rule for errors. */
  | { readonly event: 'gate-failed'; readonly imageId: ImageId; readonly gate: string; readonly error: unknown };

type FilterEvent =
  /** A process started with other METADATA_FILTERS than those in force: workers write the rows of all images. */
  | { readonly event: 'filters-asked'; readonly names: readonly string[] }
  /** All images have the rows of these names; `changed` of them got others. */
  | {
      readonly event: 'filters-filled';
      readonly names: readonly string[];
      readonly images: number;
      readonly changed: number;
    }
  /** The store failed: the fill continues later. */
  | { readonly event: 'filters-postponed'; readonly error: unknown }
  /** All images that an operator has asked about were looked at, the last time `images`. */
  | {
      readonly event: 'facts-filled';
      readonly images: number;
      readonly read: number;
      readonly skipped: number;
    }
  /** An original is gone, damaged, too large for this machine, or can't be read: its facts stay as they are. */
  | { readonly event: 'facts-skipped'; readonly imageId: ImageId; readonly error: unknown }
  /** A store is away, or this machine has no room now: the reading continues later. */
  | { readonly event: 'facts-postponed'; readonly error: unknown };

/** `error` is for the operator; undefined: there was an answer. */
type WebhookEvent =
  /** One attempt at a delivery. `waiting`: it failed, and is tried again. `failed`: it isn't. `attempt`: from 1. */
  | {
      readonly event: 'webhook-attempted';
      readonly webhookId: string;
      readonly eventId: string;
      readonly outcome: 'delivered' | 'waiting' | 'failed';
      readonly attempt: number;
      /** null: there was no answer. */
      readonly status: number | null;
      readonly elapsedMs: number;
      readonly error: unknown;
    }
  /** It gets nothing more until an admin resumes it. */
  | { readonly event: 'webhook-paused'; readonly webhookId: string; readonly why: 'gone' | 'failing' }
  /** The log had forgotten events that it was to get: from after `since` on. */
  | { readonly event: 'webhook-skipped'; readonly webhookId: string; readonly since: Date }
  /** Each attempt has failed since then: half an hour ago or longer. Emitted once an hour, by each worker. */
  | { readonly event: 'webhook-failing'; readonly webhookId: string; readonly since: Date }
  /** The log or the repository failed: deliveries continue some seconds later. */
  | { readonly event: 'delivering-failed'; readonly error: unknown };

type RenditionEvent =
  | RenditionsMade
  /**
   * A working copy is missing in the store, replaced or unreadable. Renditions are made from the original until there
   * is another.
   */
  | { readonly event: 'working-copy-lost'; readonly imageId: ImageId; readonly error: unknown }
  /** It couldn't be stored when its image was verified. The first rendition has it made. */
  | { readonly event: 'working-copy-postponed'; readonly imageId: ImageId; readonly error: unknown };

type RenditionsMade = {
  readonly event: 'renditions-made';
  readonly imageId: ImageId;
  /** The number of renditions of one original that are made together. */
  readonly renditions: number;
  readonly urgency: 'request' | 'background';
  /** From the request for a decoder until all are stored. */
  readonly elapsedMs: number;
};

type JobEvent =
  /**
   * The job leaves the queue: it succeeded, or another attempt would change nothing, as when the image is gone.
   * `attempt`: from 1.
   */
  | { readonly event: 'job-done'; readonly job: Job; readonly attempt: number; readonly elapsedMs: number }
  /** The job is delivered again after a backoff, or becomes a dead letter. */
  | {
      readonly event: 'job-failed';
      readonly job: Job;
      readonly attempt: number;
      readonly error: unknown;
      readonly elapsedMs: number;
    }
  /** The queue did not accept the outcome: the job is delivered again once its lease has ended. */
  | { readonly event: 'job-lapsed'; readonly job: Job; readonly error: unknown }
  /** A job of another version stays in the queue. `kind`: its own name, truncated. */
  | { readonly event: 'unknown-job'; readonly kind: string }
  | { readonly event: 'receiving-failed'; readonly error: unknown };

/** The lanes; objects under `incoming/`; records past their last day; objects that no record refers to; re-scans. */
export type SweepPart = Lane | 'albums' | 'incoming' | 'records' | 'orphans' | 'rescans' | 'filters' | 'facts';

type SweepEvent =
  /** Also a round that found nothing to do. */
  | { readonly event: 'sweep-done'; readonly part: SweepPart; readonly elapsedMs: number }
  | { readonly event: 'sweep-failed' | 'walk-failed' | 'measuring-failed' | 'command-failed'; readonly error: unknown }
  /** One image or object failed; a later round tries it again. */
  | { readonly event: 'sweep-postponed'; readonly subject: ImageId | ObjectKey; readonly error: unknown }
  /** The sweeper removed objects that no record refers to. */
  | { readonly event: 'orphans-removed'; readonly objects: number }
  /** Most images of a part of the bucket have no record: none of their objects is removed. */
  | { readonly event: 'objects-without-records'; readonly images: number };

/**
 * A step of the SQLite schema: it began, it fills rows one by one, it is committed. The service doesn't answer before
 * the last one is.
 */
type MigrationEvent = {
  readonly event: 'migration-begun' | 'migration-running' | 'migration-done';
  readonly step: number;
  /** The last step of this version. */
  readonly steps: number;
  /** The size of the database before the first step. */
  readonly bytes: number;
  /** With `migration-running`: so far. */
  readonly rows?: number;
  readonly elapsedMs: number;
};

/**
 * A request whose answer has ended, or whose client has left. The strings come from clients, apart from `route` and
 * `operation`.
 */
export interface RequestDone {
  readonly event: 'request-done';
  readonly requestId: string;
  /** `-`, as the path: none was found in bytes that are no HTTP. */
  readonly method: string;
  /** Percent-encoded, without the query and the name of an original's file, cut to 1,024 characters. */
  readonly path: string;
  /** null: a page, an object's URL, or no route. */
  readonly operation: OperationId | null;
  /** The template, as `/images/{id}`; null: no route. */
  readonly route: string | null;
  /** 0: the client left before there was one. */
  readonly status: number;
  readonly outcome: 'answered' | 'aborted';
  /**
   * The code of the problem document, or of S3's error for a presigned request to this service; undefined: the answer
   * is no problem.
   */
  readonly code?: string | undefined;
  readonly detail?: string | undefined;
  /**
   * Why, as a fixed word of which the client isn't told: of a refused credential, say, or the error of Node's HTTP
   * parser.
   */
  readonly reason?: string | undefined;
  /** The limit that the request met: a value of the label `limit` (observe/telemetry/metrics/catalog.ts). */
  readonly limit?: string | undefined;
  readonly elapsedMs: number;
  /** The bytes of the body that arrived. */
  readonly bytesIn: number;
  /** The bytes of the body that was sent. */
  readonly bytesOut: number;
  /** The kind of principal; `none` if nobody asked who calls. */
  readonly caller: Principal['kind'] | 'none';
  readonly userId?: string | undefined;
  readonly keyId?: string | undefined;
  readonly imageId?: string | undefined;
  readonly clientAddress?: string | undefined;
  readonly traceId?: string | undefined;
}

type RequestEvent =
  | RequestDone
  /**
   * The preflight of a page whose origin isn't allowed: each origin once an hour, 20 origins at most. `origin`: visible
   * ASCII.
   */
  | { readonly event: 'origin-not-listed'; readonly origin: string }
  /**
   * The error behind a 5xx, or in the middle of an answer, whose cause the client does not see. Not for the reserve of
   * the disk, which has its own event.
   */
  | { readonly event: 'request-failed'; readonly requestId: string; readonly error: unknown };

/** What a service or an admin did, mostly for someone else. */
type AuditEvent = {
  readonly event: 'audit';
  readonly requestId: string;
  readonly actor: ActorId;
  /** null: for everyone, or each member of a batch for its own user. */
  readonly forUser: string | null;
  readonly operation: OperationId;
  readonly imageId?: ImageId;
  readonly keyId?: KeyId;
  readonly webhookId?: string;
  /** The id alone opens nothing. */
  readonly linkId?: LinkId;
  /** The id of a minted upload token, which is no credential. */
  readonly tokenId?: string;
  readonly gate?: string;
  /** The members of a batch. */
  readonly count?: number;
  readonly outcome: 'done' | 'refused';
};

type Urgency = 'inspection' | 'request' | 'background';

type DecoderEvent =
  /** A decoder answered: with a result, a refusal of the file, or a failure such as a file that it couldn't read. */
  | {
      readonly event: 'decoder-done';
      readonly urgency: Urgency;
      /** The time of the work: from the hand-over of the job, after its wait, until its answer was checked. */
      readonly elapsedMs: number;
      /** In steps of 10 ms. null: the system doesn't tell. */
      readonly cpuSeconds: number | null;
    }
  /**
   * It was killed for its time (`time`: of the clock or the CPU) or its memory; it ended by itself, was killed from
   * outside or answered as no sound decoder does (`crash`); or it never started. Not one that is replaced because it is
   * idle, old or large after its job.
   */
  | { readonly event: 'decoder-died'; readonly reason: 'time' | 'memory' | 'crash' | 'start' }
  /**
   * A request gets a rendition. Each of several requests with the same one counts: `made` is also what another request
   * had made meanwhile, and `elapsedMs` goes from this request's question to its answer: with the wait for a decoder,
   * without the transfer of bytes that the store has.
   */
  | {
      readonly event: 'rendition-found';
      readonly source: 'memory' | 'stored' | 'made';
      readonly elapsedMs: number;
    };

/**
 * Values of the whole service, measured by the sweeper, each at most once a minute; of webhooks by each worker that
 * delivers.
 */
type MeasuredEvent =
  /** How late the oldest due record of the lane is; 0 if none is due. */
  | { readonly event: 'due-measured'; readonly lane: Lane; readonly ageMs: number }
  /** How long the oldest change has waited that no reader of the log of events can see yet; 0 if none waits. */
  | { readonly event: 'outbox-measured'; readonly ageMs: number }
  /**
   * How many webhooks the service has paused, and for how long an active one has failed, the longest: each time that a
   * worker has read their list, every five seconds.
   */
  | {
      readonly event: 'webhooks-measured';
      readonly paused: Readonly<Record<(typeof OWN_PAUSES)[number], number>>;
      readonly failingMs: number;
    }
  | { readonly event: 'dead-letters-measured'; readonly count: number }
  /** How long ago the last backup ended; without one, how long the service has had images that none has. */
  | { readonly event: 'backup-measured'; readonly ageMs: number }
  /** The usage of all users. */
  | { readonly event: 'usage-measured'; readonly images: number; readonly bytes: number };

/**
 * A place became free after `waitedMs`, about 0 without a queue. A request that gets no place is refused as
 * `overloaded`.
 */
type PlaceEvent = {
  readonly event: 'place-wait';
  readonly place: 'large-json' | 'decoder';
  readonly urgency?: Urgency;
  readonly waitedMs: number;
};

/**
 * The shared store of rate limits left: each process counts for itself until it is back. `reason`: a fixed word, such
 * as ECONNREFUSED.
 */
type RateEvent = { readonly event: 'rate-store-away'; readonly reason: string } | { readonly event: 'rate-store-back' };

type StoreEvent =
  /** The duration of `stage` includes the client's sending. A `get` may be answered from memory. */
  | {
      readonly event: 'store-call';
      readonly part: CalledPart;
      readonly call: CallOf<CalledPart>;
      readonly outcome: 'done' | 'failed';
      readonly elapsedMs: number;
    }
  /**
   * A call failed, the first in a while (`part-degraded`), or every write has failed for a while (`part-failing`).
   * `reason`: of this call.
   */
  | { readonly event: 'part-degraded' | 'part-failing'; readonly part: Part; readonly reason: string }
  /** Uploads are refused, because the disk has too little free space beyond its reserve; or no longer. */
  | {
      readonly event: 'disk-space-low' | 'disk-space-back';
      readonly freeBytes: number;
      readonly reserveBytes: number;
    }
  /** The store has nothing under an original's key. Told once a minute. */
  | { readonly event: 'original-missing'; readonly imageId: ImageId; readonly objectKey: ObjectKey }
  /** The store has other bytes than the verified ones under an original's key. They aren't served. */
  | { readonly event: 'object-replaced'; readonly imageId: ImageId; readonly objectKey: ObjectKey }
  /**
   * Lists, the sweeper and readers of events omit what this version can't read of the image. `reason` contains no
   * client text.
   */
  | { readonly event: 'unreadable-record'; readonly imageId: ImageId; readonly reason: string };

/** A fault that isn't fatal. `sentence` tells the operator what to do. */
type WarningEvent = { readonly event: 'warning'; readonly sentence: string };
