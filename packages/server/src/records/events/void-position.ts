import type { EventPosition } from '../../domain/event/event-position.ts';
import type { LogHead } from './event-log.ts';

const DAY_MS = 86_400_000;

/** Whether events after the position may be missing in the log. `days`: how long the log keeps an event. */
export function isVoid(
  { log, issuedAt, sequences }: EventPosition,
  head: LogHead,
  { now, days }: { readonly now: Date; readonly days: number },
): boolean {
  if (log !== head.log || sequences.length !== head.sequences.length) return true;
  if (now.getTime() - issuedAt.getTime() > days * DAY_MS) return true;
  if (head.incompleteUntil !== null && issuedAt < head.incompleteUntil) return true;
  // Above the head: the records were put back to an earlier state, and other events will have these sequences.
  return sequences.some((sequence, shard) => sequence < (head.forgotten[shard] ?? 0) || isAbove(sequence, shard, head));
}

const isAbove = (sequence: number, shard: number, head: LogHead): boolean => sequence > (head.sequences[shard] ?? 0);
