import type { ActorId } from '../access/actor-id.ts';
import type { AlbumMember } from '../album/album-member.ts';
import { AppError, type RejectionCode } from '../errors.ts';
import type { Facts } from '../facts/facts.ts';
import type { ProblemParams } from '../problem-params.ts';
import type { TraceParent } from '../trace-parent.ts';
import { crashRetryAt, firstRemovalAt, forgottenAt, lastLookAt, lastRemovalAt, MAX_CRASHES } from './deadlines.ts';
import type { FocalPoint } from './focal-point.ts';
import type { ImageId } from './image-id.ts';
import type { MediaType } from './media-type.ts';
import type { ObjectKey } from './object-key.ts';
import { type Decision, early, type PersonDecision, type Screening, withDecisions } from './screening.ts';
import type { ShareLink } from './share-link.ts';
import type { Visibility } from './visibility.ts';
import type { WorkingCopy } from './working-copy.ts';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** The client's description of its image. */
export interface UploadDescription {
  readonly filename: string;
  readonly tags: readonly string[];
  readonly description: string | null;
  readonly metadata: { readonly [name: string]: Json };
  readonly visibility: Visibility;
  /** The client's own id: unique among its owner's images that haven't ended. */
  readonly externalId: string | null;
}

/** Everything that a client may change about its image. */
export interface ImageDescription extends UploadDescription {
  readonly focalPoint: FocalPoint | null;
}

interface Description extends ImageDescription {
  readonly id: ImageId;
  readonly userId: string;
  /** Its UUIDv4 in an earlier service, unique among the images of all owners that haven't ended; null: it has none. */
  readonly formerId: string | null;
  /** The credential that uploaded it; null: none did, as in open mode. */
  readonly uploadedBy: ActorId | null;
  /** The upload token that permitted the upload; null: none did. */
  readonly token: UploadTokenMark | null;
  /** How the guest who uploaded it calls itself, by a link of an album; null: nobody did, or without a name. */
  readonly guestName: string | null;
  /** The albums that it is in, by their ids; at most `MAX_ALBUMS_OF_IMAGE`. An album may have been deleted. */
  readonly albums: readonly AlbumMember[];
  /** Every signature of a URL of the image covers it, so raising it ends all of these URLs. Counts from 0. */
  readonly epoch: number;
  /** When its upload ends: the last URL's expiry for a grant, the first lease's end for a direct upload. */
  readonly expiresAt: Date;
  readonly updatedAt: Date;
  /** Counts the record's changes from 1. Claims and lease renewals don't count. */
  readonly revision: number;
}

/** A picture as it was when its replacement was granted: only those bytes are replaced. */
export interface Replaced {
  readonly imageId: ImageId;
  /** Lower-case hex. */
  readonly sha256: string;
}

export interface UploadTokenMark {
  readonly id: string;
  /** The largest upload that the token permits, in bytes; null: no limit of its own. */
  readonly maxBytes: number | null;
}

/** One finalizer's right to decide a pending image, until the lease ends. */
export interface Claim {
  readonly attempt: string;
  readonly leaseUntil: Date;
}

export interface Rejection {
  readonly code: RejectionCode;
  readonly detail: string;
  /** Absent if there are none. */
  readonly params?: ProblemParams | undefined;
}

/** The error that tells it. */
export const rejected = ({ code, detail, params }: Rejection): AppError => new AppError(code, detail, { params });

/** The properties of verified bytes. Width and height are as seen, after EXIF orientation. */
export interface Verified {
  readonly contentType: MediaType;
  readonly sizeBytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly width: number;
  readonly height: number;
  /** ThumbHash, base64. */
  readonly placeholder: string;
  /** `#rrggbb`, the dominant color; null if the record is restored from a backup that lacks it. */
  readonly dominantColor: string | null;
}

/** How its bytes arrive in parts, which have one length, the last one excepted. */
export interface Parts {
  readonly partBytes: number;
  /** Whether each part comes with its SHA-256, which the store verifies. */
  readonly checksums: boolean;
  /** The store's; null: it hasn't begun. */
  readonly uploadId: string | null;
}

/** S3's limit. */
export const MAX_PARTS = 10_000;

