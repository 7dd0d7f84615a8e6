import { guarded } from './guarded.ts';
import type { Observer } from './observer.ts';

/** Passes each event to every listener; none can fail the work, or keep an event from the others. */
export function fanOut(listeners: readonly Observer[]): Observer {
  const each = listeners.map(guarded);
  return (event) => {
    for (const listener of each) listener(event);
  };
}
