import type { QueuePlatform } from '../queue/create-uploader.ts';
import { createNoStore } from '../queue/no-store.ts';
import { openFolderStore } from './folder-store.ts';

/**
 * Node has no locks and no event for networks: the Idempotency-Key prevents a second image, and pauses end by
 * themselves.
 */
export const inNode: QueuePlatform = {
  openStore: async ({ folder }) => (folder === undefined ? createNoStore() : openFolderStore(folder)),
  exclusively: (_name, _signal, task) => task(),
  onOnline: () => () => undefined,
};
