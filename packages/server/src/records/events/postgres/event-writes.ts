import type { Album } from '../../../domain/album/album.ts';
import { albumEventOf } from '../../../domain/event/album-event.ts';
import { type ChangedDetail, eventOf, type ImageEvent } from '../../../domain/event/image-event.ts';
import type { Image } from '../../../domain/image/image.ts';
import type { Transaction } from '../../postgres/database.ts';
import { shardOf } from '../../shard-of.ts';
import { eventCells, WRITTEN_COLUMNS } from '../event-row.ts';

/**
 * Logs within the transaction that changes a record. Each call sends at most one statement, which is the last of its
 * transaction: the lock of the shard, which other writers of the shard wait for, then lasts only for the commit.
 */
export interface EventWrites {
  /** The record of an image was written; `from` undefined: it is new. */
  changed(
    transaction: Transaction,
    from: Image | undefined,
    to: Image,
    changedDetails?: readonly ChangedDetail[],
  ): void;
  /** The record of an album was written, likewise. */
  albumChanged(transaction: Transaction, from: Album | undefined, to: Album): void;
}

/**
 * A writer holds a shard for one commit, so the shards together take 8 changes at a time. A cursor has room for no
 * more.
 */
export const SHARDS = 8;

/**
 * Logs each change that has an event, if the log has begun (`beginLog`): before that nobody has a position in it.
 *
 * The number is taken from the row of the shard, whose lock the transaction keeps until its end. So the next writer of
 * the shard gets its number after the one before has become visible or was undone, whichever began first: numbers
 * appear in their order, and without holes.
 */
export function createEventWrites(clock: { now(): Date }): EventWrites {
  const log = (transaction: Transaction, event: ImageEvent | undefined): void => {
    if (!event) return;
    const cells = [shardOf(event.imageId, SHARDS), ...eventCells(event), clock.now().getTime()];
    transaction.send(ADD_EVENT, cells);
  };
  return {
    changed: (transaction, from, to, changedDetails) => log(transaction, eventOf(from, to, changedDetails)),
    albumChanged: (transaction, from, to) => log(transaction, albumEventOf(from, to)),
  };
}

const CELLS = [...WRITTEN_COLUMNS, 'logged_at'];

const ADD_EVENT = `
  WITH raised AS (UPDATE event_shards SET last = last + 1 WHERE shard = $1 RETURNING shard, last)
  INSERT INTO events (shard, sequence, ${CELLS}) SELECT shard, last, ${CELLS.map((_, nth) => `$${nth + 2}`)} FROM raised`;

/**
 * The changes of a process without EVENTS: the first one of each minute marks the log as incomplete, in its own
 * transaction, so that positions given out before are void. Others send the statement, and it finds nothing to do: a
 * memory of the mark would be wrong once its transaction is undone, or another process begins a log.
 */
export function createUnloggedWrites(): EventWrites {
  const mark = (transaction: Transaction, event: ImageEvent | undefined): void => {
    if (event) transaction.send(MARK);
  };
  return {
    changed: (transaction, from, to, changedDetails) => mark(transaction, eventOf(from, to, changedDetails)),
    albumChanged: (transaction, from, to) => mark(transaction, albumEventOf(from, to)),
  };
}

const MARK_MS = 60_000;
/** Positions have the times of their processes, whose clocks may differ from the database's by the rest. */
const AHEAD_MS = 2 * MARK_MS;

/** The database's clock is one for all such processes. */
const NOW_MS = '(extract(epoch FROM clock_timestamp()) * 1000)::bigint';

/** If two mark the log at once, the second waits for the first, and then finds the mark. */
const MARK = `
  UPDATE event_log SET incomplete_until = ${NOW_MS} + ${AHEAD_MS} WHERE incomplete_until < ${NOW_MS} + ${MARK_MS}`;
