import type { Digest } from '../upload/hash.ts';
import type { Entry } from './entry.ts';
import type { QueueStore, StoredItem } from './queue-store.ts';

/**
 * Writes a queue's entries to its store, each entry's changes in order. If the store fails, for example because its disk is full, uploads go
 * on, but won't survive a reload.
 */
export function createKeeper(opened: Promise<QueueStore>, digest: Digest) {
  let adding: Promise<void> = Promise.resolve();

  function write(entry: Entry, change: (store: QueueStore) => Promise<void>): void {
    entry.storing = entry.storing.then(async () => change(await opened)).catch(() => undefined);
  }

  async function add(entry: Entry, file: Blob): Promise<void> {
    const store = await opened;
    let stored = await store.add(entry.stored, file);
    entry.isStored = true;
    if (!stored.hasFile) {
      stored = { ...stored, sha256: await digest(file).catch(() => undefined) };
      await store.put(stored);
    }
    entry.stored = stored;
  }

  return {
    /** One at a time: ten thousand at once would open as many files. */
    add(entry: Entry, file: Blob): void {
      adding = adding.then(() => add(entry, file)).catch(() => undefined);
      entry.storing = adding;
    },
    put(entry: Entry, stored: StoredItem): void {
      entry.stored = stored;
      write(entry, async (store) => {
        if (entry.isStored) await store.put(stored);
      });
    },
    remove(entry: Entry): void {
      write(entry, (store) => store.remove(entry.stored.id));
    },
    /** As other tabs see it too; undefined if one of them has removed it. */
    async current(entry: Entry): Promise<StoredItem | undefined> {
      if (!entry.isStored) return entry.stored;
      return (await opened).get(entry.stored.id);
    },
    file: async (entry: Entry): Promise<Blob | undefined> => entry.file ?? (await opened).file(entry.stored),
  };
}
