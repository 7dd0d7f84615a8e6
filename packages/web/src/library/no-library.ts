import type { Library } from './library.ts';
import { ALL } from './library-query.ts';
import { BEFORE_ALL } from './position.ts';

const NOTHING = {
  pictures: [],
  segments: [],
  oldest: undefined,
  months: undefined,
  isEmpty: undefined,
  arrived: 0,
  revealed: undefined,
  error: undefined,
} as const;
const none = async (): Promise<undefined> => undefined;
const nothing = (): undefined => undefined;

/** For those who may add pictures and see none: it asks the service for nothing. */
export const NO_LIBRARY: Library = {
  order: 'upload',
  hasDates: true,
  query: ALL,
  snapshot: () => NOTHING,
  subscribe: () => nothing,
  loaded: nothing,
  positionOf: ({ image_id }) => image_id,
  nextOf: none,
  previousOf: none,
  find: none,
  need: nothing,
  keepNear: nothing,
  put: nothing,
  arrive: nothing,
  settle: nothing,
  reveal: nothing,
  remove: nothing,
  removeAll: () => [],
  putAll: nothing,
  reopen: nothing,
  membersBelow: async () => ({ members: [], from: BEFORE_ALL }),
  readAgain: none,
  lose: nothing,
  refresh: nothing,
  reset: nothing,
  lookForUploads: nothing,
  close: nothing,
};
