import type { LoggedEvent } from '../../domain/event/logged-event.ts';

/** The events of all shards by time, as far as the order of each shard allows. */
export function mergeShards(shards: readonly (readonly LoggedEvent[])[]): readonly LoggedEvent[] {
  const [first = [], ...others] = shards.filter((events) => events.length > 0);
  if (others.length === 0) return first;
  const lines = [first, ...others].map((events) => ({ events, next: 0 }));
  const merged: LoggedEvent[] = [];
  for (;;) {
    let earliest: { readonly event: LoggedEvent; readonly line: { next: number } } | undefined;
    for (const line of lines) {
      const event = line.events[line.next];
      if (event && (!earliest || event.at < earliest.event.at)) earliest = { event, line };
    }
    if (!earliest) return merged;
    merged.push(earliest.event);
    earliest.line.next += 1;
  }
}
