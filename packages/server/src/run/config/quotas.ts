import { prefixFault } from '../../domain/access/user-id.ts';
import type { DefaultLimits, Limits } from '../../domain/usage/quota.ts';
import { expected, oneOf, optionalAmount, type Read, type Report, variable } from './variable.ts';

export const QUOTA_VARIABLES = {
  usage: variable({
    name: 'USAGE',
    group: 'limits',
    default: 'off',
    about:
      '`on`: counts what each user stores, exactly, with each change, and on DynamoDB images by status for `count_total`. Needs `npm run admin -- quota reconcile` once if there are images already.',
    parse: (given) => oneOf('on', 'off')(given) === 'on',
  }),
  quotaBytes: variable({
    name: 'QUOTA_BYTES',
    group: 'limits',
    default: '',
    about:
      'With USAGE=on, the most bytes that a user may store, with those that pending uploads reserve. Unset: any number.',
    parse: optionalAmount,
  }),
  quotaImages: variable({
    name: 'QUOTA_IMAGES',
    group: 'limits',
    default: '',
    about: 'With USAGE=on, the most images that a user may have, with pending uploads. Unset: any number.',
    parse: optionalAmount,
  }),
  quotaPending: variable({
    name: 'QUOTA_PENDING',
    group: 'limits',
    default: '',
    about: 'With USAGE=on, the most pending uploads that a user may have. Unset: 1000.',
    parse: optionalAmount,
  }),
  quotas: variable({
    name: 'QUOTAS',
    group: 'limits',
    default: '',
    about:
      'With USAGE=on, limits of each user whose id begins with a text, as JSON: `{"acme:": {"bytes": 10737418240, "images": null}}`. The longest text counts; null: any number; a limit that it lacks is that of QUOTA_BYTES, QUOTA_IMAGES or QUOTA_PENDING. Set it alike in all processes.',
    parse: (given) => (given === '' ? [] : quotasIn(given)),
  }),
} as const;

type GivenLimits = Partial<Limits>;

/** More belong into limits of each user (`PUT /quotas/{user_id}`). */
const MAX_PREFIXES = 1_000;
const LIMITS: readonly string[] = ['bytes', 'images', 'pending'] satisfies (keyof Limits)[];

function quotasIn(given: string): readonly (readonly [prefix: string, limits: GivenLimits])[] {
  const all = entriesOf(parsed(given));
  if (all.length > MAX_PREFIXES) return expected(`at most ${MAX_PREFIXES} beginnings of user ids`, `${all.length}`);
  for (const [prefix, limits] of all) {
    const fault = prefixFault(prefix);
    if (fault !== undefined) return expected(`beginnings of user ids (${fault})`);
    const entries = entriesOf(limits);
    if (entries.length === 0 || !entries.every(isLimit)) return expected(FORM);
  }
  return all as [string, GivenLimits][];
}

const FORM = 'JSON as {"acme:": {"bytes": 10737418240, "images": null}}, with bytes, images and pending';

const isLimit = ([name, value]: readonly [string, unknown]): boolean =>
  LIMITS.includes(name) && (value === null || (Number.isSafeInteger(value) && Number(value) >= 0));

const entriesOf = (value: unknown): readonly (readonly [string, unknown])[] =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : expected(FORM);

function parsed(given: string): unknown {
  try {
    return JSON.parse(given);
  } catch {
    return expected(FORM);
  }
}

/** How many pending uploads an owner may have if nothing is said, so that grants alone can't fill the records. */
const DEFAULT_PENDING = 1_000;

/**
 * The limits of owners without limits of their own; null: usage isn't counted. Reports limits that nothing would
 * enforce.
 */
export function readQuotas(read: Read, report: Report): DefaultLimits | null {
  const prefixes = read(QUOTA_VARIABLES.quotas);
  const limits = {
    bytes: read(QUOTA_VARIABLES.quotaBytes),
    images: read(QUOTA_VARIABLES.quotaImages),
    pending: read(QUOTA_VARIABLES.quotaPending),
  };
  if (read(QUOTA_VARIABLES.usage)) {
    const general = { ...limits, pending: limits.pending ?? DEFAULT_PENDING };
    if (prefixes.length === 0) return general;
    const byPrefix = prefixes.map(([prefix, own]) => ({ prefix, limits: { ...general, ...own } }));
    return { ...general, byPrefix: byPrefix.toSorted((one, other) => other.prefix.length - one.prefix.length) };
  }
  for (const [limit, { name }] of [
    [limits.bytes, QUOTA_VARIABLES.quotaBytes],
    [limits.images, QUOTA_VARIABLES.quotaImages],
    [limits.pending, QUOTA_VARIABLES.quotaPending],
    [prefixes.length === 0 ? null : 'one', QUOTA_VARIABLES.quotas],
  ] as const)
    if (limit !== null) report(name, `expected USAGE=on, since a limit needs the usage; got ${limit} without it`);
  return null;
}
