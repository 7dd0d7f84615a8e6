import type { Limits } from '../../domain/usage/quota.ts';
import { oneOf, optionalAmount, type Read, type Report, variable } from './variable.ts';

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
} as const;

/** How many pending uploads an owner may have if nothing is said, so that grants alone can't fill the records. */
const DEFAULT_PENDING = 1_000;

/**
 * The limits of owners without limits of their own; null: usage isn't counted. Reports limits that nothing would
 * enforce.
 */
export function readQuotas(read: Read, report: Report): Limits | null {
  const limits = {
    bytes: read(QUOTA_VARIABLES.quotaBytes),
    images: read(QUOTA_VARIABLES.quotaImages),
    pending: read(QUOTA_VARIABLES.quotaPending),
  };
  if (read(QUOTA_VARIABLES.usage)) return { ...limits, pending: limits.pending ?? DEFAULT_PENDING };
  for (const [limit, { name }] of [
    [limits.bytes, QUOTA_VARIABLES.quotaBytes],
    [limits.images, QUOTA_VARIABLES.quotaImages],
    [limits.pending, QUOTA_VARIABLES.quotaPending],
  ] as const)
    if (limit !== null) report(name, `expected USAGE=on, since a limit needs the usage; got ${limit} without it`);
  return null;
}
