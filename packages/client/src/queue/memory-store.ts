import { randomId } from '../upload/hash.ts';
import type { QueueStore, StoredItem } from './queue-store.ts';

/** Keeps a queue as long as its page or process. */
export function createMemoryStore(): QueueStore {
  const items = new Map<string, StoredItem>();
  const files = new Map<string, Blob>();
  return {
    queueId: randomId(),
    isRequired: false,
    isLasting: false,
    load: async () => [...items.values()],
    get: async (id) => items.get(id),
    async add(item, file) {
      const kept = { ...item, hasFile: true };
      items.set(item.id, kept);
      files.set(item.id, file);
      return kept;
    },
    async put(item) {
      items.set(item.id, item);
    },
    file: async ({ id }) => files.get(id),
    async remove(id) {
      items.delete(id);
      files.delete(id);
    },
    close: () => undefined,
  };
}
