import type { Limits } from '../../domain/usage/quota.ts';
import type { StatusCounts } from '../../domain/usage/status-counts.ts';
import type { Usage } from '../../domain/usage/usage.ts';

/**
 * What each owner uses and may use. An image repository that counts changes the usage in the transaction that changes
 * the image, so that it is exact whatever races, fails or is repeated. Errors: those of `ImageRepository`.
 */
export interface UsageRepository {
  /** Whether images are counted by status: by SQLite and PostgreSQL always, by DynamoDB together with the usage. */
  readonly countsByStatus: boolean;

  /** As of the last resolved write. An owner without images uses nothing. */
  usageOf(userId: string): Promise<OwnerUsage>;

  /**
   * Limits of this owner alone; null: the configured ones again. They count for the next upload, within five seconds in
   * every process.
   */
  setLimits(userId: string, limits: Limits | null): Promise<void>;

  /** Owners with usage or limits of their own, in the order of their ids. */
  findOwners(query: FindOwnersQuery): Promise<OwnerPage>;

  /**
   * What all owners use together; undefined: usage isn't counted, or adding it up would read every owner from a store
   * that bills reads.
   */
  totalUsage(): Promise<Pick<Usage, 'images' | 'bytes'> | undefined>;

  /** Whether there is no record of any image. */
  isEmpty(): Promise<boolean>;

  /**
   * When all owners had been recounted; undefined: they haven't been, or something wrote without counting since, and no
   * recount began.
   */
  countedSince(): Promise<Date | 'being-counted' | undefined>;

  /** null: usage isn't known any more; a recount that runs fails. Errors: none, if it is repeated. */
  setCounted(since: Date | null): Promise<void>;

  /**
   * Adds up all records and repairs the usage of each owner, also while they change: then the usage is what the records
   * add up to, and counted since `now`. Continues a recount that was interrupted. Blocks other writes for some
   * milliseconds at a time. Errors: `unavailable` if another process recounts, and the store can't let both, or if a
   * process wrote without counting meanwhile.
   */
  recount(now: Date, onRepair: (repair: UsageRepair) => void): Promise<void>;
}

export interface OwnerUsage {
  readonly userId: string;
  readonly usage: Usage;
  /** undefined: they aren't counted, or not until a recount by this version has ended. */
  readonly byStatus: StatusCounts | undefined;
  /** Those that count for the owner. */
  readonly limits: Limits;
  /** They are the owner's alone. */
  readonly hasOwnLimits: boolean;
}

export interface FindOwnersQuery {
  readonly after: string | undefined;
  readonly limit: number;
}

export interface OwnerPage {
  readonly owners: readonly OwnerUsage[];
  /** The last id of the page; null: it is the last page. */
  readonly next: string | null;
}

/** The usage of an owner that differed from its records. */
export interface UsageRepair {
  readonly userId: string;
  readonly before: Usage;
  readonly after: Usage;
}
