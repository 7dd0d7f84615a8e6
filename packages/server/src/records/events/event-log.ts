import type { EventPosition } from '../../domain/event/event-position.ts';
import type { ImageEvent } from '../../domain/event/image-event.ts';
import type { LoggedEvent } from '../../domain/event/logged-event.ts';

/**
 * The changes of all images, each written with the change itself. In shards, by image: the events of one image are in
 * one shard, in the order of its revisions. Sequences of a shard rise, and may have gaps. Errors: those of
 * `ImageRepository`.
 */
export interface EventLog {
  readonly shards: number;

  /** The shard of an image's events. */
  shardOf(imageId: ImageEvent['imageId']): number;

  /** How long readers pause between two looks at the head, in milliseconds: one look costs a read, for each process. */
  readonly lookMs: number;

  /** As of the last published event. Nothing at or below it appears later. */
  head(): Promise<LogHead>;

  /** Events of one shard, the oldest first. Events above `until` are never returned. */
  read(query: EventQuery): Promise<EventSlice>;

  /** Removes every entry that names the user, wherever it is. Returns their number. Repeatable. */
  eraseUser(userId: string): Promise<number>;

  /**
   * Removes entries from before that time. The store may do so by itself, later. By `now` it knows entries of a clock
   * that was ahead.
   */
  forget(before: Date, now: Date): Promise<void>;

  /** Makes written entries readable; null: writing does. */
  readonly mover: EventMover | null;
}

export interface LogHead extends Pick<EventPosition, 'log' | 'sequences'> {
  /** Changes up to this time may be missing: positions given out before are void; null: none are missing. */
  readonly incompleteUntil: Date | null;
  /** The last sequence that is no longer kept, for each shard; reading from here on finds everything that is left. */
  readonly forgotten: readonly number[];
}

export interface EventQuery {
  readonly shard: number;
  /** Events with a higher sequence. */
  readonly after: number;
  /** The head's sequence of the shard, or a lower one. */
  readonly until: number;
  /** 1 to 1,000. */
  readonly limit: number;
  /** Finds only events of this owner, and reads no others; undefined: events of all owners. */
  readonly userId?: string | undefined;
}

export interface EventSlice {
  readonly events: readonly LoggedEvent[];
  /** Everything up to this sequence has been read: `until` if nothing is left. */
  readonly through: number;
}

/** One mover works on a shard at a time, under the lease `events-<shard>`; two at once lose and repeat nothing. */
export interface EventMover {
  /** Publishes what waits in the shard, up to a bound. `isMore`: there may be more at once. */
  move(shard: number, now: Date): Promise<{ readonly moved: number; readonly isMore: boolean }>;
  /**
   * When the oldest change was made that waits, of the entries of the oldest images of each shard; null: none waits.
   */
  oldestAt(): Promise<Date | null>;
}
