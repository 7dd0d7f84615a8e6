import { randomId } from '../upload/hash.ts';
import type { QueueStore, StoredItem } from './queue-store.ts';

/** Bytes of waiting files. Beyond them the store keeps what it knows of a file, but not the file. */
const MAX_KEPT_BYTES = 1_073_741_824;

/** Keeps a queue and copies of its files in the browser. Errors: there is no IndexedDB, as in some private windows. */
export async function openIndexedDbStore(name: string, { maxKeptBytes = MAX_KEPT_BYTES } = {}): Promise<QueueStore> {
  const opening = indexedDB.open(name, 1);
  opening.onupgradeneeded = () => {
    const created = opening.result;
    created.createObjectStore('items', { keyPath: 'id' });
    created.createObjectStore('files');
    created.createObjectStore('facts').put(randomId(), 'queueId');
  };
  const db = await answerTo(opening);
  db.onversionchange = () => db.close();
  const reading = (store: 'items' | 'files' | 'facts', key: string): Promise<unknown> =>
    answerTo(db.transaction(store).objectStore(store).get(key));

  /** One transaction, which ends before this resolves. */
  function change(task: (stores: Record<'items' | 'files' | 'facts', IDBObjectStore>) => Promise<void>): Promise<void> {
    const transaction = db.transaction(['items', 'files', 'facts'], 'readwrite');
    const storeOf = (name: string) => transaction.objectStore(name);
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
      task({ items: storeOf('items'), files: storeOf('files'), facts: storeOf('facts') }).catch((error: unknown) => {
        reject(error);
        if (transaction.error === null) transaction.abort();
      });
    });
  }

  const keptBytes = async (facts: IDBObjectStore): Promise<number> =>
    ((await answerTo(facts.get('keptBytes'))) as number | undefined) ?? 0;

  return {
    queueId: String(await reading('facts', 'queueId')),
    isRequired: false,
    async load() {
      const items = (await answerTo(db.transaction('items').objectStore('items').getAll())) as StoredItem[];
      return items.sort((a, b) => a.place - b.place);
    },
    get: async (id) => (await reading('items', id)) as StoredItem | undefined,
    async add(item, file) {
      let kept = { ...item, hasFile: true };
      const write = (): Promise<void> =>
        change(async ({ items, files, facts }) => {
          const bytes = (await keptBytes(facts)) + item.size;
          if (bytes > maxKeptBytes) kept = { ...item, hasFile: false };
          if (kept.hasFile) {
            files.put(file, item.id);
            facts.put(bytes, 'keptBytes');
          }
          items.put(kept);
        });
      await write().catch(() => {
        maxKeptBytes = 0; // the browser has less room, or keeps no files at all
        return write();
      });
      return kept;
    },
    put: (item) =>
      change(async ({ items }) => {
        items.put(item);
      }),
    file: async ({ id, hasFile }) => (hasFile ? ((await reading('files', id)) as Blob | undefined) : undefined),
    remove: (id) =>
      change(async ({ items, files, facts }) => {
        const item = (await answerTo(items.get(id))) as StoredItem | undefined;
        if (item?.hasFile) facts.put((await keptBytes(facts)) - item.size, 'keptBytes');
        files.delete(id);
        items.delete(id);
      }),
    close: () => db.close(),
  };
}

const answerTo = <Result>(request: IDBRequest<Result>): Promise<Result> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
