import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { AppError } from '../../domain/errors.ts';
import type { Condition } from './condition.ts';

type Attributes = Readonly<Record<string, AttributeValue>>;

/** Of the records that this Safelight writes. Records from before there were versions have none, which is 0. */
const SCHEMA_VERSION = 1;

/** How long a caller waits for a process of the newer version: an upgrade takes minutes. */
const RETRY_AFTER_SECONDS = 30;

/** What every record has of its version. */
export const VERSIONED = { schemaVersion: { N: String(SCHEMA_VERSION) } };

/** Whether a newer Safelight wrote the record: it may be read as far as it parses, and is never written here. */
export const isNewer = (item: Attributes): boolean => !(versionIn(item) <= SCHEMA_VERSION);

/** A version that is no number is none of ours. */
const versionIn = ({ schemaVersion }: Attributes): number => (schemaVersion ? Number(schemaVersion.N) : 0);

/** Instead of writing such a record, or of reading what this version can't. */
export const newerRecord = ({ schemaVersion }: Attributes): AppError => {
  const got = `expected a record of version ${SCHEMA_VERSION} or older; got version ${schemaVersion?.N}`;
  const detail = `${got}, which a newer Safelight wrote: try again later`;
  return new AppError('unavailable', detail, { retryAfterSeconds: RETRY_AFTER_SECONDS, isOfNewerVersion: true });
};

/** The condition, and that no newer Safelight wrote the record since it was read. */
export const unlessNewer = (condition: Condition): Condition => ({
  ...condition,
  ConditionExpression: `(${condition.ConditionExpression}) AND (attribute_not_exists(schemaVersion) OR schemaVersion <= :schemaVersion)`,
  ExpressionAttributeValues: {
    ...condition.ExpressionAttributeValues,
    ':schemaVersion': { N: String(SCHEMA_VERSION) },
  },
});
