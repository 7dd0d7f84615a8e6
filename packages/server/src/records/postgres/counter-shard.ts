/** A counter that many transactions change at once has so many rows, which add up to it. */
export const COUNTER_SHARDS = 8;

/**
 * SQL of the shard, 0 to 7, of the counters that a transaction changes. Transactions get numbers one after another, so
 * eight of them at once change eight rows of a counter. A transaction has one shard in all tables: two that meet wait
 * for each other once, at the first row.
 */
export const SHARD = `txid_current() % ${COUNTER_SHARDS}`;
