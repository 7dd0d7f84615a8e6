import type { ServiceEvent } from './observer.ts';

/** The calls of `store-call` events, as `take failed`. */
export const outcomesOf = (events: readonly ServiceEvent[]): string[] =>
  events.flatMap((event) => (event.event === 'store-call' ? [`${event.call} ${event.outcome}`] : []));
