import { isDeepStrictEqual } from 'node:util';
import {
  GetBucketLifecycleConfigurationCommand,
  type LifecycleRule,
  PutBucketLifecycleConfigurationCommand,
} from '@aws-sdk/client-s3';
import { AppError } from '../../../domain/errors.ts';
import { INCOMING_PREFIX, KEY_PREFIXES, STORED_PREFIXES } from '../../../domain/image/object-key.ts';
import type { Capability } from '../../../object-store/s3/capabilities.ts';
import { harmfulRules, incomingDays, OWN_RULES, unfinishedDays } from '../../../object-store/s3/lifecycle.ts';
import { type BucketAspect, type BucketTarget, readConfigured } from './bucket-aspect.ts';

/** For noncurrent versions, and incomplete multipart uploads of the service itself, which nobody waits for. */
const DAYS = 1;
/** For noncurrent versions of originals, where somebody chose to keep them: `Versioning=on` of deploy/aws. */
export const KEPT_VERSION_DAYS = 30;

const [IMAGES_PREFIX] = STORED_PREFIXES;
const OBJECTS = 'objects';
const UNFINISHED = 'unfinished uploads';

export const LIFECYCLE: BucketAspect = {
  name: 'lifecycle',
  needs: ['lifecycle'],
  async check(target) {
    const { client, bucket, lacks } = target;
    const reading = client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket }));
    const found = await readConfigured(reading, ['NoSuchLifecycleConfiguration']);
    const rules = (found?.Rules ?? []).map(inFilter);
    const others = rules.filter((rule) => !rule.ID?.startsWith(OWN_RULES));
    const ours = rules.filter((rule) => rule.ID?.startsWith(OWN_RULES));
    requireHarmless(others, target);
    const wanted = lifecycleRules({ ...target, keepsVersions: ours.some(keepsOriginals) });
    return {
      kind: 'compared',
      difference: [
        ...differenceBetween(ours, wanted),
        ...ours.filter(({ ID }) => !wanted.some((rule) => rule.ID === ID)).map(({ ID }) => `no rule ${ID}`),
      ],
      except: [
        ...(lacks.includes('versioning') ? ['noncurrent versions: this store keeps none'] : []),
        ...(lacks.includes('abort-multipart') ? [`${UNFINISHED}: this store lacks abort-multipart`] : []),
      ],
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

/** The capability that a store lacks if it accepts our rules and doesn't return this line. */
export function lackedWithout(line: string): readonly Capability[] {
  if (line.startsWith(OBJECTS)) return ['lifecycle'];
  return line.startsWith(UNFINISHED) ? ['abort-multipart'] : [];
}

/** Other rules are unchanged, and the service would not start with these. */
function requireHarmless(others: readonly LifecycleRule[], { bucket, presignedSeconds }: BucketTarget): void {
  const harmful = harmfulRules(others, incomingDays(presignedSeconds));
  if (harmful.length === 0) return;
  const detail = `The bucket ${bucket} has lifecycle rules of others that would remove objects of the service: ${harmful.join(', ')}. Remove them or give them other prefixes, and run this again`;
  throw new AppError('unavailable', detail);
}

type RuleTarget = Pick<BucketTarget, 'lacks' | 'presignedSeconds' | 'uploadPartsHours'> & {
  /** Former versions of originals stay for 30 days instead of one. */
  readonly keepsVersions?: boolean;
};

export const lifecycleRules = (target: RuleTarget) => KEY_PREFIXES.map((prefix) => ruleFor(prefix, target));

const keepsOriginals = ({ Filter, NoncurrentVersionExpiration }: LifecycleRule): boolean =>
  Filter?.Prefix === IMAGES_PREFIX && NoncurrentVersionExpiration?.NoncurrentDays === KEPT_VERSION_DAYS;

/** Removes leftover uploads and, under every prefix, incomplete multipart uploads and noncurrent versions. */
const ruleFor = (prefix: (typeof KEY_PREFIXES)[number], target: RuleTarget) => ({
  ID: `${OWN_RULES}${prefix.slice(0, -1)}`,
  Status: 'Enabled' as const,
  Filter: { Prefix: prefix },
  ...(prefix === INCOMING_PREFIX && { Expiration: { Days: incomingDays(target.presignedSeconds) } }),
  ...(!target.lacks.includes('abort-multipart') && {
    AbortIncompleteMultipartUpload: {
      DaysAfterInitiation: prefix === INCOMING_PREFIX ? unfinishedDays(target.uploadPartsHours) : DAYS,
    },
  }),
  ...(!target.lacks.includes('versioning') && {
    NoncurrentVersionExpiration: {
      NoncurrentDays: target.keepsVersions && prefix === IMAGES_PREFIX ? KEPT_VERSION_DAYS : DAYS,
    },
  }),
});

function differenceBetween(ours: readonly LifecycleRule[], wanted: readonly LifecycleRule[]): string[] {
  const known = ours.flatMap(linesOf);
  const wrong = wanted.filter((rule) => !ours.some((one) => isDeepStrictEqual(one, rule)));
  return wrong.flatMap((rule) => {
    const missing = linesOf(rule).filter((line) => !known.includes(line));
    return missing.length > 0 ? missing : [`nothing else by the rule ${rule.ID}`];
  });
}

/** What an enabled rule removes, and after how many days. */
function linesOf(rule: LifecycleRule): string[] {
  if (rule.Status !== 'Enabled') return [];
  const line = (what: string, days: number | undefined): string[] =>
    days === undefined ? [] : [`${what} under ${rule.Filter?.Prefix} go after ${days} ${days === 1 ? 'day' : 'days'}`];
  return [
    ...line(OBJECTS, rule.Expiration?.Days),
    ...line(UNFINISHED, rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation),
    ...line('noncurrent versions', rule.NoncurrentVersionExpiration?.NoncurrentDays),
  ];
}

/** The old form has the prefix beside the filter. Amazon refuses a configuration with both forms. */
const inFilter = ({ Prefix, ...rule }: LifecycleRule): LifecycleRule =>
  Prefix === undefined ? rule : { ...rule, Filter: { Prefix } };
