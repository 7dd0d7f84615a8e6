import { linksKey } from './links.ts';
import { pauseKey } from './share-pause.ts';
import type { UploadQueue } from './upload-queue.ts';

/** The queues of one caller. */
export interface UploadQueues {
  /**
   * The queue of that user, which is the chosen one from now on. The one chosen before goes on until it has nothing to
   * do.
   */
  choose(user: string): UploadQueue;
  /** Whether files would be lost with the page. */
  wouldLose(): boolean;
  unfinished(): number;
  close(): Promise<void>;
  /** Closes, and deletes what this browser keeps of the caller's queues. */
  forget(): Promise<void>;
}

export interface QueuesOptions {
  /** How the names of this caller's queues begin: other callers of this browser have others. */
  readonly prefix: string;
  readonly create: (user: string, name: string) => UploadQueue;
  /** Another user was chosen while uploads for this one run. */
  readonly onLeave: (user: string) => void;
}

export function createUploadQueues({ prefix, create, onLeave }: QueuesOptions): UploadQueues {
  const open = new Map<string, UploadQueue>();
  let chosen: string | undefined;

  async function endWhenIdle(user: string, queue: UploadQueue): Promise<void> {
    await queue.whenIdle();
    if (chosen === user || open.get(user) !== queue) return;
    open.delete(user);
    await queue.close();
  }

  async function endAll(end: (queue: UploadQueue) => Promise<void>): Promise<void> {
    const queues = [...open.values()];
    open.clear();
    chosen = undefined;
    await Promise.allSettled(queues.map(end));
  }

  return {
    choose(user) {
      const [before, left] = [chosen, chosen === undefined ? undefined : open.get(chosen)];
      chosen = user;
      const queue = open.get(user) ?? create(user, prefix + user);
      open.set(user, queue);
      if (before !== undefined && before !== user && left) {
        if (left.unfinished() > 0) onLeave(before);
        void endWhenIdle(before, left);
      }
      return queue;
    },
    wouldLose: () => [...open.values()].some((queue) => queue.wouldLose()),
    unfinished: () => [...open.values()].reduce((sum, queue) => sum + queue.unfinished(), 0),
    close: () => endAll((queue) => queue.close()),
    async forget() {
      await endAll((queue) => queue.forget());
      await deleteKept(prefix).catch(() => undefined); // a browser that keeps none
    },
  };
}

/** Those of earlier visits too. The client writes the service's origin before a queue's name. */
async function deleteKept(prefix: string): Promise<void> {
  for (const key of Object.keys(localStorage)) if (key.startsWith(pauseKey(prefix))) localStorage.removeItem(key);
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(linksKey(prefix))) sessionStorage.removeItem(key);
  const kept = await indexedDB.databases();
  await Promise.all(kept.map(({ name }) => name?.includes(` ${location.origin} ${prefix}`) && deleted(name)));
}

function deleted(name: string): Promise<void> {
  return new Promise((resolve) => {
    const request = indexedDB.deleteDatabase(name);
    // A connection that is still open only delays it.
    request.onsuccess = request.onerror = () => resolve();
  });
}
