import {
  DeleteObjectsCommand,
  GetBucketLifecycleConfigurationCommand,
  type LifecycleRule,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3';
import type { TestBucket } from './bucket.ts';

const DAY_MS = 86_400_000;

/**
 * Removes the objects that the bucket's lifecycle rules would remove by `now`, a time of the test: a store uses its own
 * clock, once a day. Rules with other conditions than a prefix are refused; noncurrent versions and incomplete uploads
 * stay.
 */
export async function expireObjects({ client, name }: Pick<TestBucket, 'client' | 'name'>, now: Date): Promise<void> {
  const { Rules = [] } = await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: name }));
  for (const rule of Rules) {
    if (rule.Status !== 'Enabled' || rule.Expiration === undefined) continue;
    const Prefix = prefixOf(rule);
    for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket: name, Prefix })) {
      const Objects = Contents.flatMap(({ Key, LastModified }) =>
        LastModified && expiresAt(rule, LastModified) <= now ? { Key } : [],
      );
      if (Objects.length > 0) await client.send(new DeleteObjectsCommand({ Bucket: name, Delete: { Objects } }));
    }
  }
}

function prefixOf({ ID, Prefix, Filter = {} }: LifecycleRule): string {
  const { Prefix: ofFilter, ...others } = Filter;
  if (Object.values(others).some((one) => one !== undefined)) {
    throw new Error(`expected rules by prefix only; got the rule ${ID} with other conditions`);
  }
  return Prefix ?? ofFilter ?? '';
}

/** S3 adds the days and rounds up to the next midnight UTC ("Lifecycle rules based on an object's age"). */
function expiresAt({ Expiration = {} }: LifecycleRule, storedAt: Date): Date {
  const { Days, Date: onDate } = Expiration;
  if (onDate !== undefined) return onDate;
  if (Days === undefined) return new Date(Number.POSITIVE_INFINITY);
  return new Date(Math.ceil((storedAt.getTime() + Days * DAY_MS) / DAY_MS) * DAY_MS);
}
