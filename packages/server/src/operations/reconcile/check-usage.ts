import { setTimeout as delay } from 'node:timers/promises';
import type { Image } from '../../domain/image/image.ts';
import type { ListPosition } from '../../domain/lists/list-position.ts';
import {
  COUNTED_STATUSES,
  countsOf,
  isSameCounts,
  NO_IMAGES,
  plusCounts,
  type StatusCounts,
} from '../../domain/usage/status-counts.ts';
import { isSameUsage, NO_USAGE, plus, type Usage, usageChange, usageOf } from '../../domain/usage/usage.ts';
import type { FindQuery } from '../../records/images/image-repository.ts';
import type { OwnerPage, OwnerUsage } from '../../records/usage/usage-repository.ts';
import type { Services } from '../../services.ts';
import type { UsageFinding } from './finding.ts';

export type UsageServices = Pick<Services, 'images' | 'usage'>;

const PAGE = 100;
/** An owner's images may change while they are added up, and a list may lag: a difference must stay. */
const ATTEMPTS = 3;

export interface CheckUsageOptions {
  /** Until a list has every resolved write. */
  readonly lagMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Whether the usage and the images by status of an owner are what its records add up to; undefined: they are, or the
 * owner is too busy to tell. Errors: those of the repositories.
 */
export async function checkUsage(
  services: UsageServices,
  userId: string,
  { lagMs, signal }: CheckUsageOptions,
): Promise<UsageFinding | undefined> {
  let difference: UsageFinding | undefined;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    if (attempt > 1) await delay(lagMs, undefined, { signal });
    const got = await services.usage.usageOf(userId);
    const expected = await recordsOf(services, userId);
    const found = differenceOf(userId, expected, got);
    if (!found) return undefined;
    difference = isSame(got, await services.usage.usageOf(userId)) ? found : undefined;
  }
  return difference;
}

type Counted = Pick<OwnerUsage, 'usage' | 'byStatus'>;

/** Images that aren't counted by status can't differ. */
function differenceOf(userId: string, expected: Summed, got: Counted): UsageFinding | undefined {
  if (!isSameUsage(expected.usage, got.usage))
    return { kind: 'usage', userId, expected: expected.usage, got: got.usage };
  if (!got.byStatus || isSameCounts(expected.byStatus, got.byStatus)) return undefined;
  return { kind: 'counts', userId, expected: expected.byStatus, got: got.byStatus };
}

const isSame = (one: Counted, other: Counted): boolean =>
  isSameUsage(one.usage, other.usage) && isSameCounts(one.byStatus ?? NO_IMAGES, other.byStatus ?? NO_IMAGES);

const isNothing = (counted: Counted): boolean => isSame(counted, { usage: NO_USAGE, byStatus: NO_IMAGES });

interface Summed {
  readonly usage: Usage;
  readonly byStatus: StatusCounts;
}

async function recordsOf({ images }: UsageServices, userId: string): Promise<Summed> {
  let [usage, byStatus] = [NO_USAGE, NO_IMAGES];
  for (const query of COUNTED_STATUSES.map((one) => queryOf(one, userId)))
    for (let after: ListPosition | undefined; ; ) {
      const page = await images.find({ ...query, after });
      for (const image of page.images) {
        usage = plus(usage, usageOf(image));
        byStatus = plusCounts(byStatus, countsOf(image));
      }
      if (page.next === null) break;
      after = page.next;
    }
  return { usage, byStatus };
}

const queryOf = (status: (typeof COUNTED_STATUSES)[number], userId: string): FindQuery =>
  status === 'ready'
    ? { status, userId, tags: [], tagMode: 'all', order: 'oldest', limit: PAGE }
    : { status, userId, order: 'oldest', limit: PAGE };

const OWNERS = 100;
/** Owners of records that were looked at: only then each owner's usage is read once. */
const MAX_OWNERS = 10_000;

/** The owners of whom something else is counted than their records add up to. */
export async function* differingOwners(
  services: UsageServices,
  options: CheckUsageOptions,
): AsyncGenerator<UsageFinding, void, void> {
  for (let after: string | null | undefined; after !== null; ) {
    const { owners, next }: OwnerPage = await services.usage.findOwners({ after, limit: OWNERS });
    for (const owner of owners) {
      options.signal?.throwIfAborted();
      const finding = isNothing(owner) ? undefined : await checkUsage(services, owner.userId, options);
      if (finding) yield finding;
    }
    after = next;
  }
}

/**
 * Finds, among the images that it is given in turn, owners that have no usage although they should: a list of owners
 * may lack them.
 */
export function createUncountedOwners(services: UsageServices, options: CheckUsageOptions) {
  const seen = new Set<string>();
  return async (images: readonly Image[]): Promise<readonly UsageFinding[]> => {
    const found: UsageFinding[] = [];
    for (const { userId } of images.filter((image) => usageChange(undefined, image) !== undefined)) {
      if (seen.has(userId)) continue;
      if (seen.size === MAX_OWNERS) seen.clear();
      seen.add(userId);
      const { usage } = await services.usage.usageOf(userId);
      const finding = isSameUsage(usage, NO_USAGE) ? await checkUsage(services, userId, options) : undefined;
      if (finding) found.push(finding);
    }
    return found;
  };
}
