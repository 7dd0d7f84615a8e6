import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { AppError } from '../../domain/errors.ts';
import { OF_BEFORE } from '../of-before.ts';
import type { Condition } from './condition.ts';

type Attributes = Readonly<Record<string, AttributeValue>>;

/** The newest version of records that this Safelight understands; 6 is the first that was published. */
const SCHEMA_VERSION = 9;
const OLDEST_VERSION = 6;

/**
 * The version of every record: the lowest that suffices, so that older processes can read and write it, also after it
 * was restored.
 */
const COMMON_VERSION = 6;

/** How long a caller waits for a process of the newer version: an upgrade takes minutes. */
const RETRY_AFTER_SECONDS = 30;

/** The version attribute of a record. */
export const VERSIONED: { readonly schemaVersion: AttributeValue } = { schemaVersion: { N: String(COMMON_VERSION) } };

/**
 * The version of keys and webhooks that are for a prefix of users: a process of version 6 would take them for one
 * user's, or for everyone's.
 */
export const VERSIONED_BY_PREFIX: typeof VERSIONED = { schemaVersion: { N: '7' } };

/** The version of images whose bytes arrive in parts: a process of version 7 would forget the upload in the store. */
export const VERSIONED_IN_PARTS: typeof VERSIONED = { schemaVersion: { N: '8' } };

/**
 * The version of images that the service fetches, and of those that it couldn't: a process of version 8 would wait for
 * a client that never comes, and doesn't know the code.
 */
export const VERSIONED_TO_FETCH: typeof VERSIONED = { schemaVersion: { N: '9' } };

/** Whether a newer Safelight wrote the record. It may be read as far as it parses, and is never written here. */
export const isNewer = (item: Attributes): boolean => !(versionIn(item) <= SCHEMA_VERSION);

/** A version that isn't a number counts as newer. */
const versionIn = ({ schemaVersion }: Attributes): number => (schemaVersion ? Number(schemaVersion.N) : 0);

/** Errors: `unavailable` if the record is older than version 0.1.0, with a sentence for the operator. */
export function requireReadableForm(item: Attributes): void {
  const version = versionIn(item);
  if (version < OLDEST_VERSION)
    throw new AppError('unavailable', `expected a record of version ${OLDEST_VERSION} or later; got ${OF_BEFORE}`);
}

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
