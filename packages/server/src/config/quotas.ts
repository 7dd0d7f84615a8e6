import type { Limits } from '../domain/usage/quota.ts';
import type { Read } from './variable.ts';
import { VARIABLES } from './variables.ts';

/** How many pending uploads an owner may have if nothing is said, so that grants alone can't fill the records. */
const DEFAULT_PENDING = 1_000;

/** The limits of owners without limits of their own; null: usage isn't counted. Adds limits that nothing would enforce to `problems`. */
export function readQuotas(read: Read, problems: { readonly name: string; readonly detail: string }[]): Limits | null {
  const limits = {
    bytes: read(VARIABLES.quotaBytes),
    images: read(VARIABLES.quotaImages),
    pending: read(VARIABLES.quotaPending),
  };
  if (read(VARIABLES.usage)) return { ...limits, pending: limits.pending ?? DEFAULT_PENDING };
  for (const [limit, { name }] of [
    [limits.bytes, VARIABLES.quotaBytes],
    [limits.images, VARIABLES.quotaImages],
    [limits.pending, VARIABLES.quotaPending],
  ] as const)
    if (limit !== null)
      problems.push({ name, detail: `expected USAGE=on, since a limit needs the usage; got ${limit} without it` });
  return null;
}
