import { isDeepStrictEqual } from 'node:util';
import {
  GetBucketLifecycleConfigurationCommand,
  type LifecycleRule,
  PutBucketLifecycleConfigurationCommand,
} from '@aws-sdk/client-s3';
import { INCOMING_PREFIX } from '../../domain/object-key.ts';
import type { Capability } from '../../object-store/s3-capabilities.ts';
import { type BucketAspect, readConfigured } from './bucket-aspect.ts';
import { PREFIXES } from './prefixes.ts';

const OURS = 'safelight-';
const DAYS = 1;

export const LIFECYCLE: BucketAspect = {
  name: 'lifecycle',
  needs: ['lifecycle'],
  async check({ client, bucket, lacks }) {
    const reading = client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket }));
    const found = await readConfigured(reading, ['NoSuchLifecycleConfiguration']);
    const rules = (found?.Rules ?? []).map(inFilter);
    const others = rules.filter((rule) => !rule.ID?.startsWith(OURS));
    const ours = rules.filter((rule) => rule.ID?.startsWith(OURS));
    const wanted = PREFIXES.map((prefix) => ruleFor(prefix, lacks));
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

/** What was sent and never claimed goes; so does, anywhere, what was never finished, and what was replaced or deleted. */
const ruleFor = (prefix: (typeof PREFIXES)[number], lacks: readonly Capability[]): LifecycleRule => ({
  ID: `${OURS}${prefix.slice(0, -1)}`,
  Status: 'Enabled',
  Filter: { Prefix: prefix },
  ...(prefix === INCOMING_PREFIX && { Expiration: { Days: DAYS } }),
  AbortIncompleteMultipartUpload: { DaysAfterInitiation: DAYS },
  ...(!lacks.includes('versioning') && { NoncurrentVersionExpiration: { NoncurrentDays: DAYS } }),
});

const inWords = ({ ID, Expiration, NoncurrentVersionExpiration }: LifecycleRule): string => {
  const goes = [
    ...(Expiration ? ['objects'] : []),
    'unfinished uploads',
    ...(NoncurrentVersionExpiration ? ['noncurrent versions'] : []),
  ];
  return `a rule ${ID}: ${goes.join(', ')} go after ${DAYS} day`;
};

/** The old form has the prefix beside the filter; Amazon takes no configuration that has both forms. */
const inFilter = ({ Prefix, ...rule }: LifecycleRule): LifecycleRule =>
  Prefix === undefined ? rule : { ...rule, Filter: { Prefix } };