export const MAX_FETCH_FROM = 8_192;

/** What an image has until it is served. */
interface Unserved {
  /** The picture in whose place its bytes are to be; null: it is to be one of its own. */
  readonly replaces: Replaced | null;
}

interface Pending extends Description, Unserved {
  readonly status: 'pending';
  /** As the client declared it: `image/jpg` stays `image/jpg`, because the grant signs it so. */
  readonly contentType: string;
  readonly claim: Claim | null;
  /** The bytes pass through the service and are verified before the record exists. No other process may finalize it. */
  readonly isDirect: boolean;
  /** When the sweeper looks at it, unless it is claimed. */
  readonly lookAt: Date;
  /** How often the decoder crashed on its bytes. */
  readonly crashes: number;
  readonly promised: Promised;
  /** From where the service gets the bytes, sealed: at most `MAX_FETCH_FROM` characters; null: a client brings them. */
  readonly fetchFrom: string | null;
  /** null: its bytes arrive in one request. Otherwise their size is promised. */
  readonly parts: Parts | null;
  /** The most that its upload may store, for the usage of its owner. */
  readonly reservedBytes: number;
  /** The gates of the process that made the record: no process publishes the image before all of them have passed. */
  readonly gates: readonly string[];
  /** What persons decided before the image was held: it counts if the bytes turn out to be those. */
  readonly decisions: readonly PersonDecision[];
  /** The span that granted it, if its trace is kept: a bucket's report can't carry one. */
  readonly trace: TraceParent | null;
}

/** The record of an image whose verified bytes the store has. */
interface Stored extends Description, Verified {
  readonly objectKey: ObjectKey;
  /** The store's ETag of the verified object; null on disk. */
  readonly objectTag: string | null;
  /** The time of verification. */
  readonly uploadedAt: Date;
  /** Decisions of gates, the oldest first. */
  readonly decisions: readonly Decision[];
  /** What the picture says about itself; null: nobody has read it. */
  readonly facts: Facts | null;
  /** Whether it has details, which are stored beside the record (`ImageRepository.details`). */
  readonly hasDetails: boolean;
}

/** Its bytes are sound, and nothing serves them: a gate hasn't decided yet. */
interface Held extends Stored, Unserved {
  readonly status: 'held';
  readonly isDirect: boolean;
  readonly screening: Screening;
  /** What it was before a re-scan held it, and is again once all gates have passed it; null: it was never served. */
  readonly former: Former | null;
}

/** What an image has once it was served. */
interface Serving {
  /** When its renditions need maintenance: eager ones to be made, old ones to be dropped; null: never. */
  readonly maintainAt: Date | null;
  readonly renditionFailures: readonly RenditionFailure[];
  /** The oldest first. Expired links may remain. */
  readonly links: readonly ShareLink[];
  /** What its renditions are made from; null: the original. */
  readonly workingCopy: WorkingCopy | null;
}

/** The record of an image that is, or was, served. */
interface Published extends Stored, Serving {}

interface Ready extends Published {
  readonly status: 'ready';
  /** The names of metadata by which lists find it: of each that its metadata has a value of, it has a row. Sorted. */
  readonly filteredBy: readonly string[];
}

/** Its bytes and renditions stay but aren't served, and its renditions get no maintenance, until it is restored. */
interface Trashed extends Published {
  readonly status: 'trashed';
  /** When the sweeper deletes it. */
  readonly purgeAt: Date;
}

/** Neither served nor maintained while it is held. Time in the trash keeps running. */
export type Former = Serving & {
  /** When it was held. */
  readonly heldAt: Date;
} & ({ readonly status: 'ready' } | { readonly status: 'trashed'; readonly purgeAt: Date });

/** A rendition that crashed the decoder or took too long. After `MAX_CRASHES` it isn't tried again. */
export interface RenditionFailure {
  /** The last part of its object key. */
  readonly rendition: string;
  readonly crashes: number;
  readonly detail: string;
  /** When the last failure counted (ISO 8601). */
  readonly crashedAt: string;
}

/** The remains of an ended image: objects, to be removed again at `removeAt`; at last only the record. */
export type Remains = { readonly removeAt: Date } | { readonly forgetAt: Date };

