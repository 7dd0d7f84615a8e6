/** Until when requests wait because the service has asked for it. */
export interface Waits {
  readonly begin: (wait: { readonly ms: number }) => void;
  /** A time of `performance.now()`, also one that has passed; undefined: none has waited. */
  readonly until: () => number | undefined;
  readonly subscribe: (listener: () => void) => () => void;
}

/** A shorter wait is over before anybody has read why. */
const WORTH_SAYING_MS = 2_000;

export function createWaits(): Waits {
  const listeners = new Set<() => void>();
  let until: number | undefined;
  return {
    begin({ ms }) {
      const end = performance.now() + ms;
      if (ms < WORTH_SAYING_MS || end <= (until ?? 0)) return;
      until = end;
      for (const listener of listeners) listener();
    },
    until: () => until,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
