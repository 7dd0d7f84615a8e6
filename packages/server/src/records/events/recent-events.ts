import type { EventPosition } from '../../domain/event/event-position.ts';
import type { LoggedEvent } from '../../domain/event/logged-event.ts';
import type { EventLog, LogHead } from './event-log.ts';

/** New events of a shard, between two looks. Each reader reads more than these by itself. */
const MAX_NEW = 1_000;
/** Beyond, the oldest looks are forgotten. */
const MAX_KEPT = 4_000;
/** Erased users' events are gone from memory when a block counts everywhere (records/erasures/blocked-users.ts). */
const KEPT_MS = 5_000;

/** The newest events, read once for all who follow the log. */
export interface RecentEvents {
  /** Reads the events since the former look. Errors: those of a read. */
  lookAt(head: LogHead): Promise<void>;
  /** All events of these shards after the position, up to the head; undefined: memory lacks some of them. */
  after(position: EventPosition, head: LogHead): readonly LoggedEvent[] | undefined;
  forget(): void;
}

/** What one look has added. */
interface Look {
  readonly log: string;
  readonly from: readonly number[];
  readonly through: readonly number[];
  readonly events: readonly LoggedEvent[];
  readonly readMs: number;
}

export function createRecentEvents(log: Pick<EventLog, 'read'>, elapsedMs: () => number): RecentEvents {
  /** Each begins where the former one ends. */
  let looks: Look[] = [];
  let last: Pick<LogHead, 'log' | 'sequences'> | undefined;

  async function readSince(
    from: readonly number[],
    { sequences }: LogHead,
  ): Promise<readonly LoggedEvent[] | undefined> {
    const moved = sequences.entries().filter(([shard, until]) => until > (from[shard] ?? 0));
    const slices = await Promise.all(
      moved.map(async ([shard, until]) => {
        const { events, through } = await log.read({ shard, after: from[shard] ?? 0, until, limit: MAX_NEW });
        return through === until ? events : undefined;
      }),
    );
    const whole = slices.filter((slice) => slice !== undefined);
    return whole.length === slices.length ? whole.flat() : undefined;
  }

  return {
    async lookAt(head) {
      const before = last?.log === head.log ? last : undefined;
      last = head;
      const events = before && (await readSince(before.sequences, head));
      if (!before || !events) {
        looks = [];
        return;
      }
      const readMs = elapsedMs();
      looks.push({ log: head.log, from: before.sequences, through: head.sequences, events, readMs });
      looks = looks.filter((look) => readMs - look.readMs < KEPT_MS);
      for (let kept = looks.reduce((sum, look) => sum + look.events.length, 0); kept > MAX_KEPT; )
        kept -= looks.shift()?.events.length ?? kept;
    },

    after({ log: id, sequences }, head) {
      const [first, latest] = [looks[0], looks.at(-1)];
      if (!first || !latest || latest.log !== id || head.log !== id) return undefined;
      const isKnown = head.sequences.every(
        (until, shard) => (first.from[shard] ?? 0) <= (sequences[shard] ?? 0) && until <= (latest.through[shard] ?? 0),
      );
      if (!isKnown) return undefined;
      const unread = looks.filter(({ through }) => through.some((last, shard) => last > (sequences[shard] ?? 0)));
      return unread.flatMap(({ events }) =>
        events.filter(
          ({ shard, sequence }) => sequence > (sequences[shard] ?? 0) && sequence <= (head.sequences[shard] ?? 0),
        ),
      );
    },

    forget() {
      looks = [];
      last = undefined;
    },
  };
}