interface Ended extends Description, Unserved {
  readonly contentType: string;
  /** Those that the store may still have; null: none. */
  readonly parts: Parts | null;
  readonly remains: Remains;
}

interface Rejected extends Ended {
  readonly status: 'rejected';
  readonly rejection: Rejection;
  readonly decisions: readonly Decision[];
}

interface Expired extends Ended {
  readonly status: 'expired';
}

interface Deleted extends Ended {
  readonly status: 'deleted';
  readonly deletedAt: Date;
}

/** The announced size and hash of the bytes. Not every store enforces them. */
export interface Promised {
  readonly sizeBytes: number | null;
  /** Lower-case hex. */
  readonly sha256: string | null;
}

const NOTHING_PROMISED: Promised = { sizeBytes: null, sha256: null };

/** The states of a record. A ready image always has verified bytes; no other status ever has a key to serve. */
export type Image = Pending | Held | Ready | Trashed | Rejected | Expired | Deleted;
export type PendingImage = Pending;
export type HeldImage = Held;
export type ReadyImage = Ready;
export type TrashedImage = Trashed;
export type RejectedImage = Rejected;
export type DeletedImage = Deleted;
export type PublishedImage = Ready | Trashed;
/** An image whose bytes must stay in the store. */
export type StoredImage = Held | PublishedImage;
export type EndedImage = Rejected | Expired | Deleted;
/** An image that requests for its id find. */
export type LiveImage = Exclude<Image, Trashed | Deleted>;
export type DecidedImage = Exclude<Image, Pending>;
export type Status = Image['status'];

const LEGAL = {
  pending: ['held', 'ready', 'rejected', 'expired', 'deleted'],
  held: ['ready', 'trashed', 'rejected', 'deleted'],
  ready: ['held', 'trashed', 'rejected', 'deleted'],
  trashed: ['held', 'ready', 'rejected', 'deleted'],
  rejected: ['deleted'],
  expired: ['deleted'],
  deleted: [],
} as const satisfies Record<Status, readonly Status[]>;

export const isStatus = (text: string): text is Status => Object.hasOwn(LEGAL, text);

export const canBecome = (from: Status, to: Status): boolean => (LEGAL[from] as readonly Status[]).includes(to);

export const isLive = (image: Image): image is LiveImage => image.status !== 'trashed' && image.status !== 'deleted';

export const isPublished = (image: Image): image is PublishedImage =>
  image.status === 'ready' || image.status === 'trashed';

export const isStored = (image: Image): image is StoredImage => image.status === 'held' || isPublished(image);

/** Whether details are stored of it. */
export const isDetailed = (image: Image): boolean => isStored(image) && image.hasDetails;

export const isEnded = (image: Image): image is EndedImage => 'remains' in image;

/** When the sweeper has work on the record; null if there is none. */
export const dueAt = (image: Image): Date | null => {
  switch (image.status) {
    case 'pending':
      return image.claim?.leaseUntil ?? image.lookAt;
    case 'held':
      return image.screening.askAt;
    case 'ready':
      return image.maintainAt;
    case 'trashed':
      return image.purgeAt;
    case 'rejected':
    case 'expired':
    case 'deleted':
      return 'removeAt' in image.remains ? image.remains.removeAt : null;
  }
};

/** A new image's first record. */
export const pendingImage = (
  named: UploadDescription & Pick<Pending, 'id' | 'userId' | 'contentType'>,
  at: Date,
  upload: Pick<Pending, 'expiresAt' | 'claim' | 'isDirect'> & {
    readonly formerId?: string | null;
    readonly uploadedBy?: ActorId | null;
    readonly guestName?: string | null;
    readonly albums?: readonly AlbumMember[];
    readonly token?: UploadTokenMark | null;
    readonly replaces?: Replaced | null;
    readonly promised?: Promised;
    readonly fetchFrom?: string | null;
    readonly parts?: Parts | null;
    readonly reservedBytes?: number;
    readonly gates?: readonly string[];
    readonly trace?: TraceParent | undefined;
  },
): Pending => ({
  id: named.id,
  userId: named.userId,
  formerId: upload.formerId ?? null,
  uploadedBy: upload.uploadedBy ?? null,
  guestName: upload.guestName ?? null,
  token: upload.token ?? null,
  replaces: upload.replaces ?? null,
  epoch: 0,
  filename: named.filename,
  tags: named.tags,
  description: named.description,
  metadata: named.metadata,
  visibility: named.visibility,
  externalId: named.externalId,
  focalPoint: null,
  albums: upload.albums ?? [],
  contentType: named.contentType,
  updatedAt: at,
  revision: 1,
  status: 'pending',
  expiresAt: upload.expiresAt,
  claim: upload.claim,
  isDirect: upload.isDirect,
  lookAt: lastLookAt(upload.expiresAt),
  crashes: 0,
  promised: upload.promised ?? NOTHING_PROMISED,
  fetchFrom: upload.fetchFrom ?? null,
  parts: upload.parts ?? null,
  reservedBytes: upload.reservedBytes ?? 0,
  gates: upload.gates ?? [],
  decisions: [],
  trace: upload.trace ?? null,
});

