import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { AppError } from '../../domain/errors.ts';
import type { Image } from '../../domain/image/image.ts';
import { acceptedType, type MediaType } from '../../domain/image/media-type.ts';
import type { Condition } from './condition.ts';

type Attributes = Readonly<Record<string, AttributeValue>>;

/** The newest version of records that this Safelight understands. Records without a version have version 0. */
const SCHEMA_VERSION = 5;

/** Images of types that version 4 doesn't know: it would reject their uploads, and can't read the record of a verified one. */
const TYPE_VERSION = 5;
const NEW_TYPES: readonly MediaType[] = ['image/heic', 'image/tiff'];

/** Pending images about which a person has decided already: version 3 would lose the decision with its next write. */
const DECISION_VERSION = 4;

/** What gates have to do with: images that are held, that they refused, or that no version without gates may publish. */
const GATE_VERSION = 3;

/** Trashed images: older versions don't know the status. */
const TRASH_VERSION = 2;

/** Every other record, so that older processes can read and write it, also after it was restored. */
const COMMON_VERSION = 1;

/** How long a caller waits for a process of the newer version: an upgrade takes minutes. */
const RETRY_AFTER_SECONDS = 30;

/** The version attribute of an item whose form all versions know. */
export const VERSIONED = versioned(COMMON_VERSION);

/** The version attribute of an image's record: the lowest that suffices. */
export function versionedFor(image: Image): { readonly schemaVersion: AttributeValue } {
  const version = versionOfState(image);
  return versioned(isOfNewType(image) ? Math.max(version, TYPE_VERSION) : version);
}

function versionOfState(image: Image): number {
  switch (image.status) {
    case 'held':
      return GATE_VERSION;
    case 'pending':
      if (image.decisions.length > 0) return DECISION_VERSION;
      return image.gates.length > 0 ? GATE_VERSION : COMMON_VERSION;
    case 'trashed':
      return TRASH_VERSION;
    case 'rejected':
      return image.rejection.code === 'refused-by-gate' ? GATE_VERSION : COMMON_VERSION;
    case 'ready':
    case 'expired':
    case 'deleted':
      return COMMON_VERSION;
  }
}

/** An ended image has only objects to be removed, which every version does alike. */
function isOfNewType({ status, contentType }: Image): boolean {
  if (status === 'rejected' || status === 'expired' || status === 'deleted') return false;
  const type = acceptedType(contentType);
  return type !== undefined && NEW_TYPES.includes(type);
}

function versioned(version: number): { readonly schemaVersion: AttributeValue } {
  return { schemaVersion: { N: String(version) } };
}

/** Whether a newer Safelight wrote the record. It may be read as far as it parses, and is never written here. */
export const isNewer = (item: Attributes): boolean => !(versionIn(item) <= SCHEMA_VERSION);

/** A version that isn't a number counts as newer. */
const versionIn = ({ schemaVersion }: Attributes): number => (schemaVersion ? Number(schemaVersion.N) : 0);

/** The error for writing such a record, or for reading one that this version can't parse. */
export const newerRecord = ({ schemaVersion }: Attributes): AppError => {
  const got = `expected a record of version ${SCHEMA_VERSION} or older; got version ${schemaVersion?.N}`;
  const detail = `${got}, which a newer Safelight wrote: try again later`;
  return new AppError('unavailable', detail, { retryAfterSeconds: RETRY_AFTER_SECONDS, isOfNewerVersion: true });
};

/** Adds the condition that no newer Safelight has written the record. */
export const unlessNewer = (condition: Condition): Condition => ({
  ...condition,
  ConditionExpression: `(${condition.ConditionExpression}) AND (attribute_not_exists(schemaVersion) OR schemaVersion <= :schemaVersion)`,
  ExpressionAttributeValues: {
    ...condition.ExpressionAttributeValues,
    ':schemaVersion': { N: String(SCHEMA_VERSION) },
  },
});
