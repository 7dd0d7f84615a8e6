import { randomId } from '../upload/hash.ts';
import type { QueueStore } from './queue-store.ts';

const nothing = async (): Promise<undefined> => undefined;

/** Keeps nothing: the queue ends with its page or process, which has its items and files. */
export const createNoStore = (): QueueStore => ({
  queueId: randomId(),
  isRequired: false,
  load: async () => [],
  get: nothing,
  add: () => Promise.reject(new Error('expected a store of uploads; got none')),
  put: nothing,
  file: nothing,
  remove: nothing,
  close: () => undefined,
});
