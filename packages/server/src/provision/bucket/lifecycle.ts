import { isDeepStrictEqual } from 'node:util';
import {
  GetBucketLifecycleConfigurationCommand,
  type LifecycleRule,
  PutBucketLifecycleConfigurationCommand,
} from '@aws-sdk/client-s3';
import { AppError } from '../../domain/errors.ts';
import { INCOMING_PREFIX, KEY_PREFIXES } from '../../domain/object-key.ts';
import { harmfulRules, incomingDays, OWN_RULES } from '../../object-store/s3-lifecycle.ts';
import { type BucketAspect, type BucketTarget, readConfigured } from './bucket-aspect.ts';

/** For unfinished uploads and noncurrent versions, which nobody can be waiting for. */
const DAYS = 1;

export const LIFECYCLE: BucketAspect = {
  name: 'lifecycle',
  needs: ['lifecycle'],
  async check(target) {
    const { client, bucket, lacks, presignedSeconds } = target;
    const reading = client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket }));
    const found = await readConfigured(reading, ['NoSuchLifecycleConfiguration']);
    const rules = (found?.Rules ?? []).map(inFilter);
    const others = rules.filter((rule) => !rule.ID?.startsWith(OWN_RULES));
    const ours = rules.filter((rule) => rule.ID?.startsWith(OWN_RULES));
    requireHarmless(others, target);
    const wanted = KEY_PREFIXES.map((prefix) => ruleFor(prefix, { lacks, presignedSeconds }));
    return {
      kind: 'compared',
      difference: [
        ...wanted.filter((rule) => !ours.some((one) => isDeepStrictEqual(one, rule))).map(inWords),
        ...ours.filter(({ ID }) => !wanted.some((rule) => rule.ID === ID)).map(({ ID }) => `no rule ${ID}`),
      ],
      except: lacks.includes('versioning') ? ['noncurrent versions: this store keeps none'] : [],
      apply: () =>
        client.send(
          new PutBucketLifecycleConfigurationCommand({
            Bucket: bucket,
            LifecycleConfiguration: { Rules: [...others, ...wanted] },
            TransitionDefaultMinimumObjectSize: found?.TransitionDefaultMinimumObjectSize,
          }),
        ),
    };
  },
};

/** Rules of others stay as they are, so the service would not start with these. */
function requireHarmless(others: readonly LifecycleRule[], { bucket, presignedSeconds }: BucketTarget): void {
  const harmful = harmfulRules(others, incomingDays(presignedSeconds));
  if (harmful.length === 0) return;
  const detail = `The bucket ${bucket} has lifecycle rules of others that would remove objects of the service: ${harmful.join(', ')}. Remove them or give them other prefixes, and run this again`;
  throw new AppError('unavailable', detail);
}

/** Removes uploads that nobody needs any more; under every prefix, unfinished uploads and versions that were replaced or deleted. */
const ruleFor = (
  prefix: (typeof KEY_PREFIXES)[number],
  { lacks, presignedSeconds }: Pick<BucketTarget, 'lacks' | 'presignedSeconds'>,
): LifecycleRule => ({
  ID: `${OWN_RULES}${prefix.slice(0, -1)}`,
  Status: 'Enabled',
  Filter: { Prefix: prefix },
  ...(prefix === INCOMING_PREFIX && { Expiration: { Days: incomingDays(presignedSeconds) } }),
  AbortIncompleteMultipartUpload: { DaysAfterInitiation: DAYS },
  ...(!lacks.includes('versioning') && { NoncurrentVersionExpiration: { NoncurrentDays: DAYS } }),
});

const inWords = ({ ID, Expiration, NoncurrentVersionExpiration }: LifecycleRule): string => {
  const objects = Expiration ? `objects go after ${Expiration.Days} days, ` : '';
  const others = ['unfinished uploads', ...(NoncurrentVersionExpiration ? ['noncurrent versions'] : [])];
  return `a rule ${ID}: ${objects}${others.join(' and ')} after ${DAYS} day`;
};

/** The old form has the prefix beside the filter; Amazon takes no configuration that has both forms. */
const inFilter = ({ Prefix, ...rule }: LifecycleRule): LifecycleRule =>
  Prefix === undefined ? rule : { ...rule, Filter: { Prefix } };
