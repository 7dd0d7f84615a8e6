/** A value that React's `useSyncExternalStore` can watch. */
export interface Changing<Value> {
  /** The current value: one object until something changes. */
  snapshot(): Value;
  subscribe(listener: () => void): () => void;
  set(value: Value): void;
}

export function changing<Value>(first: Value): Changing<Value> {
  const listeners = new Set<() => void>();
  let now = first;
  return {
    snapshot: () => now,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    set(value) {
      now = value;
      for (const listener of listeners) listener();
    },
  };
}