/** The fields that every next state keeps, with the next revision. */
export const next = (image: Image, at: Date): Description => ({
  id: image.id,
  userId: image.userId,
  formerId: image.formerId,
  uploadedBy: image.uploadedBy,
  guestName: image.guestName,
  token: image.token,
  epoch: image.epoch,
  filename: image.filename,
  tags: image.tags,
  description: image.description,
  metadata: image.metadata,
  visibility: image.visibility,
  externalId: image.externalId,
  focalPoint: image.focalPoint,
  albums: image.albums,
  expiresAt: image.expiresAt,
  updatedAt: at,
  revision: image.revision + 1,
});

/** An ended image doesn't need its client's description, and is in no album. */
const NOTHING_SAID: ImageDescription & Pick<Image, 'formerId' | 'albums' | 'guestName'> = {
  filename: 'image.jpg',
  tags: [],
  description: null,
  metadata: {},
  visibility: 'private',
  externalId: null,
  formerId: null,
  focalPoint: null,
  albums: [],
  guestName: null,
};

/** The image without what was said about it. Whether it is public everybody can find out. */
export const withoutDescription = <One extends Image>(image: One): One => ({
  ...image,
  ...NOTHING_SAID,
  visibility: image.visibility,
  focalPoint: image.focalPoint, // the URLs of its presets depend on it
});

/** A rejected image keeps its filename, by which its uploader recognizes it. */
const keptOf = (status: EndedImage['status'], { filename }: UploadDescription): typeof NOTHING_SAID =>
  status === 'rejected' ? { ...NOTHING_SAID, filename } : NOTHING_SAID;

/**
 * The fields that the record of an ended image keeps. URLs of parts end with it: the store is told to refuse more of
 * them.
 */
const ended = <Over extends EndedImage['status']>(image: Image, status: Over, at: Date): Ended & { status: Over } => ({
  ...next(image, at),
  ...(partsOf(image) !== null && image.expiresAt > at && { expiresAt: at }),
  ...keptOf(status, image),
  status,
  parts: partsOf(image),
  contentType: image.contentType,
  replaces: replacedBy(image),
  remains: { removeAt: firstRemovalAt(at) },
});

/** The picture in whose place its bytes are to be, or were to be; null: it is one of its own. */
export const replacedBy = (image: Image): Replaced | null => ('replaces' in image ? image.replaces : null);

/** How its bytes arrive, or were to arrive; null: in one request, or they are verified. */
export const partsOf = (image: Image): Parts | null => ('parts' in image ? image.parts : null);

/** The object that holds the verified bytes. */
export type Place = Pick<Stored, 'objectKey' | 'objectTag'>;

/** What was read of the picture. */
export type Reading = Pick<Stored, 'facts' | 'hasDetails'>;

/** `maintainAt`: when eager renditions are due, if any. */
export const publish = (
  image: Pending,
  bytes: Verified,
  {
    objectKey,
    objectTag,
    facts,
    hasDetails,
    maintainAt,
    filteredBy,
    decisions = [],
    at,
  }: Place &
    Reading &
    Pick<Ready, 'maintainAt' | 'filteredBy'> & { readonly decisions?: readonly Decision[]; readonly at: Date },
): Ready => ({
  ...next(image, at),
  ...bytes,
  status: 'ready',
  objectKey,
  objectTag,
  uploadedAt: at,
  facts,
  hasDetails,
  maintainAt,
  filteredBy,
  renditionFailures: [],
  links: [],
  workingCopy: null,
  decisions: withDecisions<Decision>(early(image.decisions, bytes.sha256), decisions),
});

