import type { StoreCalls } from '../observe/observer/store-calls.ts';
import type { ObjectStore } from './object-store.ts';
import type { Staging } from './staging.ts';

/**
 * `store` with watched calls. Only a written object proves that the store can be written to: deleting or copying an absent object
 * changes nothing.
 */
export const observeObjectCalls = (store: ObjectStore, { read, write, watch }: StoreCalls<'objects'>): ObjectStore => ({
  ...store,
  check: () => write('check', () => store.check()),
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
  checkOut: (key, options) => read('checkOut', () => store.checkOut(key, options), options.signal),
  delete: (...call) => write('delete', () => store.delete(...call), never),
  erase: (...call) => write('erase', () => store.erase(...call), never),
  listPage: (...call) => watch('listPage', () => store.listPage(...call)),
});

/**
 * `staging` with watched receipts of bodies. A staged file proves nothing about the store, which may be elsewhere. `stageFiles` is not
 * watched, because its duration is the decoder's.
 */
export const observeStagingCalls = (staging: Staging, { write }: StoreCalls<'objects'>): Staging => ({
  ...staging,
  stage: (...call) => write('stage', () => staging.stage(...call), never),
});

const never = (): boolean => false;
