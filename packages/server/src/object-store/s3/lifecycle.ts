import type { LifecycleRule } from '@aws-sdk/client-s3';
import { INCOMING_PREFIX, KEY_PREFIXES } from '../../domain/image/object-key.ts';

/** The prefix of the ids of rules that `npm run admin -- provision` writes. */
export const OWN_RULES = 'safelight-';

const DAY_SECONDS = 86_400;
const LEAST_INCOMING_DAYS = 14;
/** An upload may arrive just before its URL expires, and then wait for a service that is down. */
const OUTAGE_DAYS = 7;

/** The age at which a rule may remove an object under `incoming/`. `presignedSeconds`: the lifetime of URLs. */
export const incomingDays = (presignedSeconds: number): number =>
  Math.max(LEAST_INCOMING_DAYS, Math.ceil(presignedSeconds / DAY_SECONDS) + OUTAGE_DAYS);

/** For the last look of the service at uploads that have ended, and for clocks that are off. */
const SPARE_HOURS = 4;

/** The age at which a rule may abort an upload in parts that lasts this long. */
export const unfinishedDays = (uploadPartsHours: number): number =>
  Math.max(1, Math.ceil((uploadPartsHours + SPARE_HOURS) / 24));

/** The rules, each described in a few words, that abort uploads in parts earlier. */
export const hastyRules = (rules: readonly LifecycleRule[], days: number): string[] =>
  rules.flatMap((rule) => {
    const after = rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation ?? days;
    const isHasty = rule.Status === 'Enabled' && after < days && prefixesUnder(rule).includes(INCOMING_PREFIX);
    return isHasty ? [`${nameOf(rule)} (after ${inDays(after)})`] : [];
  });

/** Harmful rules, each described in a few words: they would remove objects that the service still needs. */
export const harmfulRules = (rules: readonly LifecycleRule[], days: number): string[] =>
  rules.filter((rule) => isHarmful(rule, days)).map(inWords);

/** Whether a rule removes all leftovers under `incoming/`. */
export const expiresIncoming = (rules: readonly LifecycleRule[]): boolean =>
  rules.some((rule) => removesObjects(rule) && isOfWholePrefix(rule) && INCOMING_PREFIX.startsWith(prefixOf(rule)));

/** On `images/` and `renditions/` any rule is harmful: only the service decides when these objects are removed. */
function isHarmful(rule: LifecycleRule, days: number): boolean {
  if (!removesObjects(rule)) return false;
  const isLate = (rule.Expiration?.Days ?? 0) >= days; // a rule with a date has no age
  return prefixesUnder(rule).some((prefix) => prefix !== INCOMING_PREFIX || !isLate);
}

const removesObjects = ({ Status, Expiration }: LifecycleRule): boolean =>
  Status === 'Enabled' && (Expiration?.Days !== undefined || Expiration?.Date !== undefined);

/**
 * The prefixes of ours under which the rule may match an object; its conditions on tags and sizes are taken to match.
 */
const prefixesUnder = (rule: LifecycleRule): readonly string[] => {
  const ofRule = prefixOf(rule);
  return KEY_PREFIXES.filter((prefix) => prefix.startsWith(ofRule) || ofRule.startsWith(prefix));
};

/** The old form has the prefix beside the filter; with other conditions it is one of several. */
const prefixOf = ({ Prefix, Filter }: LifecycleRule): string => Prefix ?? Filter?.Prefix ?? Filter?.And?.Prefix ?? '';

const isOfWholePrefix = ({ Filter = {} }: LifecycleRule): boolean =>
  Filter.And === undefined &&
  Filter.Tag === undefined &&
  Filter.ObjectSizeGreaterThan === undefined &&
  Filter.ObjectSizeLessThan === undefined;

function inWords(rule: LifecycleRule): string {
  const { Days, Date: date } = rule.Expiration ?? {};
  const when = Days === undefined ? `from ${date?.toISOString().slice(0, 10)} on` : `after ${inDays(Days)}`;
  return `${nameOf(rule)} (removes ${prefixOf(rule) || 'every key'} ${when})`;
}

const nameOf = ({ ID }: LifecycleRule): string => ID ?? 'without an id';

const inDays = (days: number): string => `${days} ${days === 1 ? 'day' : 'days'}`;
