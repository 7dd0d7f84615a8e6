import { SafelightError } from '../errors.ts';
import type { Digest } from '../upload/hash.ts';
import type { Entry } from './entry.ts';
import type { QueueStore, StoredItem } from './queue-store.ts';

export interface KeeperOptions {
  readonly opened: Promise<QueueStore>;
  readonly digest: Digest;
  /** Called for an item that a required store didn't keep. */
  readonly drop: (entry: Entry) => void;
}

/**
 * Writes the entries of a queue to its store, the changes of each entry in order. A store may fail, because its disk is
 * full. Then the uploads go on, but the queue doesn't survive a reload. Only a required store refuses new items.
 */
export function createKeeper({ opened, digest, drop }: KeeperOptions) {
  let adding: Promise<void> = Promise.resolve();

  function write(entry: Entry, change: (store: QueueStore) => Promise<void>): void {
    entry.storing = entry.storing.then(async () => change(await opened)).catch(() => undefined);
  }

  async function add(entry: Entry, file: Blob): Promise<void> {
    const store = await opened;
    try {
      let stored = await store.add(entry.stored, file);
      entry.isStored = true;
      if (!stored.hasFile) {
        stored = { ...stored, sha256: await digest(file).catch(() => undefined) };
        await store.put(stored);
      }
      entry.stored = stored;
      entry.item = { ...entry.item, isKept: stored.hasFile };
    } catch (error) {
      if (!store.isRequired) return;
      drop(entry);
      throw error;
    }
  }

  return {
    /**
     * Resolves once the item is stored. Items are stored one at a time: ten thousand at once would open as many files.
     */
    add(entry: Entry, file: Blob): Promise<void> {
      const added = adding.then(() => add(entry, file));
      adding = added.catch(() => undefined);
      entry.storing = adding;
      return added;
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

/**
 * A browser's store that can't be read costs the queue its memory, and no new upload. Errors: those of a required
 * store.
 */
export const itemsIn = (store: QueueStore): Promise<readonly StoredItem[]> =>
  store.load().catch((error) => {
    if (store.isRequired) throw error;
    return [];
  });

/** The store failed while an item ran. */
export const storeError = (cause: unknown): SafelightError =>
  new SafelightError('unreadable-file', "expected the item's file; got an error of what keeps it: add it again", {
    cause,
  });
