/** Lets one file at a time act on a content. */
export interface Turns {
  /** Resolves when it is this caller's turn, which lasts until it is disposed. */
  take(key: string): Promise<Disposable>;
}

export function createTurns(): Turns {
  const taken = new Map<string, Promise<void>>();
  return {
    async take(key) {
      for (let other = taken.get(key); other; other = taken.get(key)) await other;
      const { promise, resolve } = Promise.withResolvers<void>();
      taken.set(key, promise);
      return {
        [Symbol.dispose]() {
          taken.delete(key);
          resolve();
        },
      };
    },
  };
}
