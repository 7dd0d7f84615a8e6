import { aborted } from '../http/retry.ts';
import type { QueuePlatform } from './create-uploader.ts';
import { openIndexedDbStore } from './indexed-db-store.ts';
import { createNoStore } from './no-store.ts';

export const inBrowser: QueuePlatform = {
  openStore: ({ name }) => openIndexedDbStore(name).catch(createNoStore),
  async exclusively(name, signal, task) {
    if (!globalThis.navigator?.locks) return task(); // not a secure context: the Idempotency-Key still prevents a second image
    try {
      return await navigator.locks.request(name, { signal }, task);
    } catch (error) {
      throw signal.aborted ? aborted(signal) : error;
    }
  },
  onOnline(listener) {
    globalThis.addEventListener('online', listener);
    return () => globalThis.removeEventListener('online', listener);
  },
};
