/** Up to where a reader has read a log. */
export interface EventPosition {
  /** The log's random id, 16 lower-case hex digits: a position of another log is void. */
  readonly log: string;
  /**
   * When it was given out, to the second: one older than the log keeps events, or from before changes that the log
   * lacks, is void.
   */
  readonly issuedAt: Date;
  /** The sequence of the last event that was read, for each shard; 0: none. */
  readonly sequences: readonly number[];
}
