import type { LoggedEvent } from '../../domain/event/logged-event.ts';
import type { EventLog, LogHead } from './event-log.ts';
import { createImageEvents } from './image-events.fixture.ts';

/** A log in memory, of events that a test adds, and what was asked of it. */
export interface MemoryEventLog extends EventLog {
  add(shard: number, event?: Partial<LoggedEvent>): LoggedEvent;
  readonly reads: { heads: number; slices: number };
  /** Changes the next heads. */
  change(head: Partial<LogHead>): void;
}

export function createMemoryEventLog(shards: number, { lookMs = 5 } = {}): MemoryEventLog {
  const rows: LoggedEvent[] = [];
  const sequences = Array<number>(shards).fill(0);
  let changed: Partial<LogHead> = {};
  const reads = { heads: 0, slices: 0 };
  const nextEvent = createImageEvents();
  return {
    shards,
    lookMs,
    reads,
    mover: null,
    shardOf: (imageId) => rows.find((row) => row.imageId === imageId)?.shard ?? 0,
    change(head) {
      changed = { ...changed, ...head };
    },
    add(shard, given = {}) {
      const sequence = (sequences[shard] ?? 0) + 1;
      sequences[shard] = sequence;
      const event = { ...nextEvent(), ...given, shard, sequence };
      rows.push(event);
      return event;
    },
    async head() {
      reads.heads += 1;
      const forgotten = Array<number>(shards).fill(0);
      return { log: '00112233445566ff', sequences: [...sequences], forgotten, incompleteUntil: null, ...changed };
    },
    async read({ shard, after, until, limit, userId }) {
      reads.slices += 1;
      const left = rows.filter(
        (row) =>
          row.shard === shard &&
          row.sequence > after &&
          row.sequence <= until &&
          (userId === undefined || row.userId === userId),
      );
      const events = left.slice(0, limit);
      return { events, through: events.length < left.length ? (events.at(-1)?.sequence ?? after) : until };
    },
    eraseUser: async () => 0,
    forget: async () => undefined,
  };
}
