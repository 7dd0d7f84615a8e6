/** Work on many things at once, and on each thing in order. */
export interface Lanes {
  /**
   * Runs this after the earlier work on the same thing. Resolves once there is room for more. `work` doesn't reject.
   */
  add(thing: string, work: () => Promise<void>): Promise<void>;
  /** Resolves once all work has ended. */
  ended(): Promise<void>;
}

/** `most`: that may be unfinished. */
export function createLanes(most: number): Lanes {
  const latest = new Map<string, Promise<void>>();
  const unfinished = new Set<Promise<void>>();
  return {
    async add(thing, work) {
      const task = (latest.get(thing) ?? Promise.resolve()).then(work).then(() => {
        unfinished.delete(task);
        if (latest.get(thing) === task) latest.delete(thing);
      });
      latest.set(thing, task);
      unfinished.add(task);
      while (unfinished.size >= most) await Promise.race(unfinished);
    },
    async ended() {
      await Promise.all(unfinished);
    },
  };
}
