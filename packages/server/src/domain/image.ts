import type { RejectionCode } from './errors.ts';
import type { ImageId } from './image-id.ts';
import type { MediaType } from './media-type.ts';
import type { ObjectKey } from './object-key.ts';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** What a client says of its image. */
export interface UploadDescription {
  readonly filename: string;
  readonly tags: readonly string[];
  readonly description: string | null;
  readonly metadata: { readonly [name: string]: Json };
}

interface Description extends UploadDescription {
  readonly id: ImageId;
  readonly userId: string;
  readonly updatedAt: Date;
  /** Counts the record's changes from 1; claims and lease renewals don't count. */
  readonly revision: number;
}

/** One finalizer's right to decide about a pending image, until the lease ends. */
export interface Claim {
  readonly attempt: string;
  readonly leaseUntil: Date;
}

export interface Rejection {
  readonly code: RejectionCode;
  readonly detail: string;
}

/** What verified bytes turned out to be. Width and height are as seen: after EXIF orientation. */
export interface Verified {
  readonly contentType: MediaType;
  readonly sizeBytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly width: number;
  readonly height: number;
  /** ThumbHash, base64. */
  readonly placeholder: string;
}

interface Pending extends Description {
  readonly status: 'pending';
  /** As declared by the client: `image/jpg` stays `image/jpg`, since the grant signs it so. */
  readonly contentType: string;
  readonly expiresAt: Date;
  readonly claim: Claim | null;
  /** Its bytes come through the service and are verified before the record exists: no one else may finalize it. */
  readonly isDirect: boolean;
}

interface Ready extends Description, Verified {
  readonly status: 'ready';
  readonly objectKey: ObjectKey;
  /** When the bytes were verified. */
  readonly uploadedAt: Date;
}

interface Rejected extends Description {
  readonly status: 'rejected';
  readonly contentType: string;
  readonly rejection: Rejection;
}

interface Expired extends Description {
  readonly status: 'expired';
  readonly contentType: string;
}

interface Deleted extends Description {
  readonly status: 'deleted';
  readonly contentType: string;
  readonly deletedAt: Date;
}

/** What a record can be. A ready image always has its verified bytes; no other status ever has a key to serve. */
export type Image = Pending | Ready | Rejected | Expired | Deleted;
export type PendingImage = Pending;
export type ReadyImage = Ready;
export type LiveImage = Exclude<Image, Deleted>;
export type Status = Image['status'];

const LEGAL = {
  pending: ['ready', 'rejected', 'expired', 'deleted'],
  ready: ['deleted'],
  rejected: ['deleted'],
  expired: ['deleted'],
  deleted: [],
} as const satisfies Record<Status, readonly Status[]>;

export const canBecome = (from: Status, to: Status): boolean => (LEGAL[from] as readonly Status[]).includes(to);

/** A new image's first record. */
export const pendingImage = (
  named: UploadDescription & { id: ImageId; userId: string; contentType: string },
  at: Date,
  upload: Pick<Pending, 'expiresAt' | 'claim' | 'isDirect'>,
): Pending => ({
  id: named.id,
  userId: named.userId,
  filename: named.filename,
  tags: named.tags,
  description: named.description,
  metadata: named.metadata,
  contentType: named.contentType,
  updatedAt: at,
  revision: 1,
  status: 'pending',
  expiresAt: upload.expiresAt,
  claim: upload.claim,
  isDirect: upload.isDirect,
});

/** What every next state keeps of `image`, one revision on. */
const next = (image: Image, at: Date): Description => ({
  id: image.id,
  userId: image.userId,
  filename: image.filename,
  tags: image.tags,
  description: image.description,
  metadata: image.metadata,
  updatedAt: at,
  revision: image.revision + 1,
});

export const publish = (image: Pending, bytes: Verified, objectKey: ObjectKey, at: Date): Ready => ({
  ...next(image, at),
  ...bytes,
  status: 'ready',
  objectKey,
  uploadedAt: at,
});

export const reject = (image: Pending, rejection: Rejection, at: Date): Rejected => ({
  ...next(image, at),
  status: 'rejected',
  contentType: image.contentType,
  rejection,
});

export const tombstone = (image: Exclude<Image, Deleted>, at: Date): Deleted => ({
  ...next(image, at),
  status: 'deleted',
  contentType: image.contentType,
  deletedAt: at,
});

/** The image under another description; its state, and what its key was made of, stay. */
export const describe = <Current extends Exclude<Image, Deleted>>(
  image: Current,
  changes: Partial<UploadDescription>,
  at: Date,
): Current => ({ ...image, ...changes, updatedAt: at, revision: image.revision + 1 });

/** A pending image whose grant was signed anew: nothing a client sees of the record changes. */
export const extend = (image: Pending, expiresAt: Date): Pending => ({
  ...image,
  expiresAt: expiresAt > image.expiresAt ? expiresAt : image.expiresAt,
});
