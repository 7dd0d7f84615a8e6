import type { RejectionCode } from '../errors.ts';
import { isSamePoint } from '../image/focal-point.ts';
import { type Image, isStored, type Status } from '../image/image.ts';
import type { ImageId } from '../image/image-id.ts';
import { isReplacement } from '../image/replace.ts';
import { isSameJson } from '../image/same-json.ts';
import { REPLACE_GATE, waitsFor } from '../image/screening.ts';

export const IMAGE_EVENT_TYPES = [
  'image.ready',
  'image.rejected',
  'image.held',
  'image.expired',
  'image.updated',
  'image.trashed',
  'image.restored',
  'image.replaced',
  'image.deleted',
] as const;

/** An album was made, changed or deleted, or some of its images came, left or moved. Only who asks for it gets it. */
export const ALBUM_CHANGED = 'album.changed';

export const EVENT_TYPES = [...IMAGE_EVENT_TYPES, ALBUM_CHANGED] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** What `image.updated` names. `links`: all of them were revoked. */
export const CHANGED_FIELDS = [
  'filename',
  'tags',
  'description',
  'metadata',
  'external_id',
  'focal_point',
  'visibility',
  'links',
  'taken_at',
  'position',
] as const;
export type ChangedField = (typeof CHANGED_FIELDS)[number];
/** Fields of details, which no image has: a change says itself that it concerns them. */
export type ChangedDetail = Extract<ChangedField, 'position'>;

/** What the log tells of one change of an image, or of an album (`albumEventOf`). Nothing in it opens anything. */
export interface ImageEvent {
  readonly type: EventType;
  /** That of the album, if it is `album.changed`. */
  readonly imageId: ImageId;
  readonly userId: string;
  /** The record's revision after the change; of an album its version. */
  readonly revision: number;
  /** After the change. */
  readonly status: Status;
  /** Why it was rejected; null unless it is `rejected`. */
  readonly code: RejectionCode | null;
  /** The fields that `image.updated` changed, in the order of `CHANGED_FIELDS`; empty for other events. */
  readonly changed: readonly ChangedField[];
  /** The time of the change. */
  readonly at: Date;
}

/**
 * The event's id, which is equal in every delivery: a receiver ignores an id that it knows. It has no full stop, as
 * Standard Webhooks asks.
 */
export const eventIdOf = ({ imageId, revision }: Pick<ImageEvent, 'imageId' | 'revision'>): string =>
  `${imageId}-${revision}`;

/**
 * The event of a change; undefined: the log tells nothing of it. `from` undefined: the record is new, or was put back
 * from a backup.
 */
export function eventOf(
  from: Image | undefined,
  to: Image,
  changedDetails: readonly ChangedDetail[] = [],
): ImageEvent | undefined {
  const { id: imageId, userId, revision, status, updatedAt: at } = to;
  const tell = (type: EventType, changed: readonly ChangedField[] = []): ImageEvent => {
    const code = to.status === 'rejected' ? to.rejection.code : null;
    return { type, imageId, userId, revision, status, code, changed, at };
  };
  if (from?.status !== to.status) {
    const type = isUntold(from, to) ? undefined : typeOf(from, to);
    return type && tell(type);
  }
  if (to.revision === from.revision) return undefined;
  if (isReplacement(from, to)) return tell('image.replaced');
  const changed = changedFields(from, to, changedDetails);
  return changed.length === 0 ? undefined : tell('image.updated', changed);
}

/**
 * An upload whose bytes take the place of a picture's is held for that moment, and then over: the picture's own event
 * tells it.
 */
function isUntold(from: Image | undefined, to: Image): boolean {
  const held = to.status === 'deleted' ? from : to;
  return held?.status === 'held' && held.replaces !== null && waitsFor(held.screening) === REPLACE_GATE;
}

function typeOf(from: Image | undefined, to: Image): EventType | undefined {
  if (to.status === 'pending') return undefined;
  if (to.status === 'ready' && from?.status === 'trashed') return 'image.restored';
  return `image.${to.status}`;
}

function changedFields(from: Image, to: Image, changedDetails: readonly ChangedDetail[]): readonly ChangedField[] {
  if (to.status === 'rejected' || to.status === 'expired' || to.status === 'deleted') return [];
  const isChanged: Record<ChangedField, boolean> = {
    filename: from.filename !== to.filename,
    tags: !isSameJson(from.tags, to.tags),
    description: from.description !== to.description,
    metadata: !isSameJson(from.metadata, to.metadata),
    external_id: from.externalId !== to.externalId,
    focal_point: !isSamePoint(from.focalPoint, to.focalPoint),
    visibility: from.visibility !== to.visibility,
    links: from.epoch !== to.epoch,
    taken_at: takenByHand(from) !== takenByHand(to),
    position: changedDetails.includes('position'),
  };
  return CHANGED_FIELDS.filter((field) => isChanged[field]);
}

/** Only a person's change is told: a picture that is read again says what it said before. */
const takenByHand = (image: Image) => (isStored(image) ? image.facts?.takenByHand : undefined);
