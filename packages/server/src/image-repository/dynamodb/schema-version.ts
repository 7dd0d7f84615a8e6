import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { AppError } from '../../domain/errors.ts';
import type { Condition } from './condition.ts';

type Attributes = Readonly<Record<string, AttributeValue>>;

/** The newest version of records that this Safelight understands. Records without a version have version 0. */
const SCHEMA_VERSION = 2;

/** Trashed images: older versions don't know the status. */
const TRASH_VERSION = SCHEMA_VERSION;

/** Every other record, so that older processes can read and write it, also after it was restored. */
const COMMON_VERSION = 1;

/** How long a caller waits for a process of the newer version: an upgrade takes minutes. */
const RETRY_AFTER_SECONDS = 30;

/** The version attribute of every record but a trashed image's. */
export const VERSIONED = { schemaVersion: { N: String(COMMON_VERSION) } };

/** The version attribute of a trashed image's record. */
export const VERSIONED_AS_TRASHED = { schemaVersion: { N: String(TRASH_VERSION) } };

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
