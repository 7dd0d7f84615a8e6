import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { AppError } from '../../domain/errors.ts';
import type { Image } from '../../domain/image/image.ts';
import type { Condition } from './condition.ts';

type Attributes = Readonly<Record<string, AttributeValue>>;

/** The newest version of records that this Safelight understands. Records without a version have version 0. */
const SCHEMA_VERSION = 4;

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
  switch (image.status) {
    case 'held':
      return versioned(GATE_VERSION);
    case 'pending':
      if (image.decisions.length > 0) return versioned(DECISION_VERSION);
      return image.gates.length > 0 ? versioned(GATE_VERSION) : VERSIONED;
    case 'trashed':
      return versioned(TRASH_VERSION);
    case 'rejected':
      return image.rejection.code === 'refused-by-gate' ? versioned(GATE_VERSION) : VERSIONED;
    case 'ready':
    case 'expired':
    case 'deleted':
      return VERSIONED;
  }
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
