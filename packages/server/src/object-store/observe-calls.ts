import type { StoreCalls } from '../observer/store-calls.ts';
import type { ObjectStore } from './object-store.ts';

/**
 * `store` with watched calls. Only a written object proves that the store can be written to: a file may be staged on another disk, and
 * deleting or copying an absent object changes nothing.
 */
export const observeObjectCalls = (store: ObjectStore, { read, write, watch }: StoreCalls): ObjectStore => ({
  ...store,
  check: () => write('check', () => store.check()),
  stage: (...call) => write('stage', () => store.stage(...call), never),
  put: (...call) => write('put', () => store.put(...call)),
  putFirst: (...call) =>
    write(
      'putFirst',
      () => store.putFirst(...call),
      (entityTag) => entityTag !== undefined,
    ),
  get: (...call) => read('get', () => store.get(...call)),
  head: (...call) => read('head', () => store.head(...call)),
  copy: (...call) =>
    write(
      'copy',
      () => store.copy(...call),
      (key) => key !== undefined,
    ),
  checkOut: (...call) => read('checkOut', () => store.checkOut(...call)),
  delete: (...call) => write('delete', () => store.delete(...call), never),
  listPage: (...call) => watch('listPage', () => store.listPage(...call)),
});

const never = (): boolean => false;
