import type { UploaderSnapshot } from './uploader.ts';

/** Makes a snapshot when somebody wants one, and calls listeners once for all changes of one turn of the event loop. */
export function createView(take: () => UploaderSnapshot) {
  const listeners = new Set<() => void>();
  let current: UploaderSnapshot | undefined;
  let isTelling = false;

  function subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  return {
    snapshot(): UploaderSnapshot {
      current ??= take();
      return current;
    },
    changed(): void {
      current = undefined;
      if (isTelling) return;
      isTelling = true;
      queueMicrotask(() => {
        isTelling = false;
        for (const listener of [...listeners]) listener();
      });
    },
    subscribe,
    /** Resolves once `isTrue` after a change. */
    until: (isTrue: () => boolean): Promise<void> =>
      new Promise((resolve) => {
        const check = (): void => {
          if (!isTrue()) return;
          stop();
          resolve();
        };
        const stop = subscribe(check);
        check();
      }),
  };
}