/** `decided`: at gates, if one of them refused it. */
export const reject = (
  image: Pending | StoredImage,
  rejection: Rejection,
  at: Date,
  decided: readonly Decision[] = [],
): Rejected => ({
  ...ended(image, 'rejected', at),
  rejection,
  decisions: withDecisions<Decision>(image.decisions, decided),
});

/** For an upload that hasn't arrived. */
export const expire = (image: Pending, at: Date): Expired => ({
  ...ended(image, 'expired', at),
  ...(isUntouched(image) &&
    image.parts === null &&
    at >= lastLookAt(image.expiresAt) && { remains: { forgetAt: forgottenAt(at) } }),
});

/** Nobody ever claimed it or examined its bytes: only its client may have stored anything. */
export const isUntouched = ({ claim, isDirect, crashes }: Pending): boolean =>
  claim === null && !isDirect && crashes === 0;

/**
 * Nobody has found its bytes: an attempt that found them, and gave the image back without a verdict, made it due
 * earlier.
 */
export const isUnseen = (image: Pending): boolean => isUntouched(image) && image.lookAt >= lastLookAt(image.expiresAt);

/** Hides the image; `restore` shows it again. Its bytes, renditions and description stay. */
export const trash = (image: Ready, at: Date, purgeAt: Date): Trashed => {
  const { filteredBy: _, ...published } = image;
  return { ...published, ...next(image, at), status: 'trashed', purgeAt };
};

/** Maintenance that became due in the trash is due at once. */
export const restore = (image: Trashed, at: Date, filteredBy: readonly string[]): Ready => {
  const { purgeAt: _, ...published } = image;
  return { ...published, ...next(image, at), status: 'ready', filteredBy };
};

export const tombstone = (image: Exclude<Image, Deleted>, at: Date): Deleted => ({
  ...ended(image, 'deleted', at),
  deletedAt: at,
});

/**
 * After its objects were removed: once more when nothing can arrive any more, and then the record gets its last day.
 * Older versions kept the description; this write removes it, with the next revision.
 */
export const removed = <Current extends EndedImage>(image: Current, at: Date): Current => {
  const last = lastRemovalAt(image);
  const kept = keptOf(image.status, image);
  return {
    ...image,
    ...kept,
    revision: saysNoMore(image, kept) ? image.revision : image.revision + 1,
    remains: at < last ? { removeAt: last } : { forgetAt: forgottenAt(at) },
  };
};

const saysNoMore = (image: typeof NOTHING_SAID, { filename }: UploadDescription): boolean =>
  image.filename === filename &&
  image.tags.length === 0 &&
  image.description === null &&
  image.visibility === 'private' &&
  image.externalId === null &&
  image.formerId === null &&
  image.focalPoint === null &&
  image.albums.length === 0 &&
  image.guestName === null &&
  Object.keys(image.metadata).length === 0;

/**
 * The image with another description. Its status and its key's parts stay. Another visibility ends all of its signed
 * URLs.
 */
export function describe<Current extends LiveImage>(
  image: Current,
  changes: Partial<ImageDescription>,
  at: Date,
): Current {
  const current = (changes.visibility ?? image.visibility) === image.visibility ? image : withoutSignedUrls(image);
  return { ...current, ...changes, updatedAt: at, revision: image.revision + 1 };
}

/** The image with another epoch and without links: every URL that was signed before is invalid. */
export const revokeLinks = <Current extends LiveImage>(image: Current, at: Date): Current => ({
  ...withoutSignedUrls(image),
  updatedAt: at,
  revision: image.revision + 1,
});

const withoutSignedUrls = <Current extends LiveImage>(image: Current): Current => ({
  ...image,
  epoch: image.epoch + 1,
  ...(image.status === 'ready' && { links: [] }),
  ...(image.status === 'held' && image.former && { former: { ...image.former, links: [] } }),
});

