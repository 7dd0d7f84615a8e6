import { eventJson } from '../../domain/event/event-json.ts';
import type { EventBatch } from '../../operations/events/follow-events.ts';

/**
 * A batch as server-sent events (the HTML standard, 9.2). The last `id` counts, also of a message without data, which
 * no client shows: so a client that hears of nothing for days still has a cursor that holds.
 */
export function eventText({ events, cursor }: EventBatch): string {
  const messages = events.map(
    ({ event, cursor: id }) => `id: ${id}\nevent: ${event.type}\ndata: ${JSON.stringify(eventJson(event))}\n\n`,
  );
  const isTold = events.at(-1)?.cursor === cursor;
  return isTold ? messages.join('') : `${messages.join('')}:\nid: ${cursor}\n\n`;
}

/** How long a client waits before it connects again. */
export const retryText = (ms: number): string => `retry: ${ms}\n\n`;
