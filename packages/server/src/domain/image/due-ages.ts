import { dueAt, type Image } from './image.ts';
import { LANES, type Lane } from './lane.ts';

/**
 * How late the oldest due record of each lane is, from the pages that this process reads anyway. A page that is in work
 * for long gets older: a sweep that is stuck is seen.
 */
export interface DueAges {
  /** A page that this process read, the longest due first, whoever works on it. */
  found(lane: Lane, page: readonly Image[]): void;
  /** A page that this process begins to work on. Disposing: it is done. */
  begun(lane: Lane, page: readonly Image[]): Disposable;
  /** This process read all parts of the lane, and nothing is due. */
  nothing(lane: Lane): void;
  /** The largest age since the last call, of the lanes that this process read or works on. */
  take(): readonly { readonly lane: Lane; readonly ageMs: number }[];
}

export function createDueAges(clock: { now(): Date }): DueAges {
  const largest = new Map<Lane, number>();
  /** The due time of the first record of the page in work. */
  const working = new Map<Lane, number>();

  const note = (lane: Lane, ageMs: number): void => {
    largest.set(lane, Math.max(largest.get(lane) ?? 0, ageMs));
  };
  const ageOf = (dueMs: number): number => clock.now().getTime() - dueMs;

  return {
    found(lane, [first]) {
      const due = first && dueAt(first);
      if (due) note(lane, ageOf(due.getTime()));
    },

    begun(lane, [first]) {
      const due = first && dueAt(first);
      if (due) working.set(lane, due.getTime());
      return { [Symbol.dispose]: () => void working.delete(lane) };
    },

    nothing: (lane) => note(lane, 0),

    take() {
      for (const [lane, dueMs] of working) note(lane, ageOf(dueMs));
      const ages = LANES.flatMap((lane) => {
        const ageMs = largest.get(lane);
        return ageMs === undefined ? [] : [{ lane, ageMs }];
      });
      largest.clear();
      return ages;
    },
  };
}