/** Those that are open, and those that are again once a held image has passed. */
export const linksOf = (image: LiveImage): readonly ShareLink[] => {
  if (image.status === 'ready') return image.links;
  return image.status === 'held' ? (image.former?.links ?? []) : [];
};

/** The image with other links. No new revision: the image's JSON doesn't contain links. */
export const withLinks = (image: Ready, links: readonly ShareLink[]): Ready => ({ ...image, links });

/** The image, ready or held, without one link. */
export function withoutLink<Current extends LiveImage>(image: Current, link: ShareLink): Current {
  const links = linksOf(image).filter((one) => one !== link);
  if (image.status === 'ready') return { ...image, links };
  return image.status === 'held' && image.former ? { ...image, former: { ...image.former, links } } : image;
}

/** A pending image whose grant was signed again. Nothing that clients see changes. */
export const extend = (image: Pending, until: Date): Pending => {
  const expiresAt = until > image.expiresAt ? until : image.expiresAt;
  return {
    ...image,
    expiresAt,
    lookAt: image.crashes === 0 || isLastLook(image) ? lastLookAt(expiresAt) : image.lookAt,
  };
};

/** An upload in parts that has this id in the store from now on. Nothing that clients see changes. */
export const begun = (image: Pending & { readonly parts: Parts }, uploadId: string): Pending => ({
  ...image,
  parts: { ...image.parts, uploadId },
});

/** The last look found nothing. The next one is for late arrivals. */
const isLastLook = ({ lookAt, expiresAt }: Pending): boolean => lookAt.getTime() === lastLookAt(expiresAt).getTime();

/**
 * The end of the backoff after a decoder crash; undefined: the bytes may be decoded now. A last look planned for a
 * missing upload isn't a backoff. Neither is a time further away than twice the backoff (clocks differ), because the
 * clock was set back.
 */
export const backsOffUntil = (image: Pending, now: Date): Date | undefined => {
  const { crashes, lookAt } = image;
  if (crashes === 0 || now >= lookAt || isLastLook(image)) return undefined;
  return lookAt <= crashRetryAt(crashes, crashRetryAt(crashes, now)) ? lookAt : undefined;
};

/**
 * The decoder crashed on these bytes: they are retried later, until the limit. Within the backoff a crash counts once.
 */
export const recordCrash = (image: Pending, at: Date, detail: string): Pending | Rejected => {
  if (backsOffUntil(image, at)) return { ...image, claim: null };
  const crashes = image.crashes + 1;
  if (crashes >= MAX_CRASHES)
    return reject(image, { code: 'processing-failed', detail, params: { attempts: crashes } }, at);
  return { ...image, claim: null, crashes, lookAt: crashRetryAt(crashes, at) };
};

/**
 * Its renditions need maintenance at `at`; null: never. No new revision, like a claim: nothing that clients see
 * changes.
 */
export const scheduleMaintenance = (image: Ready, at: Date | null): Ready =>
  at?.getTime() === image.maintainAt?.getTime() ? image : { ...image, maintainAt: at };

/** Renditions are made from this copy from now on; null: from the original. No new revision: no picture changes. */
export const withWorkingCopy = (image: Ready, workingCopy: WorkingCopy | null): Ready => ({ ...image, workingCopy });

/** The image is found by values of these names of metadata. No new revision: its JSON doesn't contain them. */
export const withFilters = (image: Ready, filteredBy: readonly string[]): Ready => ({ ...image, filteredBy });

/**
 * The picture was read again. A new revision, because the image's JSON contains facts; nobody has updated the image.
 */
export const withFacts = (image: PublishedImage, facts: Facts, hasDetails: boolean): PublishedImage => ({
  ...image,
  facts,
  hasDetails,
  revision: image.revision + 1,
});

/** That its record names, in whichever state. */
export const workingCopyOf = (image: Image): WorkingCopy | null => {
  if (image.status === 'held') return image.former?.workingCopy ?? null;
  return isPublished(image) ? image.workingCopy : null;
};

/** The store has the same bytes under another ETag. No new revision. */
export const retagged = (image: Ready, objectTag: string | null): Ready =>
  objectTag === image.objectTag ? image : { ...image, objectTag };
