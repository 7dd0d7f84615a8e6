import type { DatabaseSync } from 'node:sqlite';
import type { Album } from '../../../domain/album/album.ts';
import { albumEventOf } from '../../../domain/event/album-event.ts';
import { type ChangedDetail, eventOf, type ImageEvent } from '../../../domain/event/image-event.ts';
import type { Image } from '../../../domain/image/image.ts';
import { eventCells, WRITTEN_COLUMNS } from '../event-row.ts';

/** Logs within the running transaction, together with the change of a record. */
export interface EventWrites {
  /** The record of an image was written; `from` undefined: it is new. */
  changed(from: Image | undefined, to: Image, changedDetails?: readonly ChangedDetail[]): void;
  /** The record of an album was written, likewise. */
  albumChanged(from: Album | undefined, to: Album): void;
}

const COLUMNS = [...WRITTEN_COLUMNS, 'logged_at'];

/**
 * Logs each change that has an event, if the log has begun (`beginEventLog`): before that nobody has a position in it.
 */
export function createEventWrites(database: DatabaseSync, clock: { now(): Date }): EventWrites {
  const insert = database.prepare(`INSERT INTO events (${COLUMNS}) SELECT ${COLUMNS.map(() => '?')} FROM event_log`);
  const log = (event: ImageEvent | undefined): void => {
    if (event) insert.run(...eventCells(event), clock.now().getTime());
  };
  return {
    changed: (from, to, changedDetails) => log(eventOf(from, to, changedDetails)),
    albumChanged: (from, to) => log(albumEventOf(from, to)),
  };
}

/** Instead of logging: the first change ends the log, so that no reader takes it for a complete one. */
export function createUnloggedWrites(database: DatabaseSync): EventWrites {
  const end = database.prepare('DELETE FROM event_log');
  return {
    changed(from, to, changedDetails) {
      if (eventOf(from, to, changedDetails)) end.run();
    },
    albumChanged(from, to) {
      if (albumEventOf(from, to)) end.run();
    },
  };
}
