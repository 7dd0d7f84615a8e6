import { albumEventOf } from '../../../domain/event/album-event.ts';
import { eventOf, type ImageEvent } from '../../../domain/event/image-event.ts';
import type { Table, Write } from '../../dynamodb/table.ts';
import type { ChangeLog } from '../../images/dynamodb/change-log.ts';
import { shardOf } from '../../shard-of.ts';
import { outboxItem } from './event-item.ts';
import { beginLog, markIncomplete } from './heads.ts';

interface ChangesOptions {
  readonly now?: () => Date;
}

/** Each change that has an event puts an entry into the outbox of the image's shard, in its own transaction. */
export function createLoggedChanges(table: Table, { now = () => new Date() }: ChangesOptions = {}): ChangeLog {
  let shards: number | undefined;
  const writesOf = async (event: ImageEvent | undefined): Promise<readonly Write[]> => {
    if (!event) return [];
    shards ??= (await beginLog(table)).sequences.length;
    return [{ put: outboxItem(shardOf(event.imageId, shards), event, now()) }];
  };
  return {
    writesOf: (from, to, changedDetails) => writesOf(eventOf(from, to, changedDetails)),
    writesOfAlbum: (from, to) => writesOf(albumEventOf(from, to)),
  };
}

/** The log is marked so often, and each time for twice as long: clocks of two processes may differ by the rest. */
const MARK_MS = 60_000;

/** The changes of a process without EVENTS. */
export interface UnloggedChanges extends ChangeLog {
  /** Marks the log: also at the start of a process, before its first change. */
  mark(): Promise<void>;
}

/**
 * Before a change that the log will lack, the log is marked as incomplete. It costs a write a minute in which the
 * process changes images.
 */
export function createUnloggedChanges(
  table: Pick<Table, 'update'>,
  { now = () => new Date() }: ChangesOptions = {},
): UnloggedChanges {
  let markedMs = -Infinity;
  const mark = async (): Promise<void> => {
    const startMs = now().getTime();
    await markIncomplete(table, new Date(startMs + 2 * MARK_MS));
    markedMs = startMs;
  };
  const writesOf = async (event: ImageEvent | undefined): Promise<readonly Write[]> => {
    if (Math.abs(now().getTime() - markedMs) >= MARK_MS && event) await mark();
    return [];
  };
  return {
    mark,
    writesOf: (from, to, changedDetails) => writesOf(eventOf(from, to, changedDetails)),
    writesOfAlbum: (from, to) => writesOf(albumEventOf(from, to)),
  };
}
