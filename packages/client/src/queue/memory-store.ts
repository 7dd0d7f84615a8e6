import { randomId } from '../upload/hash.ts';
import type { QueueStore, StoredItem } from './queue-store.ts';

/** Keeps a queue as long as its page or process, which has the files anyway. */
export function createMemoryStore(): QueueStore {
  const items = new Map<string, StoredItem>();
  return {
    queueId: randomId(),
    isRequired: false,
    isLasting: false,
    load: async () => [],
    get: async (id) => items.get(id),
    async add(item) {
      items.set(item.id, item);
      return item;
    },
    async put(item) {
      items.set(item.id, item);
    },
    file: async () => undefined,
    async remove(id) {
      items.delete(id);
    },
    close: () => undefined,
  };
}
