import type { Lane } from '../../domain/image/lane.ts';

/**
 * How the processes that share records divide the background work: leases, and the positions of long walks. A resolved
 * write survives a power cut. Errors: those of the store of records.
 */
export interface Coordination {
  /**
   * Takes the lease, or keeps the holder's own; false while another holder's is valid. A lease that ends later than
   * `LONGEST_LEASE_SECONDS` from now was taken by a wrong clock and is ignored.
   */
  holdLease(lease: Lease, now: Date): Promise<boolean>;

  /** Renews the holder's own lease; false if it has lapsed or another holder has taken it. */
  renewLease(lease: Lease, now: Date): Promise<boolean>;

  /** The value last set under that name; undefined at first. */
  bookmark(name: Bookmark): Promise<string | undefined>;

  /** Stores a position or a time under that name. */
  setBookmark(name: Bookmark, position: string): Promise<void>;
}

export type Leases = Pick<Coordination, 'holdLease' | 'renewLease'>;

/**
 * `backup-ended`: when the last backup ended. `unbacked-since`: when a service without one was first seen to have
 * images. `database-sound`: when the last check of the database began that found no damage. Of each gate: which re-scan
 * was asked for, and how far it is. `filters-`: names of metadata by which lists may be filtered, and how many images
 * have their rows. `facts-`: whose facts are to be read again, and how many were.
 */
export type Bookmark =
  | 'orphans'
  | 'backup-ended'
  | 'unbacked-since'
  | 'database-sound'
  | 'filters-asked'
  | 'filters-walk'
  | 'facts-asked'
  | 'facts-walk'
  | `rescan-asked-${string}`
  | `rescan-${string}`;

export const LONGEST_LEASE_SECONDS = 600;

/** An exclusive right to work, for at most `LONGEST_LEASE_SECONDS`. */
export interface Lease {
  readonly name:
    | `sweep-${Lane}-${number}`
    | 'sweep-albums'
    | 'sweep-incoming'
    | 'sweep-orphans'
    | 'dead-letters'
    | 'recount'
    | 'filters'
    | 'facts'
    /** One shard's mover, and the deliveries of one webhook. */
    | `events-${number}`
    | `webhook-${string}`
    | `rescan-${string}`;
  readonly holder: string;
  readonly until: Date;
}
